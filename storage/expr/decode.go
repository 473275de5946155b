package expr

import "github.com/assaydb/assay/storage/schema"

// maxColumnIndex is above any column ordinal of a batch.
const maxColumnIndex = 1 << 20

func (d *decoder) expr(depth int) Expr {
	if depth >= MaxDepth {
		d.fail("is nested too deep")
	}
	if d.err != nil {
		return &Literal{schema.NullValue(schema.TypeNull)}
	}
	switch d.byte() {
	case tagColumn:
		t := d.typ()
		i := d.uint()
		if i > maxColumnIndex {
			d.fail("names a column out of range")
		}
		return &Column{Index: int(i), Name: d.text(), Typ: t}
	case tagLiteral:
		return &Literal{d.value(d.typ())}
	case tagCall:
		return d.call(depth)
	case tagLogic:
		return d.logic(depth)
	case tagCase:
		return d.caseOf(depth)
	case tagIn:
		return d.in(depth)
	case tagCast:
		return d.cast(depth)
	}
	d.fail("has an unknown node")
	return &Literal{schema.NullValue(schema.TypeNull)}
}

func (d *decoder) list(depth int) []Expr {
	n := d.count()
	out := make([]Expr, 0, min(n, 1024))
	for range n {
		if d.err != nil {
			break
		}
		out = append(out, d.expr(depth+1))
	}
	return out
}

// call binds the call anew and demands that nothing had to be changed: then the evaluator's assumptions about operand types
// hold whoever wrote the bytes.
func (d *decoder) call(depth int) Expr {
	c := &Call{Typ: d.typ(), Name: d.text()}
	c.Operands = d.list(depth)
	if d.err != nil {
		return c
	}
	if _, ok := comparison(c.Name); ok {
		d.comparison(c)
		return c
	}
	e, err := NewCall(c.Name, c.Operands...)
	bound, ok := e.(*Call)
	if err != nil || !ok || bound.Name != c.Name || len(bound.Operands) != len(c.Operands) || !fits(c, bound.Typ) {
		d.fail("has a call of " + c.Name + " that does not fit its operands")
		return c
	}
	for i, o := range bound.Operands {
		if o.Type() != c.Operands[i].Type() {
			d.fail("has a call of " + c.Name + " that does not fit its operands")
			return c
		}
	}
	return c
}

// comparison checks the one thing that comparing kernels rely on. Binding would exchange the sides of a constant and a column.
func (d *decoder) comparison(c *Call) {
	if len(c.Operands) != 2 || c.Typ != schema.TypeBoolean {
		d.fail("has a comparison without two sides")
		return
	}
	a, b := c.Operands[0].Type(), c.Operands[1].Type()
	if a != b && (a.Class() != schema.ClassBytes || b.Class() != schema.ClassBytes) {
		d.fail("compares two types")
	}
}

// fits reports whether a call may have the type it was sent with, given the type that binding it anew gives.
func fits(c *Call, t schema.Type) bool {
	if (c.Name == "round" || c.Name == "truncate") && t.Kind == schema.Decimal && c.Typ.Kind == schema.Decimal {
		return true // the digits may have become a constant since it was bound; each value is brought to the type's scale
	}
	if c.Name == "str_to_date" && c.Typ.Kind == schema.Timestamp && t.IsTemporal() {
		return true // likewise the format; the type was bound when it was not known yet
	}
	return sameShape(c.Typ, t)
}

// sameShape allows for another precision: folding an operand may have narrowed it.
func sameShape(a, b schema.Type) bool { return a.Kind == b.Kind && a.Scale == b.Scale }

func (d *decoder) conditions(list []Expr) {
	for _, e := range list {
		if e.Type().Kind != schema.Boolean {
			d.fail("has a condition that is none")
		}
	}
}

func (d *decoder) logic(depth int) Expr {
	l := &Logic{Op: LogicOp(d.byte())}
	l.Operands = d.list(depth)
	if l.Op > Not || len(l.Operands) == 0 || l.Op == Not && len(l.Operands) != 1 {
		d.fail("has a connective without operands")
	}
	d.conditions(l.Operands)
	return l
}

func (d *decoder) caseOf(depth int) Expr {
	c := &Case{Typ: d.typ()}
	hasElse := d.flag()
	args := d.list(depth)
	n := len(args)
	if hasElse {
		n--
	}
	if n < 2 || n%2 != 0 {
		d.fail("has a CASE without branches")
		return c
	}
	for i := 0; i < n; i += 2 {
		c.Whens, c.Thens = append(c.Whens, args[i]), append(c.Thens, args[i+1])
	}
	branches := c.Thens
	if hasElse {
		c.Else = args[n]
		branches = append(branches[:len(branches):len(branches)], c.Else)
	}
	d.conditions(c.Whens)
	for _, b := range branches {
		if b.Type() != c.Typ {
			d.fail("has a CASE with branches of different types")
		}
	}
	return c
}

func (d *decoder) in(depth int) Expr {
	flags := d.byte()
	x := &In{HasNull: flags&1 != 0, Negate: flags&2 != 0}
	x.Operand = d.expr(depth + 1)
	n := d.count()
	if d.err != nil {
		return x
	}
	t := x.Operand.Type()
	for range n {
		v := d.value(t)
		if d.err != nil {
			return x
		}
		if k := len(x.List); v.Null || k > 0 && x.List[k-1].Compare(v) >= 0 {
			d.fail("has an IN list out of order")
			return x
		}
		x.List = append(x.List, v)
	}
	return x
}

// tryOnly admits the casts that only the binder builds: a function of dates reads a DOUBLE or BOOLEAN as NULL or a date, while
// CAST itself refuses.
func tryOnly(from schema.Type, c *Cast) bool {
	return c.Try && c.To.IsTemporal() && (from.Kind == schema.Double || from.Kind == schema.Boolean)
}

func (d *decoder) cast(depth int) Expr {
	c := &Cast{To: d.typ(), Try: d.flag()}
	c.Operand = d.expr(depth + 1)
	from := c.Operand.Type()
	if d.err == nil && from != c.To && from.Kind != schema.Null && !castable(from, c.To) && !tryOnly(from, c) {
		d.fail("casts " + from.String() + " to " + c.To.String() + ", which is impossible")
	}
	return c
}
