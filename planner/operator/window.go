package operator

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/kernel/window"
	"github.com/assaydb/assay/storage/schema"
)

// windowing is one Window node. Every input puller is drained by a goroutine into a sorter of its own. What fits into memory is cut
// by the hash of the partition columns, and each part is sorted and computed by whoever asks next. Once a sorter has spilled, all
// sorted runs are merged and computed in stretches of whole partitions; so is an input that comes sorted. A partition must fit into
// memory.
type windowing struct {
	run    *runner
	node   *fragment.Window
	in     *pipe
	fields []batch.Field
	order  order // partition, order, ties and all else
	stats  *counters

	once   sync.Once
	failed error
	parts  *windowParts
	whole  *windowMerge
}

func (r *runner) window(n *fragment.Window) (*pipe, error) {
	in, err := r.build(n.Input)
	if err != nil {
		return nil, err
	}
	if n.Sorted {
		in = r.single(in)
	}
	w := &windowing{run: r, node: n, in: in, fields: n.Fields(), stats: &counters{name: "Window", inputs: []*counters{in.stats}}}
	if err := w.check(); err != nil {
		return nil, err
	}
	w.order = newOrder(n.Keys(), len(in.fields))
	w.stats.detail = describe("%d partition columns, %d functions", len(n.Partition), len(n.Calls))
	p := &pipe{fields: w.fields, stats: w.stats}
	for i := range in.pulls {
		p.pulls = append(p.pulls, &windowPull{of: w, first: i == 0})
	}
	return p, nil
}

// check tests the ordinals and types: they come from another process.
func (w *windowing) check() error {
	columns := len(w.in.fields)
	for _, k := range w.node.Keys() {
		if k.Column < 0 || k.Column >= columns {
			return columnError("a window", k.Column, columns)
		}
	}
	if w.node.Peers > len(w.node.Order) {
		return errs.New(errs.Invalid, "bad-fragment", "%d of %d columns make peers", w.node.Peers, len(w.node.Order))
	}
	for _, c := range w.node.Calls {
		var types []schema.Type
		for _, a := range c.Args {
			if a < 0 || a >= columns {
				return columnError("a window function", a, columns)
			}
			types = append(types, w.in.fields[a].Type)
		}
		if err := c.Spec.Validate(types); err != nil {
			return err
		}
	}
	return nil
}

// prepare drains the input, once, whoever asks first.
func (w *windowing) prepare(ctx context.Context) error {
	w.once.Do(func() {
		if w.node.Sorted {
			w.whole = newWindowMerge(w, w.in.pulls[0])
			return
		}
		w.failed = w.drain(ctx)
	})
	return w.failed
}

func (w *windowing) drain(ctx context.Context) error {
	s := &sorting{run: w.run, in: w.in, fields: w.in.fields, order: w.order, keep: -1, stats: w.stats, sets: make([]*sorter, len(w.in.pulls))}
	if w.node.First.By != window.AllRows && !w.run.env.Debug.NoWindowFirst {
		s.trim = w.firstRows
	}
	if err := w.run.each(len(w.in.pulls), func(i int) error { return s.drain(ctx, i) }); err != nil {
		return err
	}
	begin := time.Now()
	defer func() { w.stats.nanos.Add(int64(time.Since(begin))) }()
	if w.run.env.Debug.NoWindowParts || slices.ContainsFunc(s.sets, func(t *sorter) bool { return len(t.runs) > 0 }) {
		return w.mergeRuns(s)
	}
	var err error
	w.parts, err = newWindowParts(w, s.sets)
	return err
}

// mergeRuns spills what the sorters hold, so that there is memory for the partitions, and merges all runs.
func (w *windowing) mergeRuns(s *sorting) error {
	for _, set := range s.sets {
		if len(set.runs) == 0 && w.run.env.TempDir == "" {
			continue
		}
		if err := set.spill(); err != nil {
			return err
		}
	}
	in, err := s.merge(&counters{})
	w.whole = newWindowMerge(w, in)
	return err
}

// firstRows drops the rows past the first of each partition.
func (w *windowing) firstRows(b *batch.Batch, idx []int32) []int32 {
	at := func(columns []int) []*batch.Vector {
		out := make([]*batch.Vector, len(columns))
		for i, c := range columns {
			out[i] = b.Cols[c].Gather(idx)
		}
		return out
	}
	keep := w.node.First.Select(nil, window.NewBlock(len(idx), at(w.node.Partition), at(w.peers())))
	for i, k := range keep {
		keep[i] = idx[k]
	}
	return keep
}

// peers lists the columns in which peers are equal.
func (w *windowing) peers() []int {
	out := make([]int, w.node.Peers)
	for i := range out {
		out[i] = w.node.Order[i].Column
	}
	return out
}

// compute gives sorted rows of whole partitions their functions.
func (w *windowing) compute(b *batch.Batch) (*batch.Batch, error) {
	block := w.block(b)
	if w.node.First.By != window.AllRows {
		if keep := w.node.First.Select(nil, block); len(keep) < b.Len {
			cut := &batch.Batch{Len: len(keep)}
			for _, c := range b.Cols {
				cut.Cols = append(cut.Cols, c.Gather(keep))
			}
			b, block = cut, w.block(cut)
		}
	}
	out := &batch.Batch{Len: b.Len, Cols: append(make([]*batch.Vector, 0, len(w.fields)), b.Cols...)}
	for i := range w.node.Calls {
		c := &w.node.Calls[i]
		v, err := window.Eval(&c.Spec, pick(b, c.Args), block, w.run.stopped)
		if err != nil {
			return nil, err
		}
		out.Cols = append(out.Cols, v)
	}
	return out, nil
}

func (w *windowing) block(b *batch.Batch) *window.Block {
	return window.NewBlock(b.Len, pick(b, w.node.Partition), pick(b, w.peers()))
}

func pick(b *batch.Batch, columns []int) []*batch.Vector {
	out := make([]*batch.Vector, len(columns))
	for i, c := range columns {
		out[i] = b.Cols[c]
	}
	return out
}

// windowPull gives computed rows, a batch at a time; several of them take parts in turn. Merged rows go through the first alone.
type windowPull struct {
	of    *windowing
	first bool
	rows  *batch.Batch
	at    int
	out   batch.Batch
}

func (p *windowPull) next(ctx context.Context) (*batch.Batch, error) {
	w := p.of
	if err := w.prepare(ctx); err != nil {
		return nil, err
	}
	for p.rows == nil || p.at >= p.rows.Len {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b, err := p.more(ctx)
		if b == nil || err != nil {
			p.rows = nil
			return nil, err
		}
		begin := time.Now()
		if p.rows, err = w.compute(b); err != nil {
			return nil, err
		}
		p.at = 0
		w.stats.nanos.Add(int64(time.Since(begin)))
	}
	hi := min(p.rows.Len, p.at+w.run.env.Debug.BatchRows)
	p.out = batch.Batch{Len: hi - p.at, Cols: make([]*batch.Vector, len(p.rows.Cols))}
	for i, c := range p.rows.Cols {
		p.out.Cols[i] = c.Slice(p.at, hi)
	}
	p.at = hi
	w.stats.emitted(&p.out)
	return &p.out, nil
}

func (p *windowPull) more(ctx context.Context) (*batch.Batch, error) {
	switch w := p.of; {
	case w.parts != nil:
		return w.parts.next(), nil
	case !p.first:
		return nil, nil
	default:
		return w.whole.next(ctx)
	}
}
