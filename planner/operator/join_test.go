package operator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// joinColumns are what both sides of the tests' joins read.
var joinColumns = []int{colHospital, colTest, colPatient, colKey, colHour, colValue, colRatio, colLong}

func columnOf(i int) expr.Expr {
	return &expr.Column{Index: i, Name: "c", Typ: tableOf().Columns[joinColumns[i%len(joinColumns)]].Type}
}

func funcOf(t testing.TB, name string, args ...expr.Expr) expr.Expr {
	t.Helper()
	e, err := expr.NewCall(name, args...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// joinCase is the keys (ordinals of both sides) and whether a condition goes with them.
type joinCase struct {
	keys     []int
	computed bool // the first key is computed
	cond     bool // value of the probe side < value of the build side
}

func (c joinCase) node(t testing.TB, kind fragment.JoinKind, probe, build fragment.Node) *fragment.HashJoin {
	j := &fragment.HashJoin{Kind: kind, Probe: probe, Build: build}
	for i, k := range c.keys {
		e := columnOf(k)
		if c.computed && i == 0 {
			e = funcOf(t, "+", e, &expr.Literal{Value: schema.IntValue(schema.TypeInt64, 1)})
		}
		j.ProbeKeys, j.BuildKeys = append(j.ProbeKeys, e), append(j.BuildKeys, e)
	}
	if c.cond {
		j.Cond = funcOf(t, "<", columnOf(colValue), columnOf(len(joinColumns)+colValue))
	}
	return j
}

// nested is the join by its definition: every row against every row.
func (c joinCase) nested(kind fragment.JoinKind, probe, build [][]schema.Value) []string {
	var out []string
	null := make([]schema.Value, len(joinColumns))
	for i := range null {
		null[i] = schema.NullValue(schema.TypeVarchar)
	}
	for _, p := range probe {
		found, open := false, false
		for _, b := range build {
			switch equal := c.match(p, b); {
			case equal == nil:
				open = true
			case *equal:
				found = true
				if kind.Pairs() {
					out = append(out, rowText(p, b))
				}
			}
		}
		switch {
		case kind == fragment.LeftJoin && !found:
			out = append(out, rowText(p, null))
		case kind == fragment.SemiJoin && found, kind == fragment.AntiJoin && !found, kind == fragment.NotInJoin && !found && !open:
			out = append(out, rowText(p))
		}
	}
	slices.Sort(out)
	return out
}

// unique keeps one row of each key, so that the join finds at most one partner.
func (c joinCase) unique(rows [][]schema.Value) (out [][]schema.Value) {
	seen := map[string]bool{}
	for _, row := range rows {
		var key []schema.Value
		for _, k := range c.keys {
			key = append(key, row[k])
		}
		if text := rowText(key); !seen[text] {
			seen[text] = true
			out = append(out, row)
		}
	}
	return out
}

// match is three-valued: nil is unknown.
func (c joinCase) match(p, b []schema.Value) *bool {
	yes, no := true, false
	unknown := false
	for _, k := range c.keys {
		switch {
		case p[k].Null || b[k].Null:
			unknown = true
		case p[k].Compare(b[k]) != 0:
			return &no
		}
	}
	switch {
	case unknown:
		return nil
	case c.cond && (p[colValue].Null || b[colValue].Null || p[colValue].Compare(b[colValue]) >= 0):
		return &no
	}
	return &yes
}

func rowText(sides ...[]schema.Value) string {
	var cells []string
	for _, s := range sides {
		for _, v := range s {
			cells = append(cells, v.String())
		}
	}
	return strings.Join(cells, "|")
}

func valuesOf(batches []*batch.Batch) (out [][]schema.Value) {
	for _, b := range batches {
		for i := range b.Len {
			var row []schema.Value
			for _, c := range joinColumns {
				row = append(row, b.Cols[c].Value(i))
			}
			out = append(out, row)
		}
	}
	return out
}

func constants(rows [][]schema.Value) *fragment.Values {
	v := &fragment.Values{Rows: rows}
	for _, c := range joinColumns {
		v.Types, v.Names = append(v.Types, tableOf().Columns[c].Type), append(v.Names, "c")
	}
	return v
}

// TestJoinsAgainstNestedLoop compares every kind of join, under every setting, with its definition.
func TestJoinsAgainstNestedLoop(t *testing.T) {
	probe, build := newMemory(21, 120, 37, false), newMemory(22, 60, 29, true)
	cases := map[string]joinCase{
		"dictionary": {keys: []int{colTest}}, "text": {keys: []int{colPatient}}, "int": {keys: []int{colKey}}, "double": {keys: []int{colRatio}},
		"decimal": {keys: []int{colValue}}, "two": {keys: []int{colHospital, colHour}}, "three": {keys: []int{colTest, colValue, colRatio}},
		"computed": {keys: []int{colHour, colTest}, computed: true}, "condition": {keys: []int{colHospital}, cond: true}, "condition alone": {cond: true}, "nothing": {},
	}
	left, right := valuesOf(probe.batches), valuesOf(build.batches)
	dir := t.TempDir()
	for name, c := range cases {
		for _, kind := range []fragment.JoinKind{fragment.InnerJoin, fragment.LeftJoin, fragment.SemiJoin, fragment.AntiJoin, fragment.NotInJoin} {
			if kind == fragment.NotInJoin && (c.cond || len(c.keys) != 1) {
				continue
			}
			for side, rows := range map[string][][]schema.Value{"some": right, "unique": c.unique(right), "one": right[:1], "none": nil} {
				if testing.Short() && side == "one" {
					continue
				}
				want := c.nested(kind, left, rows)
				plan := c.node(t, kind, scanOf(joinColumns...), constants(rows))
				for setting, env := range settings(dir) {
					env.Storage = probe
					got, _ := run(t, env, plan)
					if slices.Sort(got); !slices.Equal(got, want) {
						t.Errorf("%s, %s join, %s rows, %s: %d rows, want %d: %s", name, kind, side, setting, len(got), len(want), firstDifference(got, want))
					}
					if env.Memory != nil && env.Memory.Used() != 0 {
						t.Errorf("%s, %s: %d bytes of the grant were not given back", name, setting, env.Memory.Used())
					}
				}
			}
		}
	}
}

// TestJoinsMakeWhatIsRead puts projections, filters, groupings and further joins above joins: columns that nobody reads are not made.
func TestJoinsMakeWhatIsRead(t *testing.T) {
	probe, build := newMemory(24, 300, 64, false), newMemory(25, 80, 29, true)
	right := valuesOf(build.batches)
	n, dir := len(joinColumns), t.TempDir()
	at := func(i int) expr.Expr { return columnOf(i) }
	for name, c := range map[string]joinCase{
		"dictionary": {keys: []int{colTest}}, "int": {keys: []int{colHour}}, "two": {keys: []int{colTest, colHour}}, "condition": {keys: []int{colHospital}, cond: true},
	} {
		for _, kind := range []fragment.JoinKind{fragment.InnerJoin, fragment.LeftJoin, fragment.SemiJoin} {
			join := c.node(t, kind, scanOf(joinColumns...), constants(c.unique(right)))
			width := len(join.Fields())
			last := width - n // the build's side of a pair, else the probe's
			onto := &fragment.HashJoin{Kind: fragment.InnerJoin, Probe: join, Build: constants(right), ProbeKeys: []expr.Expr{at(last + colTest)}, BuildKeys: []expr.Expr{at(colTest)}}
			for shape, plan := range map[string]fragment.Node{
				"columns": &fragment.Project{Input: join, Exprs: []expr.Expr{at(last + colPatient), at(colKey), at(last + colLong)}},
				"computed": &fragment.Project{
					Input: &fragment.Filter{Input: join, Cond: funcOf(t, "is not null", at(last+colValue))},
					Exprs: []expr.Expr{funcOf(t, "+", at(last+colHour), at(colHour)), at(last + colTest)},
				},
				"grouped":      &fragment.Aggregate{Input: join, Keys: []int{last + colHospital, last + colHour}, Mode: fragment.Complete, Calls: []fragment.AggregateCall{call(t, "count", false, nil, nil)}},
				"joined again": &fragment.Project{Input: onto, Exprs: []expr.Expr{at(last + colTest), at(width + colPatient), at(colHour)}},
			} {
				want, _ := run(t, operator.Env{Storage: probe, Parallelism: 1, Debug: operator.Debug{NoJoinCodes: true}}, plan)
				slices.Sort(want)
				for setting, env := range settings(dir) {
					env.Storage = probe
					if got, _ := run(t, env, plan); !slices.Equal(sorted(got), want) {
						t.Errorf("%s, %s join, %s, %s: %d rows, want %d: %s", name, kind, shape, setting, len(got), len(want), firstDifference(got, want))
					}
				}
			}
		}
	}
}

// TestJoinSpillsUnderTinyGrant joins two sides that do not fit into memory, and says so where no partition could.
func TestJoinSpillsUnderTinyGrant(t *testing.T) {
	m := newMemory(23, 60_000, 4096, false)
	for name, c := range map[string]joinCase{"int": {keys: []int{colKey}}, "text": {keys: []int{colPatient, colKey}}} {
		for _, kind := range []fragment.JoinKind{fragment.InnerJoin, fragment.LeftJoin, fragment.AntiJoin} {
			plan := &fragment.Aggregate{
				Input: c.node(t, kind, scanOf(joinColumns...), scanOf(joinColumns...)), Mode: fragment.Complete,
				Calls: []fragment.AggregateCall{call(t, "count", false, nil, nil), call(t, "sum", false, nil, []schema.Type{schema.TypeInt64}, colKey)},
			}
			want, _ := run(t, operator.Env{Storage: m, Parallelism: 2}, plan)
			grant := operator.NewGrant(4 << 20)
			got, stats := run(t, operator.Env{Storage: m, Parallelism: 2, Memory: grant, TempDir: t.TempDir()}, plan)
			if !slices.Equal(got, want) {
				t.Errorf("%s, %s: %s, want %s", name, kind, got, want)
			}
			if stats.Inputs[0].SpilledBytes == 0 {
				t.Errorf("%s, %s: nothing was spilled", name, kind)
			}
		}
	}
	skew := joinCase{keys: []int{colHospital}}.node(t, fragment.SemiJoin, scanOf(joinColumns...), scanOf(joinColumns...))
	_, _, err := tryRun(operator.Env{Storage: m, Parallelism: 2, Memory: operator.NewGrant(300 << 10), TempDir: t.TempDir()}, skew)
	if e := errs.As(err); e == nil || e.Code != "memory-limit-exceeded" {
		t.Errorf("seven keys in too little memory: %v", err)
	}
}

// TestBadJoins refuses what a broken or hostile peer could send.
func TestBadJoins(t *testing.T) {
	v := constants(nil)
	for name, j := range map[string]*fragment.HashJoin{
		"keys of one side": {Probe: v, Build: v, ProbeKeys: []expr.Expr{columnOf(0)}},
		"other types":      {Probe: v, Build: v, ProbeKeys: []expr.Expr{columnOf(colHospital)}, BuildKeys: []expr.Expr{columnOf(colKey)}},
		"no such column":   {Probe: v, Build: v, ProbeKeys: []expr.Expr{&expr.Column{Index: 99, Typ: schema.TypeInt64}}, BuildKeys: []expr.Expr{columnOf(colKey)}},
		"NOT IN if":        {Kind: fragment.NotInJoin, Probe: v, Build: v, ProbeKeys: []expr.Expr{columnOf(0)}, BuildKeys: []expr.Expr{columnOf(0)}, Cond: &expr.Literal{Value: schema.BoolValue(true)}},
		"NOT IN of pairs":  {Kind: fragment.NotInJoin, Probe: v, Build: v, ProbeKeys: []expr.Expr{columnOf(0), columnOf(1)}, BuildKeys: []expr.Expr{columnOf(0), columnOf(1)}},
	} {
		if _, _, err := tryRun(operator.Env{Parallelism: 1}, j); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkJoin(b *testing.B) {
	probe := newMemory(31, 200_000, batch.MaxRows, false)
	for name, c := range map[string]joinCase{"dictionary": {keys: []int{colTest}}, "int": {keys: []int{colKey}}, "text": {keys: []int{colPatient}}} {
		for _, build := range []int{40, 20_000} {
			rows := valuesOf(newMemory(32, build, batch.MaxRows, false).batches)
			plan := &fragment.Aggregate{Input: c.node(b, fragment.SemiJoin, scanOf(joinColumns...), constants(rows)), Calls: []fragment.AggregateCall{call(b, "count", false, nil, nil)}, Mode: fragment.Complete}
			b.Run(fmt.Sprintf("%s/%d", name, build), func(b *testing.B) {
				for b.Loop() {
					run(b, operator.Env{Storage: probe, Parallelism: 1}, plan)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/200_000, "ns/row")
			})
		}
	}
}
