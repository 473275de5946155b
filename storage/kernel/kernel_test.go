package kernel_test

import (
	"cmp"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
	"pgregory.net/rapid"
)

var ops = []kernel.Op{kernel.EQ, kernel.NE, kernel.LT, kernel.LE, kernel.GT, kernel.GE}

// edges draws integers that are often equal, extreme or neighbours.
func edges(r *rand.Rand) int64 {
	switch r.IntN(4) {
	case 0:
		return []int64{math.MaxInt64, math.MinInt64, -1, 0, 1, math.MaxInt64 - 1}[r.IntN(6)]
	case 1:
		return int64(r.Uint64())
	}
	return int64(r.IntN(5)) - 2
}

func ints(r *rand.Rand, n int) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = edges(r)
	}
	return out
}

func rowsOf(r *rand.Rand, n int) []int32 {
	if r.IntN(3) == 0 {
		return nil
	}
	out := []int32{}
	for i := range n {
		if r.IntN(2) == 0 {
			out = append(out, int32(i))
		}
	}
	return out
}

func each(rows []int32, n int) []int32 {
	if rows != nil {
		return rows
	}
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(i)
	}
	return out
}

func check(t *testing.T, f func(t *rapid.T, r *rand.Rand)) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) { f(t, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 3))) })
}

func TestCompare(t *testing.T) {
	check(t, func(t *rapid.T, r *rand.Rand) {
		n := r.IntN(70)
		a, b, c := ints(r, n), ints(r, n), edges(r)
		rows := rowsOf(r, n)
		got, vec := make([]int64, n), make([]int64, n)
		for _, op := range ops {
			kernel.CompareConst(op, got, a, c)
			kernel.Compare(op, vec, a, b)
			var want []int32
			for i := range a {
				if (got[i] != 0) != op.Holds(cmp.Compare(a[i], c)) || (vec[i] != 0) != op.Holds(cmp.Compare(a[i], b[i])) {
					t.Fatalf("op %d row %d", op, i)
				}
			}
			for _, i := range each(rows, n) {
				if op.Holds(cmp.Compare(a[i], c)) {
					want = append(want, i)
				}
			}
			sel := kernel.SelectConst(op, nil, a, c, rows)
			if !slices.Equal(sel, want) || !slices.Equal(kernel.SelectTrue(nil, got, rows), want) {
				t.Fatalf("op %d: selection %v, want %v", op, sel, want)
			}
			if op.Swap().Holds(cmp.Compare(c, edges(r))) && op.Negate() == op {
				t.Fatal("swap and negate")
			}
		}
	})
}

func TestCompareFloat(t *testing.T) {
	values := []float64{0, math.Copysign(0, -1), 1, -1, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, 5e-324}
	n := len(values)
	for _, op := range ops {
		for _, c := range values {
			got, vec, right := make([]int64, n), make([]int64, n), make([]float64, n)
			for i := range right {
				right[i] = c
			}
			kernel.CompareFloatConst(op, got, values, c)
			kernel.CompareFloat(op, vec, values, right)
			for i, x := range values {
				want := op.Holds(schema.CompareFloat(x, c))
				if (got[i] != 0) != want || (vec[i] != 0) != want {
					t.Errorf("%v op %d %v: %d %d, want %v", x, op, c, got[i], vec[i], want)
				}
			}
		}
	}
}

func TestArithmetic(t *testing.T) {
	check(t, func(t *rapid.T, r *rand.Rand) {
		n := 1 + r.IntN(40)
		a, b, c := ints(r, n), ints(r, n), edges(r)
		right := make([]int64, n)
		for i := range right {
			right[i] = c
		}
		dst, wide := make([]int64, n), make([]decimal.Int128, n)
		verify := func(name string, x, y []int64, f func(z, x, y *big.Int) *big.Int, overflow bool) {
			over := false
			for i := range x {
				want := f(new(big.Int), big.NewInt(x[i]), big.NewInt(y[i]))
				over = over || !want.IsInt64()
				if want.IsInt64() && dst[i] != want.Int64() {
					t.Fatalf("%s: %d and %d give %d", name, x[i], y[i], dst[i])
				}
			}
			if over != overflow {
				t.Fatalf("%s: overflow %v, want %v (%v, %v)", name, overflow, over, x, y)
			}
		}
		exactly := func(name string, f func(z, x, y *big.Int) *big.Int) {
			for i := range a {
				if wide[i].Big().Cmp(f(new(big.Int), big.NewInt(a[i]), big.NewInt(b[i]))) != 0 {
					t.Fatalf("%s: %d and %d give %s", name, a[i], b[i], wide[i])
				}
			}
		}
		verify("add", a, b, (*big.Int).Add, kernel.Add(dst, a, b))
		verify("sub", a, b, (*big.Int).Sub, kernel.Sub(dst, a, b))
		verify("mul", a, b, (*big.Int).Mul, kernel.Mul(dst, a, b))
		verify("add const", a, right, (*big.Int).Add, kernel.AddConst(dst, a, c))
		verify("rsub const", right, a, (*big.Int).Sub, kernel.RSubConst(dst, a, c))
		verify("mul const", a, right, (*big.Int).Mul, kernel.MulConst(dst, a, c))
		kernel.AddWide(wide, a, b)
		exactly("add wide", (*big.Int).Add)
		kernel.SubWide(wide, a, b)
		exactly("sub wide", (*big.Int).Sub)
		kernel.MulWide(wide, a, b)
		exactly("mul wide", (*big.Int).Mul)
		rows, sum := rowsOf(r, n), new(big.Int)
		for _, i := range each(rows, n) {
			sum.Add(sum, big.NewInt(a[i]))
		}
		if got := kernel.SumInt64(a, rows); got.Big().Cmp(sum) != 0 {
			t.Fatalf("sum %s, want %s", got, sum)
		}
	})
}

func TestSelections(t *testing.T) {
	check(t, func(t *rapid.T, r *rand.Rand) {
		n := r.IntN(200)
		rows := rowsOf(r, n)
		valid, codes, table := make([]byte, n), make([]int32, n), []byte{1, 0, 1}
		for i := range valid {
			valid[i], codes[i] = byte(r.IntN(2)), int32(r.IntN(3))
		}
		var ok, hit, both []int32
		for _, i := range each(rows, n) {
			if valid[i] == 1 {
				ok = append(ok, i)
			}
			if table[codes[i]] == 1 {
				hit = append(hit, i)
				if valid[i] == 1 {
					both = append(both, i)
				}
			}
		}
		if !slices.Equal(kernel.SelectValid(nil, valid, rows, n), ok) || !slices.Equal(kernel.SelectValid(nil, nil, rows, n), each(rows, n)) {
			t.Fatal("valid")
		}
		if !slices.Equal(kernel.SelectCode(nil, codes, table, nil, rows), hit) || !slices.Equal(kernel.SelectCode(nil, codes, table, valid, rows), both) {
			t.Fatal("code")
		}
		rest := kernel.Subtract(nil, rows, hit, n)
		if !slices.Equal(kernel.Union(nil, rest, hit), each(rows, n)) {
			t.Fatalf("%v and %v", rest, hit)
		}
		few := hit[:min(len(hit), 1)]
		if most := kernel.Subtract(nil, rows, few, n); !slices.Equal(kernel.Union(nil, few, most), each(rows, n)) {
			t.Fatalf("%v and %v", most, few)
		}
		far := shifted(hit, 1<<14)
		if !slices.Equal(kernel.Union(nil, shifted(rest, 1<<14), far), shifted(each(rows, n), 1<<14)) ||
			!slices.Equal(kernel.Subtract(nil, shifted(each(rows, n), 1<<14), far, 0), shifted(rest, 1<<14)) {
			t.Fatal("rows beyond a batch")
		}
		if !slices.IsSorted(rest) || len(rest)+len(hit) != len(each(rows, n)) {
			t.Fatalf("%v without %v: %v", rows, hit, rest)
		}
	})
}

func shifted(rows []int32, by int32) []int32 {
	out := make([]int32, 0, len(rows))
	for _, r := range rows {
		out = append(out, r+by)
	}
	return out
}

func TestFillCodes(t *testing.T) {
	for n := range 200 {
		dst := make([]int32, n+1)
		kernel.FillCodes(dst[:n], 7)
		for i, c := range dst[:n] {
			if c != 7 {
				t.Fatalf("%d of %d is %d", i, n, c)
			}
		}
		if dst[n] != 0 {
			t.Fatalf("%d: wrote beyond", n)
		}
	}
}

func TestSelectCodeRuns(t *testing.T) {
	check(t, func(t *rapid.T, r *rand.Rand) {
		table := []byte{1, 0, 1, byte(r.IntN(2))}
		var codes, ends []int32
		for range r.IntN(20) {
			codes = append(codes, slices.Repeat([]int32{int32(r.IntN(4))}, 1+r.IntN(30))...)
			ends = append(ends, int32(len(codes)))
		}
		got, want := kernel.SelectCodeRuns(nil, codes, ends, table), kernel.SelectCode(nil, codes, table, nil, nil)
		if !slices.Equal(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}

func TestSelectPairs(t *testing.T) {
	check(t, func(t *rapid.T, r *rand.Rand) {
		n := r.IntN(40)
		a, b, rows := ints(r, n), ints(r, n), make([]int32, n)
		for i := range rows {
			rows[i] = int32(3 * i)
			if r.IntN(3) == 0 {
				b[i] = a[i]
			}
		}
		for op := kernel.EQ; op <= kernel.GE; op++ {
			var want, unsigned []int32
			for i, row := range rows {
				if op.Holds(cmp.Compare(a[i], b[i])) {
					want = append(want, row)
				}
				if op.Holds(cmp.Compare(uint64(a[i]), uint64(b[i]))) {
					unsigned = append(unsigned, row)
				}
			}
			if got := kernel.SelectPairs(op, nil, a, b, rows); !slices.Equal(got, want) {
				t.Fatalf("%d: %v, want %v", op, got, want)
			}
			x, y := make([]uint64, n), make([]uint64, n)
			for i := range a {
				x[i], y[i] = uint64(a[i]), uint64(b[i])
			}
			if got := kernel.SelectPairs(op, nil, x, y, rows); !slices.Equal(got, unsigned) {
				t.Fatalf("unsigned %d: %v, want %v", op, got, unsigned)
			}
		}
	})
}

func TestMergeValid(t *testing.T) {
	a, b := []byte{1, 1, 0, 0}, []byte{1, 0, 1, 0}
	if got := kernel.MergeValid(nil, a, b); !slices.Equal(got, []byte{1, 0, 0, 0}) {
		t.Error(got)
	}
	if kernel.MergeValid(nil, nil, nil) != nil || !slices.Equal(kernel.MergeValid(nil, a, nil), a) || !slices.Equal(kernel.MergeValid(nil, nil, b), b) {
		t.Error("nil")
	}
	if kernel.AllValid(a) || !kernel.AllValid(nil) {
		t.Error("all")
	}
}

// TestCivil walks every day of years 1 to 9999 beside package time.
func TestCivil(t *testing.T) {
	day := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	for d := kernel.Days(1, 1, 1); d <= kernel.Days(9999, 12, 31); d++ {
		y, m, dd := kernel.Civil(d)
		if wy, wm, wd := day.Date(); y != wy || m != int(wm) || dd != wd {
			t.Fatalf("day %d is %d-%d-%d, want %s", d, y, m, dd, day)
		}
		if kernel.Days(y, m, dd) != d {
			t.Fatalf("%d-%d-%d is not day %d", y, m, dd, d)
		}
		day = day.AddDate(0, 0, 1)
	}
}

// TestHashIgnoresEncoding hashes the same rows flat, as a dictionary, as runs and, where they are one value, as a constant.
func TestHashIgnoresEncoding(t *testing.T) {
	check(t, func(t *rapid.T, r *rand.Rand) {
		n := 1 + r.IntN(30)
		types := []schema.Type{schema.TypeInt64, schema.TypeVarchar, schema.TypeDouble, schema.DecimalType(30, 2)}
		typ := types[r.IntN(len(types))]
		dict := batch.NewBuilder(typ, 3)
		dict.Value(schema.Value{Type: typ})
		dict.Value(schema.Value{Type: typ, I: 7, W: decimal.Int128{Hi: 5}, F: math.NaN(), S: "seven"})
		entries := dict.Finish()
		codes, valid := make([]int32, n), make([]byte, n)
		for i := range codes {
			codes[i], valid[i] = int32(r.IntN(2)), byte(min(r.IntN(4), 1))
		}
		v := &batch.Vector{Type: typ, Enc: batch.Dict, Len: n, Codes: codes, Valid: valid, Dict: &batch.Dictionary{Values: entries}}
		flat := v.Flatten()
		runs := *flat
		runs.Enc, runs.Ends = batch.Runs, each(nil, n)
		for i := range runs.Ends {
			runs.Ends[i]++
		}
		var h kernel.Hasher
		want, got := make([]uint64, n), make([]uint64, n)
		h.Hash(want, flat, nil, false)
		h.Hash(want, flat, nil, true)
		for _, x := range []*batch.Vector{v, &runs} {
			h.Hash(got, x, nil, false)
			h.Hash(got, x, each(nil, n), true)
			if !slices.Equal(got, want) {
				t.Fatalf("encoding %d: %v, want %v", x.Enc, got, want)
			}
		}
		one := batch.NewConst(flat.Value(0), n)
		h.Hash(got, one, nil, false)
		h.Hash(got, one, nil, true)
		if got[n-1] != want[0] {
			t.Fatal("constant")
		}
	})
	if kernel.FloatKey(math.Copysign(0, -1)) != kernel.FloatKey(0) || kernel.FloatKey(math.NaN()) != kernel.FloatKey(-math.NaN()) {
		t.Error("equal doubles have different keys")
	}
}

func TestEqualText(t *testing.T) {
	off, data := []uint32{0, 0, 1, 3}, []byte("aab")
	dst := make([]int64, 3)
	for s, want := range map[string][]int64{"": {1, 0, 0}, "a": {0, 1, 0}, "ab": {0, 0, 1}, "x": {0, 0, 0}} {
		if kernel.EqualText(dst, off, data, []byte(s), false); !slices.Equal(dst, want) {
			t.Errorf("%q: %v", s, dst)
		}
		if kernel.EqualText(dst, off, data, []byte(s), true); dst[0] == want[0] || dst[1] == want[1] || dst[2] == want[2] {
			t.Errorf("not %q: %v", s, dst)
		}
	}
}
