package kernel_test

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaydb/assay/storage/kernel"
	"pgregory.net/rapid"
)

// The vector kernels serve whole blocks of enough rows; these sizes leave nothing, something or all to the loops in Go.
var blockSizes = []int{0, 1, 7, 8, 31, 32, 33, 39, 40, 64, 100, 255, 256, 1000}

func TestSelectConstAgreesWithComparing(t *testing.T) {
	check(t, func(t *rapid.T, r *rand.Rand) {
		a := ints(r, blockSizes[r.IntN(len(blockSizes))])
		u := make([]uint64, len(a))
		for i, x := range a {
			u[i] = uint64(x)
		}
		c := edges(r)
		before := []int32{7, 9}
		for _, op := range ops {
			want, wantU := slices.Clone(before), slices.Clone(before)
			for i, x := range a {
				if op.Holds(cmp.Compare(x, c)) {
					want = append(want, int32(i))
				}
				if op.Holds(cmp.Compare(uint64(x), uint64(c))) {
					wantU = append(wantU, int32(i))
				}
			}
			if got := kernel.SelectConst(op, slices.Clone(before), a, c, nil); !slices.Equal(got, want) {
				t.Fatalf("%v %d of %v: %v, not %v", op, c, a, got, want)
			}
			if got := kernel.SelectConst(op, slices.Clone(before), u, uint64(c), nil); !slices.Equal(got, wantU) {
				t.Fatalf("unsigned %v %d of %v: %v, not %v", op, uint64(c), u, got, wantU)
			}
		}
	})
}

func TestSelectCodeAgreesWithTheTable(t *testing.T) {
	check(t, func(t *rapid.T, r *rand.Rand) {
		n := blockSizes[r.IntN(len(blockSizes))]
		table := tableOf(r)
		codes, valid := make([]int32, n), make([]byte, n+r.IntN(3))
		for i := range codes {
			codes[i], valid[i] = int32(r.IntN(len(table))), byte(r.IntN(2))
		}
		var hit, both []int32
		for i, c := range codes {
			if table[c] == 1 {
				hit = append(hit, int32(i))
				if valid[i] == 1 {
					both = append(both, int32(i))
				}
			}
		}
		if got := kernel.SelectCode(nil, codes, table, nil, nil); !slices.Equal(got, hit) {
			t.Fatalf("codes %v by %v: %v, not %v", codes, table, got, hit)
		}
		if got := kernel.SelectCode(nil, codes, table, valid, nil); !slices.Equal(got, both) {
			t.Fatalf("codes %v by %v, valid %v: %v, not %v", codes, table, valid, got, both)
		}
	})
}

// tableOf draws tables of few and many entries: with a run of ones, with none, with all, and with ones anywhere.
func tableOf(r *rand.Rand) []byte {
	table := make([]byte, []int{1, 2, 31, 32, 33, 255, 256, 257, 1000}[r.IntN(9)])
	lo, hi := r.IntN(len(table)+1), r.IntN(len(table)+1)
	kind := r.IntN(4)
	for k := range table {
		if kind == 0 && lo <= k && k < hi || kind == 1 || kind == 2 && r.IntN(2) == 0 {
			table[k] = 1
		}
	}
	return table
}

func BenchmarkSelectCode(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	codes, valid := make([]int32, rows), make([]byte, rows)
	for i := range codes {
		codes[i], valid[i] = int32(r.IntN(200)), byte(r.IntN(2))
	}
	some, run200, many := make([]byte, 200), make([]byte, 200), make([]byte, 5000)
	for k := range some {
		some[k] = byte(r.IntN(2))
	}
	for k := range many {
		many[k] = byte(r.IntN(2))
	}
	copy(run200[50:], slices.Repeat([]byte{1}, 100))
	sel := make([]int32, 0, rows+8)
	run(b, "200 entries", 4, func() { sel = kernel.SelectCode(sel[:0], codes, some, nil, nil) })
	run(b, "200 entries with NULLs", 5, func() { sel = kernel.SelectCode(sel[:0], codes, some, valid, nil) })
	run(b, "a run of entries", 4, func() { sel = kernel.SelectCode(sel[:0], codes, run200, nil, nil) })
	run(b, "5000 entries", 4, func() { sel = kernel.SelectCode(sel[:0], codes, many, nil, nil) })
	a := make([]int64, rows)
	for i := range a {
		a[i] = r.Int64N(math.MaxInt64)
	}
	run(b, "integers", 8, func() { sel = kernel.SelectConst(kernel.GT, sel[:0], a, math.MaxInt64/2, nil) })
}
