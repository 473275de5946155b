package aggregate_test

import (
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/schema"
)

// numbered is a state of the numbers from first on, spread over groups.
func numbered(t *testing.T, s aggregate.Spec, first, rows, groups int) aggregate.State {
	t.Helper()
	st := fresh(t, s, groups)
	for at := 0; at < rows; at += batch.MaxRows {
		n := min(batch.MaxRows, rows-at)
		b, gids := batch.NewBuilder(schema.TypeInt64, n), make([]int32, n)
		for i := range n {
			b.Int64(int64(first + at + i))
			gids[i] = int32((at + i) % groups)
		}
		if err := st.Update(&aggregate.Rows{Len: n, Groups: gids}, []*batch.Vector{b.Finish()}); err != nil {
			t.Fatal(err)
		}
	}
	return st
}

// TestCountDistinctThatIsCutWhileMerging: states that each have few values have many together, so that they are cut in the middle of
// merging. What comes after the cut counts too, also in a chain of states that were not asked in between.
func TestCountDistinctThatIsCutWhileMerging(t *testing.T) {
	spec, err := aggregate.Resolve("count", []schema.Type{schema.TypeInt64}, true, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	const rows, groups = 20_000, 4
	part := func(i int) aggregate.State { return numbered(t, spec, i*rows, rows, groups) }
	absorb := func(into aggregate.State, others ...aggregate.State) aggregate.State {
		for _, o := range others {
			if err := into.Absorb(o, all(groups), all(groups)); err != nil {
				t.Fatal(err)
			}
		}
		return into
	}
	overTheWire := fresh(t, spec, groups)
	for i := range 4 {
		out := []*batch.Builder{batch.NewBuilder(schema.TypeBinary, groups)}
		part(i).AppendState(out, all(groups))
		if err := overTheWire.Merge(&aggregate.Rows{Len: groups, Groups: all(groups)}, []*batch.Vector{out[0].Finish()}); err != nil {
			t.Fatal(err)
		}
	}
	for name, st := range map[string]aggregate.State{
		"two":               absorb(part(0), part(1)),
		"one after another": absorb(part(0), part(1), part(2), part(3)),
		"in pairs":          absorb(absorb(part(0), part(1)), absorb(part(2), part(3))),
		"over the wire":     overTheWire,
	} {
		want := int64(4 * rows / groups)
		if name == "two" {
			want /= 2
		}
		out := batch.NewBuilder(schema.TypeInt64, groups)
		if err := st.Result(out, all(groups)); err != nil {
			t.Fatal(err)
		}
		for g, n := range out.Finish().I {
			if n != want {
				t.Errorf("%s: group %d has %d distinct values, want %d", name, g, n, want)
			}
		}
	}
}
