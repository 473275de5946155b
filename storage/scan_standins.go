package storage

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// StandIns says which rows a scan may give in place of others. A row that stands for several says for how many in the column
// RowWeightID, and whoever folds it counts it so often. What cannot be told cheaply, and all of a segment with dead rows, comes row by
// row with a weight of 1.
type StandIns struct {
	// ByValue: the scan reads one stored column, in filter or output. Of a row group each value may come once, with the number of
	// its rows, and the filter is asked once a value.
	ByValue bool
	// Uncounted: with ByValue, weights need not be right; each value must come at least once.
	Uncounted bool
	// Totals says per output column what must be the same in the stand-ins of a row group whose every row passes: as many rows, and
	// of each column what is needed. Statistics answer that, and nothing of the row group is read. Nil forbids it.
	Totals []Need
}

// Need is what of a column is asked of the stand-ins of many rows; the bits add up.
type Need uint8

// The needs.
const (
	NeedCount    Need = 1 << iota // how many rows are not NULL
	NeedExtremes                  // the least and the greatest value
	NeedSum                       // the sum of the values
	NeedValue                     // the values themselves: all rows must have the same
	needAll      = NeedCount | NeedExtremes | NeedSum | NeedValue
)

// standPlan is what a scan makes of StandIns: ordinals, -1 for none.
type standPlan struct {
	weight  int
	value   int // the one stored column, by value
	counted bool
	totals  []Need // nil: never
	err     error
}

func planStandIns(s *tableScan) standPlan {
	p, want := standPlan{weight: -1, value: -1}, &s.req.StandIns
	stored, columns := -1, 0
	for k, c := range s.columns {
		if c.id == schema.RowWeightID {
			p.weight = k
			continue
		}
		stored = k
		columns++
	}
	bad := want.ByValue && !want.Uncounted && p.weight < 0 || want.Totals != nil && (p.weight < 0 || len(want.Totals) != s.req.Output)
	if bad || want.ByValue && (columns != 1 || s.columns[stored].id >= schema.VirtualSourceID) || p.weight >= s.req.Output {
		p.err = errs.New(errs.Internal, "bad-scan", "scan of table %q: stand-ins for %d columns, weight in column %d of %d", s.req.Table.Name, columns, p.weight, s.req.Output)
		return p
	}
	if s.opt.NoStandIns || s.opt.NoPruning || s.top != nil {
		return p
	}
	if want.ByValue && !s.opt.NoDictionary {
		// A large dictionary of texts that may come as numbers is dearer to look at than the numbers of the rows.
		p.value, p.counted = stored, !want.Uncounted || len(s.req.Numbered) > 0
	}
	p.totals = want.Totals
	return p
}

// standIn is rows of one column that stand for many: a value, and for how many rows.
type standIn struct {
	value schema.Value
	rows  int64
}

// totals returns rows that stand for all of the row group, nil when its statistics do not tell enough.
func (r *scanReader) totals() *batch.Batch {
	p := &r.scan.stand
	if p.totals == nil || !r.unit.all || anyDead(r.unit.file.parts) {
		return nil
	}
	rows := r.unit.file.RowGroupRows(r.unit.group)
	lists := make([][]standIn, r.scan.req.Output)
	for k := range lists {
		if k == p.weight {
			continue
		}
		if lists[k] = r.columnTotals(k, rows, p.totals[k]); lists[k] == nil {
			return nil
		}
	}
	return r.zip(lists, rows)
}

// columnTotals finds a few values that have the count, extremes and sum of a column's rows, as far as those are needed. NULLs come last.
func (r *scanReader) columnTotals(k int, rows int64, need Need) []standIn {
	b, ok := r.scan.groupBound(r.unit.file, r.unit.group, k, rows)
	if !ok || b.Nulls < 0 || b.Nulls > rows {
		return nil
	}
	n, null := rows-b.Nulls, standIn{schema.NullValue(r.scan.columns[k].typ), b.Nulls}
	if n == 0 {
		return []standIn{null}
	}
	if b.Min.Null || b.Max.Null || need&^NeedCount != 0 && !b.Exact {
		return nil
	}
	out := []standIn{{b.Min, n}}
	switch same := b.Exact && b.Min.Compare(b.Max) == 0; {
	case need&NeedValue != 0 && (!same || b.Nulls > 0):
		return nil
	case same || need&^NeedCount == 0:
	case n < 2:
		return nil
	case need&NeedSum == 0:
		out = []standIn{{b.Min, 1}, {b.Max, n - 1}}
	default:
		if out = r.sumTotals(k, b, n); out == nil {
			return nil
		}
	}
	if b.Nulls > 0 {
		out = append(out, null)
	}
	return out
}

// sumTotals finds n values, between the extremes and with them, that have the sum of the column: the rest of it is spread evenly.
func (r *scanReader) sumTotals(k int, b schema.Bound, n int64) []standIn {
	f, c := r.unit.file, r.scan.columns[k]
	column := f.Column(c.id)
	if column < 0 || f.Columns()[column].Type != c.typ {
		return nil
	}
	sum, ok := f.Sum(r.unit.group, column)
	if !ok {
		return nil
	}
	sum, _ = sum.Sub(b.Min.Wide())
	sum, _ = sum.Sub(b.Max.Wide())
	out := []standIn{{b.Min, 1}, {b.Max, 1}}
	if n == 2 {
		return out
	}
	q, rest, ok := sum.QuoRem(wide(n - 2))
	if ok && rest.Sign() < 0 {
		q, _ = q.AddInt64(-1)
		rest, _ = rest.AddInt64(n - 2)
	}
	mean, fits := q.Int64()
	more, _ := rest.Int64()
	if !ok || !fits || mean < b.Min.I || mean > b.Max.I || mean == b.Max.I && more > 0 {
		return nil
	}
	if n-2-more > 0 {
		out = append(out, standIn{schema.IntValue(c.typ, mean), n - 2 - more})
	}
	if more > 0 {
		out = append(out, standIn{schema.IntValue(c.typ, mean+1), more})
	}
	return out
}

// zip lays the columns' stand-ins side by side: a row ends where one of them does.
func (r *scanReader) zip(lists [][]standIn, rows int64) *batch.Batch {
	builders := make([]*batch.Builder, len(lists))
	for k, c := range r.scan.columns[:len(lists)] {
		builders[k] = batch.NewBuilder(c.typ, 8)
	}
	n, weight := 0, r.scan.stand.weight
	for left := rows; left > 0; n++ {
		step := left
		for k, l := range lists {
			if k != weight {
				step = min(step, l[0].rows)
			}
		}
		for k := range lists {
			if k == weight {
				builders[k].Int64(step)
				continue
			}
			builders[k].Value(lists[k][0].value)
			if lists[k][0].rows -= step; lists[k][0].rows == 0 {
				lists[k] = lists[k][1:]
			}
		}
		left -= step
	}
	out := &batch.Batch{Len: n, Cols: make([]*batch.Vector, len(builders))}
	for k, b := range builders {
		out.Cols[k] = b.Finish()
	}
	return out
}
