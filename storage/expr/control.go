package expr

import (
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// controlFunctions are all rewritten into CASE.
func controlFunctions() []*function {
	return []*function{
		{
			Function: Function{"if", "control", []string{"IF(condition, a, b)"}, "a when the condition is true, else b.", NullCustom, Immutable}, min: 3, max: 3,
			bind: func(_ *function, a []Expr) (Expr, error) { return NewCase(a[:1], a[1:2], a[2]) },
		},
		{Function: Function{"ifnull", "control", []string{"IFNULL(a, b)"}, "a unless it is NULL, else b.", NullCustom, Immutable}, min: 2, max: 2, bind: bindCoalesce},
		{Function: Function{"coalesce", "control", []string{"COALESCE(a, b, ...)"}, "The first argument that is not NULL.", NullCustom, Immutable}, min: 1, max: -1, bind: bindCoalesce},
		{Function: Function{"nullif", "control", []string{"NULLIF(a, b)"}, "NULL when a = b, else a.", NullCustom, Immutable}, min: 2, max: 2, bind: bindNullIf},
		{
			Function: Function{"interval", "control", []string{"INTERVAL(n, n1, n2, ...)"}, "How many of the ascending n1, n2, ... are at most n; -1 when n is NULL.", NullCustom, Immutable}, min: 2, max: -1,
			bind: fixed(schema.TypeInt64, "d"), row: plain(intervalRow),
		},
	}
}

func bindCoalesce(_ *function, args []Expr) (Expr, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	var whens, thens []Expr
	for _, a := range args[:len(args)-1] {
		w, err := NewCall("is not null", a)
		if err != nil {
			return nil, err
		}
		whens, thens = append(whens, w), append(thens, a)
	}
	return NewCase(whens, thens, args[len(args)-1])
}

func bindNullIf(_ *function, a []Expr) (Expr, error) {
	same, err := NewCall("=", a[0], a[1])
	if err != nil {
		return nil, err
	}
	return NewCase([]Expr{same}, []Expr{&Literal{schema.NullValue(a[0].Type())}}, a[0])
}

func intervalRow(r *row) error {
	if r.null(0) {
		r.setI(-1)
		return nil
	}
	n := int64(0)
	for i := 1; i < len(r.in); i++ {
		if r.null(i) || r.f64(i) <= r.f64(0) {
			n = int64(i)
			continue
		}
		break
	}
	r.setI(n)
	return nil
}

// literalText returns the constant text of an argument; functions that take units and modes need one.
func literalText(f *function, e Expr) (string, error) {
	if l, ok := e.(*Literal); ok && !l.Value.Null && l.Value.Type.IsText() {
		return l.Value.S, nil
	}
	return "", errs.New(errs.Meaning, "bad-arguments", "%s needs a constant text where %s stands", f.Name, Format(e))
}
