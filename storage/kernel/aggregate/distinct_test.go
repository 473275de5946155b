package aggregate_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/schema"
)

// texts draws rows of short, long and empty texts and their groups.
func texts(rng *rand.Rand, rows, groups int) (*batch.Vector, []int32, []string) {
	b := batch.NewBuilder(schema.TypeVarchar, rows)
	gids, vals := make([]int32, rows), make([]string, rows)
	for i := range rows {
		k := rng.IntN(5000)
		vals[i] = fmt.Sprint(k) + strings.Repeat("x", k%40)
		if k == 0 {
			vals[i] = ""
		}
		gids[i] = int32(rng.IntN(groups))
		b.Text(vals[i])
	}
	return b.Finish(), gids, vals
}

// TestCountDistinctOfManyTexts compares with a map: batches that make every table grow, and states merged group by group, as
// partitions are, in one step and in two.
func TestCountDistinctOfManyTexts(t *testing.T) {
	spec, err := aggregate.Resolve("count", []schema.Type{schema.TypeVarchar}, true, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, groups := range []int{1, 2, 9} {
		rng := rand.New(rand.NewPCG(uint64(groups), 1))
		want := make([]map[string]bool, groups)
		for g := range want {
			want[g] = map[string]bool{}
		}
		whole := fresh(t, spec, groups)
		for range 2 {
			half := fresh(t, spec, groups)
			for range 5 {
				v, gids, vals := texts(rng, 3000, groups)
				for i, g := range gids {
					want[g][vals[i]] = true
				}
				r := &aggregate.Rows{Len: v.Len, Groups: gids}
				if err := half.Update(r, []*batch.Vector{v}); err != nil {
					t.Fatal(err)
				}
			}
			for g := range int32(groups) {
				if err := whole.Absorb(half, []int32{g}, []int32{g}); err != nil {
					t.Fatal(err)
				}
			}
		}
		out := batch.NewBuilder(schema.TypeInt64, groups)
		if err := whole.Result(out, all(groups)); err != nil {
			t.Fatal(err)
		}
		got := out.Finish()
		for g := range want {
			if got.I[g] != int64(len(want[g])) {
				t.Errorf("%d groups, group %d: %d distinct texts, want %d", groups, g, got.I[g], len(want[g]))
			}
		}
	}
}

func fresh(t *testing.T, s aggregate.Spec, groups int) aggregate.State {
	t.Helper()
	st, err := aggregate.New(s)
	if err != nil {
		t.Fatal(err)
	}
	st.Grow(groups)
	return st
}

// BenchmarkCountDistinctTexts counts 10-byte identifiers, a million different ones.
func BenchmarkCountDistinctTexts(b *testing.B) {
	spec, err := aggregate.Resolve("count", []schema.Type{schema.TypeVarchar}, true, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	var batches []*batch.Vector
	for range 512 {
		v := batch.NewBuilder(schema.TypeVarchar, batch.MaxRows)
		for range batch.MaxRows {
			v.Text(fmt.Sprintf("P%09d", rng.IntN(1<<20)))
		}
		batches = append(batches, v.Finish())
	}
	b.SetBytes(10 * 512 * batch.MaxRows)
	for b.Loop() {
		st, err := aggregate.New(spec)
		if err != nil {
			b.Fatal(err)
		}
		st.Grow(1)
		for _, v := range batches {
			if err := st.Update(&aggregate.Rows{Len: v.Len}, []*batch.Vector{v}); err != nil {
				b.Fatal(err)
			}
		}
	}
}
