package segment

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// ColumnStats is what is known of one column of a segment.
type ColumnStats struct {
	Column   uint32 // column id
	Min, Max schema.Value
	Exact    bool // Min and Max are attained; false where text was cut or NaN is there
	NaN      bool // some value is NaN, which lies outside Min and Max
	Nulls    int64
	Bytes    int64  // stored: pages with their headers, dictionaries and bloom filters
	Distinct Sketch // empty in a table of more than manyColumns
	Hash     schema.ColumnHash
}

// columnSummary gathers ColumnStats over the row groups of a file.
type columnSummary struct {
	ColumnStats
	seen bool
	many bool // columns: no distinct values are estimated, since all sketches together would take more than the rows
}

// addChunk takes in one finished chunk.
func (s *columnSummary) addChunk(c *chunk) {
	s.Bytes += c.Bytes + int64(c.bloom.size)
	s.Nulls += c.Nulls
	if !s.seen {
		s.Min, s.Max, s.Exact, s.NaN, s.seen = c.Min, c.Max, c.Exact, c.NaN, true
		return
	}
	s.NaN = s.NaN || c.NaN
	s.Exact = s.Exact && c.Exact
	if s.Min.Null || (!c.Min.Null && c.Min.Compare(s.Min) < 0) {
		s.Min = c.Min
	}
	if s.Max.Null || (!c.Max.Null && c.Max.Compare(s.Max) > 0) {
		s.Max = c.Max
	}
}

// addHashes adds the hashes of a chunk's values, each dictionary entry hashed once.
func (s *columnSummary) addHashes(c *column, counts []uint64) {
	if c.coded {
		for k, n := range counts {
			h := hashPayload(c.dict.entries, k)
			s.Hash.AddTimes(h, n)
			s.sketch(h.Hi)
		}
	} else {
		s.addFlat(c.flat)
	}
	s.Hash.AddTimes(schema.HashNull(), uint64(c.rows-c.present()))
}

func (s *columnSummary) sketch(hash uint64) {
	if !s.many {
		s.Distinct.add(hash)
	}
}

// addFlat adds the hashes of values without a dictionary.
func (s *columnSummary) addFlat(v *batch.Vector) {
	if v.Type.Class() != schema.ClassInt64 {
		for k := range v.Len {
			h := hashPayload(v, k)
			s.Hash.Add(h)
			s.sketch(h.Hi)
		}
		return
	}
	sum := s.Hash
	for _, x := range v.I[:v.Len] {
		h := schema.HashInt64(x)
		sum.Add(h)
		s.sketch(h.Hi)
	}
	s.Hash = sum
}

// hashPayload hashes payload k of a flat vector as schema.ColumnHash defines.
func hashPayload(v *batch.Vector, k int) schema.ColumnHash {
	switch v.Type.Class() {
	case schema.ClassInt128:
		return schema.HashInt128(v.W[k].Hi, v.W[k].Lo)
	case schema.ClassFloat64:
		return schema.HashFloat64(v.F[k])
	case schema.ClassBytes:
		return schema.HashBytes(payloadBytes(v, k))
	}
	return schema.HashInt64(v.I[k])
}

// countCodes returns how often each of n codes occurs.
func countCodes(codes []int32, n int) []uint64 {
	counts := make([]uint64, n)
	for _, c := range codes {
		counts[c]++
	}
	return counts
}
