package logical

import (
	"slices"

	"github.com/assaydb/assay/storage/expr"
)

// rulePrune drops the columns that nobody reads, down to the scans: a scan puts out what is read above it, and after those reads
// what its filters need.
func rulePrune(n Node, _ *expr.Env) Node {
	out, _ := prune(n, all(len(n.Fields())))
	return out
}

// need marks the columns of a node's output that are read.
type need []bool

func all(n int) need {
	out := make(need, n)
	for i := range out {
		out[i] = true
	}
	return out
}

func (w need) add(list ...expr.Expr) {
	for _, e := range list {
		for _, c := range expr.Columns(e) {
			w[c] = true
		}
	}
}

// moved maps old ordinals to new ones, -1 for what is gone.
type moved []int

func keep(w need) moved {
	out, n := make(moved, len(w)), 0
	for i, k := range w {
		out[i] = -1
		if k {
			out[i] = n
			n++
		}
	}
	return out
}

func (m moved) expr(e expr.Expr) expr.Expr {
	if e == nil {
		return nil
	}
	return expr.Remap(e, func(i int) int { return m[i] })
}

func (m moved) exprs(list []expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		out[i] = m.expr(e)
	}
	return out
}

// prune returns a plan that gives at least the columns in w, and where each of them is now.
func prune(n Node, w need) (Node, moved) {
	switch n := n.(type) {
	case *Scan:
		return pruneScan(n, w)
	case *Values:
		return n, keep(all(len(w)))
	case *Filter:
		in := slices.Clone(w)
		in.add(n.Cond)
		input, m := prune(n.Input, in)
		return &Filter{input, m.expr(n.Cond)}, m
	case *Sort:
		in := slices.Clone(w)
		for _, k := range n.Keys {
			in[k.Column] = true
		}
		input, m := prune(n.Input, in)
		out := &Sort{Input: input, Count: n.Count, Offset: n.Offset, Ties: n.Ties}
		for _, k := range n.Keys {
			out.Keys = append(out.Keys, SortKey{m[k.Column], k.Desc})
		}
		return out, m
	case *Limit:
		input, m := prune(n.Input, w)
		return &Limit{input, n.Count, n.Offset}, m
	case *Project:
		return pruneProject(n, w)
	case *Aggregate:
		return pruneAggregate(n, w)
	case *Distinct:
		input, m := prune(n.Input, all(len(w)))
		return &Distinct{input}, m
	case *Join:
		return pruneJoin(n, w)
	case *Union:
		return pruneUnion(n, w)
	case *Window:
		return pruneWindow(n, w)
	}
	return n, keep(all(len(w)))
}

func pruneProject(n *Project, w need) (Node, moved) {
	out := &Project{}
	in := make(need, len(n.Input.Fields()))
	for i, k := range w {
		if k {
			in.add(n.Exprs[i])
			out.Exprs, out.Names = append(out.Exprs, n.Exprs[i]), append(out.Names, n.Names[i])
		}
	}
	input, m := prune(n.Input, in)
	out.Input, out.Exprs = input, m.exprs(out.Exprs)
	return out, keep(w)
}

// pruneAggregate keeps every key, since keys make the groups, and drops aggregates that are not read.
func pruneAggregate(n *Aggregate, w need) (Node, moved) {
	w = slices.Clone(w)
	for i := range n.Keys {
		w[i] = true
	}
	in := make(need, len(n.Input.Fields()))
	in.add(n.Keys...)
	var calls []Call
	for i, c := range n.Calls {
		if w[len(n.Keys)+i] {
			in.add(c.Args...)
			calls = append(calls, c)
		}
	}
	input, m := prune(n.Input, in)
	for i, c := range calls {
		calls[i] = Call{c.Spec, m.exprs(c.Args), c.Name}
	}
	return &Aggregate{input, m.exprs(n.Keys), n.Names, calls}, keep(w)
}

func pruneScan(n *Scan, w need) (Node, moved) {
	out := &Scan{Table: n.Table, Alias: n.Alias, MaxBytes: n.MaxBytes}
	at := make(moved, len(n.Columns))
	for i := range at {
		at[i] = -1
	}
	take := func(i int) {
		if at[i] < 0 {
			at[i] = len(out.Columns)
			out.Columns = append(out.Columns, n.Columns[i])
		}
	}
	for i, k := range w {
		if k {
			take(i)
		}
	}
	out.Output = len(out.Columns)
	for _, f := range []expr.Expr{n.RowFilter, n.Filter} {
		if f != nil {
			for _, c := range expr.Columns(f) {
				take(c)
			}
		}
	}
	out.RowFilter, out.Filter = at.expr(n.RowFilter), at.expr(n.Filter)
	m := make(moved, len(w))
	for i := range m {
		m[i] = -1
		if w[i] {
			m[i] = at[i]
		}
	}
	return out, m
}
