package operator

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
)

// joining is one HashJoin node. Whoever asks first drains the build side, each of its pullers by a goroutine, into one joinTable
// that all probing workers read. When the grant refuses, both sides are cut into spill partitions by the hash of their keys, and
// each worker joins one partition after another.
type joining struct {
	run    *runner
	node   *fragment.HashJoin
	probe  *pipe
	build  *pipe
	fields []batch.Field
	makes  []bool // columns of the output that somebody reads
	stats  *counters

	once    sync.Once
	failed  error
	table   *joinTable // everything fits
	spilled *joinSpill // else
	part    atomic.Int64
	spillMu sync.Mutex
}

func (r *runner) join(n *fragment.HashJoin) (*pipe, error) {
	if len(n.ProbeKeys) != len(n.BuildKeys) {
		return nil, errs.New(errs.Invalid, "bad-fragment", "a join has %d keys on one side and %d on the other", len(n.ProbeKeys), len(n.BuildKeys))
	}
	if n.Kind == fragment.NotInJoin && (len(n.ProbeKeys) != 1 || n.Cond != nil) {
		return nil, errs.New(errs.Invalid, "bad-fragment", "a join by NOT IN takes one key and no condition")
	}
	for i, k := range n.ProbeKeys {
		if k.Type().Class() != n.BuildKeys[i].Type().Class() {
			return nil, errs.New(errs.Invalid, "bad-fragment", "a join compares %s with %s", k.Type(), n.BuildKeys[i].Type())
		}
	}
	probe, err := r.build(n.Probe)
	if err != nil {
		return nil, err
	}
	build, err := r.build(n.Build)
	if err != nil {
		return nil, err
	}
	if err := joinColumns(n, len(probe.fields), len(build.fields)); err != nil {
		return nil, err
	}
	c := &counters{name: "Hash join", detail: n.Kind.String(), inputs: []*counters{probe.stats, build.stats}}
	j := &joining{run: r, node: n, probe: probe, build: build, fields: n.Fields(), stats: c}
	if j.makes = r.made[n]; j.makes == nil {
		j.makes = slices.Repeat([]bool{true}, len(j.fields))
	}
	p := &pipe{fields: j.fields, stats: c}
	for _, pull := range probe.pulls {
		w, err := j.worker(pull)
		if err != nil {
			return nil, err
		}
		p.pulls = append(p.pulls, w)
	}
	return p, nil
}

// joinColumns refuses keys and conditions that read columns which are not there.
func joinColumns(n *fragment.HashJoin, probe, build int) error {
	check := func(what string, e expr.Expr, columns int) error {
		if e == nil {
			return nil
		}
		for _, c := range expr.Columns(e) {
			if c < 0 || c >= columns {
				return columnError(what, c, columns)
			}
		}
		return nil
	}
	for i := range n.ProbeKeys {
		if err := check("a join key", n.ProbeKeys[i], probe); err != nil {
			return err
		}
		if err := check("a join key", n.BuildKeys[i], build); err != nil {
			return err
		}
	}
	return check("a join condition", n.Cond, probe+build)
}

// prepare drains the build side, once, whoever asks first.
func (j *joining) prepare(ctx context.Context) error {
	j.once.Do(func() { j.failed = j.gather(ctx) })
	return j.failed
}

func (j *joining) gather(ctx context.Context) error {
	parts := make([]*joinBuild, len(j.build.pulls))
	err := j.run.each(len(parts), func(i int) error {
		b, err := j.newBuild()
		if err != nil {
			return err
		}
		parts[i] = b
		return b.drain(ctx, j.build.pulls[i])
	})
	if err != nil {
		return err
	}
	begin := time.Now()
	defer func() { j.stats.nanos.Add(int64(time.Since(begin))) }()
	if j.spilled != nil {
		return j.spillAll(ctx, parts)
	}
	j.table, err = j.newTable(parts)
	return err
}

// joinWorker probes with the rows of one puller; after spilling, with those of one partition after another.
type joinWorker struct {
	join  *joining
	in    puller
	probe *joinProbe
	todo  *joinPart
}

func (j *joining) worker(in puller) (*joinWorker, error) {
	p, err := j.newProbe()
	return &joinWorker{join: j, in: in, probe: p}, err
}

func (w *joinWorker) next(ctx context.Context) (*batch.Batch, error) {
	if err := w.join.prepare(ctx); err != nil {
		return nil, err
	}
	if w.join.spilled != nil {
		return w.nextSpilled(ctx)
	}
	w.probe.table = w.join.table
	return w.pull(ctx, w.in)
}

// pull gives the next batch of pairs, reading the input as far as needed.
func (w *joinWorker) pull(ctx context.Context, in puller) (*batch.Batch, error) {
	for {
		begin := time.Now()
		out, err := w.probe.next()
		w.join.stats.nanos.Add(int64(time.Since(begin)))
		if err != nil {
			return nil, err
		}
		if out != nil {
			w.join.stats.emitted(out)
			return out, nil
		}
		if err := w.join.run.stopped(); err != nil {
			return nil, err
		}
		b, err := in.next(ctx)
		if b == nil || err != nil {
			return nil, err
		}
		begin = time.Now()
		err = w.probe.begin(b)
		w.join.stats.nanos.Add(int64(time.Since(begin)))
		if err != nil {
			return nil, err
		}
	}
}
