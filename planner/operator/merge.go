package operator

import (
	"context"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/batch"
)

// merge gives the rows of sorted sources in order. It keeps a binary heap of the sources by their current row; an only source
// passes through.
type merge struct {
	sources []puller
	order   order
	fields  []batch.Field
	size    int
	stats   *counters

	heap   []*cursor
	opened bool
	out    batch.Batch
}

// cursor is one source's current row.
type cursor struct {
	in      puller
	b       *batch.Batch
	at      int
	key     normalKey
	scratch []byte
}

func newMerge(sources []puller, fields []batch.Field, keys []fragment.SortKey, size int, stats *counters) *merge {
	return newMergeOrder(sources, fields, newOrder(keys, len(fields)), size, stats)
}

func newMergeOrder(sources []puller, fields []batch.Field, o order, size int, stats *counters) *merge {
	return &merge{sources: sources, order: o, fields: fields, size: size, stats: stats}
}

func (m *merge) next(ctx context.Context) (*batch.Batch, error) {
	if err := m.open(ctx); err != nil || len(m.heap) == 0 {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var cols []*batch.Builder
	for _, f := range m.fields {
		cols = append(cols, batch.NewBuilder(f.Type, m.size))
	}
	n := 0
	for ; n < m.size && len(m.heap) > 0; n++ {
		c := m.heap[0]
		for i := range cols {
			cols[i].Row(c.b.Cols[i], c.at)
		}
		if err := m.advance(ctx, c); err != nil {
			return nil, err
		}
	}
	m.out = batch.Batch{Len: n, Cols: finishAll(cols)}
	m.stats.emitted(&m.out)
	return &m.out, nil
}

func (m *merge) open(ctx context.Context) error {
	if m.opened {
		return nil
	}
	m.opened = true
	for _, in := range m.sources {
		c := &cursor{in: in, at: -1}
		ok, err := m.step(ctx, c)
		if err != nil {
			return err
		}
		if ok {
			m.heap = append(m.heap, c)
		}
	}
	for i := len(m.heap)/2 - 1; i >= 0; i-- {
		m.sink(i)
	}
	return nil
}

// step moves a cursor to its next row.
func (m *merge) step(ctx context.Context, c *cursor) (bool, error) {
	if c.at++; c.b == nil || c.at >= c.b.Len {
		b, err := c.in.next(ctx)
		if b == nil || err != nil {
			return false, err
		}
		c.b, c.at = b.Compact(), 0
	}
	c.key, c.scratch = m.order.key(c.b, c.at, c.scratch)
	return true, nil
}

func (m *merge) advance(ctx context.Context, c *cursor) error {
	ok, err := m.step(ctx, c)
	if err != nil {
		return err
	}
	if !ok {
		last := len(m.heap) - 1
		m.heap[0] = m.heap[last]
		m.heap = m.heap[:last]
	}
	m.sink(0)
	return nil
}

func (m *merge) less(a, b *cursor) bool {
	if c := a.key.compare(&b.key); c != 0 {
		return c < 0
	}
	return m.order.compare(a.b, a.at, b.b, b.at) < 0
}

func (m *merge) sink(i int) {
	for {
		kid := 2*i + 1
		if kid >= len(m.heap) {
			return
		}
		if kid+1 < len(m.heap) && m.less(m.heap[kid+1], m.heap[kid]) {
			kid++
		}
		if !m.less(m.heap[kid], m.heap[i]) {
			return
		}
		m.heap[i], m.heap[kid] = m.heap[kid], m.heap[i]
		i = kid
	}
}
