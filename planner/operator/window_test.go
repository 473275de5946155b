package operator_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/kernel/window"
	"github.com/assaydb/assay/storage/schema"
)

func windowCall(t testing.TB, name string, typ schema.Type, number int64, frame window.Frame, args ...int) fragment.WindowCall {
	t.Helper()
	s, err := window.Resolve(name, typ, number, frame)
	if err != nil {
		t.Fatal(err)
	}
	return fragment.WindowCall{Spec: s, Args: args, Name: name}
}

func aggregateOver(t testing.TB, name string, typ schema.Type, frame window.Frame, arg int) fragment.WindowCall {
	t.Helper()
	spec, err := aggregate.Resolve(name, []schema.Type{typ}, false, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return fragment.WindowCall{Spec: window.Spec{Name: name, Aggregate: &spec, Frame: frame, Result: spec.Result}, Args: []int{arg}, Name: name}
}

func lastRows(n int64) window.Frame {
	return window.Frame{Rows: true, Start: window.Bound{Kind: window.Preceding, Rows: n}, End: window.Bound{Kind: window.CurrentRow}}
}

var everyColumn = []int{colHospital, colTest, colPatient, colKey, colHour, colValue, colRatio, colLong}

func manyCalls(t testing.TB) []fragment.WindowCall {
	dec := schema.DecimalType(12, 3)
	return []fragment.WindowCall{
		windowCall(t, "row_number", schema.Type{}, 0, window.Frame{}), windowCall(t, "lag", schema.TypeVarchar, 2, window.Frame{}, colPatient),
		windowCall(t, "cume_dist", schema.Type{}, 0, window.Frame{}), aggregateOver(t, "sum", dec, lastRows(3), colValue), aggregateOver(t, "sum", schema.TypeDouble, lastRows(100), colRatio),
		aggregateOver(t, "max", schema.TypeVarchar, window.DefaultFrame(), colLong),
	}
}

// overRows is a Window over all columns, ties decided by those that neither divide nor order.
func overRows(in fragment.Node, partition []int, order []fragment.SortKey, calls ...fragment.WindowCall) *fragment.Window {
	w := &fragment.Window{Input: in, Partition: partition, Order: slices.Clone(order), Peers: len(order), Calls: calls}
	for i := range in.Fields() {
		if !slices.Contains(partition, i) && !slices.ContainsFunc(order, func(k fragment.SortKey) bool { return k.Column == i }) {
			w.Order = append(w.Order, fragment.SortKey{Column: i})
		}
	}
	return w
}

func windowPlans(t testing.TB) map[string]fragment.Node {
	all := scanOf(everyColumn...)
	hours := []fragment.SortKey{{Column: colHour, Desc: true}}
	first := func(by window.FirstKind, calls ...fragment.WindowCall) fragment.Node {
		w := overRows(all, []int{colTest}, hours, calls...)
		w.First = window.First{By: by, Rows: 3}
		return w
	}
	sorted := overRows(all, []int{colHospital}, hours, manyCalls(t)...)
	sorted.Input, sorted.Sorted = &fragment.Sort{Input: all, Keys: sorted.Keys(), Limit: -1}, true
	return map[string]fragment.Node{
		"window, one partition":   overRows(all, nil, hours, manyCalls(t)...),
		"window, few":             overRows(all, []int{colHospital}, hours, manyCalls(t)...),
		"window, many":            overRows(all, []int{colPatient, colTest}, []fragment.SortKey{{Column: colValue}}, manyCalls(t)...),
		"window, double":          overRows(all, []int{colRatio}, nil, manyCalls(t)...),
		"window, sorted input":    sorted,
		"window, first":           first(window.FirstByNumber, manyCalls(t)[:2]...),
		"window, first rank":      first(window.FirstByRank, windowCall(t, "rank", schema.Type{}, 0, window.Frame{})),
		"window, first dense":     first(window.FirstByDenseRank),
		"window over window":      overRows(overRows(all, []int{colTest}, hours, manyCalls(t)[:1]...), []int{colHospital}, []fragment.SortKey{{Column: 8}}, manyCalls(t)[:1]...),
		"window, nothing at all":  overRows(&fragment.Values{Types: []schema.Type{schema.TypeInt64}, Names: []string{"a"}}, []int{0}, nil),
		"window, ties of a limit": &fragment.Window{Input: &fragment.Sort{Input: all, Keys: []fragment.SortKey{{Column: colHospital}, {Column: colHour}}, Limit: 20, Ties: 2}, Partition: []int{colHospital}, Order: hours, Peers: 1, Calls: manyCalls(t)[2:3]},
	}
}

// windowSettings must not change what windows answer either.
func windowSettings(dir string) map[string]operator.Env {
	out := settings(dir)
	out["merging"] = operator.Env{Parallelism: 2, Debug: operator.Debug{NoWindowParts: true}}
	out["by value"] = operator.Env{Parallelism: 2, Debug: operator.Debug{NoWindowHash: true, NoWindowFirst: true, NoTopN: true, BatchRows: 100}}
	return out
}

// TestWindowsEverywhere runs every plan under every setting, over the same rows in other batches and another order.
func TestWindowsEverywhere(t *testing.T) {
	const rows = 5_000
	base, other := newMemory(7, rows, 400, false), newMemory(7, rows, 217, true)
	dir := t.TempDir()
	for name, plan := range windowPlans(t) {
		t.Run(name, func(t *testing.T) {
			want, _ := run(t, operator.Env{Storage: base, Parallelism: 1}, plan)
			for setting, env := range windowSettings(dir) {
				env.Storage = other
				got, stats := run(t, env, plan)
				if !slices.Equal(sorted(got), sorted(want)) {
					t.Errorf("%s: %d rows differ from %d: %s", setting, len(got), len(want), firstDifference(got, want))
				}
				if stats.Rows != int64(len(got)) {
					t.Errorf("%s: %d rows counted, %d given", setting, stats.Rows, len(got))
				}
				if env.Memory != nil && env.Memory.Used() != 0 {
					t.Errorf("%s: %d bytes of the grant were not given back", setting, env.Memory.Used())
				}
			}
		})
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("spill folders left: %v %v", left, err)
	}
}

// TestWindowAgainstDefinition computes each row's functions by looking at all rows: its number, the value two rows before, and the
// sum of the last four values.
func TestWindowAgainstDefinition(t *testing.T) {
	m := newMemory(11, 700, 64, false)
	dec := schema.DecimalType(12, 3)
	var rows [][]schema.Value
	for _, b := range m.batches {
		for i := range b.Len {
			rows = append(rows, []schema.Value{b.Cols[colTest].Value(i), b.Cols[colValue].Value(i), b.Cols[colKey].Value(i)})
		}
	}
	before := func(x, y []schema.Value) int {
		return cmp.Or(-x[1].Compare(y[1]), x[2].Compare(y[2]))
	}
	var want []string
	for _, r := range rows {
		var mine [][]schema.Value
		for _, o := range rows {
			if o[0].Compare(r[0]) == 0 && before(o, r) <= 0 {
				mine = append(mine, o)
			}
		}
		slices.SortFunc(mine, before)
		n, lag, sum := len(mine), "NULL", schema.NullValue(dec)
		if n > 2 {
			lag = mine[n-3][1].String()
		}
		for _, o := range mine[max(0, n-4):] {
			if !o[1].Null {
				sum = schema.IntValue(dec, sum.I+o[1].I)
			}
		}
		want = append(want, fmt.Sprintf("%s|%s|%s|%d|%s|%s", r[0], r[1], r[2], n, lag, sum))
	}
	plan := overRows(scanOf(colTest, colValue, colKey), []int{0}, []fragment.SortKey{{Column: 1, Desc: true}},
		windowCall(t, "row_number", schema.Type{}, 0, window.Frame{}), windowCall(t, "lag", dec, 2, window.Frame{}, 1), aggregateOver(t, "sum", dec, lastRows(3), 1))
	got, _ := run(t, operator.Env{Storage: m, Parallelism: 3}, plan)
	if !slices.Equal(sorted(got), sorted(want)) {
		t.Fatal(firstDifference(got, want))
	}
}

// TestWindowMemory holds that windows spill within their grant, that leaving out rows keeps them small, and that a partition which
// does not fit is an error that says so.
func TestWindowMemory(t *testing.T) {
	m := newMemory(5, 120_000, 4000, false)
	parts := overRows(scanOf(everyColumn...), []int{colPatient}, []fragment.SortKey{{Column: colKey}}, manyCalls(t)[:2]...)
	grant := operator.NewGrant(12 << 20)
	want, _ := run(t, operator.Env{Storage: m, Parallelism: 2}, parts)
	got, stats := run(t, operator.Env{Storage: m, Parallelism: 2, TempDir: t.TempDir(), Memory: grant}, parts)
	if !slices.Equal(sorted(got), sorted(want)) {
		t.Fatal(firstDifference(got, want))
	}
	if spilledBytes(stats) == 0 || grant.Peak() > grant.Limit() || grant.Used() != 0 {
		t.Errorf("%d bytes spilled, peak %d of %d, %d still held", spilledBytes(stats), grant.Peak(), grant.Limit(), grant.Used())
	}
	parts.Partition, parts.First, parts.Calls = []int{colHospital}, window.First{By: window.FirstByNumber, Rows: 5}, parts.Calls[:1]
	small := operator.NewGrant(12 << 20)
	if rows, stats := run(t, operator.Env{Storage: m, Parallelism: 2, TempDir: t.TempDir(), Memory: small}, parts); len(rows) != 35 || spilledBytes(stats) != 0 {
		t.Errorf("%d rows, %d bytes spilled", len(rows), spilledBytes(stats))
	}
	whole := overRows(scanOf(everyColumn...), nil, nil, manyCalls(t)...)
	_, _, err := tryRun(operator.Env{Storage: m, Parallelism: 2, TempDir: t.TempDir(), Memory: operator.NewGrant(12 << 20)}, whole)
	if errs.KindOf(err) != errs.Limit || !strings.Contains(err.Error(), "partition") {
		t.Errorf("error %v", err)
	}
}

// TestWindowStops cancels at random moments and refuses what is malformed.
func TestWindowStops(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	m := newMemory(5, 20_000, 1000, false)
	for range 20 {
		ctx, cancel := context.WithCancel(context.Background())
		s, err := operator.Run(ctx, operator.Env{Storage: m, Parallelism: 2}, &fragment.Fragment{Query: schema.NewID(), Root: overRows(scanOf(everyColumn...), []int{colTest}, nil, manyCalls(t)...)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range r.IntN(4) {
			if _, err := s.Next(ctx); err != nil {
				t.Fatal(err)
			}
		}
		cancel()
		if _, err := s.Next(ctx); errs.KindOf(err) != errs.Canceled {
			t.Errorf("error %v", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	scan := scanOf(colKey)
	for name, w := range map[string]*fragment.Window{
		"partition": {Input: scan, Partition: []int{1}}, "order": {Input: scan, Order: []fragment.SortKey{{Column: -1}}}, "peers": {Input: scan, Peers: 1},
		"argument": {Input: scan, Calls: []fragment.WindowCall{windowCall(t, "lag", schema.TypeInt64, 1, window.Frame{}, 3)}},
		"type":     {Input: scan, Calls: []fragment.WindowCall{windowCall(t, "lag", schema.TypeDouble, 1, window.Frame{}, 0)}},
		"count":    {Input: scan, Calls: []fragment.WindowCall{windowCall(t, "lag", schema.TypeInt64, 1, window.Frame{})}},
	} {
		if _, _, err := tryRun(operator.Env{Storage: m}, w); errs.KindOf(err) != errs.Invalid {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
