package expr

import (
	"bytes"
	"cmp"

	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
)

var comparisonNames = [...]string{kernel.EQ: "=", kernel.NE: "<>", kernel.LT: "<", kernel.LE: "<=", kernel.GT: ">", kernel.GE: ">="}

// comparison returns the operator of a comparison's name; not for <=>.
func comparison(name string) (kernel.Op, bool) {
	for op, n := range comparisonNames {
		if n == name {
			return kernel.Op(op), true
		}
	}
	return 0, false
}

func compareFunctions() []*function {
	var out []*function
	for op, name := range comparisonNames {
		f := &function{
			Function: Function{name, "comparison", []string{"any " + name + " any"}, "Compares two values; text by bytes, numbers exactly.", NullStrict, Immutable},
			min:      2, max: 2,
			bind: func(_ *function, a []Expr) (Expr, error) { return newComparison(kernel.Op(op), a[0], a[1]) },
		}
		if name == "<>" {
			f.aliases = []string{"!="}
		}
		out = append(out, f)
	}
	return append(out,
		&function{
			Function: Function{"<=>", "comparison", []string{"any <=> any"}, "Equality in which NULL equals NULL and nothing else.", NullCustom, Immutable},
			min:      2, max: 2, bind: bindNullSafe,
		},
		&function{
			Function: Function{"between", "comparison", []string{"BETWEEN(x, low, high)"}, "Whether low <= x <= high.", NullCustom, Immutable},
			min:      3, max: 3, bind: bindBetween,
		},
		isTest("is null", "Whether the value is NULL.", "isnull"), isTest("is not null", "Whether the value is not NULL."),
		isTest("is true", "Whether the condition is true: not when NULL."), isTest("is not true", "Whether the condition is false or NULL."),
		isTest("is false", "Whether the condition is false: not when NULL."), isTest("is not false", "Whether the condition is true or NULL."),
		extreme("greatest", "The largest argument.", kernel.GT), extreme("least", "The smallest argument.", kernel.LT),
		&function{
			Function: Function{"strcmp", "text", []string{"STRCMP(a, b)"}, "-1, 0 or 1 as a sorts before, with or after b, by bytes.", NullStrict, Immutable},
			min:      2, max: 2, bind: fixed(schema.TypeInt64, "tt"), row: plain(func(r *row) error { r.setI(int64(bytes.Compare(r.text(0), r.text(1)))); return nil }),
		},
	)
}

func newComparison(op kernel.Op, a, b Expr) (Expr, error) {
	if l, ok := a.(*Literal); ok {
		if _, also := b.(*Literal); !also {
			return newComparison(op.Swap(), b, l)
		}
	}
	if l, ok := b.(*Literal); ok && a.Type().IsExact() && l.Value.Type.IsExact() {
		if o, v, ok := flooredTo(op, l.Value, a.Type()); ok {
			op, b = o, &Literal{v}
		}
	}
	x, y, err := toComparable(a, b)
	if err != nil {
		return nil, err
	}
	if y != b && b.Type().IsText() {
		// A text constant became a number: it may need the same care.
		if _, ok := y.(*Literal); ok && x == a {
			return &Call{Name: comparisonNames[op], Operands: []Expr{x, y}, Typ: schema.TypeBoolean}, nil
		}
		if n, ok := parsedNumber(a, b); ok {
			return newComparison(op, a, n)
		}
	}
	return &Call{Name: comparisonNames[op], Operands: []Expr{x, y}, Typ: schema.TypeBoolean}, nil
}

func parsedNumber(a, b Expr) (Expr, bool) {
	l, ok := b.(*Literal)
	if !ok || l.Value.Null || !a.Type().IsNumeric() {
		return nil, false
	}
	n, err := readAs(a, l.Value.S)
	return n, err == nil
}

func bindNullSafe(f *function, args []Expr) (Expr, error) {
	a, b, err := toComparable(args[0], args[1])
	if err != nil {
		return nil, err
	}
	return &Call{Name: f.Name, Operands: []Expr{a, b}, Typ: schema.TypeBoolean}, nil
}

func bindBetween(_ *function, a []Expr) (Expr, error) {
	lo, err := newComparison(kernel.GE, a[0], a[1])
	if err != nil {
		return nil, err
	}
	hi, err := newComparison(kernel.LE, a[0], a[2])
	if err != nil {
		return nil, err
	}
	return NewLogic(And, lo, hi)
}

func isTest(name, doc string, aliases ...string) *function {
	return &function{
		Function: Function{name, "comparison", []string{"x " + name}, doc, NullCustom, Immutable}, aliases: aliases, min: 1, max: 1,
		bind: func(f *function, args []Expr) (Expr, error) {
			e := args[0]
			if f.Name != "is null" && f.Name != "is not null" {
				t, err := Truth(e)
				if err != nil {
					return nil, err
				}
				e = t
			}
			return &Call{Name: f.Name, Operands: []Expr{e}, Typ: schema.TypeBoolean}, nil
		},
	}
}

func extreme(name, doc string, op kernel.Op) *function {
	return &function{
		Function: Function{name, "comparison", []string{name + "(a, b, ...)"}, doc, NullStrict, Immutable}, min: 2, max: -1,
		bind: func(f *function, args []Expr) (Expr, error) {
			mixed, err := numbersFirst(args)
			if err != nil {
				return nil, err
			}
			list, t, err := Unify(mixed)
			if err != nil {
				return nil, err
			}
			return &Call{Name: f.Name, Operands: list, Typ: t}, nil
		},
		row: plain(func(r *row) error {
			best := 0
			for i := 1; i < len(r.in); i++ {
				if op.Holds(r.compare(i, best)) {
					best = i
				}
			}
			r.copy(best)
			return nil
		}),
	}
}

// numbersFirst makes numbers of texts that stand beside numbers, as MySQL compares them in GREATEST and LEAST.
func numbersFirst(args []Expr) ([]Expr, error) {
	number, text := false, false
	for _, a := range args {
		number = number || a.Type().IsNumeric()
		text = text || a.Type().IsText()
	}
	if !number || !text {
		return args, nil
	}
	out := make([]Expr, len(args))
	for i, a := range args {
		n, err := toNumber(a)
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	return out, nil
}

// compare orders two arguments of one type.
func (r *row) compare(i, j int) int {
	a, b := &r.in[i], &r.in[j]
	switch a.vec.Type.Class() {
	case schema.ClassInt128:
		return a.vec.W[a.k].Cmp(b.vec.W[b.k])
	case schema.ClassFloat64:
		return schema.CompareFloat(a.vec.F[a.k], b.vec.F[b.k])
	case schema.ClassBytes:
		return bytes.Compare(r.text(i), r.text(j))
	}
	if a.vec.Type.Kind == schema.Uint64 {
		return cmp.Compare(uint64(a.vec.I[a.k]), uint64(b.vec.I[b.k]))
	}
	return cmp.Compare(a.vec.I[a.k], b.vec.I[b.k])
}

// NewIn builds e IN (items). Constants become a sorted list of e's type; when an item is no constant the test becomes a
// disjunction of equalities.
func NewIn(e Expr, items []Expr, negate bool) (Expr, error) {
	if len(items) == 0 {
		return nil, errs.New(errs.Meaning, "bad-arguments", "IN needs at least one item")
	}
	operand, list, ok, err := inConstants(e, items)
	if err != nil {
		return nil, err
	}
	if ok {
		return sortedIn(operand, list, negate), nil
	}
	return inAsOr(e, items, negate)
}

func inAsOr(e Expr, items []Expr, negate bool) (Expr, error) {
	terms := make([]Expr, len(items))
	for i, item := range items {
		t, err := NewCall("=", e, item)
		if err != nil {
			return nil, err
		}
		terms[i] = t
	}
	or, err := NewLogic(Or, terms...)
	if err != nil || !negate {
		return or, err
	}
	return NewLogic(Not, or)
}

// inConstants converts constant items to one type with e; ok is false when an item is no constant or the types need the
// comparison of each item by itself.
func inConstants(e Expr, items []Expr) (Expr, []schema.Value, bool, error) {
	values := make([]schema.Value, 0, len(items))
	operand := e
	for pass := 0; pass < 2; pass++ {
		values = values[:0]
		again := false
		for _, item := range items {
			if _, ok := item.(*Literal); !ok {
				return nil, nil, false, nil
			}
			x, y, err := toComparable(operand, item)
			if err != nil {
				return nil, nil, false, err
			}
			l, ok := y.(*Literal)
			if !ok {
				if l, ok = foldLiteral(y); !ok {
					return nil, nil, false, nil
				}
			}
			if x.Type() != operand.Type() {
				operand, again = x, true
			}
			v := l.Value
			v.Type = operand.Type()
			values = append(values, v)
		}
		if !again {
			return operand, values, true, nil
		}
	}
	return nil, nil, false, nil
}

// foldLiteral evaluates a cast of a constant that does not depend on the time zone.
func foldLiteral(e Expr) (*Literal, bool) {
	c, ok := e.(*Cast)
	if !ok || stable(c) {
		return nil, false
	}
	l, ok := Fold(c, nil).(*Literal)
	return l, ok
}

func wideToFloat(w decimal.Int128, scale int) float64 {
	if v, ok := w.Int64(); ok && scale <= 22 && v > -1<<53 && v < 1<<53 {
		return float64(v) / pow10Float[scale]
	}
	return parseFloatText(w.Append(nil, scale))
}
