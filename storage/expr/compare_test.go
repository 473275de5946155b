package expr_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// TestComparisonsOfColumns compares two columns of one type, in every pair of encodings, alone and under OR, with the values' own
// order. One program sees many batches, so what it keeps by a dictionary is put to the test.
func TestComparisonsOfColumns(t *testing.T) {
	holds := map[string]func(c int) bool{
		"=": func(c int) bool { return c == 0 }, "<>": func(c int) bool { return c != 0 }, "<": func(c int) bool { return c < 0 },
		"<=": func(c int) bool { return c <= 0 }, ">": func(c int) bool { return c > 0 }, ">=": func(c int) bool { return c >= 0 },
	}
	r := rand.New(rand.NewPCG(3, 4))
	for _, typ := range []schema.Type{schema.TypeInt64, schema.TypeUint64, schema.DecimalType(10, 2), schema.DecimalType(25, 4), schema.TypeTimestamp, schema.TypeDouble, schema.TypeVarchar} {
		a, b := &expr.Column{Index: 0, Name: "a", Typ: typ}, &expr.Column{Index: 1, Name: "b", Typ: typ}
		for op, hold := range holds {
			one, err := expr.Compile(must(t, op, a, b), nil)
			if err != nil {
				t.Fatal(err)
			}
			either, err := expr.NewLogic(expr.Or, must(t, op, a, b), must(t, "is null", a), must(t, "<", b, a))
			if err != nil {
				t.Fatal(err)
			}
			anyOf, err := expr.Compile(either, nil)
			if err != nil {
				t.Fatal(err)
			}
			for range 20 {
				in, x, y := twoColumns(r, typ)
				var want, wantAny []int32
				for i := range int32(in.Len) {
					if in.Sel != nil && !slices.Contains(in.Sel, i) {
						continue
					}
					known := !x[i].Null && !y[i].Null
					if known && hold(x[i].Compare(y[i])) {
						want = append(want, i)
					}
					if x[i].Null || known && (hold(x[i].Compare(y[i])) || y[i].Compare(x[i]) < 0) {
						wantAny = append(wantAny, i)
					}
				}
				if got, err := one.Filter(in); err != nil || !slices.Equal(got, want) {
					t.Fatalf("%s %s, encodings %d and %d: %d rows, want %d (%v)", typ, op, in.Cols[0].Enc, in.Cols[1].Enc, len(got), len(want), err)
				}
				if got, err := anyOf.Filter(in); err != nil || !slices.Equal(got, wantAny) {
					t.Fatalf("%s %s or, encodings %d and %d: %d rows, want %d (%v)", typ, op, in.Cols[0].Enc, in.Cols[1].Enc, len(got), len(wantAny), err)
				}
			}
		}
	}
}

func twoColumns(r *rand.Rand, t schema.Type) (b *batch.Batch, x, y []schema.Value) {
	n := 1 + r.IntN(60)
	if r.IntN(4) == 0 {
		n = 1000 + r.IntN(2000)
	}
	b = &batch.Batch{Len: n, Cols: make([]*batch.Vector, 2)}
	b.Cols[0], x = randomVector(r, t, n)
	b.Cols[1], y = randomVector(r, t, n)
	if r.IntN(2) == 0 {
		b.Sel = []int32{}
		for i := range int32(n) {
			if r.IntN(3) == 0 {
				b.Sel = append(b.Sel, i)
			}
		}
	}
	return b, x, y
}
