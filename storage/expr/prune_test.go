package expr_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

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
			env := &expr.Env{Zone: []*time.Location{nil, time.FixedZone("east", 14*3600), time.FixedZone("west", -12*3600)}[r.IntN(3)]}
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
	switch r.IntN(4) {
	case 0:
		return expr.NewCall(comparisons[r.IntN(6)], call1([]string{"month", "quarter"}[r.IntN(2)], c), num(int64(r.IntN(13))))
	case 1:
		f, err := expr.NewCall([]string{"date_add", "date_sub"}[r.IntN(2)], c, num(int64(r.IntN(40)-20)), str([]string{"month", "day", "hour", "year", "second"}[r.IntN(5)]))
		if err != nil {
			return nil, err
		}
		return expr.NewCall(comparisons[r.IntN(6)], f, str([]string{"2023-11-14", "2024-02-29", "2025-01-01 12:00:00"}[r.IntN(3)]))
	}
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

// TestPruneByCalendar: what MONTH, QUARTER, YEAR and intervals say of one month's rows.
func TestPruneByCalendar(t *testing.T) {
	at := func(text string) schema.Value {
		v, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return schema.IntValue(schema.TypeTimestamp, v.UnixMicro())
	}
	april := func(int) (schema.Bound, bool) {
		return schema.Bound{Min: at("2025-04-03"), Max: at("2025-04-28"), Exact: true}, true
	}
	c := &expr.Column{Index: 0, Name: "at", Typ: schema.TypeTimestamp}
	add := func(n int64, unit string) expr.Expr { return must(t, "date_add", c, num(n), str(unit)) }
	for name, x := range map[string]struct {
		e    expr.Expr
		want expr.Verdict
	}{
		"another month":       {must(t, "=", call1("month", c), num(3)), expr.None},
		"its month":           {must(t, "=", call1("month", c), num(4)), expr.All},
		"another quarter":     {must(t, ">", call1("quarter", c), num(2)), expr.None},
		"its quarter":         {must(t, "=", call1("quarter", c), num(2)), expr.All},
		"another year":        {must(t, "=", call1("year", c), num(2024)), expr.None},
		"a month and a week":  {must(t, ">=", add(7, "day"), str("2025-06-01")), expr.None},
		"two months later":    {must(t, ">=", add(2, "month"), str("2025-05-20")), expr.All},
		"minus some hours":    {must(t, "<", must(t, "date_sub", c, num(5), str("hour")), str("2025-03-28")), expr.None},
		"what cannot be told": {must(t, "=", call1("day", c), num(3)), expr.Some},
	} {
		if got := expr.Prune(expr.Fold(x.e, &expr.Env{}), april, 100); got != x.want {
			t.Errorf("%s: %s is %s, want %s", name, expr.Format(x.e), got, x.want)
		}
	}
}
