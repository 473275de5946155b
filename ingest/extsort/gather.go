package extsort

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// ref is a row of one of several parts.
type ref struct{ part, row int32 }

// gather copies rows out of parts that are all flat, or all coded by dict.
func gather(t schema.Type, dict *batch.Dictionary, parts []*batch.Vector, refs []ref) *batch.Vector {
	out := &batch.Vector{Type: t, Len: len(refs), Valid: gatherValid(parts, refs)}
	switch {
	case dict != nil:
		out.Enc, out.Dict = batch.Dict, dict
		out.Codes = make([]int32, len(refs))
		for i, r := range refs {
			out.Codes[i] = parts[r.part].Codes[r.row]
		}
	case t.Class() == schema.ClassInt64:
		out.I = make([]int64, len(refs))
		for i, r := range refs {
			out.I[i] = parts[r.part].I[r.row]
		}
	case t.Class() == schema.ClassFloat64:
		out.F = make([]float64, len(refs))
		for i, r := range refs {
			out.F[i] = parts[r.part].F[r.row]
		}
	case t.Class() == schema.ClassInt128:
		out.W = make([]decimal.Int128, len(refs))
		for i, r := range refs {
			out.W[i] = parts[r.part].W[r.row]
		}
	default:
		gatherBytes(out, parts, refs)
	}
	return out
}

func gatherValid(parts []*batch.Vector, refs []ref) []byte {
	var valid []byte
	for i, r := range refs {
		if v := parts[r.part].Valid; v != nil && v[r.row] == 0 {
			if valid == nil {
				valid = make([]byte, len(refs))
				for k := range valid {
					valid[k] = 1
				}
			}
			valid[i] = 0
		}
	}
	return valid
}

func gatherBytes(out *batch.Vector, parts []*batch.Vector, refs []ref) {
	total := 0
	out.Off = make([]uint32, len(refs)+1)
	for i, r := range refs {
		v := parts[r.part]
		total += int(v.Off[r.row+1] - v.Off[r.row])
		out.Off[i+1] = uint32(total)
	}
	out.Data = make([]byte, total)
	for i, r := range refs {
		v := parts[r.part]
		copy(out.Data[out.Off[i]:], v.Data[v.Off[r.row]:v.Off[r.row+1]])
	}
}
