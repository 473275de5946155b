package expr

import (
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// Caps of DECIMAL results.
const (
	maxScale     = 30
	divideDigits = 4 // digits that / adds to the scale of the dividend
)

func arithmeticFunctions() []*function {
	operator := func(name, doc string, least int) *function {
		return &function{Function: Function{name, "arithmetic", []string{"number " + name + " number"}, doc, NullStrict, Immutable}, min: least, max: 2, bind: bindArithmetic}
	}
	mod := operator("%", "The remainder, with the sign of the dividend; NULL when the divisor is 0.", 2)
	mod.aliases = []string{"mod"}
	return []*function{
		operator("+", "The sum; outside its type an error.", 1),
		operator("-", "The difference, or the negation of one number; outside its type an error.", 1),
		operator("*", "The product; its scale is the sum of the scales.", 2),
		operator("/", "The quotient as DECIMAL with 4 more digits, or DOUBLE; NULL when the divisor is 0.", 2),
		operator("div", "The quotient's integer part; NULL when the divisor is 0.", 2),
		mod,
		{
			Function: Function{"as_double", "cast", []string{"AS_DOUBLE(text)"}, "The number at the beginning of a text, 0 when there is none: how MySQL compares text with numbers.", NullStrict, Immutable},
			min:      1, max: 1, bind: fixed(schema.TypeDouble, "t"), row: plain(func(r *row) error {
				f, _ := leadingDouble(string(r.text(0)))
				r.setF(f)
				return nil
			}),
		},
	}
}

func bindArithmetic(f *function, args []Expr) (Expr, error) {
	ops := make([]Expr, len(args))
	for i, a := range args {
		n, err := toNumber(a)
		if err != nil {
			return nil, err
		}
		ops[i] = n
	}
	if len(ops) == 1 {
		if f.Name == "+" {
			return ops[0], nil
		}
		return bindNegate(ops[0])
	}
	a, b := ops[0], ops[1]
	if a.Type().Kind == schema.Null || b.Type().Kind == schema.Null {
		return &Literal{schema.NullValue(schema.TypeDouble)}, nil
	}
	double := a.Type().Kind == schema.Double || b.Type().Kind == schema.Double
	t := arithmeticType(f.Name, a, b)
	if double {
		a, b = cast(a, schema.TypeDouble), cast(b, schema.TypeDouble)
	}
	return &Call{Name: f.Name, Operands: []Expr{a, b}, Typ: t}, nil
}

func arithmeticType(name string, a, b Expr) schema.Type {
	ta, tb := a.Type(), b.Type()
	double := ta.Kind == schema.Double || tb.Kind == schema.Double
	integers := ta.Kind != schema.Decimal && tb.Kind != schema.Decimal
	integer := schema.TypeInt64
	if ta.IsUnsigned() || tb.IsUnsigned() {
		integer = schema.TypeUint64
	}
	switch {
	case name == "div" && double:
		return schema.TypeInt64
	case name == "div":
		return integer
	case double:
		return schema.TypeDouble
	case name == "%" && integers:
		if ta.IsUnsigned() {
			return schema.TypeUint64
		}
		return schema.TypeInt64
	case name == "/" || !integers:
		return decimalResult(name, a, b)
	}
	return integer
}

func decimalResult(name string, a, b Expr) schema.Type {
	pa, sa := digits(a)
	pb, sb := digits(b)
	s := max(sa, sb)
	var p int
	switch name {
	case "*":
		p, s = pa+pb, sa+sb
	case "/":
		p, s = pa+sb+divideDigits, sa+divideDigits
	case "%":
		p = max(pa-sa, pb-sb) + s
	default:
		p = max(pa-sa, pb-sb) + s + 1
	}
	s = min(s, maxScale)
	return schema.DecimalType(min(max(p, s, 1), 38), s)
}

func bindNegate(e Expr) (Expr, error) {
	t := e.Type()
	switch {
	case t.Kind == schema.Null:
		return &Literal{schema.NullValue(schema.TypeDouble)}, nil
	case t.IsInteger() || t.Kind == schema.Boolean:
		t = schema.TypeInt64
	}
	if l, ok := e.(*Literal); ok {
		if v, ok := negated(l.Value, t); ok {
			return &Literal{v}, nil
		}
	}
	return &Call{Name: "-", Operands: []Expr{e}, Typ: t}, nil
}

// negated negates a constant; 9223372036854775808 read as unsigned becomes the smallest BIGINT.
func negated(v schema.Value, t schema.Type) (schema.Value, bool) {
	switch {
	case v.Null:
		return schema.NullValue(t), true
	case t.Kind == schema.Double:
		return schema.FloatValue(noSign(-v.F)), true
	}
	w, ok := v.Wide().Neg()
	if !ok || !inRange(w, t) {
		return v, false
	}
	return schema.WideValue(t, w), true
}

// toNumber makes a number of an operand of arithmetic: text by its leading number, dates as YYYYMMDD, times as hhmmss.
func toNumber(e Expr) (Expr, error) {
	switch t := e.Type(); {
	case t.IsNumeric() || t.Kind == schema.Null:
		return e, nil
	case t.Kind == schema.Boolean:
		return retype(e, schema.TypeInt64), nil
	case t.IsText():
		return toDouble(e)
	case t.Kind == schema.Date:
		return cast(e, schema.TypeInt64), nil
	case t.IsTemporal():
		return cast(e, schema.DecimalType(20, 6)), nil
	}
	return nil, errs.New(errs.Meaning, "type-mismatch", "%s is %s, not a number", Format(e), e.Type())
}

func bitFunctions() []*function {
	op := func(name, doc string, f func(a, b uint64) uint64) *function {
		return &function{
			Function: Function{name, "bit", []string{"number " + name + " number"}, doc, NullStrict, Immutable}, min: 2, max: 2, bind: fixed(schema.TypeUint64, "ii"),
			row: plain(func(r *row) error { r.setI(int64(f(uint64(r.i64(0)), uint64(r.i64(1))))); return nil }),
		}
	}
	return []*function{
		op("&", "Bits set in both, as BIGINT UNSIGNED.", func(a, b uint64) uint64 { return a & b }),
		op("|", "Bits set in either, as BIGINT UNSIGNED.", func(a, b uint64) uint64 { return a | b }),
		op("^", "Bits set in one but not both, as BIGINT UNSIGNED.", func(a, b uint64) uint64 { return a ^ b }),
		op("<<", "Shifts left; 0 for 64 places or more.", func(a, b uint64) uint64 { return a << b }),
		op(">>", "Shifts right; 0 for 64 places or more.", func(a, b uint64) uint64 { return a >> b }),
		{
			Function: Function{"~", "bit", []string{"~number"}, "All bits inverted, as BIGINT UNSIGNED.", NullStrict, Immutable}, min: 1, max: 1, bind: fixed(schema.TypeUint64, "i"),
			row: plain(func(r *row) error { r.setI(^r.i64(0)); return nil }),
		},
		{
			Function: Function{"bit_count", "bit", []string{"BIT_COUNT(number)"}, "The number of bits set.", NullStrict, Immutable}, min: 1, max: 1, bind: fixed(schema.TypeInt64, "i"),
			row: plain(func(r *row) error { r.setI(int64(onesCount(r.i64(0)))); return nil }),
		},
	}
}
