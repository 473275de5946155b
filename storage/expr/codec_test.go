package expr_test

import (
	"encoding/hex"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

var rewrite = flag.Bool("rewrite", false, "rewrite golden files")

// samples are one of each node and class.
func samples(t testing.TB) []expr.Expr {
	price := &expr.Column{Index: 3, Name: "price", Typ: schema.DecimalType(18, 2)}
	name := &expr.Column{Index: 0, Name: "name", Typ: schema.TypeVarchar}
	in, err := expr.NewIn(name, []expr.Expr{str("b"), str("a"), lit(schema.NullValue(schema.TypeVarchar))}, true)
	if err != nil {
		t.Fatal(err)
	}
	c, err := expr.NewCase([]expr.Expr{must(t, ">", price, num(5))}, []expr.Expr{str("dear")}, str("cheap"))
	if err != nil {
		t.Fatal(err)
	}
	logic, err := expr.NewLogic(expr.Or, in, must(t, "like", name, str("x%")))
	if err != nil {
		t.Fatal(err)
	}
	try, err := expr.NewCast(name, schema.TypeDate, true)
	if err != nil {
		t.Fatal(err)
	}
	wide := lit(schema.WideValue(schema.DecimalType(38, 4), decimal.Pow10(30)))
	return []expr.Expr{price, logic, c, try, wide, must(t, "+", price, lit(schema.FloatValue(-1.5))), num(-7), lit(schema.BoolValue(true))}
}

// TestWireGolden pins the bytes: one line of hexadecimal per sample.
func TestWireGolden(t *testing.T) {
	var lines []string
	for _, e := range samples(t) {
		lines = append(lines, hex.EncodeToString(expr.Append(nil, e))+" "+expr.Format(e))
	}
	got := strings.Join(lines, "\n") + "\n"
	path := filepath.Join("testdata", "wire.golden")
	if *rewrite {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("wire form changed:\n%s\nwant\n%s", got, want)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(want)), "\n") {
		raw, text, _ := strings.Cut(line, " ")
		b, err := hex.DecodeString(raw)
		if err != nil {
			t.Fatal(err)
		}
		e, rest, err := expr.Decode(b)
		if err != nil || len(rest) != 0 || expr.Format(e) != text {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestDecodeRefusesDepth feeds NOT nested a million deep.
func TestDecodeRefusesDepth(t *testing.T) {
	b := []byte{1}
	for range 1_000_000 {
		b = append(b, 4, 2, 1)
	}
	if _, _, err := expr.Decode(b); err == nil {
		t.Error("decoded")
	}
	deep := lit(schema.BoolValue(true))
	for range 600 {
		deep = &expr.Logic{Op: expr.Not, Operands: []expr.Expr{deep}}
	}
	if _, err := expr.Compile(deep, nil); err == nil {
		t.Error("compiled")
	}
}

// FuzzDecode demands that what decodes can be compiled, evaluated, formatted and encoded again.
func FuzzDecode(f *testing.F) {
	for _, e := range samples(f) {
		f.Add(expr.Append(nil, e))
	}
	g := newGenerator(rand.New(rand.NewPCG(1, 2)))
	for range 200 {
		f.Add(expr.Append(nil, g.expr(2)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, rest, err := expr.Decode(b)
		if err != nil {
			return
		}
		again, _, err := expr.Decode(expr.Append(nil, e))
		if err != nil || !expr.Equal(again, e) {
			t.Fatalf("%s: second decoding: %v (rest %d)", expr.Format(e), err, len(rest))
		}
		p, err := expr.Compile(e, &expr.Env{})
		if err != nil {
			return
		}
		in := &batch.Batch{Len: 3}
		types := map[int]schema.Type{}
		if !collect(e, types) {
			return
		}
		for i := range 64 {
			t, ok := types[i]
			if !ok {
				t = schema.TypeInt64
			}
			nb := batch.NewBuilder(t, 3)
			nb.Value(schema.Value{Type: t})
			nb.Null()
			nb.Value(schema.Value{Type: t, I: 1, F: 1, S: "1"})
			in.Cols = append(in.Cols, nb.Finish())
		}
		_, _ = p.Eval(in)
	})
}

// collect finds the types of the columns, each of one type and among the first 64.
func collect(e expr.Expr, types map[int]schema.Type) bool {
	if c, ok := e.(*expr.Column); ok {
		t, seen := types[c.Index]
		types[c.Index] = c.Typ
		return c.Index < 64 && (!seen || t == c.Typ)
	}
	for _, a := range e.Args() {
		if !collect(a, types) {
			return false
		}
	}
	return true
}
