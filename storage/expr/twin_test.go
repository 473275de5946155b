package expr_test

import (
	"math/big"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// interpret is the scalar twin of the evaluator: one row, one node at a time, with math/big for numbers. Functions of the table
// beyond comparison and exact arithmetic run over a batch of one flat row, so that encodings, selections and caches are out
// of the picture.
func interpret(e expr.Expr, row []schema.Value, env *expr.Env) (schema.Value, error) {
	switch x := e.(type) {
	case *expr.Column:
		return row[x.Index], nil
	case *expr.Literal:
		return x.Value, nil
	case *expr.Logic:
		return interpretLogic(x, row, env)
	case *expr.Case:
		for i, w := range x.Whens {
			ok, err := holds(w, row, env)
			if err != nil {
				return schema.Value{}, err
			}
			if ok {
				return interpret(x.Thens[i], row, env)
			}
		}
		if x.Else == nil {
			return schema.NullValue(x.Typ), nil
		}
		return interpret(x.Else, row, env)
	case *expr.In:
		return interpretIn(x, row, env)
	}
	args := make([]schema.Value, len(e.Args()))
	for i, a := range e.Args() {
		v, err := interpret(a, row, env)
		if err != nil {
			return v, err
		}
		args[i] = v
	}
	if c, ok := e.(*expr.Call); ok {
		if v, ok := interpretCall(c, args); ok {
			return v, nil
		}
	}
	return single(e, args, env)
}

func interpretLogic(x *expr.Logic, row []schema.Value, env *expr.Env) (schema.Value, error) {
	if x.Op == expr.Not {
		v, err := interpret(x.Operands[0], row, env)
		if err == nil && !v.Null {
			v = schema.BoolValue(v.I == 0)
		}
		return v, err
	}
	decides, null := x.Op == expr.Or, false
	var failed error
	for _, a := range x.Operands {
		v, err := interpret(a, row, env)
		switch {
		case err != nil:
			failed = err
		case v.Null:
			null = true
		case (v.I != 0) == decides:
			return schema.BoolValue(decides), nil
		}
	}
	if null {
		return schema.NullValue(schema.TypeBoolean), nil
	}
	return schema.BoolValue(!decides), failed
}

// holds is the truth of a condition as filters take it.
func holds(e expr.Expr, row []schema.Value, env *expr.Env) (bool, error) {
	v, err := interpret(e, row, env)
	return err == nil && !v.Null && v.I != 0, err
}

func interpretIn(x *expr.In, row []schema.Value, env *expr.Env) (schema.Value, error) {
	v, err := interpret(x.Operand, row, env)
	if err != nil || v.Null {
		return schema.NullValue(schema.TypeBoolean), err
	}
	for _, m := range x.List {
		if m.Compare(v) == 0 {
			return schema.BoolValue(!x.Negate), nil
		}
	}
	if x.HasNull {
		return schema.NullValue(schema.TypeBoolean), nil
	}
	return schema.BoolValue(x.Negate), nil
}

// interpretCall does comparisons and + - * of exact numbers; ok is false for all else and for results out of range.
func interpretCall(c *expr.Call, a []schema.Value) (schema.Value, bool) {
	if len(a) != 2 {
		return schema.Value{}, false
	}
	null := a[0].Null || a[1].Null
	test := func(f func(int) bool) (schema.Value, bool) {
		if null {
			return schema.NullValue(schema.TypeBoolean), true
		}
		return schema.BoolValue(f(a[0].Compare(a[1]))), true
	}
	switch c.Name {
	case "=":
		return test(func(c int) bool { return c == 0 })
	case "<>":
		return test(func(c int) bool { return c != 0 })
	case "<":
		return test(func(c int) bool { return c < 0 })
	case "<=":
		return test(func(c int) bool { return c <= 0 })
	case ">":
		return test(func(c int) bool { return c > 0 })
	case ">=":
		return test(func(c int) bool { return c >= 0 })
	case "+", "-", "*":
		if c.Typ.Kind == schema.Double {
			return schema.Value{}, false
		}
		if null {
			return schema.NullValue(c.Typ), true
		}
		return exact(c, a)
	}
	return schema.Value{}, false
}

func exact(c *expr.Call, a []schema.Value) (schema.Value, bool) {
	scaled := func(v schema.Value) *big.Rat {
		return new(big.Rat).SetFrac(v.Wide().Big(), decimal.Pow10(int(v.Type.Scale)).Big())
	}
	x, y := scaled(a[0]), scaled(a[1])
	switch c.Name {
	case "+":
		x.Add(x, y)
	case "-":
		x.Sub(x, y)
	default:
		x.Mul(x, y)
	}
	x.Mul(x, new(big.Rat).SetInt(decimal.Pow10(int(c.Typ.Scale)).Big()))
	if !x.IsInt() {
		return schema.Value{}, false
	}
	w, ok := decimal.FromBig(x.Num())
	if !ok || c.Typ.Kind == schema.Decimal && !w.Fits(int(c.Typ.Precision)) {
		return schema.Value{}, false
	}
	if _, fits := w.Int64(); c.Typ.Kind == schema.Int64 && !fits {
		return schema.Value{}, false
	}
	if _, fits := w.Uint64(); c.Typ.Kind == schema.Uint64 && !fits {
		return schema.Value{}, false
	}
	return schema.WideValue(c.Typ, w), true
}

// single evaluates one node over one flat row of its operands. Constant operands stay constants: units and types depend on them.
func single(e expr.Expr, args []schema.Value, env *expr.Env) (schema.Value, error) {
	b := &batch.Batch{Len: 1}
	operands := make([]expr.Expr, len(args))
	for i, v := range args {
		if l, ok := e.Args()[i].(*expr.Literal); ok {
			operands[i] = l
			continue
		}
		nb := batch.NewBuilder(v.Type, 1)
		nb.Value(v)
		operands[i] = &expr.Column{Index: len(b.Cols), Name: "x", Typ: v.Type}
		b.Cols = append(b.Cols, nb.Finish())
	}
	switch x := e.(type) {
	case *expr.Call:
		e = &expr.Call{Name: x.Name, Operands: operands, Typ: x.Typ}
	case *expr.Cast:
		e = &expr.Cast{Operand: operands[0], To: x.To, Try: x.Try}
	}
	p, err := expr.Compile(e, &expr.Env{Zone: env.Zone, Now: env.Now, NoDictionary: true})
	if err != nil {
		return schema.Value{}, err
	}
	v, err := p.Eval(b)
	if err != nil {
		return schema.Value{}, err
	}
	return v.Value(0), nil
}
