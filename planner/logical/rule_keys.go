package logical

import (
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// ruleKeys takes grouping keys out that have one value in all rows, because the query says so (WHERE test_code = 'A'): keys are what
// grouping costs. One key stays, since a grouping without keys has a row also over no input.
func ruleKeys(n Node, env *expr.Env) Node {
	changed := false
	out := bottomUp(n, func(n Node) Node {
		a, ok := n.(*Aggregate)
		if !ok || len(a.Keys) < 2 {
			return n
		}
		p := withoutFixed(a)
		if p == nil {
			return n
		}
		changed = true
		return p
	})
	if changed {
		return rulePushdown(out, env) // what stands above such a grouping now meets a projection first
	}
	return out
}

// withoutFixed groups by the keys that vary and puts the others back as constants; nil when none can go.
func withoutFixed(a *Aggregate) Node {
	slim := &Aggregate{Input: a.Input, Calls: a.Calls}
	p := identity(a)
	for i, k := range a.Keys {
		l, ok := constantOf(k, a.Input)
		if ok && (len(slim.Keys) > 0 || i+1 < len(a.Keys)) {
			p.Exprs[i] = l
			continue
		}
		slim.Keys, slim.Names = append(slim.Keys, k), append(slim.Names, a.Names[i])
	}
	if len(slim.Keys) == len(a.Keys) {
		return nil
	}
	at := 0
	for i, f := range a.Fields() {
		if _, fixed := p.Exprs[i].(*expr.Literal); !fixed {
			p.Exprs[i] = &expr.Column{Index: at, Name: f.Name, Typ: f.Type}
			at++
		}
	}
	p.Input = slim
	return p
}

// constantOf returns the only value that an expression over a node's rows can have.
func constantOf(e expr.Expr, n Node) (*expr.Literal, bool) {
	switch e := e.(type) {
	case *expr.Literal:
		return e, true
	case *expr.Column:
		return fixed(n, e)
	}
	return nil, false
}

// fixed returns the only value that a column of a node can have.
func fixed(n Node, c *expr.Column) (*expr.Literal, bool) {
	switch n := n.(type) {
	case *Scan:
		return fixedBy(n.Filter, c)
	case *Filter:
		if l, ok := fixedBy(n.Cond, c); ok {
			return l, true
		}
		return fixed(n.Input, c)
	case *Project:
		return constantOf(n.Exprs[c.Index], n.Input)
	case *Sort:
		return fixed(n.Input, c)
	case *Aggregate:
		if c.Index < len(n.Keys) {
			return constantOf(n.Keys[c.Index], n.Input)
		}
	case *Join:
		left := len(n.Left.Fields())
		if n.Kind == InnerJoin && c.Index >= left {
			return fixed(n.Right, &expr.Column{Index: c.Index - left, Typ: c.Typ})
		}
		if c.Index < left {
			return fixed(n.Left, c)
		}
	}
	return nil, false
}

// fixedBy returns the only value of a column for which a condition can be true.
func fixedBy(cond expr.Expr, c *expr.Column) (*expr.Literal, bool) {
	if cond == nil {
		return nil, false
	}
	for _, e := range expr.Conjuncts(cond) {
		switch e := e.(type) {
		case *expr.Call:
			if e.Name != "=" {
				continue
			}
			for i, x := range e.Operands {
				if l, ok := e.Operands[1-i].(*expr.Literal); ok && isColumn(x, c) && sameAsEqual(l.Value, c.Typ) {
					return l, true
				}
			}
		case *expr.In:
			if isColumn(e.Operand, c) && !e.Negate && len(e.List) == 1 && sameAsEqual(e.List[0], c.Typ) {
				return &expr.Literal{Value: e.List[0]}, true
			}
		}
	}
	return nil, false
}

func isColumn(e expr.Expr, c *expr.Column) bool {
	x, ok := e.(*expr.Column)
	return ok && x.Index == c.Index
}

// sameAsEqual reports whether what equals a constant in a column of the type is the constant: a DOUBLE has two zeros, and JSON and other
// types may be equal to something that is written otherwise.
func sameAsEqual(v schema.Value, t schema.Type) bool {
	if v.Null || v.Type != t {
		return false
	}
	switch t.Kind {
	case schema.Double, schema.JSON, schema.Null:
		return false
	}
	return true
}
