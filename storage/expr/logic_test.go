package expr_test

import (
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// TestLogicSparesErrors: whichever operand decides a row, wherever it stands, an operand that cannot be computed for that row is
// not met; where nothing decides, it is the query's error.
func TestLogicSparesErrors(t *testing.T) {
	const big = 1 << 62
	col := func(i int, values ...int64) (expr.Expr, *batch.Vector) {
		b := batch.NewBuilder(schema.TypeInt64, len(values))
		for _, v := range values {
			if v < 0 {
				b.Null()
				continue
			}
			b.Int64(v)
		}
		return &expr.Column{Index: i, Typ: schema.TypeInt64}, b.Finish()
	}
	x, xs := col(0, 1, big, 1, big, 5)
	y, ys := col(1, big, 1, 1, 1, 5)
	z, zs := col(2, 0, -1, 1, 0, 1)
	in := &batch.Batch{Len: 5, Cols: []*batch.Vector{xs, ys, zs}}
	over := func(e expr.Expr) expr.Expr { return must(t, "=", must(t, "*", e, num(4)), num(4)) } // fails for big
	logic := func(op expr.LogicOp, args ...expr.Expr) expr.Expr { return &expr.Logic{Op: op, Operands: args} }
	is := func(e expr.Expr, v int64) expr.Expr { return must(t, "=", e, num(v)) }
	null := lit(schema.NullValue(schema.TypeBoolean))
	for name, c := range map[string]struct {
		e      expr.Expr
		want   []int32
		failed bool
	}{
		"FALSE after it":             {e: logic(expr.And, over(x), lit(schema.BoolValue(false)))},
		"NULL after it":              {e: logic(expr.And, over(x), null)},
		"TRUE after it":              {e: logic(expr.Or, over(x), lit(schema.BoolValue(true))), want: []int32{0, 1, 2, 3, 4}},
		"NULL spares under OR, too":  {e: logic(expr.Or, over(x), null), want: []int32{0, 2}},
		"TRUE under AND does not":    {e: logic(expr.And, over(x), lit(schema.BoolValue(true))), failed: true},
		"another column excludes":    {e: logic(expr.And, over(x), is(z, 1)), want: []int32{2}},
		"each excludes the other's":  {e: logic(expr.And, over(x), over(y), is(z, 1)), want: []int32{2}},
		"and where neither does":     {e: logic(expr.And, over(x), over(y)), failed: true},
		"an operand of OR decides":   {e: logic(expr.Or, over(x), is(y, 1)), want: []int32{0, 1, 2, 3}},
		"under NOT":                  {e: logic(expr.Not, logic(expr.And, over(x), is(z, 1))), want: []int32{0, 3, 4}},
		"AND in OR, NULL beside it":  {e: logic(expr.Or, logic(expr.And, over(x), is(z, 0)), is(y, 5)), failed: true},
		"AND in OR, decided outside": {e: logic(expr.Or, logic(expr.And, over(x), is(z, 0)), is(y, 1), is(y, big)), want: []int32{0, 1, 2, 3}},
	} {
		for _, op := range []bool{false, true} {
			got, err := filtered(t, c.e, in, op)
			if (err != nil) != c.failed || err == nil && !sameRows(got, c.want) {
				t.Errorf("%s, through eval %v: rows %v, %v; want %v, failed %v", name, op, got, err, c.want, c.failed)
			}
		}
	}
}

// filtered is the rows that pass, by the filter or by the value.
func filtered(t *testing.T, e expr.Expr, in *batch.Batch, eval bool) (out []int32, err error) {
	t.Helper()
	p, err := expr.Compile(e, &expr.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if !eval {
		return p.Filter(in)
	}
	v, err := p.Eval(in)
	if err != nil {
		return nil, err
	}
	for i := range in.Len {
		if x := v.Value(i); !x.Null && x.I != 0 {
			out = append(out, int32(i))
		}
	}
	return out, nil
}

func sameRows(a, b []int32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
