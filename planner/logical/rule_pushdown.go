package logical

import "github.com/assaydb/assay/storage/expr"

// rulePushdown moves filters towards the scans: through projections by substitution, through grouping where they read keys
// alone, through orders without a limit, into the scan itself behind its row filter.
func rulePushdown(n Node, _ *expr.Env) Node {
	return bottomUp(n, func(n Node) Node {
		if f, ok := n.(*Filter); ok {
			return push(f.Input, f.Cond)
		}
		return n
	})
}

// push returns a plan that gives the rows of n for which cond is true.
func push(n Node, cond expr.Expr) Node {
	switch n := n.(type) {
	case *Scan:
		out := *n
		out.Filter = and(n.Filter, cond)
		return &out
	case *Filter:
		return push(n.Input, and(n.Cond, cond))
	case *Project:
		return &Project{push(n.Input, substitute(cond, n.Exprs)), n.Exprs, n.Names}
	case *Sort:
		if n.Count < 0 && n.Offset == 0 {
			return &Sort{push(n.Input, cond), n.Keys, n.Count, n.Offset}
		}
	case *Aggregate:
		return pushAggregate(n, cond)
	}
	return &Filter{n, cond}
}

// pushAggregate moves the conjuncts that read only keys below the grouping. Without keys nothing may move: the one row is there
// also over no input.
func pushAggregate(n *Aggregate, cond expr.Expr) Node {
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
		out = &Aggregate{push(n.Input, and(below...)), n.Keys, n.Names, n.Calls}
	}
	if len(above) > 0 {
		return &Filter{out, and(above...)}
	}
	return out
}
