package storage

import (
	"cmp"
	"slices"

	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

// keep says how many rows of something can pass the filter.
type keep uint8

const (
	keepSome keep = iota
	keepNone
	keepAll
)

// judge asks every conjunct what it makes of the bounds: none if one passes nothing, all if each passes everything. It marks in
// passed, when not nil, the conjuncts that pass everything.
func (s *tableScan) judge(rows int64, bound func(ordinal int) (schema.Bound, bool), passed []bool) keep {
	if len(s.filter) == 0 {
		return keepAll
	}
	if s.opt.NoPruning {
		return keepSome
	}
	verdict := keepAll
	for i := range s.filter {
		switch expr.Prune(s.filter[i].expr, bound, rows) {
		case expr.None:
			return keepNone
		case expr.All:
			if passed != nil {
				passed[i] = true
			}
		default:
			verdict = keepSome
		}
	}
	return verdict
}

// judgeSegment judges by what the catalog knows.
func (s *tableScan) judgeSegment(f *scanFile) keep {
	if !anyLive(f.parts) {
		return keepNone // whatever the options say: no row of it may be seen
	}
	if s.top != nil && !s.opt.NoPruning && s.top.beyond(s.segmentBound(f.seg)) {
		return keepNone
	}
	return s.judge(f.seg.Rows, func(k int) (schema.Bound, bool) {
		c := s.columns[k]
		if b, ok := virtualBound(f, c.id); ok {
			return b, true
		}
		b, ok := f.seg.Bound(c.id)
		if !ok {
			return b, false
		}
		return castBound(b, c.typ)
	}, nil)
}

// segmentBound is what the catalog knows of the column whose first rows are wanted. Bounds of a DOUBLE leave NaN out, and NaN is
// the largest; what is not known is NULL.
func (s *tableScan) segmentBound(seg *schema.Segment) schema.Bound {
	c := s.columns[s.top.Column]
	b, ok := seg.Bound(c.id)
	if ok && c.typ.Kind != schema.Double {
		if b, ok = castBound(b, c.typ); ok {
			return b
		}
	}
	null := schema.NullValue(c.typ)
	return schema.Bound{Column: c.id, Min: null, Max: null}
}

// virtualBound covers the values of a virtual column over the deliveries that are alive.
func virtualBound(f *scanFile, id uint32) (b schema.Bound, ok bool) {
	for _, p := range f.parts {
		if !p.Live {
			continue
		}
		text, known := partValue(f.seg, p, id)
		if !known {
			return b, false
		}
		v := schema.TextValue(text)
		if !ok || v.S < b.Min.S {
			b.Min = v
		}
		if !ok || v.S > b.Max.S {
			b.Max = v
		}
		ok = true
	}
	b.Column, b.Exact = id, true
	return b, ok
}

// partValue returns a virtual column's value for the rows of one delivery.
func partValue(seg *schema.Segment, p schema.Part, id uint32) (string, bool) {
	switch id {
	case schema.VirtualSourceID:
		return p.Source, true
	case schema.VirtualPeriodID:
		return p.Period, true
	case schema.VirtualDeliveryID:
		return p.Delivery.String(), true
	case schema.VirtualSegmentID:
		return seg.ID.String(), true
	}
	return "", false
}

// judgeGroups lists the row groups that may hold rows, by the file's statistics and bloom filters.
func (s *tableScan) judgeGroups(f *scanFile) ([]*scanUnit, error) {
	var units []*scanUnit
	first := int64(0)
	for g := range f.RowGroups() {
		s.counts.groups.Add(1)
		rows := f.RowGroupRows(g)
		u := &scanUnit{file: f, group: g, first: first, all: f.all}
		first += rows
		verdict := keepAll
		if !f.all {
			verdict = s.judgeGroup(f, g, rows)
		}
		if verdict == keepSome && !s.opt.NoPruning {
			miss, err := s.bloomsMiss(f, g)
			if err != nil {
				return nil, err
			}
			if miss {
				verdict = keepNone
			}
		}
		if verdict == keepNone {
			s.counts.groupsPruned.Add(1)
			continue
		}
		u.all = verdict == keepAll
		units = append(units, u)
	}
	s.promising(units)
	return units, nil
}

// promising puts row groups first that may hold the rows wanted first: so the bound on the others is soon tight.
func (s *tableScan) promising(units []*scanUnit) {
	if s.top == nil || s.opt.NoPruning {
		return
	}
	for _, u := range units {
		if b, ok := s.groupBound(u.file, u.group, s.top.Column, u.file.RowGroupRows(u.group)); ok {
			u.promise = s.top.promise(b)
		}
	}
	slices.SortStableFunc(units, func(a, b *scanUnit) int { return cmp.Compare(a.promise, b.promise) })
}

// unwanted reports whether a row group lies beyond the rows wanted, by what has been read since it was queued.
func (s *tableScan) unwanted(u *scanUnit) bool {
	if s.top == nil || u.promise <= s.top.limit.Load() {
		return false
	}
	s.counts.groupsPruned.Add(1)
	return true
}

func (s *tableScan) judgeGroup(f *scanFile, group int, rows int64) keep {
	return s.judge(rows, func(k int) (schema.Bound, bool) { return s.groupBound(f, group, k, rows) }, nil)
}

// groupBound returns what is known of a requested column in a row group.
func (s *tableScan) groupBound(f *scanFile, group, k int, rows int64) (schema.Bound, bool) {
	return s.bound(f, k, rows, func(column int) (boundStats, bool) {
		st := f.Stats(group, column)
		return boundStats{st.Min, st.Max, st.Nulls, st.Exact, st.NaN}, true
	})
}

// boundStats is what chunk and page statistics have in common.
type boundStats struct {
	min, max   schema.Value
	nulls      int64
	exact, nan bool
}

// bound returns what is known of a requested column in some rows of a file.
func (s *tableScan) bound(f *scanFile, k int, rows int64, stats func(column int) (boundStats, bool)) (schema.Bound, bool) {
	c := s.columns[k]
	if b, ok := virtualBound(f, c.id); ok || c.id == schema.RowPositionID || c.id == schema.RowWeightID {
		return b, ok
	}
	column := f.Column(c.id)
	if column < 0 { // the column is younger than the file: NULL everywhere
		null := schema.NullValue(c.typ)
		return schema.Bound{Column: c.id, Min: null, Max: null, Nulls: rows, Exact: true}, true
	}
	st, ok := stats(column)
	if !ok || st.nan {
		return schema.Bound{}, false
	}
	return castBound(schema.Bound{Column: c.id, Min: st.min, Max: st.max, Nulls: st.nulls, Exact: st.exact}, c.typ)
}

// bloomsMiss asks the bloom filters of columns that must equal some value.
func (s *tableScan) bloomsMiss(f *scanFile, group int) (bool, error) {
	var r segment.ChunkReader
	for i := range s.filter {
		c := &s.filter[i]
		if c.equal < 0 {
			continue
		}
		column := f.Column(s.columns[c.equal].id)
		if column < 0 || f.Columns()[column].Type != s.columns[c.equal].typ || s.columns[c.equal].id == schema.VirtualDeliveryID {
			continue
		}
		r.Reset(f.File, group, column)
		may, err := r.MayContain(c.values)
		s.counts.bytes.Add(r.TakeBytesRead())
		if err != nil || !may {
			return !may, err
		}
	}
	return false, nil
}
