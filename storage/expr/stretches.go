package expr

import "github.com/assaydb/assay/storage/batch"

// stretchWorth is the mean length of stretches from which sums are computed once for each.
const stretchWorth = 16

// perStretch computes a sum of two operands that are constant or come in stretches of equal codes: once per stretch. It returns nil
// where they do not, or where some sum overflows, which the rows then decide.
func (n *sumNode) perStretch(va, vb *batch.Vector, rows int) *batch.Vector {
	if n.wide {
		return nil
	}
	ea, eb := stretchEnds(va), stretchEnds(vb)
	if ea == nil && eb == nil || ea == nil && va.Enc != batch.Const || eb == nil && vb.Enc != batch.Const {
		return nil
	}
	n.ends = mergeEnds(n.ends[:0], ea, eb)
	if len(n.ends)*stretchWorth > rows {
		return nil
	}
	n.x, n.y = headInts(n.x, va, n.ends), headInts(n.y, vb, n.ends)
	out := n.buf.reset(n.slow.typ, len(n.ends))
	flat := func(x []int64) *batch.Vector { return &batch.Vector{Type: n.slow.typ, Len: len(x), I: x} }
	if n.compute(out.I, flat(n.x), flat(n.y)) && n.checked {
		return nil
	}
	out.Enc, out.Ends, out.Len = batch.Runs, n.ends, rows
	return out
}

// stretchEnds returns where the stretches of a vector without NULL end, nil when it does not tell.
func stretchEnds(v *batch.Vector) []int32 {
	if v.Enc == batch.Runs && v.Valid == nil {
		return v.Ends
	}
	return v.CodeRuns()
}

// mergeEnds appends the ends of both, which ascend to the same last one; either may be empty.
func mergeEnds(dst, a, b []int32) []int32 {
	for len(a) > 0 && len(b) > 0 {
		end := min(a[0], b[0])
		dst = append(dst, end)
		if a[0] == end {
			a = a[1:]
		}
		if b[0] == end {
			b = b[1:]
		}
	}
	return append(append(dst, a...), b...)
}

// headInts gives the value of each stretch of a vector whose own stretches end at some of the same rows.
func headInts(dst []int64, v *batch.Vector, ends []int32) []int64 {
	dst = sized(dst, len(ends))
	at := 0
	for i, end := range ends {
		switch v.Enc {
		case batch.Const:
			dst[i] = v.I[0]
		case batch.Dict:
			dst[i] = v.Dict.Values.I[v.Codes[end-1]]
		default:
			for v.Ends[at] < end {
				at++
			}
			dst[i] = v.I[at]
		}
	}
	return dst
}
