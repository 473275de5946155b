package logical

import "github.com/assaydb/assay/storage/expr"

// rulePushdown moves filters towards the scans: through projections by substitution, through grouping where they read keys
// alone, through windows where they read partitions alone, through orders without a limit, into the side of a join that they read, into every branch of a union, into the scan itself behind its row filter.
func rulePushdown(n Node, env *expr.Env) Node {
	return bottomUp(n, func(n Node) Node {
		switch n := n.(type) {
		case *Filter:
			return push(n.Input, n.Cond, env)
		case *Join:
			return pushJoin(n, nil, env)
		}
		return n
	})
}

// push returns a plan that gives the rows of n for which cond is true.
func push(n Node, cond expr.Expr, env *expr.Env) Node {
	switch n := n.(type) {
	case *Scan:
		out := *n
		out.Filter = And(n.Filter, cond)
		return &out
	case *Values:
		if n.Source != "" {
			out := *n
			out.Hint = And(n.Hint, cond)
			return &Filter{&out, cond}
		}
	case *Filter:
		return push(n.Input, And(n.Cond, cond), env)
	case *Project:
		return &Project{push(n.Input, substitute(cond, n.Exprs), env), n.Exprs, n.Names}
	case *Sort:
		if n.Count < 0 && n.Offset == 0 {
			return &Sort{Input: push(n.Input, cond, env), Keys: n.Keys, Count: n.Count}
		}
	case *Aggregate:
		return pushAggregate(n, cond, env)
	case *Join:
		return pushJoin(n, cond, env)
	case *Union:
		return pushUnion(n, cond, env)
	case *Window:
		return pushWindow(n, cond, env)
	}
	return &Filter{n, cond}
}

// pushAggregate moves the conjuncts that read only keys below the grouping. Without keys nothing may move: the one row is there
// also over no input.
func pushAggregate(n *Aggregate, cond expr.Expr, env *expr.Env) Node {
	var below, above []expr.Expr
	for _, c := range expr.Conjuncts(cond) {
		cols := expr.Columns(c)
		if len(n.Keys) > 0 && len(cols) > 0 && cols[len(cols)-1] < len(n.Keys) {
			below = append(below, substitute(c, n.Keys))
			continue
		}
		above = append(above, c)
	}
	var out Node = n
	if len(below) > 0 {
		out = &Aggregate{push(n.Input, And(below...), env), n.Keys, n.Names, n.Calls}
	}
	if len(above) > 0 {
		return &Filter{out, And(above...)}
	}
	return out
}
