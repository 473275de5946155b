package catalog_test

import (
	"testing"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/schema"
)

// TestSummariesAddUp: the bytes of whole deliveries come out, rounded up once a share, and what is turned down is not asked about.
func TestSummariesAddUp(t *testing.T) {
	m := withTable(t)
	for n := range 20 {
		c := commit(1, 100+n, "H", "2025-"+string(rune('A'+n)), day)
		c.Segments = []schema.Segment{segment(&c.Delivery, 1000+2*n, "H7", int64(n%5), 4), segment(&c.Delivery, 1001+2*n, "H8", int64(n%5), 6)}
		c.Delivery.ColumnBytes = []catalog.ColumnBytes{{Column: 1, Bytes: 1001}, {Column: 4, Bytes: 77}}
		apply(t, m, c)
	}
	for range 2 {
		sums, rows, segments := map[uint32]int64{}, int64(0), int64(0)
		for x := range m.Snapshot().Summaries(1, func([]schema.Value) bool { return true }) {
			rows, segments = rows+x.Rows, segments+x.Segments
			for _, c := range x.Columns {
				sums[c.Column] += c.Bytes
			}
			if x.Other != 0 || len(x.Bounds) != 2 && len(x.Bounds) != 3 || x.Stored != x.Rows {
				t.Fatalf("%+v", x)
			}
		}
		if rows != 200 || segments != 40 || sums[1] < 20*1001 || sums[1] > 20*1001+40 || sums[4] < 20*77 || sums[4] > 20*77+40 {
			t.Errorf("%d rows, %d segments, %v", rows, segments, sums)
		}
		asked, got := 0, 0
		for x := range m.Snapshot().Summaries(1, func(first []schema.Value) bool {
			asked++
			return first[0].S == "H8"
		}) {
			if got++; x.Partition[0].S != "H8" || x.Rows != 24 {
				t.Errorf("%+v", x)
			}
		}
		if asked != 2 || got != 5 {
			t.Errorf("%d partitions after %d questions", got, asked)
		}
	}
	// A view of before does not see what came later, though the newest has been summed up.
	apply(t, m, commit(1, 500, "7", "later", day))
	old, err := m.Snapshot().At(m.Snapshot().Index() - 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*catalog.Snapshot{m.Snapshot(), old, m.Snapshot(), old} {
		n := int64(0)
		for x := range s.Summaries(1, func([]schema.Value) bool { return true }) {
			n += x.Rows
		}
		if want := int64(200); n != want+10 && s != old || n != want && s == old {
			t.Errorf("%d rows at %d", n, s.Index())
		}
	}
}

func BenchmarkSummaries(b *testing.B) {
	m := withTable(b)
	for n := range 5000 {
		c := commit(1, 100+n, "H", "p"+string(rune('A'+n)), day)
		c.Segments = []schema.Segment{segment(&c.Delivery, 10_000+n, "H"+string(rune('A'+n%50)), int64(n%20), 4)}
		c.Delivery.Rows, c.Delivery.Accepted, c.Delivery.RecordsIn = 4, 4, 4
		apply(b, m, c)
	}
	for b.Loop() {
		for range m.Snapshot().Summaries(1, func([]schema.Value) bool { return true }) {
		}
	}
}
