package logical

import (
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// JoinKind says which rows a join gives.
type JoinKind uint8

// The joins. RIGHT JOIN is bound as LEFT JOIN of the other order.
const (
	InnerJoin JoinKind = iota
	LeftJoin
)

// Join pairs the rows of Left and Right for which On is true; nil pairs all. LeftJoin also gives the rows of Left without a
// partner, beside NULLs.
type Join struct {
	Kind        JoinKind
	Left, Right Node
	On          expr.Expr
}

// Inputs returns left and right.
func (n *Join) Inputs() []Node { return []Node{n.Left, n.Right} }

// Fields returns the columns of the left, then of the right side.
func (n *Join) Fields() []batch.Field { return slices.Concat(n.Left.Fields(), n.Right.Fields()) }

// shift moves the columns of an expression by a distance.
func shift(e expr.Expr, by int) expr.Expr {
	return expr.Remap(e, func(i int) int { return i + by })
}

// Side says which inputs an expression over a join reads: one, both, or none.
type Side uint8

// The inputs of a join.
const (
	LeftSide Side = 1 << iota
	RightSide
)

// Sides returns the inputs that an expression reads when the left one has so many columns.
func Sides(e expr.Expr, left int) Side {
	var out Side
	for _, c := range expr.Columns(e) {
		if c < left {
			out |= LeftSide
		} else {
			out |= RightSide
		}
	}
	return out
}

// Swapped is a condition over left and right columns as one over right and left.
func Swapped(on expr.Expr, left, right int) expr.Expr {
	if on == nil {
		return nil
	}
	return expr.Remap(on, func(i int) int {
		if i < left {
			return i + right
		}
		return i - left
	})
}

// pushJoin gives the rows of a join for which cond is true, with everything that one side alone can decide moved into that side.
func pushJoin(n *Join, cond expr.Expr, env *expr.Env) Node {
	left := len(n.Left.Fields())
	kind := n.Kind
	if kind == LeftJoin && cond != nil && slices.ContainsFunc(expr.Conjuncts(cond), func(c expr.Expr) bool { return refusesNulls(c, left, n, env) }) {
		kind = InnerJoin
	}
	var toLeft, toRight, on, above []expr.Expr
	if n.On != nil {
		for _, c := range expr.Conjuncts(n.On) {
			switch s := Sides(c, left); {
			case s == RightSide:
				toRight = append(toRight, shift(c, -left))
			case s != LeftSide|RightSide && kind == InnerJoin:
				toLeft = append(toLeft, c)
			default:
				on = append(on, c)
			}
		}
	}
	if cond != nil {
		for _, c := range expr.Conjuncts(cond) {
			switch s := Sides(c, left); {
			case s&RightSide == 0:
				toLeft = append(toLeft, c)
			case kind != InnerJoin:
				above = append(above, c)
			case s == RightSide:
				toRight = append(toRight, shift(c, -left))
			default:
				on = append(on, c)
			}
		}
	}
	var out Node = &Join{kind, pushAll(n.Left, toLeft, env), pushAll(n.Right, toRight, env), And(on...)}
	if len(above) > 0 {
		out = &Filter{out, And(above...)}
	}
	return out
}

func pushAll(n Node, conds []expr.Expr, env *expr.Env) Node {
	if len(conds) == 0 {
		return n
	}
	return push(n, And(conds...), env)
}

// refusesNulls reports whether a condition is never true for a row whose right side is all NULL: a LEFT JOIN below it is then an
// inner one.
func refusesNulls(c expr.Expr, left int, n *Join, env *expr.Env) bool {
	if Sides(c, left)&RightSide == 0 {
		return false
	}
	fields := n.Fields()
	padded := expr.Rewrite(c, func(x expr.Expr) expr.Expr {
		if col, ok := x.(*expr.Column); ok && col.Index >= left {
			return &expr.Literal{Value: schema.NullValue(fields[col.Index].Type)}
		}
		return x
	})
	l, ok := expr.Fold(padded, env).(*expr.Literal)
	return ok && (l.Value.Null || l.Value.I == 0)
}

// pruneJoin drops the columns that neither the output nor the condition reads.
func pruneJoin(n *Join, w need) (Node, moved) {
	left := len(n.Left.Fields())
	in := slices.Clone(w)
	if n.On != nil {
		in.add(n.On)
	}
	l, ml := prune(n.Left, in[:left:left])
	r, mr := prune(n.Right, in[left:])
	width := len(l.Fields())
	m := slices.Clone(ml)
	for _, k := range mr {
		if k >= 0 {
			k += width
		}
		m = append(m, k)
	}
	return &Join{n.Kind, l, r, m.expr(n.On)}, m
}
