package logical

import (
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// ruleLimit gives every LIMIT without ORDER BY an order, so that it picks the same rows on every run, and moves it below the
// projections: over a scan the order of (segment, row), over anything else that of all columns.
func ruleLimit(n Node, _ *expr.Env) Node {
	return bottomUp(n, func(n Node) Node {
		if l, ok := n.(*Limit); ok {
			return limit(l.Input, l.Count, l.Offset)
		}
		return n
	})
}

func limit(n Node, count, offset int64) Node {
	switch n := n.(type) {
	case *Project:
		return &Project{limit(n.Input, count, offset), n.Exprs, n.Names}
	case *Values:
		return &Limit{n, count, offset}
	case *Sort:
		if n.Count < 0 && n.Offset == 0 {
			return &Sort{Input: n.Input, Keys: n.Keys, Count: count, Offset: offset}
		}
		return &Limit{n, count, offset}
	}
	if s, filters := scanUnder(n); s != nil {
		return limitScan(s, filters, count, offset)
	}
	out := &Sort{Input: n, Count: count, Offset: offset}
	for i := range n.Fields() {
		out.Keys = append(out.Keys, SortKey{Column: i})
	}
	return out
}

// scanUnder finds a scan below nothing but filters.
func scanUnder(n Node) (*Scan, []expr.Expr) {
	var filters []expr.Expr
	for {
		switch x := n.(type) {
		case *Scan:
			return x, filters
		case *Filter:
			filters = append(filters, x.Cond)
			n = x.Input
			continue
		}
		return nil, nil
	}
}

// limitScan sorts by the row's position, which is read for that alone and dropped after it.
func limitScan(s *Scan, filters []expr.Expr, count, offset int64) Node {
	pos := s.Output
	in := &Scan{Table: s.Table, Alias: s.Alias, Output: pos + 1, MaxBytes: s.MaxBytes}
	in.Columns = append(append(in.Columns, s.Columns[:pos]...), schema.RowPositionID)
	in.Columns = append(in.Columns, s.Columns[pos:]...)
	shift := func(e expr.Expr) expr.Expr {
		if e == nil {
			return nil
		}
		return expr.Remap(e, func(i int) int {
			if i >= pos {
				return i + 1
			}
			return i
		})
	}
	in.RowFilter, in.Filter = shift(s.RowFilter), shift(s.Filter)
	var n Node = in
	for i := len(filters) - 1; i >= 0; i-- {
		n = &Filter{n, filters[i]}
	}
	p := identity(&Sort{Input: n, Keys: []SortKey{{Column: pos}}, Count: count, Offset: offset})
	p.Exprs, p.Names = p.Exprs[:pos], p.Names[:pos]
	return p
}
