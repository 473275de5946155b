package expr

import (
	"math"
	"strings"

	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
)

// toComparable brings two operands of a comparison to one type. Constants are converted once, here; a text constant that cannot
// be read as the other side's type is an error, since the condition could only surprise.
func toComparable(a, b Expr) (Expr, Expr, error) {
	ta, tb := a.Type(), b.Type()
	switch {
	case ta == tb:
		return a, b, nil
	case ta.Kind == schema.Null:
		return cast(a, tb), b, nil
	case tb.Kind == schema.Null:
		return a, cast(b, ta), nil
	case ta.IsText() && tb.IsText(), ta.Kind == schema.Binary || tb.Kind == schema.Binary:
		return a, b, bothBytes(a, b)
	case ta.IsText():
		y, x, err := textWith(b, a)
		return x, y, err
	case tb.IsText():
		return textWith(a, b)
	case ta.IsTemporal() || tb.IsTemporal():
		return temporalWith(a, b)
	}
	return numericWith(a, b)
}

func bothBytes(a, b Expr) error {
	if a.Type().Class() != schema.ClassBytes || b.Type().Class() != schema.ClassBytes {
		return errs.New(errs.Meaning, "type-mismatch", "%s cannot be compared with %s", Format(a), Format(b))
	}
	return nil
}

// textWith compares e, which is no text, with a text.
func textWith(e, text Expr) (Expr, Expr, error) {
	if l, ok := text.(*Literal); ok && !l.Value.Null {
		lit, err := readAs(e, l.Value.S)
		if err != nil {
			return nil, nil, err
		}
		if lit.Type() == text.Type() {
			return nil, nil, noConversion(text, e.Type())
		}
		return toComparable(e, lit)
	}
	t := e.Type()
	switch {
	case t.Kind == schema.Time:
		return e, tryCast(text, schema.TypeTime), nil
	case t.IsTemporal():
		return cast(e, schema.TypeTimestamp), tryCast(text, schema.TypeTimestamp), nil
	}
	// MySQL compares a text column with a number as DOUBLE.
	d, err := toDouble(text)
	return cast(e, schema.TypeDouble), d, err
}

// readAs reads a text constant as the type that e is compared with.
func readAs(e Expr, s string) (Expr, error) {
	trimmed := strings.TrimSpace(s)
	bad := func(example string) error {
		return errs.New(errs.Meaning, "bad-literal", "%s is %s and cannot be compared with %q", Format(e), e.Type(), s).
			WithHint("write %s", example)
	}
	switch t := e.Type(); {
	case t.Kind == schema.Time:
		us, ok := parseTime(trimmed)
		if !ok {
			return nil, bad("a time such as '14:30:00'")
		}
		return &Literal{schema.IntValue(schema.TypeTime, us)}, nil
	case t.IsTemporal():
		c, ok := parseDateTime(trimmed)
		if !ok {
			return nil, bad("a date such as '2025-03-01' or a time such as '2025-03-01 14:30:00'")
		}
		if c.dateOnly && (t.Kind == schema.Date || c.offset == nil) && t.Kind == schema.Date {
			return &Literal{schema.IntValue(schema.TypeDate, c.days())}, nil
		}
		if c.offset != nil {
			return &Literal{schema.IntValue(schema.TypeTimestamp, c.wall()-*c.offset)}, nil
		}
		// Which instant this is depends on the time zone of the query: Fold decides.
		return &Cast{Operand: &Literal{schema.TextValue(s)}, To: schema.TypeTimestamp}, nil
	case t.Kind == schema.Boolean:
		switch strings.ToLower(trimmed) {
		case "true", "1":
			return &Literal{schema.BoolValue(true)}, nil
		case "false", "0":
			return &Literal{schema.BoolValue(false)}, nil
		}
		return nil, bad("TRUE or FALSE")
	}
	n, ok := parseNumber(trimmed)
	if !ok {
		return nil, bad("a number")
	}
	return &Literal{n}, nil
}

// parseNumber reads a number literal: exact when written without an exponent and within 38 digits.
func parseNumber(s string) (schema.Value, bool) {
	if w, scale, ok := decimal.Parse(s); ok {
		if scale == 0 {
			if i, fits := w.Int64(); fits {
				return schema.IntValue(schema.TypeInt64, i), true
			}
		}
		digits := len(w.Append(nil, 0))
		if w.Sign() < 0 {
			digits--
		}
		return schema.WideValue(schema.DecimalType(max(digits, scale, 1), scale), w), true
	}
	f, rest := leadingDouble(s)
	if rest != "" || s == "" || math.IsInf(f, 0) {
		return schema.Value{}, false
	}
	return schema.FloatValue(f), true
}

func temporalWith(a, b Expr) (Expr, Expr, error) {
	ta, tb := a.Type(), b.Type()
	dated := func(t schema.Type) bool { return t.Kind == schema.Date || t.Kind == schema.Timestamp }
	switch {
	case dated(ta) && dated(tb):
		return cast(a, schema.TypeTimestamp), cast(b, schema.TypeTimestamp), nil
	case dated(ta) && tb.IsInteger():
		y, err := numberAsDate(a, b)
		if err != nil {
			return nil, nil, err
		}
		return toComparable(a, y)
	case dated(tb) && ta.IsInteger():
		x, y, err := temporalWith(b, a)
		return y, x, err
	}
	return nil, nil, errs.New(errs.Meaning, "type-mismatch", "%s (%s) cannot be compared with %s (%s)", Format(a), ta, Format(b), tb).
		WithHint("use CAST")
}

// numberAsDate reads 20250301 as MySQL does.
func numberAsDate(e, number Expr) (Expr, error) {
	if l, ok := number.(*Literal); ok && !l.Value.Null {
		c, ok := dateFromNumber(l.Value.I)
		if !ok {
			return nil, errs.New(errs.Meaning, "bad-literal", "%s is %s and cannot be compared with %s", Format(e), e.Type(), Format(number)).
				WithHint("write a date such as '2025-03-01'")
		}
		return readAs(e, string(appendWall(nil, c.wall())))
	}
	return tryCast(number, schema.TypeTimestamp), nil
}

// numericWith compares numbers exactly unless one is a DOUBLE.
func numericWith(a, b Expr) (Expr, Expr, error) {
	if lb, ok := b.(*Literal); ok {
		if v, ok := rescaleExact(lb.Value, a.Type()); ok {
			return a, &Literal{v}, nil
		}
	}
	if la, ok := a.(*Literal); ok {
		if v, ok := rescaleExact(la.Value, b.Type()); ok {
			return &Literal{v}, b, nil
		}
	}
	ta, tb := a.Type(), b.Type()
	t := commonNumeric(ta, tb)
	if t.IsInteger() || t.Kind == schema.Boolean {
		return retype(a, t), retype(b, t), nil
	}
	return cast(a, t), cast(b, t), nil
}

// rescaleExact converts a numeric constant to a type when that loses nothing.
func rescaleExact(v schema.Value, t schema.Type) (schema.Value, bool) {
	vt := v.Type
	switch {
	case v.Null:
		return schema.NullValue(t), true
	case t.Kind == schema.Double:
		if vt.Kind == schema.Double {
			return v, true
		}
		return schema.FloatValue(toFloat(v)), true
	case !vt.IsExact() && vt.Kind != schema.Boolean || !t.IsExact():
		return v, false
	}
	w, ok := v.Wide().Rescale(int(vt.Scale), int(t.Scale))
	if !ok {
		return v, false
	}
	back, ok := w.Rescale(int(t.Scale), int(vt.Scale))
	if !ok || back != v.Wide() || !inRange(w, t) {
		return v, false
	}
	return schema.WideValue(t, w), true
}

// inRange reports whether a scaled integer is a value of an exact type.
func inRange(w decimal.Int128, t schema.Type) bool {
	if t.Kind == schema.Decimal {
		return w.Fits(int(t.Precision))
	}
	if t.Kind == schema.Uint64 {
		_, ok := w.Uint64()
		return ok
	}
	v, ok := w.Int64()
	lo, hi := intRange(t.Kind)
	return ok && v >= lo && v <= hi
}

func intRange(k schema.Kind) (lo, hi int64) {
	switch k {
	case schema.Boolean:
		return 0, 1
	case schema.Int8:
		return math.MinInt8, math.MaxInt8
	case schema.Int16:
		return math.MinInt16, math.MaxInt16
	case schema.Int32:
		return math.MinInt32, math.MaxInt32
	case schema.Uint8:
		return 0, math.MaxUint8
	case schema.Uint16:
		return 0, math.MaxUint16
	case schema.Uint32:
		return 0, math.MaxUint32
	}
	return math.MinInt64, math.MaxInt64
}

// toFloat returns the double nearest to a numeric value.
func toFloat(v schema.Value) float64 {
	if v.Type.Kind == schema.Double {
		return v.F
	}
	return wideToFloat(v.Wide(), int(v.Type.Scale))
}

// flooredTo rewrites column op constant where the constant has more digits than the column can hold: x > 20.005 on two digits
// is x > 20.00. It reports false for = and <>, which need the exact comparison.
func flooredTo(op kernel.Op, v schema.Value, t schema.Type) (kernel.Op, schema.Value, bool) {
	if op == kernel.EQ || op == kernel.NE || v.Null || !v.Type.IsExact() || !t.IsExact() || v.Type.Scale <= t.Scale {
		return op, v, false
	}
	down := decimal.Pow10(int(v.Type.Scale - t.Scale))
	q, r, ok := v.Wide().QuoRem(down)
	if ok && r.Sign() == 0 {
		return op, v, false // 20.000 is a value of the column: nothing to round
	}
	if ok && r.Sign() < 0 {
		q, ok = q.AddInt64(-1)
	}
	if !ok || !inRange(q, t) {
		return op, v, false
	}
	// The constant lies strictly between q and the next value.
	switch op {
	case kernel.GE:
		op = kernel.GT
	case kernel.LT:
		op = kernel.LE
	}
	return op, schema.WideValue(t, q), true
}
