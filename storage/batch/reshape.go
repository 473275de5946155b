package batch

import (
	"slices"

	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// Flatten returns v in the flat encoding; v itself when it is flat already.
func (v *Vector) Flatten() *Vector {
	switch v.Enc {
	case Flat:
		return v
	case Dict:
		out := gatherPayload(v.Dict.Values, v.Codes)
		out.Type, out.Valid = v.Type, v.Valid
		return out
	case Numbered:
		return v.texts()
	case Runs:
		return v.writeOut()
	}
	b := NewBuilder(v.Type, v.Len)
	b.Append(v, nil)
	return b.Finish()
}

// writeOut writes runs out row by row.
func (v *Vector) writeOut() *Vector {
	rows := make([]int32, 0, v.Len)
	for k, end := range v.Ends {
		for len(rows) < int(end) {
			rows = append(rows, int32(k))
		}
	}
	out := gatherPayload(v, rows)
	out.Valid = gatherValid(v.Valid, rows)
	return out
}

// Gather returns the listed rows, in the order listed. Dictionary, constant and numbered encodings are kept.
func (v *Vector) Gather(rows []int32) *Vector {
	switch v.Enc {
	case Const:
		out := *v
		out.Len = len(rows)
		return &out
	case Dict:
		out := &Vector{Type: v.Type, Enc: Dict, Len: len(rows), Dict: v.Dict, Codes: make([]int32, len(rows))}
		for i, r := range rows {
			out.Codes[i] = v.Codes[r]
		}
		out.Valid = gatherValid(v.Valid, rows)
		return out
	case Numbered:
		out := &Vector{Type: v.Type, Enc: Numbered, Len: len(rows), N: make([]uint32, len(rows)), Digits: v.Digits}
		for i, r := range rows {
			out.N[i] = v.N[r]
		}
		out.Valid = gatherValid(v.Valid, rows)
		return out
	case Runs:
		v = v.Flatten()
	}
	out := gatherPayload(v, rows)
	out.Valid = gatherValid(v.Valid, rows)
	return out
}

func gatherValid(valid []byte, rows []int32) []byte {
	if valid == nil {
		return nil
	}
	out := make([]byte, len(rows))
	all := byte(1)
	for i, r := range rows {
		out[i] = valid[r]
		all &= valid[r]
	}
	if all == 1 {
		return nil
	}
	return out
}

// gatherPayload copies the payloads at the indexes of a flat vector, without validity.
func gatherPayload(v *Vector, idx []int32) *Vector {
	out := &Vector{Type: v.Type, Len: len(idx)}
	switch v.Type.Class() {
	case schema.ClassInt64:
		out.I = make([]int64, len(idx))
		for i, k := range idx {
			out.I[i] = v.I[k]
		}
	case schema.ClassInt128:
		out.W = make([]decimal.Int128, len(idx))
		for i, k := range idx {
			out.W[i] = v.W[k]
		}
	case schema.ClassFloat64:
		out.F = make([]float64, len(idx))
		for i, k := range idx {
			out.F[i] = v.F[k]
		}
	case schema.ClassBytes:
		gatherBytes(out, v, idx)
	}
	return out
}

func gatherBytes(out, v *Vector, idx []int32) {
	total := 0
	out.Off = make([]uint32, len(idx)+1)
	for i, k := range idx {
		total += int(v.Off[k+1] - v.Off[k])
		out.Off[i+1] = uint32(total)
	}
	out.Data = make([]byte, total)
	for i, k := range idx {
		copy(out.Data[out.Off[i]:], v.Data[v.Off[k]:v.Off[k+1]])
	}
}

// Slice returns rows lo to hi (exclusive), sharing memory with v.
func (v *Vector) Slice(lo, hi int) *Vector {
	out := *v
	out.Len = hi - lo
	switch v.Enc {
	case Const:
		return &out
	case Runs:
		return v.Flatten().Slice(lo, hi)
	case Dict:
		out.Codes, out.Ends = v.Codes[lo:hi], sliceEnds(v.CodeRuns(), lo, hi)
	case Numbered:
		out.N = v.N[lo:hi]
	case Flat:
		switch v.Type.Class() {
		case schema.ClassInt64:
			out.I = v.I[lo:hi]
		case schema.ClassInt128:
			out.W = v.W[lo:hi]
		case schema.ClassFloat64:
			out.F = v.F[lo:hi]
		case schema.ClassBytes:
			out.Off = v.Off[lo : hi+1]
		}
	}
	if v.Valid != nil {
		out.Valid = v.Valid[lo:hi]
	}
	return &out
}

// sliceEnds returns where the stretches within rows lo to hi (exclusive) end, counted from lo.
func sliceEnds(ends []int32, lo, hi int) []int32 {
	if len(ends) == 0 || lo >= hi {
		return nil
	}
	from, _ := slices.BinarySearch(ends, int32(lo+1))
	to, _ := slices.BinarySearch(ends[from:], int32(hi))
	out := make([]int32, to+1)
	for i, end := range ends[from : from+to] {
		out[i] = end - int32(lo)
	}
	out[to] = int32(hi - lo)
	return out
}

// Compact returns the batch with only its living rows and no selection; b itself when every row is alive.
func (b *Batch) Compact() *Batch {
	if b.Sel == nil {
		return b
	}
	out := &Batch{Len: len(b.Sel), Cols: make([]*Vector, len(b.Cols))}
	for i, c := range b.Cols {
		out.Cols[i] = c.Gather(b.Sel)
	}
	return out
}
