package expr

import (
	"slices"

	"github.com/assaydb/assay/storage/schema"
)

// Columns returns the ordinals of the input columns that e reads, ascending and distinct.
func Columns(e Expr) []int {
	seen := map[int]bool{}
	visit(e, func(x Expr) {
		if c, ok := x.(*Column); ok {
			seen[c.Index] = true
		}
	})
	out := make([]int, 0, len(seen))
	for i := range seen {
		out = append(out, i)
	}
	slices.Sort(out)
	return out
}

// visit calls f for e and everything below it.
func visit(e Expr, f func(Expr)) {
	f(e)
	for _, a := range e.Args() {
		visit(a, f)
	}
}

// Remap returns e with every column ordinal replaced by f of it.
func Remap(e Expr, f func(int) int) Expr {
	return Rewrite(e, func(x Expr) Expr {
		if c, ok := x.(*Column); ok {
			return &Column{Index: f(c.Index), Name: c.Name, Typ: c.Typ}
		}
		return x
	})
}

// Rewrite rebuilds e bottom-up: f gets each node with its operands already rewritten and returns what takes its place, which
// must have the same type. Nodes that nothing changed are shared.
func Rewrite(e Expr, f func(Expr) Expr) Expr {
	switch x := e.(type) {
	case *Call:
		if args, changed := rewriteAll(x.Operands, f); changed {
			e = &Call{Name: x.Name, Operands: args, Typ: x.Typ}
		}
	case *Logic:
		if args, changed := rewriteAll(x.Operands, f); changed {
			e = &Logic{Op: x.Op, Operands: args}
		}
	case *Case:
		e = rewriteCase(x, f)
	case *In:
		if o := Rewrite(x.Operand, f); o != x.Operand {
			e = &In{Operand: o, List: x.List, HasNull: x.HasNull, Negate: x.Negate}
		}
	case *Cast:
		if o := Rewrite(x.Operand, f); o != x.Operand {
			e = &Cast{Operand: o, To: x.To, Try: x.Try}
		}
	}
	return f(e)
}

func rewriteCase(x *Case, f func(Expr) Expr) Expr {
	whens, a := rewriteAll(x.Whens, f)
	thens, b := rewriteAll(x.Thens, f)
	els := x.Else
	if els != nil {
		els = Rewrite(els, f)
	}
	if !a && !b && els == x.Else {
		return x
	}
	return &Case{Whens: whens, Thens: thens, Else: els, Typ: x.Typ}
}

func rewriteAll(list []Expr, f func(Expr) Expr) ([]Expr, bool) {
	out, changed := list, false
	for i, a := range list {
		r := Rewrite(a, f)
		if r != a && !changed {
			out, changed = slices.Clone(list), true
		}
		if changed {
			out[i] = r
		}
	}
	return out, changed
}

// Equal reports whether two expressions are the same: same nodes, types, columns and constants. Names of columns do not count.
func Equal(a, b Expr) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	if a.Type() != b.Type() || !sameNode(a, b) {
		return false
	}
	return slices.EqualFunc(a.Args(), b.Args(), Equal)
}

func sameNode(a, b Expr) bool {
	switch x := a.(type) {
	case *Column:
		y, ok := b.(*Column)
		return ok && x.Index == y.Index
	case *Literal:
		y, ok := b.(*Literal)
		return ok && sameValue(x.Value, y.Value)
	case *Call:
		y, ok := b.(*Call)
		return ok && x.Name == y.Name
	case *Logic:
		y, ok := b.(*Logic)
		return ok && x.Op == y.Op
	case *Case:
		y, ok := b.(*Case)
		return ok && len(x.Whens) == len(y.Whens) && (x.Else == nil) == (y.Else == nil)
	case *In:
		y, ok := b.(*In)
		return ok && x.HasNull == y.HasNull && x.Negate == y.Negate && slices.EqualFunc(x.List, y.List, sameValue)
	case *Cast:
		y, ok := b.(*Cast)
		return ok && x.Try == y.Try
	}
	return false
}

func sameValue(a, b schema.Value) bool {
	if a.Type != b.Type || a.Null != b.Null {
		return false
	}
	return a.Null || a == b || a.F != a.F && b.F != b.F
}

// Conjuncts returns the operands of the AND at the top of e, e itself when there is none.
func Conjuncts(e Expr) []Expr {
	if l, ok := e.(*Logic); ok && l.Op == And {
		return l.Operands
	}
	return []Expr{e}
}

// Depth is the number of nodes on the longest path from e to a leaf.
func Depth(e Expr) int {
	d := 0
	for _, a := range e.Args() {
		d = max(d, Depth(a))
	}
	return d + 1
}

// Clock reports whether e depends on the query's time or time zone, so that results of it may not be kept across queries.
func Clock(e Expr) bool {
	found := false
	visit(e, func(x Expr) { found = found || stable(x) })
	return found
}

// stable reports whether the node itself reads the clock or the zone.
func stable(e Expr) bool {
	switch x := e.(type) {
	case *Call:
		f := lookup(x.Name)
		return f != nil && f.Volatility == Stable && (len(x.Operands) == 0 || readsZone(x) || f.max == 1 && f.min == 0)
	case *Cast:
		from, to := x.Operand.Type(), x.To
		return (from.Kind == schema.Timestamp) != (to.Kind == schema.Timestamp)
	}
	return false
}

// readsZone reports whether a call turns instants into wall clocks or back.
func readsZone(c *Call) bool {
	if c.Typ.Kind == schema.Timestamp {
		return true
	}
	for _, o := range c.Operands {
		if o.Type().Kind == schema.Timestamp {
			return true
		}
	}
	return false
}
