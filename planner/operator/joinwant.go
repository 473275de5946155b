package operator

import (
	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/expr"
)

// want notes for the joins of a plan which columns of their output somebody reads; cols nil means all of them. What nobody reads
// is not gathered from the build side.
func (r *runner) want(n fragment.Node, cols []bool) {
	switch x := n.(type) {
	case *fragment.Project:
		r.want(x.Input, projected(x, cols))
	case *fragment.Filter:
		if cols != nil {
			cols = marked(cols, 0, x.Cond)
		}
		r.want(x.Input, cols)
	case *fragment.Aggregate:
		r.want(x.Input, aggregated(x))
	case *fragment.HashJoin:
		r.wantOfJoin(x, cols)
	default:
		for _, in := range n.Inputs() {
			r.want(in, nil)
		}
	}
}

// projected marks what a projection reads. Expressions are computed whether or not somebody reads them, columns are passed on.
func projected(n *fragment.Project, cols []bool) []bool {
	out := make([]bool, len(n.Input.Fields()))
	for i, e := range n.Exprs {
		if _, ok := e.(*expr.Column); ok && cols != nil && !cols[i] {
			continue
		}
		out = marked(out, 0, e)
	}
	return out
}

// aggregated marks what an aggregation reads; nil for one over states, which lie by position.
func aggregated(n *fragment.Aggregate) []bool {
	if n.Mode == fragment.Final {
		return nil
	}
	out := make([]bool, len(n.Input.Fields()))
	mark := func(c int) {
		if c >= 0 && c < len(out) { // others are refused when the node is built
			out[c] = true
		}
	}
	for _, k := range n.Keys {
		mark(k)
	}
	for _, c := range n.Calls {
		for _, a := range c.Args {
			mark(a)
		}
		mark(c.Filter)
	}
	return out
}

// marked returns cols with the columns that e reads, counted from shift on.
func marked(cols []bool, shift int, e expr.Expr) []bool {
	out := append([]bool(nil), cols...)
	if e == nil {
		return out
	}
	for _, c := range expr.Columns(e) {
		if c -= shift; c >= 0 && c < len(out) {
			out[c] = true
		}
	}
	return out
}

func (r *runner) wantOfJoin(n *fragment.HashJoin, cols []bool) {
	probe := len(n.Probe.Fields())
	if cols == nil || !n.Kind.Pairs() {
		r.want(n.Probe, nil)
		r.want(n.Build, nil)
		return
	}
	cols = marked(cols, 0, n.Cond)
	r.made[n] = cols
	left, right := cols[:probe], cols[probe:]
	for i := range n.ProbeKeys {
		left, right = marked(left, 0, n.ProbeKeys[i]), marked(right, 0, n.BuildKeys[i])
	}
	r.want(n.Probe, left)
	r.want(n.Build, right)
}
