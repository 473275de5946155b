package logical

import "github.com/assaydb/assay/storage/expr"

// ruleFold evaluates what has become constant, and drops filters that are always true.
func ruleFold(n Node, env *expr.Env) Node {
	return bottomUp(n, func(n Node) Node {
		switch n := n.(type) {
		case *Filter:
			cond := expr.Fold(n.Cond, env)
			if isTrue(cond) {
				return n.Input
			}
			return &Filter{n.Input, cond}
		case *Project:
			return &Project{n.Input, foldAll(n.Exprs, env), n.Names}
		case *Aggregate:
			return foldAggregate(n, env)
		case *Join:
			return foldJoin(n, env)
		case *Scan:
			if n.Filter == nil {
				return n
			}
			out := *n
			if out.Filter = expr.Fold(n.Filter, env); isTrue(out.Filter) {
				out.Filter = nil
			}
			return &out
		}
		return n
	})
}

func foldAggregate(n *Aggregate, env *expr.Env) Node {
	out := &Aggregate{n.Input, foldAll(n.Keys, env), n.Names, make([]Call, len(n.Calls))}
	for i, c := range n.Calls {
		out.Calls[i] = Call{c.Spec, foldAll(c.Args, env), c.Name}
	}
	return out
}

func foldAll(list []expr.Expr, env *expr.Env) []expr.Expr {
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		out[i] = expr.Fold(e, env)
	}
	return out
}

func isTrue(e expr.Expr) bool {
	l, ok := e.(*expr.Literal)
	return ok && !l.Value.Null && l.Value.I != 0
}

func foldJoin(n *Join, env *expr.Env) Node {
	if n.On == nil {
		return n
	}
	on := expr.Fold(n.On, env)
	if isTrue(on) {
		on = nil
	}
	return &Join{n.Kind, n.Left, n.Right, on}
}
