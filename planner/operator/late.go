package operator

import (
	"sync/atomic"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/expr"
)

// lateGroups is what the nodes above an aggregation leave of its groups. Keys and results are made only of those that are left: of
// many groups with a LIMIT or a HAVING above them nearly none are.
type lateGroups struct {
	need   []bool    // output columns that are read; nil: all
	having expr.Expr // groups for which it is not true are dropped; nil: none
	top    *topGroups
}

// topGroups says that only the first rows by an output column are wanted, and which come after them in any case.
type topGroups struct {
	column int
	desc   bool
	rows   int
	bound  atomic.Int64 // rank of a group that enough others are as good as
}

// learnLate looks for aggregations below n and notes what is left of their groups; need and top are what is above n.
func (r *runner) learnLate(n fragment.Node, need []bool, top *topGroups) {
	switch n := n.(type) {
	case *fragment.Sort:
		top = nil
		if rows := n.Offset + n.Limit; n.Limit >= 0 && rows > 0 && rows <= mostTopScan && len(n.Keys) > 0 {
			top = &topGroups{column: n.Keys[0].Column, desc: n.Keys[0].Desc, rows: int(rows)}
			top.bound.Store(worstRank)
		}
		if need != nil {
			for _, k := range n.Keys {
				need = needAlso(need, k.Column)
			}
		}
		r.learnLate(n.Input, need, top)
	case *fragment.Project:
		r.learnLate(n.Input, neededBy(n.Exprs), passedTop(n, top))
	case *fragment.Filter:
		r.learnLateFilter(n, need, top)
	case *fragment.Aggregate:
		r.late[n] = &lateGroups{need: need, top: top}
		r.learnLate(n.Input, readBy(n), nil)
	default:
		for _, in := range n.Inputs() {
			r.learnLate(in, nil, nil)
		}
	}
}

func (r *runner) learnLateFilter(n *fragment.Filter, need []bool, top *topGroups) {
	columns := expr.Columns(n.Cond)
	if need != nil {
		for _, c := range columns {
			need = needAlso(need, c)
		}
	}
	agg, ok := n.Input.(*fragment.Aggregate)
	for _, c := range columns {
		ok = ok && c >= len(agg.Keys)
	}
	if !ok { // what it drops is not known before keys are made
		r.learnLate(n.Input, need, nil)
		return
	}
	r.learnLate(agg, need, top)
	r.late[agg].having = n.Cond
}

func needAlso(need []bool, column int) []bool {
	for len(need) <= column {
		need = append(need, false)
	}
	need[column] = true
	return need
}

func neededBy(list []expr.Expr) []bool {
	need := []bool{}
	for _, e := range list {
		for _, c := range expr.Columns(e) {
			need = needAlso(need, c)
		}
	}
	return need
}

// readBy is the input columns that an aggregation reads; all of those of a Final one, whose states follow from the position.
func readBy(n *fragment.Aggregate) []bool {
	if n.Mode == fragment.Final {
		return nil
	}
	need := []bool{}
	for _, k := range n.Keys {
		need = needAlso(need, k)
	}
	for _, c := range n.Calls {
		for _, arg := range c.Args {
			need = needAlso(need, arg)
		}
		if c.Filter >= 0 {
			need = needAlso(need, c.Filter)
		}
	}
	return need
}

// passedTop is top below a projection, when that passes the column on.
func passedTop(n *fragment.Project, top *topGroups) *topGroups {
	if top == nil || top.column < 0 || top.column >= len(n.Exprs) {
		return nil
	}
	c, ok := n.Exprs[top.column].(*expr.Column)
	if !ok {
		return nil
	}
	top.column = c.Index
	return top
}

// lateFor is what was learned about an aggregation, as far as it can be used.
func (a *aggregation) lateFor(l *lateGroups) *lateGroups {
	if l == nil || a.node.Mode == fragment.Partial || len(a.keys) == 0 || a.run.env.Debug.NoLateGroups {
		return nil
	}
	if l.top != nil && (l.top.column < len(a.keys) || l.top.column >= len(a.fields) || !ranked(a.fields[l.top.column].Type)) {
		l.top = nil
	}
	if l.top == nil && l.having == nil && l.need == nil {
		return nil
	}
	return l
}

// needs reports whether an output column is read.
func (l *lateGroups) needs(column int) bool {
	return l == nil || l.need == nil || column < len(l.need) && l.need[column]
}
