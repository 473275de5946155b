package expr

import (
	"slices"
	"strconv"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

func decimalText(n int) string { return strconv.Itoa(n) }

// fixed returns a binder for one letter per argument and a result type. The last letter repeats for further arguments.
//
//	t VARCHAR   i BIGINT   d DOUBLE   T TIMESTAMP   D DATE   M TIME   b BOOLEAN   . as it is
func fixed(result schema.Type, letters string) func(*function, []Expr) (Expr, error) {
	return func(f *function, args []Expr) (Expr, error) {
		out := make([]Expr, len(args))
		for i, a := range args {
			e, err := coerceLetter(a, letters[min(i, len(letters)-1)])
			if err != nil {
				return nil, err
			}
			out[i] = e
		}
		return &Call{Name: f.Name, Operands: out, Typ: result}, nil
	}
}

func coerceLetter(e Expr, letter byte) (Expr, error) {
	switch letter {
	case 't':
		return toText(e)
	case 'i':
		return toInteger(e)
	case 'd':
		return toDouble(e)
	case 'T':
		return toTimestamp(e)
	case 'D':
		return toDate(e)
	case 'M':
		return toTime(e)
	case 'b':
		return Truth(e)
	}
	return e, nil
}

// cast wraps e unless it has the type already; NULL literals and constants of exactly convertible types change at once.
func cast(e Expr, to schema.Type) Expr {
	if e.Type() == to {
		return e
	}
	if l, ok := e.(*Literal); ok && l.Value.Null {
		return &Literal{schema.NullValue(to)}
	}
	return &Cast{Operand: e, To: to}
}

// tryCast is for the places where MySQL makes NULL of what cannot be read.
func tryCast(e Expr, to schema.Type) Expr {
	if c, ok := cast(e, to).(*Cast); ok && c != e {
		c.Try = true
		return c
	}
	return cast(e, to)
}

func toText(e Expr) (Expr, error) {
	if e.Type().Kind == schema.JSON || e.Type().Kind == schema.Binary {
		return e, nil
	}
	return cast(e, schema.TypeVarchar), nil
}

// toDouble converts to DOUBLE; text gives its leading number, as MySQL's arithmetic reads it.
func toDouble(e Expr) (Expr, error) {
	if e.Type().IsText() || e.Type().Kind == schema.Binary {
		return &Call{Name: "as_double", Operands: []Expr{e}, Typ: schema.TypeDouble}, nil
	}
	return cast(e, schema.TypeDouble), nil
}

// toInteger converts to BIGINT, rounding; unsigned stays unsigned.
func toInteger(e Expr) (Expr, error) {
	switch t := e.Type(); {
	case t.Kind == schema.Uint64:
		return e, nil
	case t.IsInteger() || t.Kind == schema.Boolean:
		return retype(e, schema.TypeInt64), nil
	case t.IsText():
		d, err := toDouble(e)
		return cast(d, schema.TypeInt64), err
	}
	return cast(e, schema.TypeInt64), nil
}

// retype changes the type of a narrow integer, which changes no bit.
func retype(e Expr, t schema.Type) Expr {
	if l, ok := e.(*Literal); ok {
		v := l.Value
		v.Type = t
		return &Literal{v}
	}
	return cast(e, t)
}

func toTimestamp(e Expr) (Expr, error) {
	switch t := e.Type(); {
	case t.Kind == schema.Timestamp:
		return e, nil
	case t.Kind == schema.Boolean || t.Kind == schema.Time:
		return nil, noConversion(e, schema.TypeTimestamp)
	}
	return tryCast(e, schema.TypeTimestamp), nil
}

func toDate(e Expr) (Expr, error) {
	switch t := e.Type(); {
	case t.Kind == schema.Date:
		return e, nil
	case t.Kind == schema.Boolean || t.Kind == schema.Time:
		return nil, noConversion(e, schema.TypeDate)
	}
	return tryCast(e, schema.TypeDate), nil
}

func toTime(e Expr) (Expr, error) {
	if e.Type().Kind == schema.Boolean {
		return nil, noConversion(e, schema.TypeTime)
	}
	return tryCast(e, schema.TypeTime), nil
}

func noConversion(e Expr, to schema.Type) error {
	return errs.New(errs.Meaning, "type-mismatch", "%s is %s, which is not a %s", Format(e), e.Type(), to).WithHint("use CAST")
}

// Truth makes a condition of any expression: numbers are true unless 0, text by its leading number.
func Truth(e Expr) (Expr, error) {
	t := e.Type()
	switch {
	case t.Kind == schema.Boolean:
		return e, nil
	case t.Kind == schema.Null:
		return &Literal{schema.NullValue(schema.TypeBoolean)}, nil
	case t.IsText():
		d, err := toDouble(e)
		if err != nil {
			return nil, err
		}
		return Truth(d)
	case t.IsTemporal() || t.Kind == schema.Binary:
		return nil, noConversion(e, schema.TypeBoolean)
	}
	zero := schema.Value{Type: t}
	return &Call{Name: "<>", Operands: []Expr{e, &Literal{zero}}, Typ: schema.TypeBoolean}, nil
}

// NewLogic joins conditions: AND and OR take one or more operands, NOT one. Operands of the same connective are taken up.
func NewLogic(op LogicOp, args ...Expr) (Expr, error) {
	if len(args) == 0 || op > Not || op == Not && len(args) != 1 {
		return nil, errs.New(errs.Meaning, "bad-arguments", "a connective needs operands")
	}
	var out []Expr
	for _, a := range args {
		t, err := Truth(a)
		if err != nil {
			return nil, err
		}
		if l, ok := t.(*Logic); ok && op != Not && l.Op == op {
			out = append(out, l.Operands...)
			continue
		}
		out = append(out, t)
	}
	if len(out) == 1 && op != Not {
		return out[0], nil
	}
	return &Logic{Op: op, Operands: out}, nil
}

// NewCase builds a searched CASE; els may be nil.
func NewCase(whens, thens []Expr, els Expr) (Expr, error) {
	if len(whens) == 0 || len(whens) != len(thens) {
		return nil, errs.New(errs.Meaning, "bad-arguments", "CASE needs as many THEN as WHEN, and at least one")
	}
	c := &Case{Whens: make([]Expr, len(whens))}
	for i, w := range whens {
		t, err := Truth(w)
		if err != nil {
			return nil, err
		}
		c.Whens[i] = t
	}
	all := append([]Expr{}, thens...)
	if els != nil {
		all = append(all, els)
	}
	all, t, err := Unify(all)
	if err != nil {
		return nil, err
	}
	c.Thens, c.Typ = all[:len(thens)], t
	if els != nil {
		c.Else = all[len(thens)]
	}
	return c, nil
}

// NewSimpleCase builds CASE operand WHEN value THEN ...; els may be nil.
func NewSimpleCase(operand Expr, values, thens []Expr, els Expr) (Expr, error) {
	whens := make([]Expr, len(values))
	for i, v := range values {
		w, err := NewCall("=", operand, v)
		if err != nil {
			return nil, err
		}
		whens[i] = w
	}
	return NewCase(whens, thens, els)
}

// NewCast builds CAST(e AS to), or TRY_CAST when try is set: NULL instead of an error for what does not fit.
func NewCast(e Expr, to schema.Type, try bool) (Expr, error) {
	from := e.Type()
	if from == to {
		return e, nil
	}
	if from.Kind != schema.Null && !castable(from, to) {
		return nil, errs.New(errs.Meaning, "bad-cast", "%s is %s, which cannot be cast to %s", Format(e), from, to)
	}
	c := cast(e, to)
	if k, ok := c.(*Cast); ok && try {
		return &Cast{Operand: k.Operand, To: to, Try: true}, nil
	}
	return c, nil
}

func castable(from, to schema.Type) bool {
	if to.Kind == schema.Null || to.Kind == schema.Binary || from.Kind == schema.Binary && !to.IsText() {
		return false
	}
	temporal := func(t schema.Type) bool { return t.IsTemporal() }
	switch {
	case from.Kind == schema.Boolean && temporal(to), temporal(from) && to.Kind == schema.Boolean:
		return false
	case from.Kind == schema.Double && temporal(to):
		return false
	}
	return true
}

// Unify casts expressions to their common type, as the branches of CASE are.
func Unify(list []Expr) ([]Expr, schema.Type, error) {
	t := schema.TypeNull
	decimals := slices.ContainsFunc(list, func(e Expr) bool { return e.Type().Kind == schema.Decimal })
	for _, e := range list {
		t = commonType(t, branchType(e, decimals))
	}
	out := make([]Expr, len(list))
	for i, e := range list {
		if t.Kind == schema.Null || e.Type() == t {
			out[i] = e
			continue
		}
		c, err := NewCast(e, t, false)
		if err != nil {
			return nil, t, err
		}
		out[i] = c
	}
	return out, t, nil
}

// branchType is the type that an expression brings to the common one: beside decimals, an integer literal counts only the
// digits it has, so that COALESCE(price, 0) stays as narrow as the price.
func branchType(e Expr, decimals bool) schema.Type {
	if _, ok := e.(*Literal); ok && decimals && e.Type().IsInteger() {
		p, _ := digits(e)
		return schema.DecimalType(p, 0)
	}
	return e.Type()
}

// commonType is the type that holds the values of both, as MySQL's UNION and CASE choose it.
func commonType(a, b schema.Type) schema.Type {
	switch {
	case a == b || b.Kind == schema.Null:
		return a
	case a.Kind == schema.Null:
		return b
	case a.IsNumeric() || a.Kind == schema.Boolean:
		if b.IsNumeric() || b.Kind == schema.Boolean {
			return commonNumeric(a, b)
		}
		return schema.TypeVarchar
	case a.IsTemporal() && b.IsTemporal():
		return schema.TypeTimestamp
	case a.Kind == schema.Binary || b.Kind == schema.Binary:
		return schema.TypeBinary
	}
	return schema.TypeVarchar
}

func commonNumeric(a, b schema.Type) schema.Type {
	switch {
	case a.Kind == schema.Double || b.Kind == schema.Double:
		return schema.TypeDouble
	case a.Kind == schema.Decimal || b.Kind == schema.Decimal:
		pa, sa := digitsOf(a)
		pb, sb := digitsOf(b)
		s := max(sa, sb)
		return schema.DecimalType(min(max(pa-sa, pb-sb)+s, 38), s)
	case a.Kind == schema.Boolean:
		return b
	case b.Kind == schema.Boolean:
		return a
	case a.IsUnsigned() == b.IsUnsigned():
		return schema.Type{Kind: max(a.Kind, b.Kind)}
	}
	return mixedSigns(a, b)
}

// mixedSigns finds the signed type that holds both; BIGINT UNSIGNED with a signed type needs a DECIMAL(20,0).
func mixedSigns(a, b schema.Type) schema.Type {
	if b.IsUnsigned() {
		a, b = b, a
	}
	if a.Kind == schema.Uint64 {
		return schema.DecimalType(20, 0)
	}
	wider := a.Kind - schema.Uint8 + schema.Int16
	return schema.Type{Kind: max(wider, b.Kind)}
}

// digitsOf returns the decimal digits and the scale that hold every value of an exact type.
func digitsOf(t schema.Type) (precision, scale int) {
	switch t.Kind {
	case schema.Boolean:
		return 1, 0
	case schema.Int8, schema.Uint8:
		return 3, 0
	case schema.Int16, schema.Uint16:
		return 5, 0
	case schema.Int32, schema.Uint32:
		return 10, 0
	case schema.Int64:
		return 19, 0
	case schema.Uint64:
		return 20, 0
	}
	return int(t.Precision), int(t.Scale)
}

// digits is digitsOf an expression: an integer literal needs only the digits that it has.
func digits(e Expr) (precision, scale int) {
	if l, ok := e.(*Literal); ok && !l.Value.Null && l.Value.Type.IsInteger() {
		return len(l.Value.Wide().Append(nil, 0)) - sign(l.Value), 0
	}
	return digitsOf(e.Type())
}

func sign(v schema.Value) int {
	if v.Type.Kind != schema.Uint64 && v.I < 0 {
		return 1
	}
	return 0
}
