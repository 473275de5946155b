package operator_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// spanned is a table whose long texts hardly repeat. Those of the first batch say how many words a log gives them; later ones are shorter
// and longer, up to and past each number of words, NULL or the same with another end, flat or under a dictionary, and selected.
func spanned(first, rows int) *memory {
	const size = 6000
	m := newMemory(5, rows, size, false)
	r := rand.New(rand.NewPCG(uint64(first), 3))
	for i, b := range m.batches {
		texts := batch.NewBuilder(schema.TypeVarchar, b.Len)
		for range b.Len {
			n := first
			if i > 0 {
				n = []int{first, first + 1, r.IntN(70), 15, 16, 39, 40}[r.IntN(7)]
			}
			s := fmt.Sprintf("%06d", r.IntN(rows))
			switch s = (s + strings.Repeat("-", 70))[:max(n, 1)]; {
			case i > 0 && r.IntN(20) == 0:
				texts.Null()
			case i > 0 && r.IntN(50) == 0:
				texts.Text("")
			default:
				texts.Text(s)
			}
		}
		b.Cols[colLong] = texts.Finish()
		if i%3 == 2 {
			b.Cols[colLong] = dictionary(b.Cols[colLong])
		}
		for row := range b.Len {
			if i%4 == 3 && row%5 != 0 {
				b.Sel = append(b.Sel, int32(row))
			}
		}
	}
	return m
}

// TestTextSpans compares logs whose rows hold texts of over 15 bytes with tables that fold each row at once, and logs that begin early
// because keys hardly repeat with those that do not.
func TestTextSpans(t *testing.T) {
	all := []int{colHospital, colTest, colPatient, colKey, colHour, colValue, colRatio, colLong}
	calls := []fragment.AggregateCall{
		call(t, "count", false, nil, nil), call(t, "max", false, nil, []schema.Type{schema.DecimalType(12, 3)}, colValue),
		call(t, "min", false, nil, []schema.Type{schema.TypeVarchar}, colPatient),
	}
	widths := []int{16, 23, 39, 40}
	if testing.Short() {
		widths = widths[1:2]
	}
	for _, first := range widths {
		m := spanned(first, 50_000)
		for _, key := range [][]int{{colLong}, {colTest, colLong}, {colLong, colKey, colPatient}} {
			plan := &fragment.Aggregate{Input: scanOf(all...), Keys: key, Calls: calls, Mode: fragment.Complete}
			want, _ := run(t, operator.Env{Storage: m, Parallelism: 1, Debug: operator.Debug{NoRowLogs: true}}, plan)
			sorted(want)
			for name, env := range map[string]operator.Env{
				"one": {Parallelism: 1}, "two": {Parallelism: 2}, "at once": {Parallelism: 2, Debug: operator.Debug{LogGroups: 1}},
				"no spans": {Parallelism: 2, Debug: operator.Debug{LogGroups: 1, NoTextSpans: true}},
				"late":     {Parallelism: 2, Debug: operator.Debug{LogGroups: 1 << 15}},
				"spills":   {Parallelism: 2, TempDir: t.TempDir(), Debug: operator.Debug{SpillAlways: true}},
			} {
				env.Storage = m
				got, _ := run(t, env, plan)
				if !slices.Equal(sorted(got), want) {
					t.Errorf("texts of %d, keys %d, %s: %d rows differ from %d", first, key, name, len(got), len(want))
				}
			}
		}
	}
}
