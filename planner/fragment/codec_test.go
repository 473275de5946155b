package fragment_test

import (
	"bytes"
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/kernel/window"
	"github.com/assaydb/assay/storage/schema"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// sample is a plan with every node.
func sample(t testing.TB) *fragment.Plan {
	t.Helper()
	dec := schema.DecimalType(12, 3)
	table := &schema.Table{
		ID: 7, Name: "labs", Version: 3, Codec: schema.CodecZstd, NextColumn: 4, Inferred: true, SortBy: []uint32{1},
		Columns:     []schema.Column{{ID: 1, Name: "hospital", Type: schema.TypeVarchar}, {ID: 2, Name: "value", Type: dec}, {ID: 3, Name: "at", Type: schema.TypeTimestamp}},
		PartitionBy: []schema.Transform{{Kind: schema.Month, Column: 3}, {Kind: schema.Bucket, Column: 1, Buckets: 8}},
	}
	cond := &expr.Call{Name: ">", Operands: []expr.Expr{&expr.Column{Index: 1, Name: "value", Typ: dec}, &expr.Literal{Value: schema.IntValue(dec, 20_000)}}, Typ: schema.TypeBoolean}
	seg := schema.Segment{
		ID: schema.ID{1}, Table: 7, Delivery: schema.ID{2}, Partition: []schema.Value{schema.IntValue(schema.TypeInt32, 662), schema.NullValue(schema.TypeInt32)},
		Rows: 10, Bytes: 999, SHA256: schema.Digest{9}, Added: 5, Removed: 6, Location: "file:///x.parquet",
		Bounds: []schema.Bound{{Column: 2, Min: schema.IntValue(dec, -5), Max: schema.WideValue(schema.DecimalType(30, 0), decimal.Max), Nulls: 1, Exact: true}},
		Parts:  []schema.Part{{Delivery: schema.ID{2}, Source: "H0001", Period: "2025-01", Rows: 10, Live: true}},
	}
	sum, err := aggregate.Resolve("percentile_cont", []schema.Type{dec}, false, []schema.Value{schema.FloatValue(0.9)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	concat, err := aggregate.Resolve("group_concat", []schema.Type{schema.TypeVarchar, dec}, true, nil, []bool{true})
	if err != nil {
		t.Fatal(err)
	}
	calls := []fragment.AggregateCall{{Spec: sum, Args: []int{1}, Filter: -1, Name: "p"}, {Spec: concat, Args: []int{0, 1}, Filter: 2, Name: "g"}}
	scan := &fragment.Scan{Table: table, Columns: []uint32{1, 2, schema.RowPositionID}, Output: 2, Filter: cond, Segments: []schema.Segment{seg}, Ordinal: []int32{4}}
	project := &fragment.Project{Input: &fragment.Filter{Input: scan, Cond: cond}, Exprs: []expr.Expr{&expr.Column{Index: 0, Name: "hospital", Typ: schema.TypeVarchar}}, Names: []string{"h"}}
	part := &fragment.Aggregate{Input: project, Keys: []int{0}, Calls: calls, Mode: fragment.Partial}
	fields := []batch.Field{{Name: "h", Type: schema.TypeVarchar}, {Name: "s", Type: schema.TypeBinary}}
	receive := &fragment.Receive{Stage: 1, Output: fields, Keys: []fragment.SortKey{{Column: 0, Desc: true}}}
	root := &fragment.Limit{Input: &fragment.Sort{Input: receive, Keys: []fragment.SortKey{{Column: 1}}, Limit: 10, Offset: 2}, Count: -1, Offset: 1}
	values := &fragment.Values{Types: []schema.Type{schema.TypeDouble, schema.TypeVarchar}, Names: []string{"a", "b"}, Rows: [][]schema.Value{{schema.FloatValue(-0.5), schema.TextValue("x")}, {schema.NullValue(schema.TypeDouble), schema.NullValue(schema.TypeVarchar)}}}
	return &fragment.Plan{Fields: fields, Stages: []fragment.Fragment{
		{Query: schema.ID{3}, CatalogIndex: 42, Zone: "Europe/Berlin", MemoryLimit: 1 << 30, Root: root},
		{Query: schema.ID{3}, Stage: 1, Root: part, Output: fragment.Distribution{Kind: fragment.Hash, Keys: []int{0}}},
		{Query: schema.ID{3}, Stage: 2, Root: values},
	}}
}

// joins is a plan with the nodes that came after the first release of version 1.
func joins(t testing.TB) *fragment.Plan {
	t.Helper()
	column := func(i int, typ schema.Type) expr.Expr { return &expr.Column{Index: i, Name: "c", Typ: typ} }
	probe := &fragment.Values{Types: []schema.Type{schema.TypeInt64}, Names: []string{"a"}, Rows: [][]schema.Value{{schema.IntValue(schema.TypeInt64, 7)}}}
	build := &fragment.Receive{Stage: 1, Output: []batch.Field{{Name: "b", Type: schema.TypeInt64}, {Name: "t", Type: schema.TypeVarchar}}}
	join := &fragment.HashJoin{
		Kind: fragment.LeftJoin, Probe: probe, Build: build, ProbeKeys: []expr.Expr{column(0, schema.TypeInt64)}, BuildKeys: []expr.Expr{column(0, schema.TypeInt64)},
		Cond: &expr.Call{Name: "<", Operands: []expr.Expr{column(0, schema.TypeInt64), column(1, schema.TypeInt64)}, Typ: schema.TypeBoolean},
	}
	root := &fragment.Union{Branches: []fragment.Node{&fragment.HashJoin{Kind: fragment.NotInJoin, Probe: join, Build: probe}, join}}
	return &fragment.Plan{Fields: root.Fields(), Stages: []fragment.Fragment{
		{Query: schema.ID{4}, Root: root},
		{Query: schema.ID{4}, Stage: 1, Root: probe, Output: fragment.Distribution{Kind: fragment.Broadcast}},
	}}
}

// weighted is a plan with what version 2 added.
func weighted(t testing.TB) *fragment.Plan {
	t.Helper()
	sum, err := aggregate.Resolve("sum", []schema.Type{schema.TypeInt64}, false, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	table := &schema.Table{ID: 7, Name: "labs", Version: 1, Columns: []schema.Column{{ID: 1, Name: "n", Type: schema.TypeInt64}}}
	scan := &fragment.Scan{
		Table: table, Columns: []uint32{1, schema.RowWeightID}, Output: 2,
		StandIns: storage.StandIns{ByValue: true, Uncounted: true, Totals: []storage.Need{storage.NeedSum | storage.NeedCount, 0}},
	}
	root := &fragment.Aggregate{Input: scan, Calls: []fragment.AggregateCall{{Spec: sum, Args: []int{0}, Filter: -1, Name: "s"}}, Mode: fragment.Complete, Weight: 2}
	return &fragment.Plan{Fields: root.Fields(), Stages: []fragment.Fragment{{Query: schema.ID{5}, Root: root}}}
}

// windows is a plan with the nodes of window functions.
func windows(t testing.TB) *fragment.Plan {
	t.Helper()
	in := &fragment.Values{Types: []schema.Type{schema.TypeInt64, schema.TypeVarchar}, Names: []string{"a", "b"}, Rows: [][]schema.Value{{schema.IntValue(schema.TypeInt64, 7), schema.TextValue("x")}}}
	sum, err := aggregate.Resolve("sum", []schema.Type{schema.TypeInt64}, true, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	frame := window.Frame{Rows: true, Start: window.Bound{Kind: window.Preceding, Rows: 300}, End: window.Bound{Kind: window.Following, Rows: 1}}
	values := window.Frame{Down: true, Start: window.Bound{Kind: window.UnboundedPreceding}, End: window.Bound{Kind: window.Preceding}}
	top := &fragment.Sort{Input: in, Keys: []fragment.SortKey{{Column: 1}, {Column: 0, Desc: true}}, Limit: 5, Ties: 1}
	part := &fragment.Window{Input: top, Partition: []int{1}, Order: []fragment.SortKey{{Column: 0}}, Peers: 1, First: window.First{By: window.FirstByRank, Rows: 3}}
	root := &fragment.Window{Input: part, Partition: []int{1}, Order: []fragment.SortKey{{Column: 0, Desc: true}}, Sorted: true, Calls: []fragment.WindowCall{
		{Spec: window.Spec{Name: "lag", Number: 2, Result: schema.TypeVarchar}, Args: []int{1}, Name: "l"},
		{Spec: window.Spec{Name: "sum", Aggregate: &sum, Frame: frame, Result: sum.Result}, Args: []int{0}, Name: "s"},
		{Spec: window.Spec{Name: "first_value", Frame: values, Result: schema.TypeInt64}, Args: []int{0, 0, 0}, Name: "f"},
	}}
	return &fragment.Plan{Fields: root.Fields(), Stages: []fragment.Fragment{{Query: schema.ID{5}, Root: root}}}
}

// TestGolden holds the wire form of version 2 and its way back, and reads that of version 1.
func TestGolden(t *testing.T) {
	golden(t, "plan-v2.hex", sample(t))
	golden(t, "plan-join-v2.hex", joins(t))
	golden(t, "plan-weighted-v2.hex", weighted(t))
	golden(t, "plan-window-v2.hex", windows(t))
	readBack(t, stored(t, "plan-v1.hex"), sample(t))
	readBack(t, stored(t, "plan-join-v1.hex"), joins(t))
}

func golden(t *testing.T, file string, p *fragment.Plan) {
	t.Helper()
	got, err := fragment.AppendPlan(nil, p)
	if err != nil {
		t.Fatal(err)
	}
	if *rewrite {
		if err := os.WriteFile(filepath.Join("testdata", file), []byte(hex.EncodeToString(got)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := stored(t, file)
	if !bytes.Equal(got, want) {
		t.Errorf("the wire form of version 2 changed:\n got %x\nwant %x", got, want)
	}
	readBack(t, want, p)
}

func stored(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func readBack(t *testing.T, b []byte, p *fragment.Plan) {
	t.Helper()
	back, err := fragment.DecodePlan(b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, p) {
		t.Errorf("read back %+v\nwant %+v", back, p)
	}
}

// TestCutAndTrailing refuses every prefix, and bytes after the end.
func TestCutAndTrailing(t *testing.T) {
	b, err := fragment.Append(nil, &sample(t).Stages[1])
	if err != nil {
		t.Fatal(err)
	}
	for n := range b {
		if _, err := fragment.Decode(b[:n]); err == nil {
			t.Fatalf("%d of %d bytes were taken for a fragment", n, len(b))
		}
	}
	if _, err := fragment.Decode(append(b, 0)); err == nil {
		t.Fatal("a trailing byte was taken")
	}
}

// FuzzDecode feeds the decoder anything: it must not panic, and what it takes it must write back and read as the same.
func FuzzDecode(f *testing.F) {
	for _, s := range slices.Concat(sample(f).Stages, joins(f).Stages, weighted(f).Stages, windows(f).Stages) {
		b, err := fragment.Append(nil, &s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := fragment.Decode(b)
		if err != nil {
			return
		}
		again, err := fragment.Append(nil, x)
		if err != nil {
			t.Fatalf("read but not written: %v", err)
		}
		y, err := fragment.Decode(again)
		if err != nil {
			t.Fatalf("written but not read: %v", err)
		}
		third, err := fragment.Append(nil, y)
		if err != nil || !bytes.Equal(again, third) {
			t.Fatalf("not stable: %v", err)
		}
	})
}
