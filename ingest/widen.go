package ingest

import (
	"context"

	"github.com/assaydb/assay/ingest/convert"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// widening finds types that hold both what a table's segments hold and what a file brings. A cast from the old type must be
// exact for every value that is or can come back into force, and must give what a load under the new type would have given:
// numbers to text is not (1.50 would come back as it is stored, not as it was written).
type widening struct {
	ctx      context.Context
	loader   *Loader
	snap     *catalog.Snapshot
	table    *schema.Table
	receipts []*Receipt
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

// maxReceipts bounds the receipts read to learn how wide a table's values are.
const maxReceipts = 10_000

// wholeDigits returns how many digits before the point the stored values of a column have: by the receipts of its deliveries, or
// as many as the type allows when one of them cannot say.
func (w *widening) wholeDigits(column int) int {
	c, most := w.table.Columns[column], 1
	if w.receipts == nil && !w.read() {
		return typeDigits(c.Type)
	}
	for _, r := range w.receipts {
		for _, rc := range r.Columns {
			if rc.Name == c.Name {
				most = max(most, rc.Whole)
			}
		}
	}
	return most
}

// read reads the receipts of every delivery that is or could come back into force.
func (w *widening) read() bool {
	for d := range w.snap.Deliveries(w.table.ID) {
		if d.Purged || d.Rows == 0 {
			continue
		}
		r, err := w.loader.readReceipt(w.ctx, d)
		if err != nil || len(w.receipts) == maxReceipts {
			w.receipts = nil
			return false
		}
		w.receipts = append(w.receipts, r)
	}
	return true
}

// typeDigits returns how many digits before the point a type can hold.
func typeDigits(t schema.Type) int {
	if t.Kind == schema.Decimal {
		return int(t.Precision) - int(t.Scale)
	}
	return 19
}

// storedDigits returns how many digits before the point the values of a segment's column have.
func storedDigits(s *schema.Segment, c schema.Column) int {
	b, ok := s.Bound(c.ID)
	if !ok {
		return typeDigits(c.Type)
	}
	return max(digits(b.Min, int(c.Type.Scale)), digits(b.Max, int(c.Type.Scale)))
}

func digits(v schema.Value, scale int) int {
	for n := 0; !v.Null; n++ {
		if n+scale >= decimal.MaxDigits || v.Wide().Fits(n+scale) {
			return n
		}
	}
	return 0
}
