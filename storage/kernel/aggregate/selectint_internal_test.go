package aggregate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSelectPair compares with sorting, over data that is narrow, wide, skewed, equal or at the ends of its type.
func TestSelectPair(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	draw := []func() int64{
		func() int64 { return r.Int64N(50) - 25 },
		func() int64 { return r.Int64() - r.Int64() },
		func() int64 { return int64(math.Exp(r.NormFloat64() * 3)) },
		func() int64 { return 7 },
		func() int64 { return []int64{math.MinInt64, math.MaxInt64, 0}[r.IntN(3)] },
	}
	for i := range 400 {
		wide := make([]int64, 1+r.IntN(4000))
		narrow := make([]int32, len(wide))
		for k := range wide {
			wide[k] = draw[i%len(draw)]()
			narrow[k] = int32(wide[k])
		}
		k := r.IntN(len(wide))
		checkPair(t, wide, k)
		checkPair(t, narrow, k)
	}
}

func checkPair[E int32 | int64](t *testing.T, s []E, k int) {
	t.Helper()
	want := slices.Sorted(slices.Values(s))
	next := want[min(k+1, len(want)-1)]
	if at, after := selectPair(s, k); at != want[k] || after != next {
		t.Fatalf("%d of %d: %d and %d, want %d and %d", k, len(want), at, after, want[k], next)
	}
}

// TestQuantilePieces: values fit 32 bits to the last one, and pieces of every form give each group its own values.
func TestQuantilePieces(t *testing.T) {
	if !fitsNarrow([]int64{math.MinInt32, math.MaxInt32, 0, -1}) || fitsNarrow([]int64{math.MaxInt32 + 1}) || fitsNarrow([]int64{math.MinInt32 - 1}) || fitsNarrow([]int64{math.MinInt64}) {
		t.Error("the range of 32 bits")
	}
	r := rand.New(rand.NewPCG(7, 8))
	for range 50 {
		q := &numberQuantile{}
		groups := 1 + r.IntN(300)
		q.Grow(groups)
		want := make([][]int64, groups)
		for range 30 {
			n := 1 + r.IntN(500)
			vals, of := make([]int64, n), make([]int32, n)
			wide := r.IntN(2) * 40
			for i := range vals {
				vals[i], of[i] = r.Int64N(1000)<<wide, int32(r.IntN(groups))
				want[of[i]] = append(want[of[i]], vals[i])
			}
			q.add(vals, of, nil)
		}
		q.index()
		for g := range want {
			got := q.spans.wide(q.log, int32(g), &spanText{})
			slices.Sort(got)
			slices.Sort(want[g])
			if !slices.Equal(got, want[g]) || q.spans.size(int32(g)) != len(want[g]) {
				t.Fatalf("group %d of %d: %d values, want %d", g, groups, len(got), len(want[g]))
			}
		}
	}
}
