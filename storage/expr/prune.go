package expr

import (
	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
)

// Verdict says which rows of a range can satisfy a condition.
type Verdict uint8

// The verdicts.
const (
	Some Verdict = iota // cannot be told: read them
	None                // no row satisfies it
	All                 // every row satisfies it
)

// String names the verdict.
func (v Verdict) String() string { return [...]string{"some", "none", "all"}[v] }

// Prune judges a condition over rows of which only bounds are known. bound returns what is known of the column with an input
// ordinal; rows is their number. None and All are certain; whatever is not understood is Some. NaN lies outside bounds, so DOUBLE
// columns never give All, and give None only to conditions that NaN fails.
func Prune(e Expr, bound func(col int) (schema.Bound, bool), rows int64) Verdict {
	p := pruner{bound: bound, rows: rows}
	r := p.condition(e)
	switch {
	case rows == 0 || !r.maybeTrue:
		return None
	case !r.maybeFalse && !r.maybeNull:
		return All
	}
	return Some
}

// outcomes is the set of truth values a condition may have over the rows.
type outcomes struct{ maybeTrue, maybeFalse, maybeNull bool }

var anything = outcomes{true, true, true}

type pruner struct {
	bound func(int) (schema.Bound, bool)
	rows  int64
}

func (p *pruner) condition(e Expr) outcomes {
	switch x := e.(type) {
	case *Literal:
		return outcomes{!x.Value.Null && x.Value.I != 0, !x.Value.Null && x.Value.I == 0, x.Value.Null}
	case *Logic:
		return p.logic(x)
	case *In:
		return p.in(x)
	case *Call:
		return p.call(x)
	case *Column:
		if r, ok := p.span(x); ok && x.Typ.Kind == schema.Boolean {
			return r.compare(kernel.NE, schema.BoolValue(false))
		}
	}
	return anything
}

func (p *pruner) logic(l *Logic) outcomes {
	if l.Op == Not {
		r := p.condition(l.Operands[0])
		return outcomes{r.maybeFalse, r.maybeTrue, r.maybeNull}
	}
	if l.Op == Or {
		out := outcomes{}
		allFalse, allNull := true, true
		for _, a := range l.Operands {
			r := p.condition(a)
			if !r.maybeFalse && !r.maybeNull {
				return outcomes{maybeTrue: true}
			}
			out.maybeTrue = out.maybeTrue || r.maybeTrue
			out.maybeNull = out.maybeNull || r.maybeNull
			allFalse = allFalse && r.maybeFalse
			allNull = allNull && (r.maybeNull || r.maybeFalse)
		}
		out.maybeFalse, out.maybeNull = allFalse, out.maybeNull && allNull
		return out
	}
	out := outcomes{maybeTrue: true}
	notFalse := true
	for _, a := range l.Operands {
		r := p.condition(a)
		if !r.maybeTrue && !r.maybeNull {
			return outcomes{maybeFalse: true}
		}
		out.maybeTrue = out.maybeTrue && r.maybeTrue
		out.maybeFalse = out.maybeFalse || r.maybeFalse
		out.maybeNull = out.maybeNull || r.maybeNull
		notFalse = notFalse && (r.maybeTrue || r.maybeNull)
	}
	out.maybeNull = out.maybeNull && notFalse
	return out
}

func (p *pruner) in(x *In) outcomes {
	r, ok := p.span(x.Operand)
	if !ok {
		return anything
	}
	out := outcomes{maybeNull: r.nulls || x.HasNull}
	if r.some {
		for _, v := range x.List {
			one := r.compare(kernel.EQ, v)
			out.maybeTrue = out.maybeTrue || one.maybeTrue
			if !one.maybeFalse && one.maybeTrue {
				out.maybeTrue = true
				out.maybeFalse = false
				return negateIf(x.Negate, outcomes{maybeTrue: true, maybeNull: r.nulls})
			}
		}
		out.maybeFalse = true
	}
	return negateIf(x.Negate, out)
}

func negateIf(negate bool, r outcomes) outcomes {
	if negate {
		r.maybeTrue, r.maybeFalse = r.maybeFalse, r.maybeTrue
	}
	return r
}

func (p *pruner) call(c *Call) outcomes {
	if op, ok := comparison(c.Name); ok {
		return p.comparison(op, c)
	}
	switch c.Name {
	case "is null", "is not null":
		r, ok := p.span(c.Operands[0])
		if !ok {
			return anything
		}
		return negateIf(c.Name == "is not null", outcomes{maybeTrue: r.nulls, maybeFalse: r.some})
	case "is true", "is false", "is not true", "is not false":
		return p.test(c)
	case "like":
		return p.like(c)
	}
	return anything
}

func (p *pruner) test(c *Call) outcomes {
	r := p.condition(c.Operands[0])
	switch c.Name {
	case "is true":
		return outcomes{r.maybeTrue, r.maybeFalse || r.maybeNull, false}
	case "is not true":
		return outcomes{r.maybeFalse || r.maybeNull, r.maybeTrue, false}
	case "is false":
		return outcomes{r.maybeFalse, r.maybeTrue || r.maybeNull, false}
	}
	return outcomes{r.maybeTrue || r.maybeNull, r.maybeFalse, false}
}

func (p *pruner) comparison(op kernel.Op, c *Call) outcomes {
	a, okA := p.span(c.Operands[0])
	b, okB := p.span(c.Operands[1])
	if !okA || !okB {
		return anything
	}
	return a.against(op, b)
}

// like knows that x LIKE 'abc%' lies between 'abc' and the next text that does not begin so.
func (p *pruner) like(c *Call) outcomes {
	pattern, ok := isLiteral(c.Operands[1])
	r, known := p.span(c.Operands[0])
	if !ok || !known || len(c.Operands) > 2 {
		return anything
	}
	if pattern.Null {
		return outcomes{maybeNull: true}
	}
	prefix, exact := likePrefix(pattern.S)
	out := outcomes{maybeTrue: r.some, maybeFalse: r.some, maybeNull: r.nulls}
	if !r.some || prefix == "" {
		return out
	}
	end, bounded := successor(prefix)
	switch {
	case r.max.S < prefix, bounded && r.min.S >= end, exact && r.min.S > prefix:
		out.maybeTrue = false
	}
	return out
}

// successor returns the least text above every text that begins with prefix.
func successor(prefix string) (string, bool) {
	b := []byte(prefix)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] != 0xff {
			b[i]++
			return string(b[:i+1]), true
		}
	}
	return "", false
}
