package expr_test

import (
	"strings"
	"testing"
	"time"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

func column(t schema.Type) expr.Expr { return &expr.Column{Index: 0, Name: "c", Typ: t} }

func TestResultTypes(t *testing.T) {
	dec := schema.DecimalType
	i32, u64 := schema.TypeInt32, schema.TypeUint64
	for _, c := range []struct {
		op   string
		a, b expr.Expr
		want schema.Type
	}{
		{"+", column(i32), column(i32), schema.TypeInt64},
		{"+", column(u64), column(i32), u64},
		{"+", column(dec(10, 2)), column(dec(8, 4)), dec(13, 4)},
		{"-", column(dec(18, 2)), column(dec(18, 2)), dec(19, 2)},
		{"*", column(dec(10, 2)), num(2), dec(11, 2)},
		{"*", column(dec(38, 20)), column(dec(38, 20)), dec(38, 30)},
		{"/", column(i32), column(i32), dec(14, 4)},
		{"/", column(dec(10, 2)), column(dec(5, 1)), dec(15, 6)},
		{"/", column(schema.TypeDouble), num(2), schema.TypeDouble},
		{"div", column(dec(10, 2)), num(2), schema.TypeInt64},
		{"%", column(dec(10, 2)), column(dec(5, 1)), dec(10, 2)},
		{"+", column(schema.TypeVarchar), num(1), schema.TypeDouble},
		{"+", column(schema.TypeDate), num(0), schema.TypeInt64},
		{"&", column(i32), num(1), u64},
		{"coalesce", column(dec(10, 2)), num(0), dec(10, 2)},
		{"coalesce", column(schema.TypeDate), column(schema.TypeTimestamp), schema.TypeTimestamp},
		{"round", column(dec(10, 4)), num(2), dec(9, 2)},
	} {
		if got := must(t, c.op, c.a, c.b).Type(); got != c.want {
			t.Errorf("%s %s %s is %s, want %s", c.a.Type(), c.op, c.b.Type(), got, c.want)
		}
	}
}

func TestBindErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		args []expr.Expr
		code string
		says string
	}{
		{"=", []expr.Expr{column(schema.TypeTimestamp), str("yesterday")}, "bad-literal", "2025-03-01"},
		{">", []expr.Expr{column(schema.DecimalType(10, 2)), str("twenty")}, "bad-literal", "a number"},
		{"=", []expr.Expr{column(schema.TypeBoolean), column(schema.TypeDate)}, "type-mismatch", "CAST"},
		{"concatt", []expr.Expr{str("a")}, "unknown-function", "CONCATT"},
		{"left", []expr.Expr{str("a")}, "bad-arguments", "LEFT(text, n)"},
		{"date_add", []expr.Expr{str("2025-03-01"), num(1), str("fortnight")}, "bad-unit", "DAY"},
	} {
		_, err := expr.NewCall(c.name, c.args...)
		e := errs.As(err)
		if e == nil || e.Kind != errs.Meaning || e.Code != c.code || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := expr.Compile(must(t, "regexp", column(schema.TypeVarchar), str("(")), nil); errs.KindOf(err) != errs.Meaning {
		t.Errorf("regexp: %v", err)
	}
}

// TestZone reads timestamps on the clock of a zone, and a text constant on the same clock.
func TestZone(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zone database")
	}
	at := time.Date(2025, 3, 30, 1, 30, 0, 0, time.UTC).UnixMicro() // 03:30 after the clock went forward
	env := &expr.Env{Zone: berlin}
	b := &batch.Batch{Len: 1, Cols: []*batch.Vector{batch.NewConst(schema.IntValue(schema.TypeTimestamp, at), 1)}}
	c := column(schema.TypeTimestamp)
	for _, x := range []struct {
		e    expr.Expr
		want string
	}{
		{must(t, "hour", c), "3"},
		{must(t, "date_format", c, str("%H:%i")), "03:30"},
		{must(t, "=", c, str("2025-03-30 03:30:00")), "1"},
		{must(t, "=", c, str("2025-03-30T01:30:00Z")), "1"},
		{must(t, "date_trunc", str("day"), c), "2025-03-29 23:00:00"},
		{must(t, "concat", c), "2025-03-30 03:30:00"},
		{must(t, "date_add", c, num(-1), str("day")), "2025-03-29 02:30:00"},
	} {
		p, err := expr.Compile(x.e, env)
		if err != nil {
			t.Fatal(err)
		}
		v, err := p.Eval(b)
		if err != nil {
			t.Fatal(err)
		}
		if got := show(v.Value(0)); got != x.want {
			t.Errorf("%s = %s, want %s", expr.Format(x.e), got, x.want)
		}
	}
}

// TestFunctionsAreDescribed demands a signature and a sentence of every function.
func TestFunctionsAreDescribed(t *testing.T) {
	for _, f := range expr.Functions() {
		if f.Name != strings.ToLower(f.Name) || len(f.Signatures) == 0 || !strings.HasSuffix(f.Doc, ".") || f.NullRule == "" || f.Volatility == "" || f.Family == "" {
			t.Errorf("%+v", f)
		}
	}
}
