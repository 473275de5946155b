package expr_test

import (
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// steady is a column of 64 rows whose codes come in stretches that end where told.
func steady(values []int64, ends ...int32) *batch.Vector {
	entries := batch.NewBuilder(schema.TypeInt64, len(values))
	v := &batch.Vector{Type: schema.TypeInt64, Enc: batch.Dict, Len: 64, Ends: ends}
	for k, x := range values {
		entries.Int64(x)
		for len(v.Codes) < int(ends[k]) {
			v.Codes = append(v.Codes, int32(k))
		}
	}
	v.Dict = &batch.Dictionary{Values: entries.Finish()}
	return v
}

// TestSumsOncePerStretch looks that sums of steady columns come in stretches, with the values that rows have.
func TestSumsOncePerStretch(t *testing.T) {
	a, c := &expr.Column{Index: 0, Typ: schema.TypeInt64}, &expr.Column{Index: 1, Typ: schema.TypeInt64}
	in := &batch.Batch{Len: 64, Cols: []*batch.Vector{steady([]int64{5, 1 << 62, 9}, 20, 40, 64), steady([]int64{3, 1 << 40}, 30, 64)}}
	for _, e := range []expr.Expr{must(t, "-", a, c), must(t, "+", must(t, "-", a, c), c)} {
		p, err := expr.Compile(e, nil)
		if err != nil {
			t.Fatal(err)
		}
		v, err := p.Eval(in)
		if err != nil {
			t.Fatal(err)
		}
		if v.Enc != batch.Runs || len(v.Ends) != 4 {
			t.Errorf("%s: encoding %d, ends %v", expr.Format(e), v.Enc, v.Ends)
		}
		for row := range 64 {
			want := in.Cols[0].Int64(row)
			if e.(*expr.Call).Name == "-" {
				want -= in.Cols[1].Int64(row)
			}
			if got := v.Int64(row); got != want {
				t.Errorf("%s, row %d: %d, want %d", expr.Format(e), row, got, want)
			}
		}
	}
	// 2^62 doubled overflows: an error where a living row says so, and none where no such row lives.
	p, err := expr.Compile(must(t, "+", a, a), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Eval(in); err == nil {
		t.Error("no error for an overflow")
	}
	in.Sel = []int32{0, 19, 40, 63}
	if v, err := p.Eval(in); err != nil || v.Int64(63) != 18 {
		t.Errorf("rows that do not overflow: %v", err)
	}
}
