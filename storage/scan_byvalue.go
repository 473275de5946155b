package storage

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

func wide(n int64) decimal.Int128 { return decimal.FromInt64(n) }

// standing is how far a reader is with the stand-ins of its row group.
type standing struct {
	state   standState
	values  *batch.Vector // Flat; nil when all rows are NULL
	rows    []uint32      // per value; nil: not counted
	nulls   int64
	at      int // next value; past the last one stands NULL
	weights []int64
	sel     []int32
}

type standState uint8

const (
	standUndecided standState = iota
	standRows                 // the rows come one by one
	standValues               // values come with their weights
	standDone                 // all has been given
)

// nextOfUnit returns the next batch of the row group, nil when that is done.
func (r *scanReader) nextOfUnit() (*batch.Batch, error) {
	if r.stand.state == standUndecided {
		b, err := r.decide()
		if b != nil || err != nil {
			return b, err
		}
	}
	switch r.stand.state {
	case standRows:
		return r.nextOfPages()
	case standValues:
		return r.nextValues()
	}
	return nil, nil
}

// decide chooses how the row group is given. Stand-ins from statistics come at once.
func (r *scanReader) decide() (*batch.Batch, error) {
	r.stand.state = standRows
	clear(r.passed)
	p := &r.scan.stand
	if b := r.totals(); b != nil {
		r.stand.state = standDone
		r.pagesSpared()
		r.scan.counts.rows.Add(int64(b.Len))
		r.out = *b
		return &r.out, nil
	}
	if p.value < 0 || anyDead(r.unit.file.parts) {
		return nil, nil
	}
	h, err := r.sources[p.value].histogram(p.counted)
	if err != nil {
		r.stand.state = standUndecided // a healed file is asked again
		return nil, err
	}
	if h == nil {
		return nil, nil
	}
	r.stand.state, r.stand.at = standValues, 0
	r.stand.values, r.stand.rows, r.stand.nulls = h.Values, h.Rows, h.Nulls
	if h.Pages {
		r.scan.counts.pages.Add(int64(r.unit.file.Pages(r.unit.group)))
		r.scan.counts.rows.Add(r.unit.file.RowGroupRows(r.unit.group))
		return nil, nil
	}
	r.pagesSpared()
	if h.Values != nil {
		r.scan.counts.rows.Add(int64(h.Values.Len))
	}
	return nil, nil
}

// pagesSpared counts the pages of a row group that is answered without them.
func (r *scanReader) pagesSpared() {
	n := int64(r.unit.file.Pages(r.unit.group))
	r.scan.counts.pages.Add(n)
	r.scan.counts.pagesPruned.Add(n)
}

// histogram gives the column of the row group by its values, cast to the type asked for; nil when that is not cheap.
func (c *columnSource) histogram(counted bool) (*segment.Histogram, error) {
	if !c.stored {
		return &segment.Histogram{Nulls: c.unit.file.RowGroupRows(c.unit.group)}, nil // the column is younger than the file
	}
	h, err := c.chunk.Histogram(counted)
	if err != nil || h == nil || h.Values == nil || c.cast == c.typ {
		return h, err
	}
	out := *h
	if out.Values, err = castVector(h.Values, c.typ); err != nil {
		return nil, columnError(c.unit.file, c.scanColumn, err)
	}
	return &out, nil
}

// nextValues returns the next values that pass the filter, with the rows that they stand for.
func (r *scanReader) nextValues() (*batch.Batch, error) {
	s, n := &r.stand, 0
	if s.values != nil {
		n = s.values.Len
	}
	for s.at < n {
		lo, hi := s.at, min(s.at+batch.MaxRows, n)
		b, err := r.valueBatch(s.values.Slice(lo, hi), lo)
		if err != nil {
			return nil, err
		}
		if s.at = hi; b != nil {
			return b, nil
		}
	}
	s.state = standDone
	if s.nulls == 0 {
		return nil, nil
	}
	return r.valueBatch(batch.NewConst(schema.NullValue(r.scan.columns[r.scan.stand.value].typ), 1), -1)
}

// valueBatch filters some values, those from lo on, and puts their weights beside them; lo -1 stands for NULL.
func (r *scanReader) valueBatch(v *batch.Vector, lo int) (*batch.Batch, error) {
	clear(r.cols)
	p, s := &r.scan.stand, &r.stand
	r.cols[p.value] = v
	var sel []int32
	if lo >= 0 && s.rows != nil {
		sel = s.present(lo, v.Len)
	}
	if p.weight >= 0 {
		r.cols[p.weight] = s.weightsOf(lo, v.Len)
	}
	var err error
	if !r.unit.all {
		if sel, err = r.filter(0, v.Len, sel); err != nil {
			return nil, err
		}
	}
	if sel != nil && len(sel) == 0 {
		return nil, nil
	}
	r.out = batch.Batch{Cols: r.cols[:r.scan.req.Output], Len: v.Len, Sel: sel}
	return &r.out, nil
}

// present selects the values that some row has, nil when all have.
func (s *standing) present(lo, n int) []int32 {
	all := true
	for _, rows := range s.rows[lo : lo+n] {
		all = all && rows > 0
	}
	if all {
		return nil
	}
	s.sel = s.sel[:0]
	for i, rows := range s.rows[lo : lo+n] {
		if rows > 0 {
			s.sel = append(s.sel, int32(i))
		}
	}
	if s.sel == nil {
		return []int32{}
	}
	return s.sel
}

func (s *standing) weightsOf(lo, n int) *batch.Vector {
	switch {
	case lo < 0:
		return batch.NewConst(schema.IntValue(schema.TypeInt64, s.nulls), n)
	case s.rows == nil:
		v := *oneEach
		v.Len = n
		return &v
	}
	s.weights = s.weights[:0]
	for _, rows := range s.rows[lo : lo+n] {
		s.weights = append(s.weights, int64(rows))
	}
	return &batch.Vector{Type: schema.TypeInt64, Len: n, I: s.weights}
}
