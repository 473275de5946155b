package logical

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
)

// Union gives the rows of all its branches, whose columns agree in number and type; the first names them.
type Union struct{ Branches []Node }

// Inputs returns the branches.
func (n *Union) Inputs() []Node { return n.Branches }

// Fields returns the first branch's columns.
func (n *Union) Fields() []batch.Field { return n.Branches[0].Fields() }

func (n *Union) each(f func(Node) Node) *Union {
	out := &Union{make([]Node, len(n.Branches))}
	for i, b := range n.Branches {
		out.Branches[i] = f(b)
	}
	return out
}

// pruneUnion drops from every branch what nobody reads; each then gives the same columns at the same places.
func pruneUnion(n *Union, w need) (Node, moved) {
	return n.each(func(b Node) Node {
		in, m := prune(b, w)
		all, fields := identity(in), b.Fields()
		out := &Project{Input: in}
		for i, k := range w {
			if k {
				out.Exprs, out.Names = append(out.Exprs, all.Exprs[m[i]]), append(out.Names, fields[i].Name)
			}
		}
		return out
	}), keep(w)
}

// pushUnion filters each branch by itself.
func pushUnion(n *Union, cond expr.Expr, env *expr.Env) Node {
	return n.each(func(b Node) Node { return push(b, cond, env) })
}
