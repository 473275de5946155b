package storage

import (
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// gatherer copies selected rows of columns into vectors that it owns and reuses.
type gatherer struct {
	cols  []*batch.Vector
	owned []batch.Vector
	codes [][]int32 // kept here while a column comes without a dictionary
}

// gather returns the listed rows of each column, valid until the next call. Dictionaries and constants are kept.
func (g *gatherer) gather(cols []*batch.Vector, rows []int32) []*batch.Vector {
	if g.owned == nil {
		g.owned, g.cols, g.codes = make([]batch.Vector, len(cols)), make([]*batch.Vector, len(cols)), make([][]int32, len(cols))
	}
	for i, v := range cols {
		out := &g.owned[i]
		out.Type, out.Enc, out.Len = v.Type, v.Enc, len(rows)
		g.cols[i] = out
		if v.Enc == batch.Const {
			c := *v
			c.Len = len(rows)
			g.cols[i] = &c
			continue
		}
		valid := out.Valid[:0]
		if v.Valid != nil {
			valid = pick(valid, v.Valid, rows)
		}
		out.Valid = valid
		out.Dict, out.Codes = nil, nil
		switch v.Enc {
		case batch.Dict:
			g.codes[i] = pick(g.codes[i][:0], v.Codes, rows)
			out.Dict, out.Codes = v.Dict, g.codes[i]
			out.Ends = pickEnds(out.Ends[:0], v.CodeRuns(), rows)
		case batch.Numbered:
			out.N, out.Digits = pick(out.N[:0], v.N, rows), v.Digits
		default:
			gatherPayload(out, v, rows)
		}
		if v.Valid == nil {
			g.cols[i] = withoutNulls(out)
		}
	}
	return g.cols
}

// withoutNulls is a view of v that says so; v itself keeps its buffer of validity for later.
func withoutNulls(v *batch.Vector) *batch.Vector {
	view := *v
	view.Valid = nil
	return &view
}

// gatherPayload copies the rows of a flat vector.
func gatherPayload(out, v *batch.Vector, rows []int32) {
	switch v.Type.Class() {
	case schema.ClassInt64:
		out.I = pick(out.I[:0], v.I, rows)
	case schema.ClassInt128:
		out.W = pick(out.W[:0], v.W, rows)
	case schema.ClassFloat64:
		out.F = pick(out.F[:0], v.F, rows)
	case schema.ClassBytes:
		out.Data, out.Off = out.Data[:0], append(out.Off[:0], 0)
		for _, r := range rows {
			out.Data = append(out.Data, v.Data[v.Off[r]:v.Off[r+1]]...)
			out.Off = append(out.Off, uint32(len(out.Data)))
		}
	}
}

// pickEnds appends where the stretches end of which rows are left, counted in these rows.
func pickEnds(dst, ends, rows []int32) []int32 {
	at := 0
	for _, end := range ends {
		n, _ := slices.BinarySearch(rows[at:], end)
		if n > 0 {
			at += n
			dst = append(dst, int32(at))
		}
	}
	return dst
}

func pick[T any](dst, src []T, rows []int32) []T {
	at := len(dst)
	dst = slices.Grow(dst, len(rows))[:at+len(rows)]
	for i, r := range rows {
		dst[at+i] = src[r]
	}
	return dst
}
