package aggregate_test

import (
	"fmt"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/schema"
)

// TestDistinctLong counts many texts that are too long for a key, flat and by dictionaries, with and without groups, and merges two
// such states while rows are logged and after they were settled.
func TestDistinctLong(t *testing.T) {
	const rows, values = 100_000, 60_000
	spec := aggregate.Spec{Name: "count", Distinct: true, Args: []schema.Type{schema.TypeVarchar}, Result: schema.TypeInt64}
	for _, groups := range []int{1, 5} {
		for _, dict := range []bool{false, true} {
			for _, settled := range []bool{false, true} {
				t.Run(fmt.Sprint(groups, dict, settled), func(t *testing.T) {
					want := make([]map[string]bool, groups)
					for g := range want {
						want[g] = map[string]bool{}
					}
					var states [2]aggregate.State
					for i := range states {
						states[i] = longTexts(t, spec, i, rows, values, groups, dict, want)
					}
					all := make([]int32, groups)
					for g := range all {
						all[g] = int32(g)
					}
					if settled {
						if err := states[1].Result(batch.NewBuilder(schema.TypeInt64, groups), all); err != nil {
							t.Fatal(err)
						}
					}
					if err := states[0].Absorb(states[1], all, all); err != nil {
						t.Fatal(err)
					}
					out := batch.NewBuilder(schema.TypeInt64, groups)
					if err := states[0].Result(out, all); err != nil {
						t.Fatal(err)
					}
					for g, n := range out.Finish().I {
						if int(n) != len(want[g]) {
							t.Errorf("group %d has %d values, want %d", g, n, len(want[g]))
						}
					}
				})
			}
		}
	}
}

// longTexts is a state of rows drawn from values texts, every fourth of them short, and notes them in want.
func longTexts(t *testing.T, spec aggregate.Spec, seed, rows, values, groups int, dict bool, want []map[string]bool) aggregate.State {
	st, err := aggregate.New(spec)
	if err != nil {
		t.Fatal(err)
	}
	st.Grow(groups)
	text := func(i int) string {
		if i%4 == 0 {
			return fmt.Sprint(i)
		}
		return fmt.Sprintf("a text that no key holds whole %d", i)
	}
	const part = 5000
	for at := 0; at < rows; at += part {
		b, gids, codes := batch.NewBuilder(schema.TypeVarchar, part), make([]int32, part), make([]int32, part)
		for k := range part {
			i := (at+k+seed*values/2)*7919%values + at/part%3
			if dict {
				i = k%1000 + at/part*500
				codes[k] = int32(k % 1000)
			}
			if !dict || k < 1000 {
				b.Text(text(i))
			}
			gids[k] = int32((at + k) / 7 % groups)
			want[gids[k]][text(i)] = true
		}
		v := b.Finish()
		if dict {
			v = &batch.Vector{Type: schema.TypeVarchar, Enc: batch.Dict, Len: part, Codes: codes, Dict: &batch.Dictionary{Values: v}}
		}
		r := aggregate.Rows{Len: part, Groups: gids}
		if groups == 1 {
			r.Groups = nil
		}
		if err := st.Update(&r, []*batch.Vector{v}); err != nil {
			t.Fatal(err)
		}
	}
	return st
}
