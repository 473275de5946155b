package segment

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel"
)

// meanRun is the mean length from which stretches of equal codes are worth telling.
const meanRun = 16

// runEnds appends where stretches of equal codes end; it gives up, with nothing appended, as soon as they prove too short.
func runEnds(dst, codes []int32) []int32 {
	most := len(dst) + len(codes)/meanRun
	if len(codes) == 0 || most == len(dst) {
		return dst
	}
	old := len(dst)
	last := codes[0]
	for i, c := range codes {
		if c == last {
			continue
		}
		if dst = append(dst, int32(i)); len(dst) >= most {
			return dst[:old]
		}
		last = c
	}
	return append(dst, int32(len(codes)))
}

// packRuns returns a page as it is kept when its codes come in long stretches: one code a stretch, under Runs with a dictionary,
// a form that does not leave this package. Any other page gives nil.
func packRuns(v *batch.Vector) *batch.Vector {
	ends := v.CodeRuns()
	if ends == nil {
		return nil
	}
	codes := make([]int32, len(ends))
	for k, end := range ends {
		codes[k] = v.Codes[end-1]
	}
	return &batch.Vector{Type: v.Type, Enc: batch.Runs, Len: v.Len, Dict: v.Dict, Codes: codes, Ends: exact(ends)}
}

// unpackRuns gives a kept page in the form that everyone knows. Writing the codes out is cheaper than to have them fetched from
// memory, where a page of them would lie.
func (r *ChunkReader) unpackRuns(v *batch.Vector) *batch.Vector {
	if v.Enc != batch.Runs {
		return v
	}
	r.codeb = grow(r.codeb, v.Len)
	lo := 0
	for k, end := range v.Ends {
		kernel.FillCodes(r.codeb[lo:end], v.Codes[k])
		lo = int(end)
	}
	r.vec = batch.Vector{Type: v.Type, Enc: batch.Dict, Len: v.Len, Dict: v.Dict, Codes: r.codeb, Ends: v.Ends}
	if r.NoRuns {
		r.vec.Ends = nil
	}
	return &r.vec
}
