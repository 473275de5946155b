package operator

import (
	"context"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/batch"
)

// limitPull passes count rows after skipping offset, then reports the end without asking for more; Close then stops what runs.
type limitPull struct {
	in            puller
	offset, count int64
	unlimited     bool
	run           *runner
	stats         *counters
	out           batch.Batch
}

// limit reads a plain chain of scans with one reader, in the order of segments and rows, so that the rows it passes are the same
// on every run; anything else is deterministic only if its input is ordered.
func (r *runner) limit(n *fragment.Limit) (*pipe, error) {
	parallel := r.env.Parallelism
	if chain(n.Input) {
		r.env.Parallelism = 1
	}
	in, err := r.build(n.Input)
	r.env.Parallelism = parallel
	if err != nil {
		return nil, err
	}
	c := &counters{name: "Limit", detail: describe("%d offset %d", n.Count, n.Offset), inputs: []*counters{in.stats}}
	return &pipe{
		pulls:  []puller{&limitPull{in: r.single(in).pulls[0], offset: n.Offset, count: n.Count, unlimited: n.Count < 0, run: r, stats: c}},
		fields: in.fields, stats: c,
	}, nil
}

// chain reports whether a node is a scan under filters and projections only.
func chain(n fragment.Node) bool {
	switch n := n.(type) {
	case *fragment.Scan:
		return true
	case *fragment.Filter:
		return chain(n.Input)
	case *fragment.Project:
		return chain(n.Input)
	}
	return false
}

func (l *limitPull) next(ctx context.Context) (*batch.Batch, error) {
	for l.unlimited || l.count > 0 {
		b, err := l.in.next(ctx)
		if b == nil || err != nil {
			return nil, err
		}
		n := int64(b.Alive())
		if l.offset >= n {
			l.offset -= n
			continue
		}
		lo, hi := l.offset, n
		if !l.unlimited {
			hi = min(n, lo+l.count)
			l.count -= hi - lo
		}
		l.offset = 0
		l.cut(b, int(lo), int(hi))
		l.stats.emitted(&l.out)
		return &l.out, nil
	}
	return nil, nil
}

func (l *limitPull) cut(b *batch.Batch, lo, hi int) {
	l.out = *b
	switch {
	case b.Sel != nil:
		l.out.Sel = b.Sel[lo:hi]
	case lo > 0 || hi < b.Len:
		l.out.Cols = make([]*batch.Vector, len(b.Cols))
		for i, c := range b.Cols {
			l.out.Cols[i] = c.Slice(lo, hi)
		}
		l.out.Len = hi - lo
	}
}
