package physical

import (
	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/planner/logical"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// fromMetadata answers COUNT(*), COUNT(column), MIN and MAX over a whole table, or over whole partitions of it, from what the
// catalog knows; nil when it cannot. No row filter of a policy may be in the way, since counts would tell of hidden rows.
func (b *builder) fromMetadata(n *logical.Aggregate) fragment.Node {
	s, ok := n.Input.(*logical.Scan)
	if !ok || b.opts.NoMetadata || len(n.Keys) > 0 || len(n.Calls) == 0 || s.RowFilter != nil {
		return nil
	}
	if s.Filter == nil && onlyCountsRows(n) {
		return b.tableCount(n, b.snap.Totals(s.Table.ID))
	}
	if s.Filter != nil && b.opts.NoPrune {
		return nil
	}
	f := folding{scan: s, calls: n.Calls}
	if !f.begin() {
		return nil
	}
	total := b.snap.Totals(s.Table.ID).Segments
	if done := total >= b.opts.lazySegments() && f.runByPartition(b.snap); !done && !f.run(b.snap) {
		return nil
	}
	b.plan.Total += total
	return values(&logical.Values{Columns: n.Fields(), Rows: [][]schema.Value{f.row}})
}

// onlyCountsRows reports whether every aggregate is COUNT(*).
func onlyCountsRows(n *logical.Aggregate) bool {
	for _, c := range n.Calls {
		if c.Spec.Name != "count" || len(c.Args) > 0 {
			return false
		}
	}
	return true
}

// tableCount counts a whole table by the catalog's running totals: at millions of segments that unpacks none.
func (b *builder) tableCount(n *logical.Aggregate, t catalog.Totals) fragment.Node {
	row := make([]schema.Value, len(n.Calls))
	for i := range row {
		row[i] = schema.IntValue(schema.TypeInt64, t.Rows)
	}
	b.plan.Total += t.Segments
	return values(&logical.Values{Columns: n.Fields(), Rows: [][]schema.Value{row}})
}

func metadataCall(s *logical.Scan, c logical.Call, found []survivor) (schema.Value, bool) {
	switch {
	case c.Spec.Distinct || len(c.Args) > 1:
		return schema.Value{}, false
	case c.Spec.Name == "count" && len(c.Args) == 0:
		return countRows(found), true
	case len(c.Args) == 0:
		return schema.Value{}, false
	}
	if l, ok := c.Args[0].(*expr.Literal); ok && c.Spec.Name == "count" && !l.Value.Null {
		return countRows(found), true
	}
	col, ok := c.Args[0].(*expr.Column)
	if !ok || s.Columns[col.Index] >= schema.VirtualSourceID {
		return schema.Value{}, false
	}
	switch c.Spec.Name {
	case "count":
		return countColumn(s, col, found)
	case "min", "max":
		// Bounds of a DOUBLE leave NaN out, and NaN is the largest.
		if col.Typ.Kind == schema.Double {
			return schema.Value{}, false
		}
		return extreme(s, col, found, c.Spec.Name == "max")
	}
	return schema.Value{}, false
}

func countRows(found []survivor) schema.Value {
	n := int64(0)
	for _, seg := range found {
		n += seg.liveRows()
	}
	return schema.IntValue(schema.TypeInt64, n)
}

// exact returns the bound of a column in a segment without dead rows.
func exact(s *logical.Scan, col *expr.Column, seg survivor) (schema.Bound, bool) {
	k, ok := seg.Bound(s.Columns[col.Index])
	if !ok || seg.liveRows() != seg.Rows {
		return k, false
	}
	return retyped(s.Table, k)
}

func countColumn(s *logical.Scan, col *expr.Column, found []survivor) (schema.Value, bool) {
	n := int64(0)
	for _, seg := range found {
		k, ok := exact(s, col, seg)
		if !ok {
			return schema.Value{}, false
		}
		n += seg.Rows - k.Nulls
	}
	return schema.IntValue(schema.TypeInt64, n), true
}

func extreme(s *logical.Scan, col *expr.Column, found []survivor, largest bool) (schema.Value, bool) {
	out := schema.NullValue(col.Typ)
	for _, seg := range found {
		k, ok := exact(s, col, seg)
		if !ok || !k.Exact {
			return out, false
		}
		v := k.Min
		if largest {
			v = k.Max
		}
		if v.Null {
			continue
		}
		if c := v.Compare(out); out.Null || (largest && c > 0) || (!largest && c < 0) {
			out = v
		}
	}
	return out, true
}
