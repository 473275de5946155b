package logical

import (
	"slices"

	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/kernel/window"
	"github.com/assaydb/assay/storage/schema"
)

// pushWindow moves the conjuncts that read only partition columns below the windows: they keep or drop whole partitions. What bounds
// the number of a row in its partition stays, and lets the operator drop the rest of each partition early.
func pushWindow(n *Window, cond expr.Expr, env *expr.Env) Node {
	width := len(n.Input.Fields())
	var below, above []expr.Expr
	first := n.First
	for _, c := range expr.Conjuncts(cond) {
		cols := expr.Columns(c)
		if len(cols) > 0 && !slices.ContainsFunc(cols, func(k int) bool { return !slices.Contains(n.Partition, k) }) {
			below = append(below, c)
			continue
		}
		above = append(above, c)
		if f, ok := n.firstRows(c, width); ok && (first.By == window.AllRows || first.By == f.By && f.Rows < first.Rows) {
			first = f
		}
	}
	out := n.over(n.Input)
	out.First = first
	if len(below) > 0 {
		out.Input = push(n.Input, And(below...), env)
	}
	if len(above) > 0 {
		return &Filter{out, And(above...)}
	}
	return out
}

// firstRows reads ROW_NUMBER() <= 3 and the like of RANK and DENSE_RANK: no later row matters then, if no function of the node looks
// further. A cut by ROW_NUMBER may part peers.
func (n *Window) firstRows(c expr.Expr, width int) (window.First, bool) {
	call, ok := c.(*expr.Call)
	if !ok || len(call.Operands) != 2 {
		return window.First{}, false
	}
	name, x, y := call.Name, call.Operands[0], call.Operands[1]
	if _, ok := x.(*expr.Literal); ok {
		x, y = y, x
		name = map[string]string{">": "<", ">=": "<=", "=": "="}[name]
	}
	col, isColumn := x.(*expr.Column)
	l, isLiteral := y.(*expr.Literal)
	if !isColumn || !isLiteral || col.Index < width || l.Value.Null || l.Value.Type.Kind != schema.Int64 {
		return window.First{}, false
	}
	rows := l.Value.I
	switch name {
	case "=", "<=":
	case "<":
		rows--
	default:
		return window.First{}, false
	}
	f := window.First{By: window.FirstKindOf(n.Calls[col.Index-width].Spec.Name), Rows: max(rows, 0)}
	reach := window.ReachesPeers
	if f.By == window.FirstByNumber {
		reach = window.ReachesRow
	}
	return f, f.By != window.AllRows && n.reach() <= reach
}

// reach is how far any function of the node looks.
func (n *Window) reach() window.Reach {
	out := window.ReachesRow
	for i := range n.Calls {
		out = max(out, n.Calls[i].Spec.Reach())
	}
	return out
}

// ruleTopWindow lets a LIMIT above windows leave out rows below them: when the order begins with the partitions' columns, only the
// partitions of its first rows matter; and when it goes on as the windows' own order does and no function looks further than a
// row's peers, only the rows up to the last of them.
func ruleTopWindow(n Node, _ *expr.Env) Node {
	return bottomUp(n, func(n Node) Node {
		s, ok := n.(*Sort)
		if !ok || s.Count < 0 {
			return n
		}
		in := topWindow(s.Input, s)
		if in == nil {
			return n
		}
		return &Sort{in, s.Keys, s.Count, s.Offset, s.Ties}
	})
}

// topWindow returns the node with fewer rows below the first Window under projections, nil when there is nothing to leave out.
func topWindow(n Node, s *Sort) Node {
	switch n := n.(type) {
	case *Project:
		keys := throughProject(s.Keys, n.Exprs)
		if in := topWindow(n.Input, &Sort{Keys: keys, Count: s.Count, Offset: s.Offset}); in != nil {
			return &Project{in, n.Exprs, n.Names}
		}
	case *Window:
		if t := n.leading(s.Keys); t > 0 && n.First.By == window.AllRows {
			in := &Sort{Input: n.Input, Keys: slices.Clone(s.Keys[:t]), Count: s.Count + s.Offset, Ties: t}
			if below := topWindow(n.Input, in); below != nil {
				in.Input = below
			}
			return n.over(in)
		}
	}
	return nil
}

// throughProject follows keys through a projection, as far as they are plain columns.
func throughProject(keys []SortKey, exprs []expr.Expr) []SortKey {
	var out []SortKey
	for _, k := range keys {
		c, ok := exprs[k.Column].(*expr.Column)
		if !ok {
			break
		}
		out = append(out, SortKey{c.Index, k.Desc})
	}
	return out
}

// leading is how many of the keys decide which rows the functions need; 0 when all are needed.
func (n *Window) leading(keys []SortKey) int {
	p := len(n.Partition)
	if len(keys) < p {
		return 0
	}
	for i, k := range keys[:p] {
		if !slices.Contains(n.Partition, k.Column) || slices.ContainsFunc(keys[:i], func(o SortKey) bool { return o.Column == k.Column }) {
			return 0
		}
	}
	if t := p + len(n.Order); len(keys) >= t && n.reach() <= window.ReachesPeers && slices.Equal(keys[p:t], n.Order) {
		return t
	}
	return p
}
