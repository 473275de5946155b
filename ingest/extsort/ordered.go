package extsort

import (
	"github.com/assaydb/assay/storage/batch"
)

// ordered gives the rows of batches in memory in key order.
type ordered struct {
	cols []*batch.Vector // all rows of a column in one
	perm []uint32
	pos  int
}

// newOrdered takes the batches' columns over, one after the other, so that at most one is in memory twice.
func newOrdered(cfg Config, batches []*batch.Batch) *ordered {
	o := &ordered{}
	parts := make([]*batch.Vector, len(batches))
	for j, t := range cfg.Types {
		for i, b := range batches {
			parts[i], b.Cols[j] = b.Cols[j], nil
		}
		o.cols = append(o.cols, join(t, parts))
	}
	n := 0
	for _, b := range batches {
		n += b.Len
	}
	o.perm = make([]uint32, n)
	for i := range o.perm {
		o.perm[i] = uint32(i)
	}
	sorter := radix{perm: o.perm, spare: make([]uint32, n)}
	for k := len(cfg.Keys) - 1; k >= 0; k-- {
		sorter.column(o.cols[cfg.Keys[k]])
	}
	o.perm = sorter.perm
	return o
}

func (o *ordered) dictionaries() []*batch.Dictionary {
	d := make([]*batch.Dictionary, len(o.cols))
	for i, c := range o.cols {
		d[i] = c.Dict
	}
	return d
}

func (o *ordered) next() (*batch.Batch, error) {
	if o.pos == len(o.perm) {
		return nil, nil
	}
	rows := o.perm[o.pos:min(o.pos+batch.MaxRows, len(o.perm))]
	o.pos += len(rows)
	out := &batch.Batch{Len: len(rows), Cols: make([]*batch.Vector, len(o.cols))}
	list := make([]int32, len(rows))
	for i, r := range rows {
		list[i] = int32(r)
	}
	for j, c := range o.cols {
		out.Cols[j] = c.Gather(list)
	}
	return out, nil
}

// block makes the rows in memory one more run of a merge.
func (o *ordered) block() ([]*batch.Vector, int, error) {
	b, err := o.next()
	if b == nil || err != nil {
		return nil, 0, err
	}
	return b.Cols, b.Len, nil
}
