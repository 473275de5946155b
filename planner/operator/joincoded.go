package operator

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// codedWhole is the most rows of which a column gets a dictionary even when all its values are different: copying the texts of so few
// rows for every probe row would cost more.
const codedWhole = 1 << 16

// coded gives a column of texts or integers a dictionary, so that what groups, compares or joins it above the join works on codes.
// A long column whose values are mostly different stays as it is.
func coded(v *batch.Vector) *batch.Vector {
	switch v.Type.Class() {
	case schema.ClassBytes:
		return codedBy(v, func(r int) string { return string(v.Bytes(r)) }, func(b *batch.Builder, s string) { b.Text(s) })
	case schema.ClassInt64:
		return codedBy(v, v.Int64, (*batch.Builder).Int64)
	}
	return v
}

func codedBy[K comparable](v *batch.Vector, at func(row int) K, put func(b *batch.Builder, x K)) *batch.Vector {
	if v.Len == 0 || v.AllNull() {
		return v
	}
	codes, seen := make([]int32, v.Len), map[K]int32{}
	values := batch.NewBuilder(v.Type, 0)
	for r := range v.Len {
		if v.IsNull(r) {
			continue
		}
		x := at(r)
		c, ok := seen[x]
		if !ok {
			if v.Len > codedWhole && len(seen) > v.Len/2 {
				return v
			}
			c = int32(len(seen))
			seen[x] = c
			put(values, x)
		}
		codes[r] = c
	}
	if len(seen) == 0 {
		return v
	}
	return &batch.Vector{Type: v.Type, Enc: batch.Dict, Len: v.Len, Valid: v.Valid, Codes: codes, Dict: &batch.Dictionary{Values: values.Finish()}}
}
