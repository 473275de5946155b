package operator

import (
	"bytes"
	"cmp"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/sortkey"
	"github.com/assaydb/assay/storage/schema"
)

// order is a total order of rows: the sort keys, then every other column ascending, so that rows that compare equal are equal and
// any order of them gives the same answer.
type order []fragment.SortKey

func newOrder(keys []fragment.SortKey, columns int) order {
	out := append(order(nil), keys...)
	used := make([]bool, columns)
	for _, k := range keys {
		used[k.Column] = true
	}
	for c := range columns {
		if !used[c] {
			out = append(out, fragment.SortKey{Column: c})
		}
	}
	return out
}

// compare orders row i of a and row j of b.
func (o order) compare(a *batch.Batch, i int, b *batch.Batch, j int) int {
	for _, k := range o {
		c := compareRows(a.Cols[k.Column], i, b.Cols[k.Column], j)
		if c == 0 {
			continue
		}
		if k.Desc {
			return -c
		}
		return c
	}
	return 0
}

func compareRows(a *batch.Vector, i int, b *batch.Vector, j int) int {
	if an, bn := a.IsNull(i), b.IsNull(j); an || bn {
		switch {
		case an && bn:
			return 0
		case an:
			return -1
		}
		return 1
	}
	switch a.Type.Class() {
	case schema.ClassBytes:
		return bytes.Compare(a.Bytes(i), b.Bytes(j))
	case schema.ClassInt128:
		return a.Int128(i).Cmp(b.Int128(j))
	case schema.ClassFloat64:
		return schema.CompareFloat(a.Float64(i), b.Float64(j))
	}
	if a.Type.Kind == schema.Uint64 {
		return cmp.Compare(uint64(a.Int64(i)), uint64(b.Int64(j)))
	}
	return cmp.Compare(a.Int64(i), b.Int64(j))
}

// prefix orders rows by the first sort column as far as it goes: rows with unlike prefixes need no other look.
func (o order) prefix(b *batch.Batch, row int) uint64 {
	return sortkey.Prefix(b.Cols[o[0].Column], row, o[0].Desc)
}
