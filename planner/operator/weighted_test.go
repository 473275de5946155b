package operator_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// weigh puts weights in the place of a column, 1 each in every third batch, and returns the rows written out as often beside it.
func weigh(m *memory, column int) (weighted, plain *memory) {
	r := rand.New(rand.NewPCG(9, 9))
	weighted, plain = &memory{table: m.table, failAt: -1}, &memory{table: m.table, failAt: -1}
	for i, b := range m.batches {
		w := &batch.Batch{Len: b.Len, Cols: slices.Clone(b.Cols)}
		w.Cols[column] = batch.NewConst(schema.IntValue(schema.TypeInt64, 1), b.Len)
		if i%3 != 0 {
			w.Cols[column] = &batch.Vector{Type: schema.TypeInt64, Len: b.Len}
			for range b.Len {
				w.Cols[column].I = append(w.Cols[column].I, 1+r.Int64N(3))
			}
		}
		var rows []int32
		for k := range b.Len {
			for range w.Cols[column].Int64(k) {
				rows = append(rows, int32(k))
			}
		}
		p := &batch.Batch{Len: len(rows)}
		for _, c := range b.Cols {
			p.Cols = append(p.Cols, c.Gather(rows))
		}
		weighted.batches, plain.batches = append(weighted.batches, w), append(plain.batches, p)
	}
	return weighted, plain
}

// TestWeightedGroups compares rows that stand for several with those rows, under every setting.
func TestWeightedGroups(t *testing.T) {
	dec, dbl, text := []schema.Type{schema.DecimalType(12, 3)}, []schema.Type{schema.TypeDouble}, []schema.Type{schema.TypeVarchar}
	calls := []fragment.AggregateCall{
		call(t, "count", false, nil, nil), call(t, "avg", false, nil, dec, colValue), call(t, "sum", false, nil, dbl, colRatio), call(t, "max", false, nil, text, colTest),
		call(t, "count", true, nil, text, colPatient), call(t, "stddev_samp", false, nil, dec, colValue), call(t, "var_pop", false, nil, dbl, colRatio), call(t, "count", false, nil, dbl, colRatio),
	}
	all := []int{colHospital, colTest, colPatient, colKey, colHour, colValue, colRatio, colLong}
	weighted, plain := weigh(newMemory(5, 1200, 117, false), colHour)
	dir := t.TempDir()
	for _, keys := range [][]int{nil, {colHospital}, {colPatient}, {colLong, colKey}, {colTest, colRatio}} {
		rows := &fragment.Aggregate{Input: scanOf(all...), Keys: keys, Calls: calls, Mode: fragment.Complete}
		want, _ := run(t, operator.Env{Storage: plain, Parallelism: 1}, rows)
		sorted(want)
		for _, mode := range []fragment.AggregateMode{fragment.Complete, fragment.Partial} {
			plan := &fragment.Aggregate{Input: scanOf(all...), Keys: keys, Calls: calls, Mode: mode, Weight: 1 + colHour}
			if mode == fragment.Partial {
				final := &fragment.Aggregate{Input: plan, Calls: calls, Mode: fragment.Final}
				for i := range keys {
					final.Keys = append(final.Keys, i)
				}
				plan = final
			}
			for setting, env := range settings(dir) {
				env.Storage = weighted
				got, _ := run(t, env, plan)
				if !slices.Equal(sorted(got), want) {
					t.Errorf("keys %d, mode %d, %s: %s", keys, mode, setting, firstDifference(got, want))
				}
			}
		}
	}
}

// TestWeightsRefused sends what no planner sends.
func TestWeightsRefused(t *testing.T) {
	m := newMemory(5, 100, 50, false)
	dec := []schema.Type{schema.DecimalType(12, 3)}
	for name, n := range map[string]*fragment.Aggregate{
		"no such column": {Input: scanOf(colValue), Weight: 3, Mode: fragment.Complete},
		"not a number":   {Input: scanOf(colTest), Weight: 1, Mode: fragment.Complete},
		"median":         {Input: scanOf(colValue, colHour), Weight: 2, Calls: []fragment.AggregateCall{call(t, "median", false, nil, dec, 0)}, Mode: fragment.Complete},
	} {
		s, err := operator.Run(t.Context(), operator.Env{Storage: m, Parallelism: 1}, &fragment.Fragment{Root: n}, nil)
		if err == nil {
			t.Errorf("%s was taken", name)
			_ = s.Close()
		}
	}
}
