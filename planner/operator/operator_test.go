package operator_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// plans are the trees that every setting must answer alike. ordered plans are compared in order.
func plans(t testing.TB) map[string]fragment.Node {
	dec := []schema.Type{schema.DecimalType(12, 3)}
	dbl := []schema.Type{schema.TypeDouble}
	text := []schema.Type{schema.TypeVarchar}
	all := []int{colHospital, colTest, colPatient, colKey, colHour, colValue, colRatio, colLong}
	calls := []fragment.AggregateCall{
		call(t, "count", false, nil, nil), call(t, "avg", false, nil, dec, colValue), call(t, "sum", false, nil, dbl, colRatio), call(t, "max", false, nil, text, colTest),
		call(t, "count", true, nil, text, colPatient), call(t, "median", false, nil, dec, colValue), call(t, "stddev_samp", false, nil, dec, colValue),
		call(t, "group_concat", true, nil, text, colTest),
	}
	group := func(calls []fragment.AggregateCall, keys ...int) fragment.Node {
		return &fragment.Aggregate{Input: scanOf(all...), Keys: keys, Calls: calls, Mode: fragment.Complete}
	}
	late := &expr.Call{Name: ">", Operands: []expr.Expr{&expr.Column{Index: colValue, Typ: dec[0]}, &expr.Literal{Value: schema.IntValue(dec[0], 50_000)}}, Typ: schema.TypeBoolean}
	above := func(column int, typ schema.Type, least int64, in fragment.Node) fragment.Node {
		return &fragment.Filter{Input: in, Cond: &expr.Call{Name: ">", Operands: []expr.Expr{&expr.Column{Index: column, Typ: typ}, &expr.Literal{Value: schema.IntValue(typ, least)}}, Typ: schema.TypeBoolean}}
	}
	pass := func(in fragment.Node, columns ...int) fragment.Node {
		p := &fragment.Project{Input: in}
		for _, c := range columns {
			p.Exprs, p.Names = append(p.Exprs, &expr.Column{Index: c, Typ: in.Fields()[c].Type}), append(p.Names, "")
		}
		return p
	}
	top := func(in fragment.Node, column int, desc bool) fragment.Node {
		return &fragment.Sort{Input: in, Keys: []fragment.SortKey{{Column: column, Desc: desc}}, Limit: 9, Offset: 2}
	}
	return map[string]fragment.Node{
		"having":           above(1, schema.TypeInt64, 1, group(calls[:2], colPatient)),
		"having, no keys":  pass(above(1, schema.TypeInt64, 1, group(calls[:2], colPatient)), 2, 1),
		"having key":       pass(above(0, schema.TypeInt64, 700, group(calls[:2], colKey)), 1),
		"count of groups":  &fragment.Aggregate{Input: above(2, schema.TypeInt64, 1, group(calls[:1], colPatient, colHour)), Calls: calls[:1], Mode: fragment.Complete},
		"top having":       top(pass(above(1, schema.TypeInt64, 1, group(calls[:3], colPatient)), 2, 3, 0), 0, true),
		"top double":       top(pass(group(calls, colLong), 3, 0, 2), 0, false),
		"top median":       top(group(calls, colKey), 6, true),
		"top key":          top(group(calls[:2], colKey), 0, true),
		"top having a key": top(above(0, schema.TypeInt64, 700, group(calls[:2], colKey)), 1, true),
		"top sum": top(&fragment.Aggregate{
			Input: scanOf(all...), Keys: []int{colPatient}, Calls: []fragment.AggregateCall{call(t, "sum", false, nil, dec, colValue)},
			Mode: fragment.Complete,
		}, 1, false),
		"no key":          group(calls),
		"one dictionary":  group(calls, colHospital),
		"two dictionary":  group(calls, colHospital, colTest),
		"dictionary, int": group(calls[:3], colTest, colHour),
		"int":             group(calls[:4], colKey),
		"text":            group(calls[:4], colPatient),
		"text, all":       group(calls, colPatient),
		"small int":       group(calls, colHour),
		"top by key":      &fragment.Sort{Input: group(calls[:4], colPatient), Keys: []fragment.SortKey{{Column: 0, Desc: true}}, Limit: 20},
		"double":          group(calls[:2], colRatio),
		"long text":       group(calls, colLong),
		"mixed":           group(calls[:2], colLong, colKey, colHospital),
		"distinct only":   group(nil, colPatient, colTest),
		"union":           &fragment.Aggregate{Input: &fragment.Union{Branches: []fragment.Node{scanOf(colTest, colKey), group(nil, colTest, colKey), scanOf(colTest, colKey)}}, Keys: []int{0}, Calls: calls[:1], Mode: fragment.Complete},
		"filtered":        &fragment.Aggregate{Input: &fragment.Filter{Input: scanOf(all...), Cond: late}, Keys: []int{colTest}, Calls: calls, Mode: fragment.Complete},
		"halves":          &fragment.Aggregate{Input: &fragment.Aggregate{Input: scanOf(all...), Keys: []int{colPatient}, Calls: calls, Mode: fragment.Partial}, Keys: []int{0}, Calls: calls, Mode: fragment.Final},
		"wide number":     &fragment.Aggregate{Input: &fragment.Aggregate{Input: scanOf(all...), Keys: []int{colPatient}, Calls: calls[1:2], Mode: fragment.Partial}, Keys: []int{1, 0}, Calls: calls[:1], Mode: fragment.Complete},
		"rows":            &fragment.Filter{Input: scanOf(all...), Cond: late},
		"sort":            &fragment.Sort{Input: scanOf(all...), Keys: []fragment.SortKey{{Column: colTest, Desc: true}, {Column: colRatio}}, Limit: -1},
		"top":             &fragment.Sort{Input: scanOf(all...), Keys: []fragment.SortKey{{Column: colValue, Desc: true}}, Limit: 25, Offset: 3},
		"top text":        &fragment.Sort{Input: scanOf(all...), Keys: []fragment.SortKey{{Column: colHospital}}, Limit: 10},
		"top of groups":   &fragment.Sort{Input: group(calls[:2], colPatient), Keys: []fragment.SortKey{{Column: 1, Desc: true}}, Limit: 10},
	}
}

// settings are the environments that must not change an answer.
func settings(dir string) map[string]operator.Env {
	return map[string]operator.Env{
		"serial":     {Parallelism: 1},
		"two":        {Parallelism: 2},
		"eight":      {Parallelism: 8},
		"stretches":  {Parallelism: 2},
		"hashing":    {Parallelism: 2, Debug: operator.Debug{NoDirectGroups: true, NoTopN: true, NoPrefilter: true}},
		"no codes":   {Parallelism: 2, Debug: operator.Debug{NoJoinCodes: true}},
		"strings":    {Parallelism: 2, Debug: operator.Debug{KeyBits: 1}},
		"few bits":   {Parallelism: 2, Debug: operator.Debug{KeyBits: 12}},
		"logging":    {Parallelism: 2, Debug: operator.Debug{LogGroups: 1}},
		"late logs":  {Parallelism: 3, Debug: operator.Debug{LogGroups: 150, KeyBits: 12, BatchRows: 100}},
		"no spans":   {Parallelism: 2, Debug: operator.Debug{LogGroups: 1, NoTextSpans: true}},
		"log spills": {Parallelism: 2, TempDir: dir, Debug: operator.Debug{LogGroups: 1, SpillAlways: true}},
		"no late":    {Parallelism: 2, Debug: operator.Debug{NoLateGroups: true}},
		"no logs":    {Parallelism: 2, Debug: operator.Debug{NoRowLogs: true}},
		"no numbers": {Parallelism: 2, Debug: operator.Debug{NoNumbers: true}},
		"spilling":   {Parallelism: 2, TempDir: dir, Debug: operator.Debug{SpillAlways: true}},
		"one spills": {Parallelism: 1, TempDir: dir, Debug: operator.Debug{SpillAlways: true, BatchRows: 7}},
		"small":      {Parallelism: 2, TempDir: dir, Memory: operator.NewGrant(24 << 20)},
	}
}

// TestSameAnswerEverywhere runs every plan under every setting, over the same rows in other batches and another order.
func TestSameAnswerEverywhere(t *testing.T) {
	rows := 5_000
	if testing.Short() {
		rows = 1_500
	}
	base, other := newMemory(7, rows, 400, false), newMemory(7, rows, 217, true)
	stretches := inStretches(7, rows, 700)
	dir := t.TempDir()
	for name, plan := range plans(t) {
		t.Run(name, func(t *testing.T) {
			want, _ := run(t, operator.Env{Storage: base, Parallelism: 1}, plan)
			_, ordered := plan.(*fragment.Sort)
			if !ordered {
				sorted(want)
			}
			for setting, env := range settings(dir) {
				env.Storage = other
				if setting == "stretches" {
					env.Storage = stretches
				}
				got, stats := run(t, env, plan)
				if !ordered {
					sorted(got)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s: %d rows differ from %d: %s", setting, len(got), len(want), firstDifference(got, want))
				}
				if stats.Rows != int64(len(got)) && !strings.HasPrefix(name, "top") {
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

func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("row %d\n got %.300s\nwant %.300s", i, got[i], want[i])
		}
	}
	return "lengths"
}

// TestGroupsAgainstMap compares a grouping with the plainest one.
func TestGroupsAgainstMap(t *testing.T) {
	m := newMemory(3, 5000, 512, false)
	want := map[string]int{}
	for _, b := range m.batches {
		for i := range b.Len {
			r := b.Cols[colRatio].Value(i)
			key := b.Cols[colTest].Value(i).String() + "|" + r.String()
			if !r.Null && r.F == 0 {
				key = b.Cols[colTest].Value(i).String() + "|0"
			}
			want[key]++
		}
	}
	got, _ := run(t, operator.Env{Storage: m, Parallelism: 2}, &fragment.Aggregate{
		Input: scanOf(colTest, colRatio), Keys: []int{0, 1}, Calls: []fragment.AggregateCall{call(t, "count", false, nil, nil)}, Mode: fragment.Complete,
	})
	if len(got) != len(want) {
		t.Fatalf("%d groups, want %d", len(got), len(want))
	}
	for _, row := range got {
		at := strings.LastIndexByte(row, '|')
		if fmt.Sprint(want[row[:at]]) != row[at+1:] {
			t.Errorf("group %s, want %d", row, want[row[:at]])
		}
	}
}

// TestSpillUnderTinyGrant groups many keys and counts many distinct values in far less memory than they take.
func TestSpillUnderTinyGrant(t *testing.T) {
	const rows = 200_000
	m := newMemory(11, rows, 4096, false)
	text := []schema.Type{schema.TypeVarchar}
	for name, plan := range map[string]fragment.Node{
		"group by":         &fragment.Aggregate{Input: scanOf(colKey, colValue), Keys: []int{0}, Calls: []fragment.AggregateCall{call(t, "sum", false, nil, []schema.Type{schema.DecimalType(12, 3)}, 1)}, Mode: fragment.Complete},
		"count distinct":   &fragment.Aggregate{Input: scanOf(colPatient), Calls: []fragment.AggregateCall{call(t, "count", true, nil, text, 0), call(t, "count", false, nil, nil)}, Mode: fragment.Complete},
		"distinct by hour": &fragment.Aggregate{Input: scanOf(colHour, colKey), Keys: []int{0}, Calls: []fragment.AggregateCall{call(t, "count", true, nil, []schema.Type{schema.TypeInt64}, 1), call(t, "sum", true, nil, []schema.Type{schema.TypeInt64}, 1)}, Mode: fragment.Complete},
		"sort":             &fragment.Sort{Input: scanOf(colPatient, colKey), Keys: []fragment.SortKey{{Column: 1}}, Limit: -1},
	} {
		t.Run(name, func(t *testing.T) {
			want, _ := run(t, operator.Env{Storage: m, Parallelism: 2}, plan)
			grant := operator.NewGrant(2 << 20)
			got, stats := run(t, operator.Env{Storage: m, Parallelism: 2, Memory: grant, TempDir: t.TempDir()}, plan)
			if !slices.Equal(sorted(got), sorted(want)) {
				t.Errorf("differs: %s", firstDifference(got, want))
			}
			if stats.SpilledBytes == 0 {
				t.Error("nothing was spilled")
			}
			if grant.Peak() > 2<<20 {
				t.Errorf("peak %d bytes", grant.Peak())
			}
		})
	}
}

// TestMemoryLimit says what to do when spilling is not possible.
func TestMemoryLimit(t *testing.T) {
	m := newMemory(5, 50_000, 4096, false)
	plan := &fragment.Aggregate{Input: scanOf(colKey), Keys: []int{0}, Calls: nil, Mode: fragment.Complete}
	_, _, err := tryRun(operator.Env{Storage: m, Parallelism: 2, Memory: operator.NewGrant(256 << 10)}, plan)
	if e := errs.As(err); e == nil || e.Kind != errs.Limit || e.Code != "memory-limit-exceeded" {
		t.Fatalf("got %v", err)
	}
}

// TestPanicIsAnError keeps the process alive.
func TestPanicIsAnError(t *testing.T) {
	for _, parallelism := range []int{1, 4} {
		m := newMemory(5, 50_000, 1000, false)
		m.failAt = 20
		for _, plan := range plans(t) {
			_, _, err := tryRun(operator.Env{Storage: m, Parallelism: parallelism}, plan)
			if err == nil || !strings.Contains(err.Error(), "BUG: panic") {
				t.Fatalf("got %v", err)
			}
		}
	}
}

// TestCancel ends a stream in the middle, by its context and by Close.
func TestCancel(t *testing.T) {
	m := newMemory(5, 50_000, 100, false)
	for _, plan := range plans(t) {
		ctx, cancel := context.WithCancel(context.Background())
		s, err := operator.Run(ctx, operator.Env{Storage: m, Parallelism: 4}, &fragment.Fragment{Root: plan}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Next(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
		if _, err := s.Next(ctx); err == nil || errs.KindOf(err) != errs.Canceled {
			t.Fatalf("after cancel: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLimitIsDeterministic passes the first rows in order, whatever the parallelism.
func TestLimitIsDeterministic(t *testing.T) {
	m := newMemory(9, 10_000, 300, false)
	plan := &fragment.Limit{Input: scanOf(colPatient, colKey), Count: 1000, Offset: 450}
	want, _ := run(t, operator.Env{Storage: m, Parallelism: 1}, plan)
	if len(want) != 1000 {
		t.Fatalf("%d rows", len(want))
	}
	for range 5 {
		if got, _ := run(t, operator.Env{Storage: m, Parallelism: 8}, plan); !slices.Equal(got, want) {
			t.Fatal(firstDifference(got, want))
		}
	}
}

// TestRowLogs compares logging the rows of many groups with folding them at once, over keys and arguments of every kind that is
// logged, with NULLs, NaN, skew and long texts, in memory and spilling.
func TestRowLogs(t *testing.T) {
	dec, dbl := []schema.Type{schema.DecimalType(12, 3)}, []schema.Type{schema.TypeDouble}
	all := []int{colHospital, colTest, colPatient, colKey, colHour, colValue, colRatio, colLong}
	calls := []fragment.AggregateCall{
		call(t, "count", false, nil, nil), call(t, "avg", false, nil, dec, colValue), call(t, "sum", false, nil, dbl, colRatio),
		call(t, "max", false, nil, dec, colValue), call(t, "median", false, nil, dec, colValue), call(t, "count", false, nil, dbl, colRatio),
	}
	m := newMemory(3, 150_000, 5000, true)
	m.batches = append(m.batches, m.batches[0], m.batches[1]) // some groups of several rows of each worker
	for _, key := range [][]int{{colPatient}, {colKey}, {colPatient, colHour}, {colLong}, {colLong, colKey, colRatio}} {
		plan := &fragment.Aggregate{Input: scanOf(all...), Keys: key, Calls: calls, Mode: fragment.Complete}
		want, _ := run(t, operator.Env{Storage: m, Parallelism: 1, Debug: operator.Debug{NoRowLogs: true}}, plan)
		sorted(want)
		for name, env := range map[string]operator.Env{
			"one": {Parallelism: 1}, "two": {Parallelism: 2}, "small": {Parallelism: 2, TempDir: t.TempDir(), Memory: operator.NewGrant(24 << 20)},
		} {
			env.Storage = m
			got, _ := run(t, env, plan)
			if !slices.Equal(sorted(got), want) {
				t.Errorf("keys %d, %s: %d rows differ from %d", key, name, len(got), len(want))
			}
		}
	}
}
