package expr_test

import (
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

func lit(v schema.Value) expr.Expr { return &expr.Literal{Value: v} }
func num(i int64) expr.Expr        { return lit(schema.IntValue(schema.TypeInt64, i)) }
func str(s string) expr.Expr       { return lit(schema.TextValue(s)) }

func must(t testing.TB, name string, args ...expr.Expr) expr.Expr {
	t.Helper()
	e, err := expr.NewCall(name, args...)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return e
}

func TestFilterAndEval(t *testing.T) {
	b := batch.NewBuilder(schema.DecimalType(10, 2), 4)
	for _, v := range []int64{1999, 2000, 2001, 2002} {
		b.Int64(v)
	}
	ts := batch.NewBuilder(schema.TypeTimestamp, 4)
	for _, v := range []int64{0, 1, 2, 3} {
		ts.Int64(v * 86400e6)
	}
	in := &batch.Batch{Len: 4, Cols: []*batch.Vector{b.Finish(), ts.Finish()}}
	price := &expr.Column{Index: 0, Name: "price", Typ: schema.DecimalType(10, 2)}
	when := &expr.Column{Index: 1, Name: "at", Typ: schema.TypeTimestamp}
	for _, c := range []struct {
		e    expr.Expr
		want []int32
	}{
		{must(t, ">", price, lit(schema.IntValue(schema.DecimalType(5, 3), 20005))), []int32{2, 3}},
		{must(t, ">=", when, str("1970-01-02")), []int32{1, 2, 3}},
		{must(t, "between", must(t, "+", price, num(1)), num(21), str("21.01")), []int32{1, 2}},
	} {
		p, err := expr.Compile(c.e, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Filter(in)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %v", expr.Format(c.e), got, c.want)
		}
		w := expr.Append(nil, c.e)
		back, rest, err := expr.Decode(w)
		if err != nil || len(rest) != 0 || !expr.Equal(back, c.e) {
			t.Errorf("%s: decode %v", expr.Format(c.e), err)
		}
	}
}
