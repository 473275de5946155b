package window

import "github.com/assaydb/assay/storage/batch"

// shift computes LAG and LEAD: which row each takes its value from, -1 for none.
func shift(s *Spec, args []*batch.Vector, b *Block) *batch.Vector {
	from := make([]int32, b.Len)
	_ = b.each(func(lo, hi int) error {
		by := int(min(s.Number, int64(hi-lo)))
		if s.Name == "lag" {
			by = -by
		}
		for i := lo; i < hi; i++ {
			k := i + by
			if k < lo || k >= hi {
				k = -1
			}
			from[i] = int32(k)
		}
		return nil
	})
	var other *batch.Vector
	if len(args) == 2 {
		other = args[1]
	}
	return take(args[0], from, other)
}

// value computes FIRST_VALUE, LAST_VALUE and NTH_VALUE.
func value(s *Spec, arg *batch.Vector, f frames) *batch.Vector {
	from := make([]int32, len(f.lo))
	for i := range from {
		lo, hi := f.lo[i], f.hi[i]
		k := lo
		switch s.Name {
		case "last_value":
			k = hi - 1
		case "nth_value":
			k = lo + int32(min(s.Number-1, int64(hi-lo)))
		}
		if k < lo || k >= hi {
			k = -1
		}
		from[i] = k
	}
	return take(arg, from, nil)
}

// take gives the listed rows of a column; where there is none, the row itself of the other column, or NULL.
func take(v *batch.Vector, from []int32, other *batch.Vector) *batch.Vector {
	missing := 0
	for _, k := range from {
		if k < 0 {
			missing++
		}
	}
	if missing == 0 {
		return v.Gather(from)
	}
	if v.Len == 0 || missing == len(from) && other != nil {
		return other
	}
	if other == nil {
		return takeOrNull(v, from)
	}
	out := batch.NewBuilder(v.Type, len(from))
	for i, k := range from {
		if k < 0 {
			out.Row(other, i)
			continue
		}
		out.Row(v, int(k))
	}
	return out.Finish()
}

func takeOrNull(v *batch.Vector, from []int32) *batch.Vector {
	valid, at := make([]byte, len(from)), make([]int32, len(from))
	for i, k := range from {
		if k >= 0 {
			at[i], valid[i] = k, 1
			if v.Valid != nil {
				valid[i] = v.Valid[k]
			}
		}
	}
	flat := *v
	flat.Valid = nil
	out := flat.Gather(at)
	out.Valid = valid
	return out
}
