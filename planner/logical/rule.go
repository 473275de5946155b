package logical

import "github.com/assaydb/assay/storage/expr"

// Rule rewrites a tree into one with the same answer. It must not change nodes in place.
type Rule struct {
	Name  string
	Apply func(Node, *expr.Env) Node
}

// Required are the rewrites that execution needs: it knows no Distinct, and no Limit without an order over a distributed input.
func Required() []Rule {
	return []Rule{{"distinct", ruleDistinct}, {"limit", ruleLimit}}
}

// Rules are all rewrites, in the order in which they apply.
func Rules() []Rule {
	return []Rule{
		{"distinct", ruleDistinct},
		{"pushdown", rulePushdown},
		{"fold", ruleFold},
		{"keys", ruleKeys},
		{"limit", ruleLimit},
		{"merge", ruleMerge},
		{"top-window", ruleTopWindow},
		{"prune", rulePrune},
	}
}

// Optimize applies rules in turn.
func Optimize(n Node, env *expr.Env, rules []Rule) Node {
	for _, r := range rules {
		n = r.Apply(n, env)
	}
	return n
}

// rebuild returns n over other inputs.
func rebuild(n Node, f func(Node) Node) Node {
	switch n := n.(type) {
	case *Filter:
		return &Filter{f(n.Input), n.Cond}
	case *Project:
		return &Project{f(n.Input), n.Exprs, n.Names}
	case *Aggregate:
		return &Aggregate{f(n.Input), n.Keys, n.Names, n.Calls}
	case *Sort:
		return &Sort{f(n.Input), n.Keys, n.Count, n.Offset, n.Ties}
	case *Window:
		return n.over(f(n.Input))
	case *Limit:
		return &Limit{f(n.Input), n.Count, n.Offset}
	case *Distinct:
		return &Distinct{f(n.Input)}
	case *Union:
		return n.each(f)
	case *Join:
		return &Join{n.Kind, f(n.Left), f(n.Right), n.On}
	}
	return n
}

// Replace returns a tree in which f has had every node, inputs first.
func Replace(n Node, f func(Node) Node) Node { return bottomUp(n, f) }

// bottomUp applies f to every node, inputs first.
func bottomUp(n Node, f func(Node) Node) Node {
	return f(rebuild(n, func(in Node) Node { return bottomUp(in, f) }))
}

// substitute puts expressions in the place of the columns they compute.
func substitute(e expr.Expr, exprs []expr.Expr) expr.Expr {
	return expr.Rewrite(e, func(x expr.Expr) expr.Expr {
		if c, ok := x.(*expr.Column); ok {
			return exprs[c.Index]
		}
		return x
	})
}

// And joins conditions, keeping their order; nil is none.
func And(list ...expr.Expr) expr.Expr {
	var out []expr.Expr
	for _, e := range list {
		if e != nil {
			out = append(out, expr.Conjuncts(e)...)
		}
	}
	switch len(out) {
	case 0:
		return nil
	case 1:
		return out[0]
	}
	return &expr.Logic{Op: expr.And, Operands: out}
}
