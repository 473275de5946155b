package expr

import (
	"math"
	"strconv"

	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

func mathFunctions() []*function {
	out := []*function{
		number("abs", "ABS(x)", "The absolute value.", sameNumber, absRow),
		number("sign", "SIGN(x)", "-1, 0 or 1.", func(Expr) schema.Type { return schema.TypeInt64 }, func(*Call, *Env) (rowFunc, error) { return signRow, nil }),
		number("ceil", "CEIL(x)", "The smallest integer not below x.", wholeNumber, wholeRow(math.Ceil, 1), "ceiling"),
		number("floor", "FLOOR(x)", "The largest integer not above x.", wholeNumber, wholeRow(math.Floor, -1)),
		{
			Function: Function{"round", "math", []string{"ROUND(x)", "ROUND(x, digits)"}, "Rounds exact numbers half away from zero, DOUBLE half to even; digits may be negative.", NullStrict, Immutable},
			min:      1, max: 2, bind: bindRound, row: func(c *Call, _ *Env) (rowFunc, error) { return roundRow(c, false), nil },
		},
		{
			Function: Function{"truncate", "math", []string{"TRUNCATE(x, digits)"}, "Drops digits; digits may be negative.", NullStrict, Immutable},
			min:      2, max: 2, bind: bindRound, row: func(c *Call, _ *Env) (rowFunc, error) { return roundRow(c, true), nil },
		},
		{
			Function: Function{"pi", "math", []string{"PI()"}, "3.141592653589793.", NullStrict, Immutable}, bind: fixed(schema.TypeDouble, "d"),
			row: plain(func(r *row) error { r.setF(math.Pi); return nil }),
		},
		{
			Function: Function{"log", "math", []string{"LOG(x)", "LOG(base, x)"}, "The logarithm, natural without a base; NULL outside its domain.", NullStrict, Immutable}, min: 1, max: 2,
			bind: fixed(schema.TypeDouble, "d"), row: plain(logRow),
		},
		double2("pow", "POW(x, y)", "x to the power of y; outside DOUBLE an error.", math.Pow, "power"),
		{
			Function: Function{"atan", "math", []string{"ATAN(x)", "ATAN(y, x)"}, "The arc tangent in radians.", NullStrict, Immutable}, aliases: []string{"atan2"}, min: 1, max: 2,
			bind: fixed(schema.TypeDouble, "d"), row: plain(atanRow),
		},
		{
			Function: Function{"conv", "math", []string{"CONV(text, from, to)"}, "Converts an integer between bases 2 to 36; a negative base means signed.", NullStrict, Immutable}, min: 3, max: 3,
			bind: fixed(schema.TypeVarchar, "tii"), row: plain(convRow),
		},
		base("bin", 2), base("oct", 8),
	}
	return append(out, doubleFunctions()...)
}

func doubleFunctions() []*function {
	positive := func(f func(float64) float64) func(float64) float64 {
		return func(x float64) float64 {
			if x <= 0 {
				return math.NaN()
			}
			return f(x)
		}
	}
	return []*function{
		double1("sqrt", "The square root; NULL for negative numbers.", math.Sqrt), double1("exp", "e to the power of x; outside DOUBLE an error.", math.Exp),
		double1("ln", "The natural logarithm; NULL unless positive.", positive(math.Log)),
		double1("log2", "The logarithm to base 2; NULL unless positive.", positive(math.Log2)),
		double1("log10", "The logarithm to base 10; NULL unless positive.", positive(math.Log10)),
		double1("sin", "The sine of an angle in radians.", math.Sin), double1("cos", "The cosine of an angle in radians.", math.Cos),
		double1("tan", "The tangent of an angle in radians.", math.Tan),
		double1("cot", "The cotangent of an angle in radians; at 0 an error.", func(x float64) float64 { return 1 / math.Tan(x) }),
		double1("asin", "The arc sine; NULL outside -1 to 1.", math.Asin), double1("acos", "The arc cosine; NULL outside -1 to 1.", math.Acos),
		double1("degrees", "Radians to degrees.", func(x float64) float64 { return x * (180 / math.Pi) }),
		double1("radians", "Degrees to radians.", func(x float64) float64 { return x * (math.Pi / 180) }),
	}
}

// double1 makes a function of one DOUBLE: NaN for an ordinary argument means NULL, infinity an error.
func double1(name, doc string, f func(float64) float64) *function {
	return &function{
		Function: Function{name, "math", []string{upperSignature(name, "x")}, doc, NullStrict, Immutable}, min: 1, max: 1, bind: fixed(schema.TypeDouble, "d"),
		row: plain(func(r *row) error { return r.finite(f(r.f64(0)), r.f64(0)) }),
	}
}

func double2(name, signature, doc string, f func(a, b float64) float64, aliases ...string) *function {
	return &function{
		Function: Function{name, "math", []string{signature}, doc, NullStrict, Immutable}, aliases: aliases, min: 2, max: 2, bind: fixed(schema.TypeDouble, "d"),
		row: plain(func(r *row) error { return r.finite(f(r.f64(0), r.f64(1)), r.f64(0)) }),
	}
}

func (r *row) finite(y, x float64) error {
	switch {
	case math.IsNaN(y) && !math.IsNaN(x):
		return nil
	case math.IsInf(y, 0) && !math.IsInf(x, 0):
		return rangeError{schema.TypeDouble}
	}
	r.setF(y)
	return nil
}

// number makes a function of one number of any type.
func number(name, signature, doc string, typ func(Expr) schema.Type, row func(*Call, *Env) (rowFunc, error), aliases ...string) *function {
	return &function{
		Function: Function{name, "math", []string{signature}, doc, NullStrict, Immutable}, aliases: aliases, min: 1, max: 1, row: row,
		bind: func(f *function, args []Expr) (Expr, error) {
			e, err := toNumber(args[0])
			if err != nil || e.Type().Kind == schema.Null {
				return &Literal{schema.NullValue(schema.TypeDouble)}, err
			}
			return &Call{Name: f.Name, Operands: []Expr{e}, Typ: typ(e)}, nil
		},
	}
}

func sameNumber(e Expr) schema.Type {
	switch t := e.Type(); {
	case t.IsUnsigned():
		return schema.TypeUint64
	case t.IsInteger():
		return schema.TypeInt64
	default:
		return t
	}
}

// wholeNumber is the type of CEIL and FLOOR: BIGINT where it is wide enough.
func wholeNumber(e Expr) schema.Type {
	t := sameNumber(e)
	if t.Kind != schema.Decimal {
		return t
	}
	digits := int(t.Precision) - int(t.Scale) + 1
	if digits <= schema.MaxInt64Digits {
		return schema.TypeInt64
	}
	return schema.DecimalType(min(digits, 38), 0)
}

func absRow(c *Call, _ *Env) (rowFunc, error) {
	t := c.Typ
	return func(r *row) error {
		if t.Kind == schema.Double {
			r.setF(math.Abs(r.f64(0)))
			return nil
		}
		w := r.wide(0)
		if w.Sign() < 0 {
			w, _ = w.Neg()
		}
		if !inRange(w, t) {
			return rangeError{t}
		}
		r.setWide(w)
		return nil
	}, nil
}

func signRow(r *row) error {
	if r.typ(0).Kind != schema.Double {
		r.setI(int64(r.wide(0).Sign()))
		return nil
	}
	switch f := r.f64(0); {
	case f > 0:
		r.setI(1)
	case f < 0:
		r.setI(-1)
	default:
		r.setI(0)
	}
	return nil
}

// wholeRow rounds towards the sign of up.
func wholeRow(f func(float64) float64, up int) func(*Call, *Env) (rowFunc, error) {
	return func(c *Call, _ *Env) (rowFunc, error) {
		t, scale := c.Typ, int(c.Operands[0].Type().Scale)
		if t.Kind == schema.Double {
			return func(r *row) error { r.setF(f(r.f64(0))); return nil }, nil
		}
		one := decimal.Pow10(scale)
		return func(r *row) error {
			q, m, _ := r.wide(0).QuoRem(one)
			if m.Sign() == up {
				q, _ = q.AddInt64(int64(up))
			}
			if !inRange(q, t) {
				return rangeError{t}
			}
			r.setWide(q)
			return nil
		}, nil
	}
}

func bindRound(f *function, args []Expr) (Expr, error) {
	e, err := toNumber(args[0])
	if err != nil || e.Type().Kind == schema.Null {
		return &Literal{schema.NullValue(schema.TypeDouble)}, err
	}
	digits := Expr(&Literal{schema.IntValue(schema.TypeInt64, 0)})
	if len(args) == 2 {
		if digits, err = toInteger(args[1]); err != nil {
			return nil, err
		}
	}
	t := sameNumber(e)
	if t.Kind == schema.Decimal {
		t = roundedType(t, digits)
	}
	return &Call{Name: f.Name, Operands: []Expr{e, digits}, Typ: t}, nil
}

// roundedType keeps as many digits after the point as a constant asks for; one more before it, for the carry.
func roundedType(t schema.Type, digits Expr) schema.Type {
	s := int(t.Scale)
	if l, ok := digits.(*Literal); ok && !l.Value.Null {
		s = int(min(max(l.Value.I, 0), int64(s)))
	}
	whole := int(t.Precision) - int(t.Scale) + 1
	return schema.DecimalType(min(whole+s, 38), s)
}

func roundRow(c *Call, truncate bool) rowFunc {
	t, from := c.Typ, int(c.Operands[0].Type().Scale)
	return func(r *row) error {
		d := r.i64(1)
		if r.unsigned(1) && d < 0 {
			d = math.MaxInt32
		}
		if t.Kind == schema.Double {
			r.setF(roundDouble(r.f64(0), d, truncate))
			return nil
		}
		drop := from - int(max(min(d, int64(from)), -40))
		w, ok := dropDigits(r.wide(0), drop, truncate)
		if ok {
			// drop digits fell behind from: w is at scale from-drop, and goes to the result's.
			w, ok = w.Rescale(from-drop, int(t.Scale))
		}
		if !ok || !inRange(w, t) {
			return rangeError{t}
		}
		r.setWide(w)
		return nil
	}
}

// dropDigits removes the last digits of a scaled integer.
func dropDigits(w decimal.Int128, drop int, truncate bool) (decimal.Int128, bool) {
	if drop > decimal.MaxDigits {
		return decimal.Int128{}, true
	}
	if truncate {
		q, _, ok := w.QuoRem(decimal.Pow10(drop))
		return q, ok
	}
	return w.Rescale(drop, 0)
}

func roundDouble(f float64, d int64, truncate bool) float64 {
	if d > 308 || math.IsInf(f, 0) || math.IsNaN(f) {
		return f
	}
	if d < -308 {
		return 0
	}
	round := math.RoundToEven
	if truncate {
		round = math.Trunc
	}
	scale := math.Pow(10, math.Abs(float64(d)))
	if d < 0 {
		return round(f/scale) * scale
	}
	if x := f * scale; !math.IsInf(x, 0) {
		return round(x) / scale
	}
	return f
}

func logRow(r *row) error {
	x := r.f64(len(r.in) - 1)
	if x <= 0 {
		return nil
	}
	if len(r.in) == 1 {
		return r.finite(math.Log(x), x)
	}
	if b := r.f64(0); b > 0 && b != 1 {
		return r.finite(math.Log(x)/math.Log(b), x)
	}
	return nil
}

func atanRow(r *row) error {
	if len(r.in) == 1 {
		r.setF(math.Atan(r.f64(0)))
		return nil
	}
	r.setF(math.Atan2(r.f64(0), r.f64(1)))
	return nil
}

func base(name string, b int) *function {
	return &function{
		Function: Function{name, "math", []string{upperSignature(name, "n")}, "The digits of an integer to base " + strconv.Itoa(b) + ".", NullStrict, Immutable}, min: 1, max: 1,
		bind: fixed(schema.TypeVarchar, "i"), row: plain(func(r *row) error {
			r.extend(func(dst []byte) []byte { return strconv.AppendUint(dst, uint64(r.i64(0)), b) })
			return nil
		}),
	}
}

func convRow(r *row) error {
	from, to := r.i64(1), r.i64(2)
	signed := from < 0 || to < 0
	from, to = max(from, -from), max(to, -to)
	if from < 2 || from > 36 || to < 2 || to > 36 {
		return nil
	}
	n, neg := leadingInteger(string(r.text(0)), int(from))
	if neg {
		n = -n
	}
	r.extend(func(dst []byte) []byte {
		start := len(dst)
		if signed && r.i64(2) < 0 && int64(n) < 0 {
			dst = strconv.AppendInt(dst, int64(n), int(to))
		} else {
			dst = strconv.AppendUint(dst, n, int(to))
		}
		upperASCII(dst[start:])
		return dst
	})
	return nil
}

// leadingInteger reads digits of a base, stopping at the first that is none; beyond 64 bits it stays at the largest.
func leadingInteger(s string, base int) (n uint64, neg bool) {
	i := 0
	for i < len(s) && s[i] == ' ' {
		i++
	}
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		neg = s[i] == '-'
		i++
	}
	j := i
	for j < len(s) && digitValue(s[j]) < base {
		j++
	}
	if i == j {
		return 0, neg
	}
	n, err := strconv.ParseUint(s[i:j], base, 64)
	if err != nil {
		n = math.MaxUint64
	}
	return n, neg
}

func digitValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'Z':
		return int(c-'A') + 10
	}
	return 99
}

func upperASCII(b []byte) {
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - 32
		}
	}
}
