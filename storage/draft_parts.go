package storage

import (
	"slices"
	"strings"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// count adds the rows of a batch to the deliveries that it names.
func (s *draftSegment) count(deliveries *batch.Vector) {
	if s.parts == nil {
		s.parts = map[string]int64{}
	}
	if deliveries.Enc != batch.Dict {
		for i := range deliveries.Len {
			s.parts[string(deliveries.Bytes(i))]++
		}
		return
	}
	rows := make([]int64, deliveries.Dict.Values.Len)
	for _, c := range deliveries.Codes[:deliveries.Len] {
		rows[c]++
	}
	for c, n := range rows {
		if n > 0 {
			s.parts[string(deliveries.Dict.Values.Bytes(c))] += n
		}
	}
}

// partsOr lists the deliveries whose rows the segment holds, or the only one.
func (s *draftSegment) partsOr(only schema.Part) []schema.Part {
	if s.parts == nil {
		return []schema.Part{only}
	}
	var parts []schema.Part
	for text, n := range s.parts {
		id, err := schema.ParseID(text)
		if err != nil {
			panic("BUG: a row's delivery is no id: " + err.Error())
		}
		parts = append(parts, schema.Part{Delivery: id, Rows: n, Live: true})
	}
	slices.SortFunc(parts, func(a, b schema.Part) int { return strings.Compare(string(a.Delivery[:]), string(b.Delivery[:])) })
	return parts
}
