package expr_test

import (
	"math"
	"math/rand/v2"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// columnTypes are the columns of random batches.
var columnTypes = []schema.Type{
	schema.TypeInt64, schema.DecimalType(10, 2), schema.DecimalType(25, 4), schema.TypeDouble, schema.TypeVarchar, schema.TypeDate,
	schema.TypeTimestamp, schema.TypeBoolean, schema.TypeUint64,
	{Kind: schema.Int8},
	schema.DecimalType(18, 3),
}

var words = []string{"", "a", "b", "abc", "ABC", "a%", "12", "-3.5", "2025-03-01", "2024-02-29 10:11:12", "é", "日本", "x y", "10:20:30", "%b%", "day", "month", "+02:00", "[a-c]+", `{"a":1}`, "$.a"}

func randomValue(r *rand.Rand, t schema.Type) schema.Value {
	small := r.IntN(4) > 0
	n := int64(r.IntN(41)) - 20
	switch t.Kind {
	case schema.Boolean:
		return schema.BoolValue(r.IntN(2) == 0)
	case schema.Double:
		return schema.FloatValue([]float64{0, math.Copysign(0, -1), 1, -1.5, 2.5, 1e18, -1e300, math.NaN(), math.Inf(1), 0.1}[r.IntN(10)])
	case schema.Varchar:
		return schema.TextValue(words[r.IntN(len(words))])
	case schema.Date:
		return schema.IntValue(t, 20_000+n*17)
	case schema.Timestamp:
		return schema.IntValue(t, 1_700_000_000_000_000+n*86_399_000_001)
	case schema.Decimal:
		return randomDecimal(r, t, n, small)
	case schema.Int8:
		return schema.IntValue(t, n*6)
	case schema.Uint64:
		if !small {
			return schema.IntValue(t, -1-n*n)
		}
		return schema.IntValue(t, n+20)
	}
	if !small {
		return schema.IntValue(t, []int64{math.MaxInt64, math.MinInt64, 1 << 40, -1 << 33}[r.IntN(4)])
	}
	return schema.IntValue(t, n)
}

func randomDecimal(r *rand.Rand, t schema.Type, n int64, small bool) schema.Value {
	w := decimal.FromInt64(n * 25)
	if !small {
		top, _ := decimal.Pow10(int(t.Precision)).AddInt64(-1 - int64(r.IntN(100)))
		if r.IntN(2) == 0 {
			top, _ = top.Neg()
		}
		w = top
	}
	return schema.WideValue(t, w)
}

// randomBatch makes rows of every column in a random encoding, and a random selection; values[c][i] is what row i holds.
func randomBatch(r *rand.Rand) (b *batch.Batch, values [][]schema.Value) {
	n := 1 + r.IntN(40)
	b = &batch.Batch{Len: n}
	for _, t := range columnTypes {
		v, vals := randomVector(r, t, n)
		b.Cols, values = append(b.Cols, v), append(values, vals)
	}
	if r.IntN(2) == 0 {
		b.Sel = []int32{}
		for i := range n {
			if r.IntN(3) == 0 {
				b.Sel = append(b.Sel, int32(i))
			}
		}
	}
	return b, values
}

func randomVector(r *rand.Rand, t schema.Type, n int) (*batch.Vector, []schema.Value) {
	pool := make([]schema.Value, 1+r.IntN(5))
	for i := range pool {
		pool[i] = randomValue(r, t)
	}
	nulls := r.IntN(2) == 0
	vals := make([]schema.Value, n)
	enc := batch.Encoding(r.IntN(4))
	steady := r.IntN(2) == 0 // a dictionary whose codes come in long stretches
	for i := range vals {
		vals[i] = pool[r.IntN(len(pool))]
		if enc == batch.Flat && r.IntN(2) == 0 {
			vals[i] = randomValue(r, t)
		}
		if nulls && r.IntN(4) == 0 {
			vals[i] = schema.NullValue(t)
		}
		if i > 0 && (enc == batch.Const || enc == batch.Runs && r.IntN(3) > 0) {
			vals[i] = vals[i-1]
		}
		if i > 0 && enc == batch.Dict && steady && r.IntN(25) > 0 {
			vals[i] = vals[i-1]
		}
	}
	return encode(t, enc, vals), vals
}

// encode builds a vector of the values in an encoding.
func encode(t schema.Type, enc batch.Encoding, vals []schema.Value) *batch.Vector {
	flat := batch.NewBuilder(t, len(vals))
	for _, v := range vals {
		flat.Value(v)
	}
	v := flat.Finish()
	switch enc {
	case batch.Const:
		return batch.NewConst(vals[0], len(vals))
	case batch.Runs:
		return encodeRuns(t, vals)
	case batch.Dict:
		return encodeDict(t, vals, v.Valid)
	}
	return v
}

func same(a, b schema.Value) bool {
	return a.Null == b.Null && (a.Null || a.Compare(b) == 0 && math.Signbit(a.F) == math.Signbit(b.F))
}

func encodeRuns(t schema.Type, vals []schema.Value) *batch.Vector {
	nb := batch.NewBuilder(t, len(vals))
	var ends []int32
	for i, v := range vals {
		if i > 0 && same(v, vals[i-1]) {
			ends[len(ends)-1]++
			continue
		}
		nb.Value(v)
		ends = append(ends, int32(i+1))
	}
	v := nb.Finish()
	v.Enc, v.Ends, v.Len = batch.Runs, ends, len(vals)
	return v
}

func encodeDict(t schema.Type, vals []schema.Value, valid []byte) *batch.Vector {
	nb := batch.NewBuilder(t, len(vals))
	var entries []schema.Value
	codes := make([]int32, len(vals))
	for i, v := range vals {
		if v.Null {
			continue
		}
		k := 0
		for k < len(entries) && !same(entries[k], v) {
			k++
		}
		if k == len(entries) {
			entries = append(entries, v)
			nb.Value(v)
		}
		codes[i] = int32(k)
	}
	// An entry that no row uses, and that may well fail to evaluate.
	extra := randomValue(rand.New(rand.NewPCG(1, uint64(len(vals)))), t)
	unused := true
	for _, e := range entries {
		unused = unused && !same(e, extra)
	}
	if unused {
		nb.Value(extra)
	}
	out := &batch.Vector{Type: t, Enc: batch.Dict, Len: len(vals), Codes: codes, Valid: valid, Dict: &batch.Dictionary{Values: nb.Finish()}}
	if valid == nil && len(vals)%2 == 0 { // the hint of CodeRuns
		for i := range codes {
			if i+1 == len(codes) || codes[i+1] != codes[i] {
				out.Ends = append(out.Ends, int32(i+1))
			}
		}
	}
	return out
}

// generator makes random expressions that bind.
type generator struct {
	r     *rand.Rand
	names []string
}

func newGenerator(r *rand.Rand) *generator {
	g := &generator{r: r}
	for _, f := range expr.Functions() {
		g.names = append(g.names, f.Name)
	}
	return g
}

func (g *generator) leaf() expr.Expr {
	if g.r.IntN(3) > 0 {
		i := g.r.IntN(len(columnTypes))
		return &expr.Column{Index: i, Name: "c", Typ: columnTypes[i]}
	}
	t := columnTypes[g.r.IntN(len(columnTypes))]
	if g.r.IntN(10) == 0 {
		return lit(schema.NullValue(t))
	}
	return lit(randomValue(g.r, t))
}

// expr returns a random expression of at most a depth.
func (g *generator) expr(depth int) expr.Expr {
	if depth == 0 || g.r.IntN(5) == 0 {
		return g.leaf()
	}
	for range 20 {
		if e, err := g.node(depth - 1); err == nil {
			return e
		}
	}
	return g.leaf()
}

func (g *generator) node(depth int) (expr.Expr, error) {
	sub := func() expr.Expr { return g.expr(depth) }
	switch g.r.IntN(10) {
	case 0:
		return expr.NewLogic(expr.LogicOp(g.r.IntN(2)), sub(), sub(), sub())
	case 1:
		return expr.NewLogic(expr.Not, sub())
	case 2:
		return expr.NewCase([]expr.Expr{sub(), sub()}, []expr.Expr{sub(), sub()}, sub())
	case 3:
		return expr.NewIn(sub(), []expr.Expr{g.leaf(), g.leaf(), g.leaf()}, g.r.IntN(2) == 0)
	case 4:
		return expr.NewCast(sub(), columnTypes[g.r.IntN(len(columnTypes))], g.r.IntN(2) == 0)
	case 5, 6:
		ops := []string{"=", "<", ">=", "<>", "+", "-", "*", "/", "%", "div", "<=>", "between", "coalesce", "like", "concat", "is null", "year", "upper"}
		return g.call(ops[g.r.IntN(len(ops))], depth)
	}
	return g.call(g.names[g.r.IntN(len(g.names))], depth)
}

func (g *generator) call(name string, depth int) (expr.Expr, error) {
	var last error
	for n := 1; n <= 4; n++ {
		args := make([]expr.Expr, n)
		for i := range args {
			args[i] = g.expr(depth)
		}
		e, err := expr.NewCall(name, args...)
		if err == nil {
			return e, nil
		}
		last = err
	}
	return nil, last
}
