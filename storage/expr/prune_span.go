package expr

import (
	"slices"

	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
)

// span is what is known of an expression over the rows: its values, if there are some, lie from min to max.
type span struct {
	min, max schema.Value
	some     bool // there may be rows that are not NULL
	nulls    bool // there may be rows that are NULL
	nan      bool // there may be NaN, above max
	exact    bool // min and max are attained by some row
}

// span bounds a column, a constant, or a monotone function of a column.
func (p *pruner) span(e Expr) (span, bool) {
	switch x := e.(type) {
	case *Column:
		return p.column(x)
	case *Literal:
		return span{min: x.Value, max: x.Value, some: !x.Value.Null, nulls: x.Value.Null, exact: true, nan: x.Value.F != x.Value.F}, true
	case *Cast:
		return p.cast(x)
	case *Call:
		if i, ok := monotoneIn(x); ok {
			return p.monotone(x, i)
		}
		if len(x.Operands) == 1 && (x.Name == "month" || x.Name == "quarter") {
			return p.withinYear(x)
		}
	}
	return span{}, false
}

func (p *pruner) column(c *Column) (span, bool) {
	b, ok := p.bound(c.Index)
	if !ok {
		return span{}, false
	}
	r := span{min: b.Min, max: b.Max, nulls: b.Nulls != 0, some: b.Nulls < p.rows, nan: c.Typ.Kind == schema.Double, exact: b.Exact}
	if b.Min.Null || b.Max.Null {
		// All rows are NULL, or NaN, which leaves no bounds.
		if r.some && !r.nan || r.nan {
			return span{}, false
		}
		r.min, r.max = schema.NullValue(c.Typ), schema.NullValue(c.Typ)
		r.some = false
		return r, true
	}
	return r, b.Min.Type == c.Typ && b.Max.Type == c.Typ
}

// compare bounds a comparison with a constant.
func (r span) compare(op kernel.Op, v schema.Value) outcomes {
	return r.against(op, span{min: v, max: v, some: !v.Null, nulls: v.Null, nan: v.F != v.F, exact: true})
}

// against bounds a comparison of two independent spans of one type.
func (r span) against(op kernel.Op, o span) outcomes {
	out := outcomes{maybeNull: r.nulls || o.nulls}
	if !r.some || !o.some {
		return out
	}
	if r.nan || o.nan {
		if out.maybeTrue = true; !r.nan || o.nan || o.min.Compare(o.max) != 0 || o.min.F != o.min.F {
			return anything
		}
		return r.withNaN(op, o, out)
	}
	below, above := r.max.Compare(o.min), r.min.Compare(o.max)
	switch op {
	case kernel.EQ, kernel.NE:
		out.maybeTrue = below >= 0 && above <= 0
		out.maybeFalse = !(r.min.Compare(r.max) == 0 && o.min.Compare(o.max) == 0 && below == 0)
		return negateIf(op == kernel.NE, out)
	case kernel.LT, kernel.GE:
		out.maybeTrue = r.min.Compare(o.max) < 0
		out.maybeFalse = r.max.Compare(o.min) >= 0
		return negateIf(op == kernel.GE, out)
	}
	out.maybeTrue = r.min.Compare(o.max) <= 0
	out.maybeFalse = r.max.Compare(o.min) > 0
	return negateIf(op == kernel.GT, out)
}

// withNaN compares a DOUBLE column, which may hold NaN above its maximum, with an ordinary number: NaN fails = < <=, and
// satisfies <> > >=.
func (r span) withNaN(op kernel.Op, o span, out outcomes) outcomes {
	plain := r
	plain.nan = false
	out = plain.against(op, o)
	switch op {
	case kernel.EQ, kernel.LT, kernel.LE:
		out.maybeFalse = true
	default:
		out.maybeTrue = true
	}
	return out
}

// monotoneIn returns which operand a function never falls with, when the others are constants: it maps bounds to bounds.
func monotoneIn(c *Call) (operand int, ok bool) {
	switch c.Name {
	case "year", "to_days", "last_day", "year_month":
		return 0, len(c.Operands) == 1
	case "date_trunc":
		return 1, true
	case "date_add", "date_sub":
		n, ok := isLiteral(c.Operands[1])
		return 0, ok && !n.Null
	case "date_format":
		format, ok := isLiteral(c.Operands[1])
		return 0, ok && sortable(format.S)
	}
	return 0, false
}

// sortable reports whether texts in a format sort as the dates do.
func sortable(format string) bool {
	switch format {
	case "%Y", "%Y-%m", "%Y-%m-%d", "%Y%m", "%Y%m%d", "%Y/%m", "%Y/%m/%d":
		return true
	}
	return false
}

// monotone bounds f(x) by f of x's bounds. A TIMESTAMP is read in a time zone that pruning does not know: its bounds are
// widened by a day on both sides.
func (p *pruner) monotone(c *Call, operand int) (span, bool) {
	r, ok := p.span(c.Operands[operand])
	if !ok || !r.some {
		r.min, r.max = schema.NullValue(c.Typ), schema.NullValue(c.Typ)
		return r, ok
	}
	lo, hi, ok := widened(r)
	if !ok {
		return span{}, false
	}
	at := func(v schema.Value) schema.Value {
		args := slices.Clone(c.Operands)
		args[operand] = &Literal{v}
		l, ok := evaluate(&Call{Name: c.Name, Operands: args, Typ: c.Typ}, nil).(*Literal)
		if !ok {
			return schema.NullValue(c.Typ)
		}
		return l.Value
	}
	r.min, r.max, r.exact, r.nan = at(lo), at(hi), false, false
	if c.Typ.Kind == schema.Timestamp {
		// The unit begins at another instant in another zone.
		r.min.I, r.max.I = r.min.I-microsPerDay, r.max.I+microsPerDay
	}
	if c.Typ.Kind == schema.Timestamp && operand == 0 {
		// The last days of a month become one day under months, with their times kept: up to a day out of order.
		r.min.I, r.max.I = r.min.I-microsPerDay, r.max.I+microsPerDay
	}
	return r, !r.min.Null && !r.max.Null
}

// withinYear bounds MONTH and QUARTER, which never fall within a year.
func (p *pruner) withinYear(c *Call) (span, bool) {
	r, ok := p.monotone(&Call{Name: "year_month", Operands: c.Operands, Typ: c.Typ}, 0)
	if !ok || !r.some {
		return r, ok
	}
	first, last := r.min.I%100, r.max.I%100
	if r.min.I/100 != r.max.I/100 {
		first, last = 1, 12
	}
	if c.Name == "quarter" {
		first, last = (first+2)/3, (last+2)/3
	}
	r.min, r.max = schema.IntValue(c.Typ, first), schema.IntValue(c.Typ, last)
	return r, true
}

// widened moves the bounds of a TIMESTAMP a day outwards; other temporal types stay.
func widened(r span) (lo, hi schema.Value, ok bool) {
	lo, hi = r.min, r.max
	if lo.Type.Kind == schema.Timestamp {
		if !wallInRange(lo.I-microsPerDay) || !wallInRange(hi.I+microsPerDay) {
			return lo, hi, false
		}
		lo.I -= microsPerDay
		hi.I += microsPerDay
	}
	return lo, hi, lo.Type.IsTemporal()
}

// cast bounds conversions that keep the order: between dates and timestamps, and among numbers.
func (p *pruner) cast(c *Cast) (span, bool) {
	from := c.Operand.Type()
	dated := func(t schema.Type) bool { return t.Kind == schema.Date || t.Kind == schema.Timestamp }
	exact := from.IsExact() && c.To.IsExact()
	if !exact && !(dated(from) && dated(c.To)) {
		return span{}, false
	}
	r, ok := p.span(c.Operand)
	if !ok || !r.some {
		r.min.Type, r.max.Type = c.To, c.To
		return r, ok
	}
	lo, hi := r.min, r.max
	if dated(from) {
		lo, hi, ok = p.dayWider(r, c.To)
	} else {
		lo, hi, ok = castBounds(lo, hi, c.To)
	}
	r.min, r.max, r.exact = lo, hi, false
	r.nulls = r.nulls || c.Try
	return r, ok
}

func castBounds(lo, hi schema.Value, to schema.Type) (schema.Value, schema.Value, bool) {
	a, okA := evaluate(&Cast{Operand: &Literal{lo}, To: to}, nil).(*Literal)
	b, okB := evaluate(&Cast{Operand: &Literal{hi}, To: to}, nil).(*Literal)
	if !okA || !okB {
		return lo, hi, false
	}
	return a.Value, b.Value, true
}

// dayWider converts bounds between DATE and TIMESTAMP, a day wider on both sides for the unknown time zone.
func (p *pruner) dayWider(r span, to schema.Type) (lo, hi schema.Value, ok bool) {
	lo, hi = r.min, r.max
	step := int64(1)
	if lo.Type.Kind == schema.Timestamp {
		step = microsPerDay
	}
	lo.I, hi.I = lo.I-step, hi.I+step
	return castBounds(lo, hi, to)
}
