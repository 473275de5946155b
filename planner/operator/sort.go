package operator

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
)

// sorting is one Sort node. Every input puller is drained by a goroutine into a sorter of its own, which sorts its rows in runs; a
// merge of all runs gives the output. With a limit a sorter keeps only rows that can still be among the first Offset+Limit.
type sorting struct {
	run    *runner
	in     *pipe
	fields []batch.Field
	order  order
	keep   int64 // rows a sorter must keep, -1 for all
	ties   int   // of the keys: rows equal to the last of keep in these are kept, too
	skip   int64
	trim   func(b *batch.Batch, idx []int32) []int32 // which of the sorted rows are still wanted; nil for all
	stats  *counters

	once   sync.Once
	failed error
	merged puller
	sets   []*sorter
}

// mostTopN is the largest limit for which a sorter prunes; beyond it sorting with spilling is the better plan.
const mostTopN = 1 << 20

func (r *runner) sort(n *fragment.Sort) (*pipe, error) {
	r.wantFirst(n)
	in, err := r.build(n.Input)
	if err != nil {
		return nil, err
	}
	for _, k := range n.Keys {
		if k.Column < 0 || k.Column >= len(in.fields) {
			return nil, columnError("a sort key", k.Column, len(in.fields))
		}
	}
	s := &sorting{run: r, in: in, fields: in.fields, order: newOrder(n.Keys, len(in.fields)), keep: -1, skip: n.Offset, stats: &counters{name: "Sort", inputs: []*counters{in.stats}}}
	p := &pipe{pulls: []puller{s}, fields: in.fields, stats: s.stats}
	if n.Limit < 0 && n.Offset == 0 {
		return p, nil
	}
	p.pulls[0] = &limitPull{in: s, offset: n.Offset, count: n.Limit, unlimited: n.Limit < 0, run: r, stats: &counters{}}
	if n.Ties > 0 {
		if n.Ties > len(n.Keys) || n.Offset != 0 || n.Limit < 0 {
			return nil, errs.New(errs.Invalid, "bad-fragment", "a sort with ties by %d of %d keys, limit %d, offset %d", n.Ties, len(n.Keys), n.Limit, n.Offset)
		}
		p.pulls[0] = &tiesPull{in: s, count: n.Limit, order: s.order[:n.Ties], stats: s.stats}
	}
	if n.Limit >= 0 && n.Offset+n.Limit <= mostTopN && !r.env.Debug.NoTopN {
		s.keep, s.ties, s.trim = n.Offset+n.Limit, n.Ties, s.firstRows
		s.stats.name = "TopN"
		s.stats.detail = describe("%d", s.keep)
	}
	return p, nil
}

func (s *sorting) next(ctx context.Context) (*batch.Batch, error) {
	s.once.Do(func() { s.failed = s.prepare(ctx) })
	if s.failed != nil || s.merged == nil {
		return nil, s.failed
	}
	return s.merged.next(ctx)
}

func (s *sorting) prepare(ctx context.Context) error {
	s.sets = make([]*sorter, len(s.in.pulls))
	if err := s.run.each(len(s.in.pulls), func(i int) error { return s.drain(ctx, i) }); err != nil {
		return err
	}
	var err error
	s.merged, err = s.merge(s.stats)
	return err
}

// merge sorts what the sorters hold and gives all rows in order.
func (s *sorting) merge(stats *counters) (puller, error) {
	runs := make([][]puller, len(s.sets))
	err := s.run.each(len(s.sets), func(i int) (err error) {
		runs[i], err = s.sets[i].finish()
		return err
	})
	if err != nil {
		return nil, err
	}
	return newMergeOrder(slices.Concat(runs...), s.fields, s.order, s.run.env.Debug.BatchRows, stats), nil
}

func (s *sorting) drain(ctx context.Context, i int) error {
	set := newSorter(s)
	s.sets[i] = set
	for n := 1; ; n++ {
		b, err := s.in.pulls[i].next(ctx)
		if b == nil || err != nil {
			return err
		}
		begin := time.Now()
		if err := set.add(b); err != nil {
			return err
		}
		if s.run.env.Debug.SpillAlways && n%4 == 0 {
			if err := set.spill(); err != nil {
				return err
			}
		}
		s.stats.nanos.Add(int64(time.Since(begin)))
	}
}

// sorter holds the rows of one worker since its last spill.
type sorter struct {
	of       *sorting
	cols     []*batch.Builder
	rows     int
	runs     []*spillFile
	scratch  frameBuffer
	reserved int64
	bound    *batch.Batch // with a limit: the last row that is still wanted
	pruneAt  int          // from how many rows on to look for what is not
	sel      []int32
}

func newSorter(s *sorting) *sorter {
	t := &sorter{of: s, pruneAt: int(max(2*s.keep, 0)) + pruneRows}
	t.reset()
	return t
}

func (t *sorter) reset() {
	t.rows, t.cols = 0, t.cols[:0]
	for _, f := range t.of.fields {
		t.cols = append(t.cols, batch.NewBuilder(f.Type, 0))
	}
}

// pruneRows is the least number of rows above the limit at which a sorter with a limit sorts and drops.
const pruneRows = 4096

func (t *sorter) add(b *batch.Batch) error {
	sel := t.wanted(b)
	if sel != nil && len(sel) == 0 {
		return nil
	}
	n := b.Alive()
	if sel != nil {
		n = len(sel)
	}
	for i, c := range t.cols {
		c.Append(b.Cols[i], sel)
	}
	t.rows += n
	if t.of.trim != nil && t.rows >= t.pruneAt {
		t.prune()
		t.pruneAt = max(t.pruneAt, 2*t.rows)
	}
	return t.account()
}

// wanted returns the living rows that are not beyond the bound; nil for all rows of the batch.
func (t *sorter) wanted(b *batch.Batch) []int32 {
	if t.of.keep == 0 {
		return []int32{}
	}
	if t.bound == nil || t.of.run.env.Debug.NoPrefilter {
		return b.Sel
	}
	t.sel = t.sel[:0]
	limit := t.of.order.prefix(t.bound, 0)
	for k := range b.Alive() {
		row := rowOf(b, k)
		switch p := t.of.order.prefix(b, row); {
		case p > limit:
		case p < limit || t.of.before(b, row, t.bound):
			t.sel = append(t.sel, int32(row))
		}
	}
	if t.sel == nil {
		t.sel = []int32{}
	}
	return t.sel
}

// sorted gives the rows held, in order, at most keep of them.
func (t *sorter) sorted() *batch.Batch {
	b := &batch.Batch{Len: t.rows}
	for _, c := range t.cols {
		b.Cols = append(b.Cols, c.Finish())
	}
	idx := t.of.order.permutation(b)
	if t.of.trim != nil {
		idx = t.of.trim(b, idx)
	}
	out := &batch.Batch{Len: len(idx)}
	for _, c := range b.Cols {
		out.Cols = append(out.Cols, c.Gather(idx))
	}
	return out
}

// prune keeps the best rows and remembers the last of them as the bound.
func (t *sorter) prune() {
	b := t.sorted()
	t.reset()
	for i, c := range t.cols {
		c.Append(b.Cols[i], nil)
	}
	t.rows = b.Len
	if int64(b.Len) >= t.of.keep && t.of.keep > 0 {
		t.bound = &batch.Batch{Len: 1}
		for _, c := range b.Cols {
			t.bound.Cols = append(t.bound.Cols, c.Gather([]int32{int32(t.of.keep - 1)}))
		}
	}
}

// firstRows keeps the first rows of a limit, and their ties.
func (s *sorting) firstRows(b *batch.Batch, idx []int32) []int32 {
	n := int(min(s.keep, int64(len(idx))))
	for s.ties > 0 && n > 0 && n < len(idx) && s.order[:s.ties].compare(b, int(idx[n-1]), b, int(idx[n])) == 0 {
		n++
	}
	return idx[:n]
}

// before reports whether a row is not beyond the bound.
func (s *sorting) before(b *batch.Batch, row int, bound *batch.Batch) bool {
	if s.ties > 0 {
		return s.order[:s.ties].compare(b, row, bound, 0) <= 0
	}
	return s.order.compare(b, row, bound, 0) < 0
}

// account reserves for the rows, and for sorting and gathering them, which holds them once more.
func (t *sorter) account() error {
	n := int64(keyedRowBytes * t.rows)
	for _, c := range t.cols {
		n += 2 * c.MemBytes()
	}
	want := (n + accountStep - 1) / accountStep * accountStep
	if want <= t.reserved {
		return nil
	}
	if t.of.run.grant.Reserve(want - t.reserved) {
		t.of.stats.hold(want - t.reserved)
		t.reserved = want
		return nil
	}
	return t.spill()
}

// spill writes the rows as a sorted run.
func (t *sorter) spill() error {
	if t.rows == 0 {
		return nil
	}
	f, err := t.of.run.spill.create("sort")
	if err != nil {
		return err
	}
	b := t.sorted()
	t.reset()
	size := t.of.run.mergeRows(b)
	for lo := 0; lo < b.Len; lo += size {
		if err := t.of.run.stopped(); err != nil {
			return err
		}
		hi := min(b.Len, lo+size)
		part := &batch.Batch{Len: hi - lo}
		for _, c := range b.Cols {
			part.Cols = append(part.Cols, c.Slice(lo, hi))
		}
		n, err := f.write(part, &t.scratch)
		if err != nil {
			return err
		}
		t.of.stats.spilled.Add(n)
	}
	t.of.stats.files.Add(1)
	t.runs = append(t.runs, f)
	t.of.run.grant.Release(t.reserved)
	t.of.stats.hold(-t.reserved)
	t.reserved = 0
	return nil
}

// mergeRows is how many rows of a run are read back at once: about 256 KiB, since a merge holds one piece of every run.
func (r *runner) mergeRows(b *batch.Batch) int {
	each := b.MemBytes()/int64(max(b.Len, 1)) + 1
	return max(16, min(r.env.Debug.BatchRows, int(256<<10/each)))
}

// finish gives the runs of the sorter as pullers.
func (t *sorter) finish() ([]puller, error) {
	var out []puller
	for _, f := range t.runs {
		r, err := f.rewind()
		if err != nil {
			return nil, err
		}
		out = append(out, runPull{r})
	}
	if t.rows > 0 {
		out = append(out, &oncePull{b: t.sorted()})
	}
	return out, nil
}

// runPull reads a spilled run.
type runPull struct{ r *spillReader }

func (p runPull) next(context.Context) (*batch.Batch, error) { return p.r.next() }

// oncePull gives one batch.
type oncePull struct{ b *batch.Batch }

func (p *oncePull) next(context.Context) (*batch.Batch, error) {
	b := p.b
	p.b = nil
	return b, nil
}
