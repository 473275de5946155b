package operator

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/schema"
)

// aggregation is one Aggregate node. Every input puller is drained by a goroutine of its own into an aggTable of its own; then the
// tables are merged, whole when they are small, else partition by partition of the keys' hashes, in parallel and each partition as
// it is asked for. A table that the memory grant refuses is written to spill partitions and begun anew.
type aggregation struct {
	run     *runner
	node    *fragment.Aggregate
	in      *pipe
	keys    []schema.Type
	fields  []batch.Field
	inputOf []callInput
	specs   []aggregate.Spec
	stats   *counters
	late    *lateGroups // nil: rows of all groups are made

	once    sync.Once
	failed  error
	tables  []*aggTable
	ready   *aggTable    // small: everything merged
	radix   *radixMerge  // large: merged by partition
	logs    *logTables   // not nil once a worker logged rows,
	numbers *logTables   // and once one did by the number of their key
	spilled *aggSpill    // not nil once anything was spilled
	part    atomic.Int64 // next partition to give out
	spillMu sync.Mutex
}

// callInput is where a call's arguments or state columns lie in the input.
type callInput struct {
	args   []int
	filter int
}

func (r *runner) aggregate(n *fragment.Aggregate) (*pipe, error) {
	r.wantNumbers(n)
	in, err := r.build(n.Input)
	if err != nil {
		return nil, err
	}
	a := &aggregation{run: r, node: n, in: in, fields: n.Fields(), stats: &counters{name: aggregateNames[n.Mode], inputs: []*counters{in.stats}}}
	if err := a.resolve(len(in.fields)); err != nil {
		return nil, err
	}
	a.late = a.lateFor(r.late[n])
	a.stats.detail = describe("%d keys, %d aggregates", len(n.Keys), len(n.Calls))
	p := &pipe{fields: a.fields, stats: a.stats}
	for range max(len(in.pulls), 1) {
		p.pulls = append(p.pulls, &aggregatePull{agg: a})
	}
	return p, nil
}

var aggregateNames = [...]string{fragment.Partial: "Aggregate partial", fragment.Final: "Aggregate final", fragment.Complete: "Aggregate"}

// resolve checks the ordinals and finds every call's input columns.
func (a *aggregation) resolve(columns int) error {
	check := func(what string, c int) error {
		if c < 0 || c >= columns {
			return columnError(what, c, columns)
		}
		return nil
	}
	for _, k := range a.node.Keys {
		if err := check("a group key", k); err != nil {
			return err
		}
		a.keys = append(a.keys, a.in.fields[k].Type)
	}
	if w := a.node.Weight; w > 0 {
		if err := check("the weight of an aggregate", w-1); err != nil {
			return err
		}
		if err := a.takesWeights(); err != nil {
			return err
		}
	}
	next := len(a.node.Keys)
	for _, c := range a.node.Calls {
		a.specs = append(a.specs, c.Spec)
		in := callInput{args: c.Args, filter: c.Filter}
		types, err := aggregate.StateTypes(c.Spec)
		if err != nil {
			return err
		}
		if a.node.Mode == fragment.Final {
			in = callInput{filter: -1}
			for range types {
				in.args = append(in.args, next)
				next++
			}
		} else if len(c.Args) != len(c.Spec.Args) {
			return errs.New(errs.Invalid, "bad-fragment", "aggregate %s takes %d columns, not %d", c.Spec.Name, len(c.Spec.Args), len(c.Args))
		}
		for _, arg := range in.args {
			if err := check("an aggregate", arg); err != nil {
				return err
			}
		}
		if in.filter >= columns {
			return columnError("an aggregate's filter", in.filter, columns)
		}
		a.inputOf = append(a.inputOf, in)
	}
	return nil
}

// takesWeights refuses what must see every row, and halves that get no rows.
func (a *aggregation) takesWeights() error {
	if a.node.Mode == fragment.Final || a.in.fields[a.node.Weight-1].Type != schema.TypeInt64 {
		return errs.New(errs.Invalid, "bad-fragment", "the %s has no weights in column %d", aggregateNames[a.node.Mode], a.node.Weight-1)
	}
	for _, c := range a.node.Calls {
		if aggregate.WeightOf(c.Spec) == aggregate.WeightRefused {
			return errs.New(errs.Invalid, "bad-fragment", "aggregate %s takes no weights", c.Spec.Name)
		}
	}
	return nil
}

// prepare drains the inputs, once, whoever asks first.
func (a *aggregation) prepare(ctx context.Context) error {
	a.once.Do(func() {
		a.tables = make([]*aggTable, len(a.in.pulls))
		a.failed = a.run.each(len(a.in.pulls), func(i int) error { return a.drain(ctx, i) })
		if a.failed == nil {
			begin := time.Now()
			a.failed = a.combine()
			a.stats.nanos.Add(int64(time.Since(begin)))
		}
	})
	return a.failed
}

// drain folds one puller into its table.
func (a *aggregation) drain(ctx context.Context, i int) error {
	t, err := a.newTable()
	if err != nil {
		return err
	}
	a.tables[i] = t
	for n := 1; ; n++ {
		b, err := a.in.pulls[i].next(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			return nil
		}
		begin := time.Now()
		if err := t.fold(b); err != nil {
			return err
		}
		if err := t.account(a.run.env.Debug.SpillAlways && n%4 == 0); err != nil {
			return err
		}
		a.stats.nanos.Add(int64(time.Since(begin)))
	}
}

// Merging whole is for few groups with small states; the rest is cut by the top bits of the hash.
const (
	mergeWholeGroups = 1 << 12
	mergeWholeBytes  = 4 << 20
	// settleGroups is below which states that settle in parts are merged whole: their parts are then the parallel work.
	settleGroups = 1 << 16
)

// combine chooses how the tables become one.
func (a *aggregation) combine() error {
	if a.spilled != nil {
		return a.spillAll()
	}
	groups, bytes := 0, int64(0)
	for _, t := range a.tables {
		groups += t.len()
		bytes += t.bytes()
	}
	for _, s := range []*logTables{a.logs, a.numbers} {
		if s != nil {
			bytes += s.bytes()
		}
	}
	if a.logs == nil && a.numbers == nil && (len(a.tables) == 1 || len(a.keys) == 0 || groups <= mergeWholeGroups && bytes <= mergeWholeBytes ||
		groups <= settleGroups && a.tables[0].settles()) {
		return a.mergeWhole()
	}
	if !a.tables[0].reserve(bytes*int64(a.run.env.Parallelism)/radixParts + accountStep) {
		return a.spillAll() // no room for even the partitions being merged
	}
	var err error
	a.radix, err = newRadixMerge(a)
	return err
}

func (a *aggregation) spillAll() error {
	for _, t := range a.tables {
		if err := t.spill(); err != nil {
			return err
		}
		t.log, t.number = nil, nil
	}
	return a.spilled.finish()
}

func (a *aggregation) mergeWhole() error {
	t := a.tables[0]
	for _, o := range a.tables[1:] {
		if err := t.absorb(o, allGroups(o.len())); err != nil {
			return err
		}
		o.release()
	}
	if len(a.keys) == 0 && t.len() == 0 {
		t.growTo(1)
	}
	a.ready = t
	if err := t.settle(); err != nil {
		return err
	}
	if err := t.account(false); err != nil || a.spilled == nil {
		return err
	}
	return a.spilled.finish() // what each worker could hold was too much for one
}

func allGroups(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(i)
	}
	return out
}

// aggregatePull gives the merged groups; several of them share one aggregation and take partitions in turn.
type aggregatePull struct {
	agg *aggregation
	out groupOutput
}

func (p *aggregatePull) next(ctx context.Context) (*batch.Batch, error) {
	a := p.agg
	if err := a.prepare(ctx); err != nil {
		return nil, err
	}
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		begin := time.Now()
		b, err := p.out.next(a)
		if b != nil || err != nil {
			a.stats.nanos.Add(int64(time.Since(begin)))
			if b != nil {
				a.stats.emitted(b)
			}
			return b, err
		}
		ok, err := a.take(ctx, &p.out)
		a.stats.nanos.Add(int64(time.Since(begin)))
		if !ok || err != nil {
			return nil, err
		}
	}
}

// take gives the puller another table to emit.
func (a *aggregation) take(ctx context.Context, out *groupOutput) (bool, error) {
	out.done()
	switch {
	case a.spilled != nil:
		return a.spilled.take(ctx, out)
	case a.radix != nil:
		p := int(a.part.Add(1)) - 1
		if p >= a.radix.count() {
			return false, nil
		}
		t, err := a.radix.merge(a, p, out)
		if t == nil || err != nil {
			return err == nil, err
		}
		return true, out.start(a, t)
	}
	if a.part.Add(1) > 1 {
		return false, nil
	}
	return true, out.start(a, a.ready)
}
