package operator_test

import (
	"slices"
	"testing"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/storage/schema"
)

// TestMedianSpillsUnderTinyGrant: the values of all groups do not fit into memory, those of one do.
func TestMedianSpillsUnderTinyGrant(t *testing.T) {
	m := newMemory(41, 120_000, 4096, false)
	dec, dbl := []schema.Type{schema.DecimalType(12, 3)}, []schema.Type{schema.TypeDouble}
	plan := &fragment.Aggregate{
		Input: scanOf(colKey, colValue, colRatio), Keys: []int{0}, Mode: fragment.Complete,
		Calls: []fragment.AggregateCall{call(t, "median", false, nil, dec, 1), call(t, "median", false, nil, dbl, 2)},
	}
	want, _ := run(t, operator.Env{Storage: m, Parallelism: 1}, plan)
	grant := operator.NewGrant(4 << 20)
	got, stats := run(t, operator.Env{Storage: m, Parallelism: 2, Memory: grant, TempDir: t.TempDir()}, plan)
	if !slices.Equal(sorted(got), sorted(want)) {
		t.Errorf("%d rows, want %d: %s", len(got), len(want), firstDifference(got, want))
	}
	if stats.SpilledBytes == 0 {
		t.Error("nothing was spilled")
	}
	if grant.Used() != 0 {
		t.Errorf("%d bytes of the grant were not given back", grant.Used())
	}
}
