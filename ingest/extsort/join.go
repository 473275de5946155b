package extsort

import (
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// join makes one vector of several parts: codes where all have dictionaries that can be one, else flat. Rows that are gathered in
// another order are then found by one index, not by part and row.
func join(t schema.Type, parts []*batch.Vector) *batch.Vector {
	dict, maps := oneDictionary(t, parts)
	rows, nulls := 0, false
	for i, v := range parts {
		if dict == nil {
			parts[i] = v.Flatten()
		}
		rows, nulls = rows+v.Len, nulls || v.Valid != nil
	}
	out := &batch.Vector{Type: t, Len: rows, Dict: dict}
	if nulls {
		out.Valid = joinValid(parts, rows)
	}
	if dict == nil {
		joinFlat(out, parts)
		return out
	}
	out.Enc, out.Codes = batch.Dict, make([]int32, 0, rows)
	for i, v := range parts {
		out.Codes = appendCodes(out.Codes, v, maps, i)
	}
	return out
}

// appendCodes appends a part's codes, translated where maps say so; an all-NULL constant has code 0.
func appendCodes(dst []int32, v *batch.Vector, maps [][]int32, part int) []int32 {
	if v.Enc != batch.Dict {
		return append(dst, make([]int32, v.Len)...)
	}
	if maps == nil {
		return append(dst, v.Codes...)
	}
	for _, c := range v.Codes {
		dst = append(dst, maps[part][c])
	}
	return dst
}

func joinValid(parts []*batch.Vector, rows int) []byte {
	valid := make([]byte, 0, rows)
	for _, v := range parts {
		switch {
		case v.Valid == nil:
			for range v.Len {
				valid = append(valid, 1)
			}
		case v.Enc == batch.Const:
			valid = append(valid, make([]byte, v.Len)...)
		default:
			valid = append(valid, v.Valid...)
		}
	}
	return valid
}

// joinFlat appends the payloads of flat parts.
func joinFlat(out *batch.Vector, parts []*batch.Vector) {
	size := 0
	for _, v := range parts {
		size += len(v.Data)
	}
	switch out.Type.Class() {
	case schema.ClassInt64:
		out.I = slices.Grow(out.I, out.Len)
	case schema.ClassBytes:
		out.Off, out.Data = append(make([]uint32, 0, out.Len+1), 0), make([]byte, 0, size)
	}
	for _, v := range parts {
		out.I, out.W, out.F = append(out.I, v.I...), append(out.W, v.W...), append(out.F, v.F...)
		if out.Off == nil {
			continue
		}
		base := uint32(len(out.Data)) - v.Off[0]
		for _, end := range v.Off[1 : v.Len+1] {
			out.Off = append(out.Off, base+end)
		}
		out.Data = append(out.Data, v.Data[v.Off[0]:v.Off[v.Len]]...)
	}
}

// oneDictionary returns the dictionary that all parts can be coded by, and how each part's codes translate to it; maps is nil when
// they need not. It gives nil when some part is flat or there would be too many entries.
func oneDictionary(t schema.Type, parts []*batch.Vector) (*batch.Dictionary, [][]int32) {
	dicts := make([]*batch.Dictionary, len(parts))
	for i, v := range parts {
		switch {
		case v.Enc == batch.Dict:
			dicts[i] = v.Dict
		case !v.AllNull():
			return nil, nil
		}
	}
	return merged(t, dicts)
}

// merged returns one dictionary for several, nil entries aside.
func merged(t schema.Type, dicts []*batch.Dictionary) (*batch.Dictionary, [][]int32) {
	if d := longest(dicts); d != nil {
		return d, nil
	}
	return unite(t, dicts)
}

// longest returns the dictionary that extends all others; nil when they are not of one family, or there is none.
func longest(dicts []*batch.Dictionary) (most *batch.Dictionary) {
	for _, d := range dicts {
		switch {
		case d == nil || most != nil && most.Extends(d):
		case most == nil || d.Extends(most):
			most = d
		default:
			return nil
		}
	}
	return most
}
