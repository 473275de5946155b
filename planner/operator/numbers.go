package operator

import (
	"slices"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// wantNumbers tells the scan below an aggregation which text columns may come as numbers (batch.Numbered): those of which it makes
// nothing but a single group key and COUNT(DISTINCT). Between the two there may be projections that pass the column on, and filters
// and projections that do not read it.
func (r *runner) wantNumbers(n *fragment.Aggregate) {
	if n.Mode == fragment.Final || r.env.Debug.NoNumbers {
		return
	}
	fields := n.Input.Fields()
	for column := range fields {
		if fields[column].Type.Kind == schema.Varchar && takesNumbers(n, column) {
			r.wantNumbersOf(n.Input, column)
		}
	}
}

// takesNumbers reports whether an aggregation reads a column, and only where it takes numbers.
func takesNumbers(n *fragment.Aggregate, column int) bool {
	if len(n.Keys) > 1 && slices.Contains(n.Keys, column) {
		return false
	}
	takes := len(n.Keys) == 1 && n.Keys[0] == column
	for _, c := range n.Calls {
		if c.Filter == column {
			return false
		}
		if !slices.Contains(c.Args, column) {
			continue
		}
		if c.Spec.Name != "count" || !c.Spec.Distinct || len(c.Args) != 1 {
			return false
		}
		takes = true
	}
	return takes
}

func (r *runner) wantNumbersOf(in fragment.Node, column int) {
	for {
		switch x := in.(type) {
		case *fragment.Scan:
			if column < x.Output {
				if r.numbered == nil {
					r.numbered = map[*fragment.Scan][]int{}
				}
				r.numbered[x] = append(r.numbered[x], column)
			}
			return
		case *fragment.Filter:
			if slices.Contains(expr.Columns(x.Cond), column) {
				return
			}
			in = x.Input
		case *fragment.Project:
			c, ok := passed(x, column)
			if !ok {
				return
			}
			in, column = x.Input, c
		default:
			return
		}
	}
}

// passed returns the input column that a projection passes on as a column of its own, if it makes nothing else of it.
func passed(x *fragment.Project, column int) (int, bool) {
	if column >= len(x.Exprs) {
		return 0, false
	}
	c, ok := x.Exprs[column].(*expr.Column)
	if !ok {
		return 0, false
	}
	for i, e := range x.Exprs {
		if i != column && slices.Contains(expr.Columns(e), c.Index) {
			return 0, false
		}
	}
	return c.Index, true
}
