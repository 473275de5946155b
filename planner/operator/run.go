package operator

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
)

// puller gives the batches of one pipeline, nil at the end and for ever after. A batch is valid until the next call. It is for one
// goroutine at a time.
type puller interface {
	next(ctx context.Context) (*batch.Batch, error)
}

// pipe is a node built: one or more pullers that share its rows.
type pipe struct {
	pulls  []puller
	fields []batch.Field
	stats  *counters
}

// runner owns what one running fragment started.
type runner struct {
	env    Env
	expr   expr.Env
	inputs Inputs
	ctx    context.Context
	cancel context.CancelCauseFunc
	tasks  sync.WaitGroup
	spill  *spillDir
	close  []func() error
	grant  *Grant
	top    map[*fragment.Scan]*storage.TopRows // scans of which only the first rows are wanted
	late   map[*fragment.Aggregate]*lateGroups // what is left of the groups of aggregations
	made   map[*fragment.HashJoin][]bool       // joins of whose columns only some are read

	numbered map[*fragment.Scan][]int // columns of scans that may come as numbers
}

// stream is the Stream of a runner.
type stream struct {
	run    *runner
	root   *pipe
	fields []batch.Field
	err    error
	once   sync.Once
	closed error
}

func start(ctx context.Context, env Env, f *fragment.Fragment, inputs Inputs) (Stream, error) {
	zone, err := location(f.Zone)
	if err != nil {
		return nil, errors.Join(err, closeAll(inputs))
	}
	env.Parallelism = max(env.Parallelism, 1)
	if env.Debug.BatchRows <= 0 {
		env.Debug.BatchRows = batch.MaxRows
	}
	r := &runner{env: env, expr: expr.Env{Zone: zone, Now: env.Now}, inputs: inputs, grant: env.Memory.Child(f.MemoryLimit)}
	r.ctx, r.cancel = context.WithCancelCause(ctx)
	r.expr.Stop = r.stopped
	r.spill = &spillDir{root: env.TempDir, query: f.Query}
	s := &stream{run: r}
	if r.made = map[*fragment.HashJoin][]bool{}; !env.Debug.NoJoinCodes {
		r.want(f.Root, nil)
	}
	r.late = map[*fragment.Aggregate]*lateGroups{}
	r.learnLate(f.Root, nil, nil)
	root, err := r.build(f.Root)
	if err == nil {
		err = r.sameFields(f.Root, root)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.root, s.fields = r.single(root), f.Root.Fields()
	return s, nil
}

// sameFields is an assertion: the wire's idea of the output and the pipeline's must agree in types.
func (r *runner) sameFields(n fragment.Node, p *pipe) error {
	want := n.Fields()
	if len(want) != len(p.fields) {
		return errs.New(errs.Internal, "bug", "BUG: %T gives %d columns, its fragment says %d", n, len(p.fields), len(want))
	}
	return nil
}

func location(zone string) (*time.Location, error) {
	if zone == "" {
		return time.UTC, nil
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return nil, errs.New(errs.Invalid, "bad-zone", "time zone %q is unknown on this node", zone)
	}
	return loc, nil
}

func closeAll(inputs Inputs) error {
	var err error
	for _, s := range inputs {
		err = errors.Join(err, s.Close())
	}
	return err
}

// build makes the pipeline of a node.
func (r *runner) build(n fragment.Node) (*pipe, error) {
	switch n := n.(type) {
	case *fragment.Scan:
		return r.scan(n, r.env.Parallelism)
	case *fragment.Filter:
		return r.filter(n)
	case *fragment.Project:
		return r.project(n)
	case *fragment.Aggregate:
		return r.aggregate(n)
	case *fragment.Sort:
		return r.sort(n)
	case *fragment.Limit:
		return r.limit(n)
	case *fragment.Values:
		return r.values(n)
	case *fragment.Receive:
		return r.receive(n)
	case *fragment.HashJoin:
		return r.join(n)
	case *fragment.Union:
		return r.union(n)
	case *fragment.Window:
		return r.window(n)
	}
	return nil, errs.New(errs.Invalid, "bad-fragment", "operator %T is unknown to this node", n)
}

// Fields returns the output columns.
func (s *stream) Fields() []batch.Field { return s.fields }

// Next returns the next batch.
func (s *stream) Next(ctx context.Context) (b *batch.Batch, err error) {
	if s.err != nil {
		return nil, s.err
	}
	defer func() {
		if err != nil {
			s.err = err
			s.run.cancel(err)
		}
	}()
	defer recovered(&err)
	stop := context.AfterFunc(ctx, func() { s.run.cancel(context.Cause(ctx)) })
	defer stop()
	if err := s.run.stopped(); err != nil {
		return nil, err
	}
	b, err = s.root.pulls[0].next(s.run.ctx)
	if err != nil {
		return nil, s.run.cause(err)
	}
	return b, nil
}

// Close stops everything and waits for it.
func (s *stream) Close() error {
	s.once.Do(func() {
		if s.err == nil {
			s.err = errs.New(errs.Canceled, "canceled", "the query was closed")
		}
		s.run.cancel(s.err)
		s.run.tasks.Wait()
		for i := len(s.run.close) - 1; i >= 0; i-- {
			s.closed = errors.Join(s.closed, s.run.close[i]())
		}
		s.run.grant.Release(s.run.grant.Used())
		s.closed = errors.Join(s.closed, closeAll(s.run.inputs), s.run.spill.remove())
	})
	return s.closed
}

// Stats returns the counters of the tree.
func (s *stream) Stats() *Stats { return s.root.stats.snapshot() }

// stopped returns why the run was cancelled, nil while it goes on.
func (r *runner) stopped() error {
	if r.ctx.Err() == nil {
		return nil
	}
	return r.cause(r.ctx.Err())
}

// cause replaces a bare cancellation by what caused it, classified.
func (r *runner) cause(err error) error {
	if !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if c := context.Cause(r.ctx); c != nil {
		err = c
	}
	switch {
	case errs.As(err) != nil:
		return err
	case errors.Is(err, context.DeadlineExceeded):
		return errs.New(errs.Timeout, "timeout", "the query ran longer than its timeout: %w", err)
	case errors.Is(err, context.Canceled):
		return errs.New(errs.Canceled, "canceled", "the query was cancelled: %w", err)
	}
	return err
}

// recovered turns a panic into an error: one bad query must not end the process. It is deferred.
func recovered(err *error) {
	p := recover()
	if p == nil {
		return
	}
	if e, ok := p.(error); ok && errs.As(e) != nil {
		*err = e
		return
	}
	*err = errs.New(errs.Internal, "bug", "BUG: panic in an operator: %v\n%s", p, debug.Stack())
}

// each runs f(0) to f(n-1), each in its own goroutine when n > 1, and returns the first error; it cancels nothing by itself.
func (r *runner) each(n int, f func(i int) error) error {
	call := func(i int) (err error) {
		defer recovered(&err)
		return f(i)
	}
	if n == 1 {
		return call(0)
	}
	failed := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Add(1)
		r.tasks.Add(1)
		go func() {
			defer r.tasks.Done()
			defer wg.Done()
			if failed[i] = call(i); failed[i] != nil {
				r.cancel(failed[i])
			}
		}()
	}
	wg.Wait()
	return r.firstError(failed)
}

// firstError prefers a cause to the cancellations it brought about.
func (r *runner) firstError(failed []error) error {
	var canceled error
	for _, err := range failed {
		switch {
		case err == nil:
		case errors.Is(err, context.Canceled):
			canceled = r.cause(err)
		default:
			return err
		}
	}
	return canceled
}

func columnError(what string, column, columns int) error {
	return errs.New(errs.Invalid, "bad-fragment", "%s refers to column %d of %d", what, column, columns)
}

func describe(format string, args ...any) string { return fmt.Sprintf(format, args...) }
