package expr_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// FuzzEval compares the evaluator with its scalar twin: random typed expressions over random batches in all encodings, with
// and without a selection, dictionaries on and off. Both fail or both give the same value for every living row.
func FuzzEval(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 7))
		g := newGenerator(r)
		e := g.expr(3)
		env := &expr.Env{Now: 1_740_823_200_123_456, NoDictionary: r.IntN(4) == 0}
		if r.IntN(3) == 0 {
			env.Zone = time.FixedZone("x", 7200)
		}
		p, err := expr.Compile(e, env)
		if err != nil {
			return // a bad constant, such as a pattern that is no regular expression
		}
		for range 2 {
			b, values := randomBatch(r)
			checkBatch(t, p, e, env, b, values)
		}
		checkWire(t, e)
	})
}

func alive(b *batch.Batch) []int32 {
	if b.Sel != nil {
		return b.Sel
	}
	out := make([]int32, b.Len)
	for i := range out {
		out[i] = int32(i)
	}
	return out
}

func rowOf(values [][]schema.Value, i int32) []schema.Value {
	row := make([]schema.Value, len(values))
	for c := range values {
		row[c] = values[c][i]
	}
	return row
}

func checkBatch(t *testing.T, p *expr.Program, e expr.Expr, env *expr.Env, b *batch.Batch, values [][]schema.Value) {
	t.Helper()
	got, gotErr := p.Eval(b)
	var wantErr error
	for _, i := range alive(b) {
		want, err := interpret(e, rowOf(values, i), env)
		if err != nil {
			wantErr = err
			continue
		}
		if gotErr == nil {
			if v := got.Value(int(i)); !same(v, want) && !(v.F == 0 && want.F == 0 && v.Null == want.Null && v.Type.Kind == schema.Double) {
				t.Fatalf("%s of row %d (%v) = %v, want %v", expr.Format(e), i, rowOf(values, i), v, want)
			}
		}
	}
	if (gotErr == nil) != (wantErr == nil) {
		t.Fatalf("%s: error %v, want %v", expr.Format(e), gotErr, wantErr)
	}
	if e.Type().Kind == schema.Boolean {
		checkFilter(t, p, e, env, b, values)
	}
}

func checkFilter(t *testing.T, p *expr.Program, e expr.Expr, env *expr.Env, b *batch.Batch, values [][]schema.Value) {
	t.Helper()
	got, gotErr := p.Filter(b)
	var want []int32
	var wantErr error
	for _, i := range alive(b) {
		ok, err := holds(e, rowOf(values, i), env)
		if err != nil {
			wantErr = err
		}
		if ok {
			want = append(want, i)
		}
	}
	if wantErr != nil || gotErr != nil {
		if (gotErr == nil) != (wantErr == nil) {
			t.Fatalf("filter %s: error %v, want %v", expr.Format(e), gotErr, wantErr)
		}
		return
	}
	if len(got) != len(want) {
		t.Fatalf("filter %s: rows %v, want %v", expr.Format(e), got, want)
	}
	for k := range got {
		if got[k] != want[k] {
			t.Fatalf("filter %s: rows %v, want %v", expr.Format(e), got, want)
		}
	}
}

func checkWire(t *testing.T, e expr.Expr) {
	t.Helper()
	w := expr.Append(nil, e)
	back, rest, err := expr.Decode(append(w, 0xee))
	if err != nil || len(rest) != 1 || !expr.Equal(back, e) {
		t.Fatalf("%s does not survive the wire: %v", expr.Format(e), err)
	}
	folded := expr.Fold(e, &expr.Env{})
	if folded.Type() != e.Type() {
		t.Fatalf("%s: folding changed the type from %s to %s", expr.Format(e), e.Type(), folded.Type())
	}
	if _, _, err := expr.Decode(expr.Append(nil, folded)); err != nil {
		t.Fatalf("%s, folded to %s, does not survive the wire: %v", expr.Format(e), expr.Format(folded), err)
	}
}
