package physical_test

import (
	"iter"
	"math/big"
	"slices"
	"testing"

	"github.com/assaydb/assay/planner/logical"
	"github.com/assaydb/assay/planner/physical"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
	"pgregory.net/rapid"
)

// segments is a snapshot of one table.
type segments struct {
	list     []*schema.Segment
	delivery *catalog.Delivery
}

func (s segments) Index() uint64 { return 1 }

func (s segments) SegmentsWhere(_ uint32, keep func(*catalog.Coarse) bool) iter.Seq[*schema.Segment] {
	return func(yield func(*schema.Segment) bool) {
		for _, seg := range s.list {
			if keep(&catalog.Coarse{Partition: seg.Partition}) && !yield(seg) {
				return
			}
		}
	}
}

// Summaries makes a partition of each segment.
func (s segments) Summaries(_ uint32, keep func([]schema.Value) bool) iter.Seq[*catalog.Summary] {
	return func(yield func(*catalog.Summary) bool) {
		for _, seg := range s.list {
			x := &catalog.Summary{Partition: seg.Partition, Segments: 1, Rows: seg.Rows, Stored: seg.Rows, Bounds: seg.Bounds}
			if (len(seg.Partition) < 2 || keep(seg.Partition[:1])) && !yield(x) {
				return
			}
		}
	}
}

func (s segments) Totals(uint32) catalog.Totals { return catalog.Totals{Segments: int64(len(s.list))} }

func (s segments) Delivery(schema.ID) (*catalog.Delivery, bool) { return s.delivery, s.delivery != nil }

// TestPartitionPruningIsSafe holds that a segment whose partition may hold a matching row is never dropped.
func TestPartitionPruningIsSafe(t *testing.T) {
	kinds := []schema.TransformKind{schema.Identity, schema.Year, schema.Month, schema.Day, schema.Bucket}
	rapid.Check(t, func(t *rapid.T) {
		typ := rapid.SampledFrom([]schema.Type{schema.TypeDate, schema.TypeTimestamp}).Draw(t, "type")
		span := int64(40_000)
		if typ.Kind == schema.Timestamp {
			span *= 86_400_000_000
		}
		tab := &schema.Table{ID: 1, Name: "t", Columns: []schema.Column{{ID: 1, Name: "at", Type: typ}}}
		tab.PartitionBy = []schema.Transform{{Kind: rapid.SampledFrom(kinds).Draw(t, "transform"), Column: 1, Buckets: 7}}
		row := schema.IntValue(typ, rapid.Int64Range(-span, span).Draw(t, "row"))
		limit := schema.IntValue(typ, rapid.OneOf(rapid.Just(row.I), rapid.Int64Range(-span, span)).Draw(t, "limit"))
		op := rapid.SampledFrom([]string{"<", "<=", "=", ">=", ">", "<>"}).Draw(t, "op")
		cond, err := expr.NewCall(op, &expr.Column{Name: "at", Typ: typ}, &expr.Literal{Value: limit})
		if err != nil {
			t.Fatal(err)
		}
		seg := &schema.Segment{ID: schema.ID{1}, Table: 1, Rows: 1, Partition: []schema.Value{tab.PartitionBy[0].Apply(row)}, Parts: []schema.Part{{Rows: 1, Live: true}}}
		plan, err := physical.Build(&logical.Scan{Table: tab, Columns: []uint32{1}, Output: 1, Filter: cond}, segments{list: []*schema.Segment{seg}}, physical.Options{})
		if err != nil {
			t.Fatal(err)
		}
		c := row.Compare(limit)
		match := map[string]bool{"<": c < 0, "<=": c <= 0, "=": c == 0, ">=": c >= 0, ">": c > 0, "<>": c != 0}[op]
		if match && plan.Segments != 1 {
			t.Fatalf("%s %s %s was pruned", row, op, limit)
		}
	})
}

// TestEstimate compares the estimate with exact arithmetic, also where products leave 64 bits.
func TestEstimate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bytes := rapid.Int64Range(0, 1<<60).Draw(t, "bytes")
		rows := rapid.Int64Range(1, 1<<40).Draw(t, "rows")
		part := rapid.Int64Range(1, rows).Draw(t, "part")
		tab := &schema.Table{ID: 1, Name: "t", Columns: []schema.Column{{ID: 1, Name: "a", Type: schema.TypeInt64}}}
		seg := &schema.Segment{Table: 1, Rows: part, Parts: []schema.Part{{Rows: part, Live: true}}}
		d := &catalog.Delivery{Rows: rows, ColumnBytes: []catalog.ColumnBytes{{Column: 1, Bytes: bytes}, {Column: 2, Bytes: 1 << 60}}}
		plan, err := physical.Build(&logical.Scan{Table: tab, Columns: []uint32{1}, Output: 1}, segments{[]*schema.Segment{seg}, d}, physical.Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := new(big.Int).Mul(big.NewInt(bytes), big.NewInt(part))
		want.Add(want, big.NewInt(rows-1)).Div(want, big.NewInt(rows))
		if plan.Bytes != want.Int64() {
			t.Fatalf("estimate %d, want %s", plan.Bytes, want)
		}
	})
}

// BenchmarkBuild plans a filter over many segments of many partitions.
func BenchmarkBuild(b *testing.B) {
	tab := &schema.Table{ID: 1, Name: "t", Columns: []schema.Column{{ID: 1, Name: "at", Type: schema.TypeTimestamp}, {ID: 2, Name: "h", Type: schema.TypeVarchar}}}
	tab.PartitionBy = []schema.Transform{{Kind: schema.Month, Column: 1}}
	var list []*schema.Segment
	for i := range 20_000 {
		list = append(list, &schema.Segment{
			ID: schema.ID{byte(i), byte(i >> 8)}, Table: 1, Rows: 1000, Bytes: 1 << 20,
			Partition: []schema.Value{schema.IntValue(schema.TypeInt32, int64(i%240))}, Parts: []schema.Part{{Rows: 1000, Live: true}},
		})
	}
	slices.SortFunc(list, func(x, y *schema.Segment) int { return int(x.Partition[0].I - y.Partition[0].I) })
	cond, err := expr.NewCall(">=", &expr.Column{Name: "at", Typ: schema.TypeTimestamp}, &expr.Literal{Value: schema.IntValue(schema.TypeTimestamp, 19*365*86_400_000_000)})
	if err != nil {
		b.Fatal(err)
	}
	scan := &logical.Scan{Table: tab, Columns: []uint32{1, 2}, Output: 2, Filter: cond}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := physical.Build(scan, segments{list: list}, physical.Options{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(list)), "ns/segment")
}
