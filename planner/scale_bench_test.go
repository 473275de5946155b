package planner_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/assaydb/assay/planner"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/schema"
)

// crowd fills a catalog with deliveries of 100 segments each: a hospital's file over 24 months.
func crowd(b *testing.B, deliveries int) memory {
	b.Helper()
	m := catalog.New()
	if _, err := m.Apply(catalog.Encode(&catalog.PutTable{Table: labsTable()})); err != nil {
		b.Fatal(err)
	}
	for n := 1; n <= deliveries; n++ {
		c := delivery(1, n, n%200, 0)
		one := c.Segments[0]
		c.Segments = nil
		for i := range 100 {
			month := i % 24
			lo, hi := monthStart(month0+month), monthStart(month0+month+1)-1
			seg := one
			binary.BigEndian.PutUint64(seg.ID[8:], uint64(1_000_000_000+n*100+i))
			seg.Rows = 10
			seg.Partition = []schema.Value{one.Partition[0], schema.IntValue(schema.TypeInt32, int64(month0+month))}
			seg.Bounds = []schema.Bound{one.Bounds[0], {Column: 6, Min: schema.IntValue(schema.TypeTimestamp, lo), Max: schema.IntValue(schema.TypeTimestamp, hi), Exact: true}}
			c.Segments = append(c.Segments, seg)
		}
		c.Delivery.Period = fmt.Sprintf("part-%d", n)
		if _, err := m.Apply(catalog.Encode(c)); err != nil {
			b.Fatal(err)
		}
	}
	return memory{m}
}

// BenchmarkPlanAtScale plans statements over two million segments: what each costs before anything is read.
func BenchmarkPlanAtScale(b *testing.B) {
	e := planner.New(planner.Config{Catalog: crowd(b, 20_000), Scatter: &canned{}})
	for name, sql := range map[string]string{
		"count":                   "SELECT COUNT(*) FROM labs",
		"min-max":                 "SELECT MIN(collected_at), MAX(collected_at) FROM labs",
		"month-of-one-hospital":   "SELECT AVG(value) FROM labs WHERE hospital_id = 'H0042' AND collected_at >= '2025-03-01' AND collected_at < '2025-04-01'",
		"month-of-every-hospital": "SELECT AVG(value) FROM labs WHERE collected_at >= '2025-03-01' AND collected_at < '2025-04-01'",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				res, err := e.Query(context.Background(), &planner.Request{SQL: sql, DryRun: true})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(res.Estimate.Segments), "segments")
				_ = res.Close()
			}
		})
	}
}
