package operator

import (
	"context"

	"github.com/assaydb/assay/storage/batch"
)

// tiesPull passes the first count rows of a sorted input, and those after them that are equal to the last by order.
type tiesPull struct {
	in    puller
	count int64
	order order
	stats *counters
	last  *batch.Batch // row count, once it passed
	out   batch.Batch
}

func (p *tiesPull) next(ctx context.Context) (*batch.Batch, error) {
	if p.count == 0 && p.last == nil {
		return nil, nil
	}
	b, err := p.in.next(ctx)
	if b == nil || err != nil {
		return nil, err
	}
	b = b.Compact()
	n := int(min(p.count, int64(b.Len)))
	p.count -= int64(n)
	if p.count == 0 && p.last == nil {
		p.last = &batch.Batch{Len: 1}
		for _, c := range b.Cols {
			p.last.Cols = append(p.last.Cols, c.Gather([]int32{int32(n - 1)}))
		}
	}
	for p.last != nil && n < b.Len && p.order.compare(b, n, p.last, 0) == 0 {
		n++
	}
	if n == 0 {
		p.count, p.last = 0, nil
		return nil, nil
	}
	p.out = batch.Batch{Len: n}
	for _, c := range b.Cols {
		p.out.Cols = append(p.out.Cols, c.Slice(0, n))
	}
	if n < b.Len {
		p.in = noRows{}
	}
	return &p.out, nil
}

// noRows is at its end.
type noRows struct{}

func (noRows) next(context.Context) (*batch.Batch, error) { return nil, nil }
