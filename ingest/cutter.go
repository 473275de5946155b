package ingest

import (
	"context"
	"sort"

	"github.com/assaydb/assay/ingest/extsort"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// cutter gives the rows of one partition after the other out of a sorted stream.
type cutter struct {
	layout *sortLayout
	it     *extsort.Iterator
	cur    *batch.Batch
	pos    int
	ended  bool
}

// peek returns the batch that holds the next row, nil at the end.
func (c *cutter) peek(ctx context.Context) (*batch.Batch, error) {
	for !c.ended && (c.cur == nil || c.pos == c.cur.Len) {
		b, err := c.it.Next(ctx)
		if err != nil {
			return nil, err
		}
		c.cur, c.pos, c.ended = b, 0, b == nil
	}
	return c.cur, nil
}

// values returns the partition of the next row.
func (c *cutter) values() []schema.Value { return c.at(c.pos) }

func (c *cutter) at(row int) []schema.Value {
	out := make([]schema.Value, len(c.layout.parts))
	for i, j := range c.layout.parts {
		out[i] = c.cur.Cols[j].Value(row)
	}
	return out
}

func (c *cutter) same(row int, values []schema.Value) bool {
	for i, v := range c.at(row) {
		if v != values[i] {
			return false
		}
	}
	return true
}

// take returns the next rows of a partition, nil when the next row is of another: rows of one partition lie together, so the end
// is found by bisection.
func (c *cutter) take(ctx context.Context, values []schema.Value) (*batch.Batch, error) {
	b, err := c.peek(ctx)
	if err != nil || b == nil {
		return nil, err
	}
	lo, n := c.pos, b.Len-c.pos
	if !c.same(b.Len-1, values) {
		n = sort.Search(n, func(i int) bool { return !c.same(lo+i, values) })
	}
	if n == 0 {
		return nil, nil
	}
	c.pos += n
	out := &batch.Batch{Len: n, Cols: make([]*batch.Vector, len(c.layout.table.Columns))}
	for j := range out.Cols {
		out.Cols[j] = b.Cols[j].Slice(lo, lo+n)
	}
	return out, nil
}
