package ingest

import (
	"github.com/assaydb/assay/ingest/convert"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// widening finds types that hold both what a table's segments hold and what a file brings. A cast from the old type must be
// exact for every value that is or can come back into force, and must give what a load under the new type would have given:
// numbers to text is not (1.50 would come back as it is stored, not as it was written).
type widening struct {
	snap  *catalog.Snapshot
	table *schema.Table
}

// widen returns the type that a column should have; its own when it need not or cannot change.
func (w *widening) widen(column int, o *convert.Observed) schema.Type {
	old, seen := w.table.Columns[column].Type, o.Type()
	switch {
	case o.Values == 0 || seen == old || old.Kind == schema.Varchar || w.partitions(w.table.Columns[column].ID):
		return old
	case !w.written():
		return join(old, seen, 0, o)
	case old.Kind == schema.Date && seen.Kind == schema.Timestamp:
		return seen
	case old.Kind == schema.Timestamp || old.Kind == schema.Date:
		return old
	case exact(old) && exact(seen):
		return join(old, seen, w.wholeDigits(column), o)
	}
	return old
}

func exact(t schema.Type) bool { return t.Kind == schema.Int64 || t.Kind == schema.Decimal }

// join unites two types; whole is how many digits before the point the values stored may have.
func join(old, seen schema.Type, whole int, o *convert.Observed) schema.Type {
	if whole == 0 {
		return seen
	}
	if old.Kind == schema.Int64 && seen.Kind == schema.Int64 {
		return old
	}
	scale := max(int(old.Scale), int(seen.Scale))
	whole = max(whole, o.Whole)
	if old.Kind == schema.Decimal && scale == int(old.Scale) && whole+scale <= int(old.Precision) {
		return old
	}
	if whole+scale > decimal.MaxDigits {
		return old
	}
	return convert.DecimalFor(whole, scale)
}

func (w *widening) partitions(id uint32) bool {
	for _, p := range w.table.PartitionBy {
		if p.Column == id {
			return true
		}
	}
	return false
}

// written reports whether the table has segments that are or could come back into force.
func (w *widening) written() bool {
	for d := range w.snap.Deliveries(w.table.ID) {
		if d.Rows > 0 && !d.Purged {
			return true
		}
	}
	return false
}

// wholeDigits returns how many digits before the point the stored values of a column have, by the segments' bounds; where one
// segment has none, as many as the type allows.
func (w *widening) wholeDigits(column int) int {
	c, most := w.table.Columns[column], 1
	typ := 19
	if c.Type.Kind == schema.Decimal {
		typ = int(c.Type.Precision) - int(c.Type.Scale)
	}
	for d := range w.snap.Deliveries(w.table.ID) {
		for s := range w.snap.SegmentsOf(d.ID) {
			b, ok := s.Bound(c.ID)
			if !ok {
				return typ
			}
			most = max(most, digits(b.Min, int(b.Min.Type.Scale)), digits(b.Max, int(b.Max.Type.Scale)))
		}
	}
	return most
}

func digits(v schema.Value, scale int) int {
	if v.Null {
		return 0
	}
	for n := 0; ; n++ {
		if n+scale >= decimal.MaxDigits || v.Wide().Fits(n+scale) {
			return n
		}
	}
}
