package aggregate_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/schema"
)

// known is a state and what it must hold.
type known struct {
	spec aggregate.Spec
	st   aggregate.State
	want []map[string]bool
}

func (k *known) grow(n int) {
	if n <= len(k.want) {
		return
	}
	k.st.Grow(n)
	for len(k.want) < n {
		k.want = append(k.want, map[string]bool{})
	}
}

// idRows draws a column of identifiers, some of them in other forms, and of integers near and beyond 32 bits.
func idRows(rng *rand.Rand, t schema.Type, rows int) *batch.Vector {
	b := batch.NewBuilder(t, rows)
	kind, spread := rng.IntN(12), rng.Uint32N(1<<(4+rng.UintN(20)))+1
	for i := range rows {
		n := rng.Uint32N(spread)
		switch {
		case kind%2 == 0 && rng.IntN(5) == 0:
			b.Null()
		case t.Class() == schema.ClassInt64 && (kind == 3 || kind == 5 && i%7 == 0):
			b.Int64(int64(n) - 1<<40*int64(rng.IntN(2)))
		case t.Class() == schema.ClassInt64:
			b.Int64(int64(n))
		case kind == 3:
			b.Text(fmt.Sprintf("Q%08d", n))
		case kind == 5 && i%7 == 0:
			b.Text([]string{"", "unknown", "P00000001", "P0000000001", "patient " + fmt.Sprint(n)}[rng.IntN(5)])
		default:
			b.Text(fmt.Sprintf("P%09d", n))
		}
	}
	v := b.Finish()
	if kind == 7 && !v.IsNull(0) {
		return batch.NewConst(v.Value(0), rows)
	}
	if n := batch.Numbers(v); n != nil && rng.IntN(4) > 0 {
		return n
	}
	return v
}

// update folds rows, in one of the forms that Rows has.
func (k *known) update(t *testing.T, rng *rand.Rand, v *batch.Vector) {
	r := &aggregate.Rows{Len: v.Len}
	if rng.IntN(3) == 0 {
		r.Sel = []int32{}
		for i := range v.Len {
			if rng.IntN(3) > 0 {
				r.Sel = append(r.Sel, int32(i))
			}
		}
		r.Len = len(r.Sel)
	}
	gids := make([]int32, r.Len)
	form := rng.IntN(3)
	for i := range gids {
		switch {
		case form == 0:
			gids[i] = int32(rng.IntN(len(k.want)))
		case form == 1 && i > 0 && rng.IntN(50) > 0:
			gids[i] = gids[i-1]
		case form == 1:
			gids[i] = int32(rng.IntN(len(k.want)))
		}
		if form == 1 && i > 0 && gids[i] != gids[i-1] {
			r.Runs = append(r.Runs, aggregate.Run{End: int32(i), Group: gids[i-1]})
		}
		row := i
		if r.Sel != nil {
			row = int(r.Sel[i])
		}
		if !v.IsNull(row) {
			k.want[gids[i]][v.Value(row).String()] = true
		}
	}
	switch {
	case form == 0:
		r.Groups = gids
	case form == 1 && r.Len > 0:
		r.Runs = append(r.Runs, aggregate.Run{End: int32(r.Len), Group: gids[r.Len-1]})
	}
	if err := k.st.Update(r, []*batch.Vector{v}); err != nil {
		t.Fatal(err)
	}
}

// take merges another state: whole, in partitions of groups, over the wire, or part by part over the wire.
func (k *known) take(t *testing.T, rng *rand.Rand, o *known) {
	k.grow(len(o.want))
	for g, set := range o.want {
		for s := range set {
			k.want[g][s] = true
		}
	}
	groups := all(len(o.want))
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	switch way := rng.IntN(5); way {
	case 0, 1:
		check(k.st.Absorb(o.st, groups, groups))
	case 2:
		idle, err := aggregate.New(k.spec)
		check(err)
		check(idle.Absorb(o.st, nil, nil))
		cut := rng.IntN(len(groups) + 1)
		check(k.st.Absorb(o.st, groups[cut:], groups[cut:]))
		check(k.st.Absorb(o.st, groups[:cut], groups[:cut]))
	default:
		parts := 1 + 3*(way-3)
		for p := range parts {
			out := []*batch.Builder{batch.NewBuilder(schema.TypeBinary, len(groups))}
			o.st.(aggregate.Splitter).AppendPart(out, groups, p, parts)
			check(k.st.Merge(&aggregate.Rows{Len: len(groups), Groups: groups}, []*batch.Vector{out[0].Finish()}))
		}
	}
}

func (k *known) check(t *testing.T) {
	t.Helper()
	if s, ok := k.st.(aggregate.Settler); ok && len(k.want)%2 == 0 {
		n := s.Pending()
		for p := range n {
			s.SettlePart(n - 1 - p)
		}
		s.SettleCounts()
	}
	out := batch.NewBuilder(schema.TypeInt64, len(k.want))
	if err := k.st.Result(out, all(len(k.want))); err != nil {
		t.Fatal(err)
	}
	got := out.Finish()
	for g := range k.want {
		if got.I[g] != int64(len(k.want[g])) {
			t.Fatalf("group %d of %d: %d distinct values, want %d", g, len(k.want), got.I[g], len(k.want[g]))
		}
	}
	if k.st.Bytes() < 0 {
		t.Fatalf("%d bytes held", k.st.Bytes())
	}
}

// TestCountDistinctOfNumbers folds and merges at random, numbers beside texts of other forms, and compares with maps.
func TestCountDistinctOfNumbers(t *testing.T) {
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 9))
		typ := schema.TypeVarchar
		if seed%3 == 0 {
			typ = schema.TypeInt64
		}
		spec, err := aggregate.Resolve("count", []schema.Type{typ}, true, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		make1 := func() *known {
			k := &known{spec: spec, st: fresh(t, spec, 0)}
			k.grow(1 + rng.IntN(3)*rng.IntN(20))
			return k
		}
		states := []*known{make1(), make1(), make1()}
		for range 30 {
			k := rng.IntN(len(states))
			switch op := rng.IntN(10); {
			case op < 7:
				states[k].update(t, rng, idRows(rng, typ, 1+rng.IntN(3000)))
			case op == 7:
				states[k].grow(len(states[k].want) + rng.IntN(4))
			case op == 8:
				states[k].check(t)
			default:
				o := (k + 1) % len(states)
				states[k].take(t, rng, states[o])
				states[o] = make1()
			}
		}
		whole := make1()
		for _, k := range states {
			whole.take(t, rng, k)
		}
		whole.check(t)
	}
}

// TestCountDistinctOfManyGroupsOfNumbers passes the number of groups up to which numbers are kept as such.
func TestCountDistinctOfManyGroupsOfNumbers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	spec, err := aggregate.Resolve("count", []schema.Type{schema.TypeInt64}, true, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	k := &known{spec: spec, st: fresh(t, spec, 0)}
	for n := 1000; n < 100_000; n += 30_000 {
		k.grow(n)
		k.update(t, rng, idRows(rng, schema.TypeInt64, 8000))
	}
	k.check(t)
}

// BenchmarkCountDistinctNumbers counts 4 million rows of a million identifiers as numbers, in one group and in many.
func BenchmarkCountDistinctNumbers(b *testing.B) {
	spec, err := aggregate.Resolve("count", []schema.Type{schema.TypeVarchar}, true, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, groups := range []int{1, 4800} {
		rng := rand.New(rand.NewPCG(1, 1))
		var batches []*batch.Vector
		var rows []*aggregate.Rows
		for range 512 {
			v := &batch.Vector{Type: schema.TypeVarchar, Enc: batch.Numbered, Len: batch.MaxRows, Digits: &batch.Digits{Prefix: "P", Width: 9}}
			r := &aggregate.Rows{Len: v.Len}
			for i := range batch.MaxRows {
				v.N = append(v.N, rng.Uint32N(1<<20))
				if groups > 1 && i%4 == 3 {
					r.Runs = append(r.Runs, aggregate.Run{End: int32(i + 1), Group: int32(rng.IntN(groups))})
				}
			}
			batches, rows = append(batches, v), append(rows, r)
		}
		b.Run(fmt.Sprint(groups, " groups"), func(b *testing.B) {
			b.SetBytes(4 * 512 * batch.MaxRows)
			for b.Loop() {
				st, err := aggregate.New(spec)
				if err != nil {
					b.Fatal(err)
				}
				st.Grow(groups)
				for i, v := range batches {
					if err := st.Update(rows[i], []*batch.Vector{v}); err != nil {
						b.Fatal(err)
					}
				}
				if _, err := st.(aggregate.Splitter).Collapse(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
