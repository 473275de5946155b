package expr

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel"
)

// spread writes the payload of every row of a vector in any encoding to dst.
func spread[T any](dst []T, payload func(*batch.Vector) []T, v *batch.Vector) {
	switch v.Enc {
	case batch.Flat:
		copy(dst, payload(v))
	case batch.Const:
		c := payload(v)[0]
		for i := range dst {
			dst[i] = c
		}
	case batch.Dict:
		values := payload(v.Dict.Values)
		for i, c := range v.Codes[:len(dst)] {
			dst[i] = values[c]
		}
	case batch.Runs:
		lo, values := 0, payload(v)
		for k, hi := range v.Ends {
			for i := lo; i < int(hi); i++ {
				dst[i] = values[k]
			}
			lo = int(hi)
		}
	}
}

func fillInts(dst []int64, c int64) {
	for i := range dst {
		dst[i] = c
	}
}

// rowValid returns validity row by row, nil when no row is NULL. A constant NULL must have been dealt with.
func rowValid(v *batch.Vector) []byte {
	switch {
	case v.Valid == nil || v.Enc == batch.Const:
		return nil
	case v.Enc == batch.Runs:
		out := make([]byte, v.Len)
		lo := 0
		for k, hi := range v.Ends {
			for i := lo; i < int(hi); i++ {
				out[i] = v.Valid[k]
			}
			lo = int(hi)
		}
		return out
	}
	return v.Valid[:v.Len]
}

// mergeValid makes NULL the rows that are NULL in either operand.
func mergeValid(buf *buffer, out, a, b *batch.Vector) {
	x, y := rowValid(a), rowValid(b)
	if x == nil && y == nil {
		return
	}
	buf.valid = kernel.MergeValid(buf.valid, x, y)
	out.Valid = buf.valid
}
