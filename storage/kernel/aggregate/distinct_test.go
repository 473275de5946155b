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

// TestCountDistinctCut compares with maps when values are so many that they are cut into parts: texts, long texts, numbers and
// dictionaries, one group and several, halves absorbed whole, group by group, and over the wire.
func TestCountDistinctCut(t *testing.T) {
	for _, typ := range []schema.Type{schema.TypeVarchar, schema.TypeInt64, schema.TypeDouble} {
		for _, groups := range []int{1, 5} {
			for _, way := range []string{"whole", "by group", "one after another"} {
				t.Run(fmt.Sprintf("%s %d %s", typ, groups, way), func(t *testing.T) { countCut(t, typ, groups, way) })
			}
		}
	}
}

func countCut(t *testing.T, typ schema.Type, groups int, way string) {
	spec, err := aggregate.Resolve("count", []schema.Type{typ}, true, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(7, uint64(groups)))
	want := make([]map[string]bool, groups)
	for g := range want {
		want[g] = map[string]bool{}
	}
	whole := fresh(t, spec, groups)
	for half := range 3 {
		st := fresh(t, spec, groups)
		if way == "one after another" {
			st = whole
		}
		for range 12 {
			v, gids := cutBatch(rng, typ, groups, []int{60_000, 60_000, 100}[half], want)
			if err := st.Update(&aggregate.Rows{Len: v.Len, Groups: gids}, []*batch.Vector{v}); err != nil {
				t.Fatal(err)
			}
		}
		absorbWays(t, whole, st, groups, way)
	}
	out := batch.NewBuilder(schema.TypeInt64, groups)
	all := make([]int32, groups)
	for g := range all {
		all[g] = int32(g)
	}
	if err := whole.Result(out, all); err != nil {
		t.Fatal(err)
	}
	for g, n := range out.Finish().I {
		if n != int64(len(want[g])) {
			t.Errorf("group %d: %d distinct values, want %d", g, n, len(want[g]))
		}
	}
}

func absorbWays(t *testing.T, whole, st aggregate.State, groups int, way string) {
	t.Helper()
	var from, to []int32
	for g := range int32(groups) {
		from, to = append(from, g), append(to, g)
		if way != "by group" {
			continue
		}
		if err := whole.Absorb(st, from[g:], to[g:]); err != nil {
			t.Fatal(err)
		}
	}
	if way != "whole" {
		return
	}
	if err := whole.Absorb(st, from, to); err != nil {
		t.Fatal(err)
	}
}

// cutBatch draws values, flat or under a dictionary, with NULLs, and notes them.
func cutBatch(rng *rand.Rand, typ schema.Type, groups, span int, want []map[string]bool) (*batch.Vector, []int32) {
	b := batch.NewBuilder(typ, batch.MaxRows)
	gids := make([]int32, batch.MaxRows)
	for i := range gids {
		gids[i] = int32(rng.IntN(groups))
		k := rng.IntN(span)
		v := schema.IntValue(schema.TypeInt64, int64(k)*1_000_003-77)
		switch typ {
		case schema.TypeVarchar:
			v = schema.TextValue(fmt.Sprint(k) + strings.Repeat("long ", k%97/90*4))
		case schema.TypeDouble:
			v = schema.FloatValue(float64(k) / 3)
		}
		if k%50 == 0 {
			b.Null()
			continue
		}
		want[gids[i]][v.String()] = true
		b.Value(v)
	}
	v := b.Finish()
	if typ == schema.TypeVarchar && rng.IntN(3) == 0 {
		vals := make([]schema.Value, v.Len)
		for i := range vals {
			vals[i] = v.Value(i)
		}
		v = dictionary(typ, vals, v)
	}
	return v, gids
}
