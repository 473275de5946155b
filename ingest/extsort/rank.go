package extsort

import (
	"bytes"
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// ranks returns, per entry of a dictionary, its place in the order of the values: what codes are sorted by.
func ranks(d *batch.Dictionary) []uint64 {
	v := d.Values
	order := make([]int32, v.Len)
	for i := range order {
		order[i] = int32(i)
	}
	if v.Type.Class() == schema.ClassBytes {
		slices.SortFunc(order, func(a, b int32) int {
			return bytes.Compare(v.Data[v.Off[a]:v.Off[a+1]], v.Data[v.Off[b]:v.Off[b+1]])
		})
	} else {
		keys := make([]uint64, v.Len)
		wordKeys(keys, v, nil)
		slices.SortFunc(order, func(a, b int32) int {
			switch {
			case keys[a] < keys[b]:
				return -1
			case keys[a] > keys[b]:
				return 1
			}
			return 0
		})
	}
	out := make([]uint64, v.Len)
	for rank, code := range order {
		out[code] = uint64(rank)
	}
	return out
}
