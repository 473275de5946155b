package expr

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// Fold reduces the constant parts of e to literals. What depends on the time zone or the clock is reduced only when env is
// given; with nil it stays. A constant part that fails to evaluate stays, too: it fails when a row needs it.
func Fold(e Expr, env *Env) Expr {
	return Rewrite(e, func(x Expr) Expr { return foldNode(x, env) })
}

func foldNode(x Expr, env *Env) Expr {
	switch x := x.(type) {
	case *Column, *Literal:
		return x
	case *Logic:
		return foldLogic(x)
	case *Case:
		return foldCase(x)
	}
	for _, a := range x.Args() {
		if _, ok := a.(*Literal); !ok {
			return x
		}
	}
	if env == nil && stable(x) {
		return x
	}
	return evaluate(x, env)
}

// evaluate computes an expression without columns.
func evaluate(x Expr, env *Env) Expr {
	if env == nil {
		env = &Env{}
	}
	n, err := compileNode(x, &Env{Zone: env.Zone, Now: env.Now, NoDictionary: true})
	if err != nil {
		return x
	}
	v, err := n.eval(&batch.Batch{Len: 1}, nil)
	if err != nil {
		return x
	}
	out := v.Value(0)
	out.Type = x.Type()
	return &Literal{out}
}

func isLiteral(e Expr) (schema.Value, bool) {
	if l, ok := e.(*Literal); ok {
		return l.Value, true
	}
	return schema.Value{}, false
}

// foldLogic drops operands that change nothing and stops at one that decides.
func foldLogic(l *Logic) Expr {
	if l.Op == Not {
		if v, ok := isLiteral(l.Operands[0]); ok {
			if v.Null {
				return l.Operands[0]
			}
			return &Literal{schema.BoolValue(v.I == 0)}
		}
		return l
	}
	decides := int64(boolInt(l.Op == Or))
	var out []Expr
	for _, a := range l.Operands {
		v, ok := isLiteral(a)
		switch {
		case !ok || v.Null:
			out = append(out, a)
		case boolInt(v.I != 0) == int(decides):
			return a
		}
	}
	switch {
	case len(out) == 0:
		return &Literal{schema.BoolValue(decides == 0)}
	case len(out) == 1:
		return out[0]
	case len(out) == len(l.Operands):
		return l
	}
	return &Logic{Op: l.Op, Operands: out}
}

// foldCase drops branches that are never taken.
func foldCase(c *Case) Expr {
	out := &Case{Else: c.Else, Typ: c.Typ}
	for i, w := range c.Whens {
		v, ok := isLiteral(w)
		if ok && (v.Null || v.I == 0) {
			continue
		}
		if ok {
			out.Else = c.Thens[i]
			break
		}
		out.Whens, out.Thens = append(out.Whens, w), append(out.Thens, c.Thens[i])
	}
	switch {
	case len(out.Whens) == len(c.Whens):
		return c
	case len(out.Whens) > 0:
		return out
	case out.Else != nil:
		return out.Else
	}
	return &Literal{schema.NullValue(c.Typ)}
}
