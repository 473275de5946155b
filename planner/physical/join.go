package physical

import (
	"math"
	"slices"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/planner/logical"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// join plans a join where the probe side's rows are: the other side is gathered once and sent to every node that probes. Of an
// inner join the side with fewer rows by the estimate is held in memory.
func (b *builder) join(n *logical.Join) (piece, error) {
	left, err := b.build(n.Left)
	if err != nil {
		return piece{}, err
	}
	right, err := b.build(n.Right)
	if err != nil {
		return piece{}, err
	}
	width := len(n.Left.Fields())
	if n.Kind == logical.InnerJoin && left.rows < right.rows {
		return b.swapped(n, left, right, width)
	}
	kind := fragment.InnerJoin
	if n.Kind == logical.LeftJoin {
		kind = fragment.LeftJoin
	}
	return b.hashJoin(kind, left, right, n.On, width), nil
}

// swapped builds over the left side and puts the columns back in their order.
func (b *builder) swapped(n *logical.Join, left, right piece, width int) (piece, error) {
	fields := n.Fields()
	other := len(fields) - width
	p := b.hashJoin(fragment.InnerJoin, right, left, logical.Swapped(n.On, width, other), other)
	back := &fragment.Project{Input: p.node}
	for i, f := range fields {
		at := i + other
		if i >= width {
			at = i - width
		}
		back.Exprs, back.Names = append(back.Exprs, &expr.Column{Index: at, Name: f.Name, Typ: f.Type}), append(back.Names, f.Name)
	}
	p.node = back
	return p, nil
}

func (b *builder) hashJoin(kind fragment.JoinKind, probe, build piece, on expr.Expr, width int) piece {
	j := &fragment.HashJoin{Kind: kind, Probe: probe.node}
	j.ProbeKeys, j.BuildKeys, j.Cond = keys(on, width)
	rows := probe.rows
	if len(j.ProbeKeys) == 0 {
		rows = multiply(rows, build.rows)
	}
	j.Build = b.broadcast(build, probe.spread).node
	return piece{node: j, spread: probe.spread, rows: rows}
}

// broadcast makes a side that every node which probes can read: a stage of its own, unless everything is in one place already.
func (b *builder) broadcast(p piece, spread bool) piece {
	if !spread {
		return b.gather(p)
	}
	p.keys = nil
	g := b.gather(piece{node: p.node, spread: true, rows: p.rows})
	b.stages[g.node.(*fragment.Receive).Stage].Output.Kind = fragment.Broadcast
	return g
}

// keys splits a condition into equalities between the two sides and the rest.
func keys(on expr.Expr, width int) (probe, build []expr.Expr, rest expr.Expr) {
	if on == nil {
		return nil, nil, nil
	}
	var others []expr.Expr
	for _, c := range expr.Conjuncts(on) {
		if p, b, ok := equality(c, width); ok {
			probe, build = append(probe, p), append(build, b)
			continue
		}
		others = append(others, c)
	}
	return probe, build, logical.And(others...)
}

// equality takes a = b apart when each operand reads one side. The keys must be of one type to be hashed alike.
func equality(c expr.Expr, width int) (probe, build expr.Expr, ok bool) {
	call, is := c.(*expr.Call)
	if !is || call.Name != "=" || len(call.Operands) != 2 {
		return nil, nil, false
	}
	p, b := call.Operands[0], call.Operands[1]
	switch [2]logical.Side{logical.Sides(p, width), logical.Sides(b, width)} {
	case [2]logical.Side{logical.LeftSide, logical.RightSide}:
	case [2]logical.Side{logical.RightSide, logical.LeftSide}:
		p, b = b, p
	default:
		return nil, nil, false
	}
	if p, b, ok = hashable(p, b); !ok {
		return nil, nil, false
	}
	return p, expr.Remap(b, func(i int) int { return i - width }), true
}

// hashable gives two exact numbers their common type; other types must agree already, since only equal payloads hash alike.
func hashable(x, y expr.Expr) (expr.Expr, expr.Expr, bool) {
	tx, ty := x.Type(), y.Type()
	switch {
	case tx == ty:
		return x, y, true
	case tx.Class() == schema.ClassBytes && ty.Class() == schema.ClassBytes:
		return x, y, true
	case !tx.IsExact() || !ty.IsExact():
		return nil, nil, false
	}
	list, t, err := expr.Unify([]expr.Expr{x, y})
	if err != nil || !t.IsExact() {
		return nil, nil, false
	}
	return list[0], list[1], true
}

func multiply(a, b int64) int64 {
	if a > 0 && b > math.MaxInt64/a {
		return math.MaxInt64
	}
	return a * b
}

// scanRows is the estimate of a scan: the rows of the segments that survive, thinned by each condition that is left.
func scanRows(s *fragment.Scan, found []survivor) int64 {
	var rows int64
	for _, f := range found {
		rows += f.liveRows()
	}
	return thinned(rows, s.Filter)
}

// thinned guesses that a condition keeps a third of the rows, and equality with a constant a tenth.
func thinned(rows int64, cond expr.Expr) int64 {
	if cond == nil {
		return rows
	}
	for _, c := range expr.Conjuncts(cond) {
		part := int64(3)
		if call, ok := c.(*expr.Call); ok && call.Name == "=" && slices.ContainsFunc(call.Operands, isLiteral) {
			part = 10
		}
		rows = (rows + part - 1) / part
	}
	return rows
}

func isLiteral(e expr.Expr) bool {
	_, ok := e.(*expr.Literal)
	return ok
}
