package logical

import "github.com/assaydb/assay/storage/expr"

// ruleMerge joins neighbouring projections, drops those that change nothing, and lets an Aggregate read through a projection.
func ruleMerge(n Node, _ *expr.Env) Node {
	return bottomUp(n, func(n Node) Node {
		switch n := n.(type) {
		case *Project:
			if in, ok := n.Input.(*Project); ok && cheapToRepeat(in, n.Exprs) {
				n = &Project{in.Input, substituteAll(n.Exprs, in.Exprs), n.Names}
			}
			return n
		case *Aggregate:
			if in, ok := n.Input.(*Project); ok {
				out := &Aggregate{in.Input, substituteAll(n.Keys, in.Exprs), n.Names, make([]Call, len(n.Calls))}
				for i, c := range n.Calls {
					out.Calls[i] = Call{c.Spec, substituteAll(c.Args, in.Exprs), c.Name}
				}
				return out
			}
		}
		return n
	})
}

func substituteAll(list, exprs []expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		out[i] = substitute(e, exprs)
	}
	return out
}

// cheapToRepeat reports whether no computed column of the inner projection is read twice.
func cheapToRepeat(in *Project, outer []expr.Expr) bool {
	reads := make([]int, len(in.Exprs))
	for _, e := range outer {
		countReads(e, reads)
	}
	for i, e := range in.Exprs {
		if len(e.Args()) > 0 && reads[i] > 1 {
			return false
		}
	}
	return true
}

func countReads(e expr.Expr, reads []int) {
	if c, ok := e.(*expr.Column); ok {
		reads[c.Index]++
	}
	for _, a := range e.Args() {
		countReads(a, reads)
	}
}
