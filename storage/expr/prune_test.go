package expr_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
	"pgregory.net/rapid"
)

// TestPruneIsSound draws conditions and rows, computes the rows' bounds as segments keep them, and demands that None leaves
// no row that satisfies the condition and All none that does not.
func TestPruneIsSound(t *testing.T) {
	verdicts := map[expr.Verdict]int{}
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 11))
		for range 20 {
			e := prunable(r, 2)
			env := &expr.Env{}
			_, values := randomBatch(r)
			n := int64(len(values[0]))
			v := expr.Prune(expr.Fold(e, env), func(c int) (schema.Bound, bool) { return boundOf(values[c]), c != 4 || r.IntN(2) == 0 }, n)
			verdicts[v]++
			for i := range n {
				ok, err := holds(e, rowOf(values, int32(i)), env)
				if err != nil {
					break
				}
				if ok && v == expr.None || !ok && v == expr.All {
					t.Fatalf("%s: %s, but row %v gives %v", expr.Format(e), v, rowOf(values, int32(i)), ok)
				}
			}
		}
	})
	if verdicts[expr.None] == 0 || verdicts[expr.All] == 0 {
		t.Errorf("verdicts %v: pruning decides nothing", verdicts)
	}
}

// prunable draws conditions of the kinds that pruning understands, mostly.
func prunable(r *rand.Rand, depth int) expr.Expr {
	i := r.IntN(len(columnTypes))
	c := expr.Expr(&expr.Column{Index: i, Name: "c", Typ: columnTypes[i]})
	k := func() expr.Expr { return lit(randomValue(r, columnTypes[i])) }
	var e expr.Expr
	var err error
	switch n := r.IntN(10); {
	case depth > 0 && n < 3:
		e, err = expr.NewLogic(expr.LogicOp(r.IntN(2)), prunable(r, depth-1), prunable(r, depth-1))
	case depth > 0 && n == 3:
		e, err = expr.NewLogic(expr.Not, prunable(r, depth-1))
	case n == 4:
		e, err = expr.NewIn(c, []expr.Expr{k(), k()}, r.IntN(2) == 0)
	case n == 5:
		e, err = expr.NewCall([]string{"is null", "is not null"}[r.IntN(2)], c)
	case n == 6:
		e, err = expr.NewCall("like", c, str([]string{"a%", "ab%", "abc", "%", "1_%", "b%"}[r.IntN(6)]))
	case n == 7 && columnTypes[i].IsTemporal():
		e, err = expr.NewCall(comparisons[r.IntN(6)], call1([]string{"year", "date", "last_day", "to_days"}[r.IntN(4)], c), lit(schema.IntValue(schema.TypeInt64, 2023+int64(r.IntN(3)))))
	case n == 9 && columnTypes[i].IsTemporal():
		e, err = monotoneCall(r, c)
	case n == 8:
		e, err = expr.NewCall(comparisons[r.IntN(6)], c, &expr.Column{Index: (i + 1) % len(columnTypes), Name: "d", Typ: columnTypes[(i+1)%len(columnTypes)]})
	default:
		e, err = expr.NewCall(comparisons[r.IntN(6)], c, k())
	}
	if err != nil {
		return lit(schema.BoolValue(true))
	}
	return e
}

func monotoneCall(r *rand.Rand, c expr.Expr) (expr.Expr, error) {
	if r.IntN(2) == 0 {
		f, err := expr.NewCall("date_format", c, str([]string{"%Y-%m", "%Y", "%Y%m%d"}[r.IntN(3)]))
		if err != nil {
			return nil, err
		}
		return expr.NewCall(comparisons[r.IntN(6)], f, str([]string{"2023-11", "2024", "20231114", "2025-01"}[r.IntN(4)]))
	}
	f, err := expr.NewCall("date_trunc", str([]string{"month", "week", "year"}[r.IntN(3)]), c)
	if err != nil {
		return nil, err
	}
	return expr.NewCall(comparisons[r.IntN(6)], f, str([]string{"2023-11-01", "2024-01-01", "2024-10-01"}[r.IntN(3)]))
}

var comparisons = []string{"=", "<>", "<", "<=", ">", ">="}

func call1(name string, e expr.Expr) expr.Expr {
	out, err := expr.NewCall(name, e)
	if err != nil {
		return e
	}
	return out
}

// boundOf computes bounds as segment statistics do: NaN and -0 do not enter.
func boundOf(values []schema.Value) schema.Bound {
	t := values[0].Type
	b := schema.Bound{Min: schema.NullValue(t), Max: schema.NullValue(t), Exact: true}
	for _, v := range values {
		if v.Null {
			b.Nulls++
			continue
		}
		if math.IsNaN(v.F) {
			continue
		}
		if v.F == 0 {
			v.F = 0
		}
		if b.Min.Null || v.Compare(b.Min) < 0 {
			b.Min = v
		}
		if b.Max.Null || v.Compare(b.Max) > 0 {
			b.Max = v
		}
	}
	return b
}
