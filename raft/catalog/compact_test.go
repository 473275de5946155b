package catalog_test

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// three is a table with three deliveries of ten rows in one partition.
func three(t testing.TB) *catalog.Machine {
	m := withTable(t)
	for n, period := range map[int]string{10: "2025-01", 11: "2025-02", 12: "2025-03"} {
		apply(t, m, commit(1, n, "H1", period, 9*day))
	}
	return m
}

func merge() *catalog.Compact {
	return compaction(1, 90, 660, map[int]int64{10: 10, 11: 10, 12: 10})
}

// rowsOf counts the rows in force by delivery, and the segments they lie in.
func rowsOf(s *catalog.Snapshot) (rows map[schema.ID]int64, segments []schema.ID) {
	rows = map[schema.ID]int64{}
	for seg := range s.Segments(1) {
		segments = append(segments, seg.ID)
		for _, p := range seg.Parts {
			if p.Live {
				rows[p.Delivery] += p.Rows
			}
		}
	}
	return rows, segments
}

// wantInForce says which deliveries' ten rows are to be seen.
func wantInForce(t *testing.T, s *catalog.Snapshot, want ...int) {
	t.Helper()
	rows, _ := rowsOf(s)
	for _, n := range want {
		if rows[id(n)] != 10 {
			t.Errorf("index %d: %d rows of delivery %d", s.Index(), rows[id(n)], n)
		}
	}
	if len(rows) != len(want) {
		t.Errorf("index %d: rows of %v, want %v", s.Index(), rows, want)
	}
}

func TestCompactKeepsEveryRow(t *testing.T) {
	m := three(t)
	before := m.Snapshot()
	was, _ := rowsOf(before)
	res := apply(t, m, merge())
	now, segments := rowsOf(m.Snapshot())
	if !reflect.DeepEqual(was, now) || len(segments) != 1 || segments[0] != id(91) || res.Index != before.Index()+1 {
		t.Fatalf("rows %v became %v in %v", was, now, segments)
	}
	for seg := range m.Snapshot().Segments(1) {
		if p := seg.Parts[0]; p.Source != "H1" || p.Period != "2025-01" || seg.Delivery != id(90) {
			t.Errorf("%+v", seg)
		}
	}
	past, err := m.Snapshot().At(before.Index())
	if _, old := rowsOf(past); err != nil || len(old) != 3 || past.Totals(1).Segments != 3 {
		t.Errorf("the view of before has %v, %v", old, err)
	}
	if got := m.Snapshot().Totals(1); got != (catalog.Totals{Deliveries: 3, Segments: 1, Rows: 30, Bytes: 330}) {
		t.Errorf("totals %+v", got)
	}
	if d := m.Snapshot().Holders(id(11)); len(d) != 1 || d[0].ID != id(90) || !d[0].Compaction {
		t.Errorf("holders %+v", d)
	}
	for d := range m.Snapshot().Deliveries(1) {
		if d.Compaction {
			t.Error("a compaction is listed as a delivery")
		}
	}
}

// TestReplaceWithinACompaction: deliveries that were merged are replaced and put back as if they had segments of their own.
func TestReplaceWithinACompaction(t *testing.T) {
	m := three(t)
	apply(t, m, merge())
	apply(t, m, commit(1, 20, "H1", "2025-02", 9*day))
	wantInForce(t, m.Snapshot(), 10, 12, 20)
	apply(t, m, &catalog.RevertDelivery{Delivery: id(20), At: 9 * day})
	wantInForce(t, m.Snapshot(), 10, 11, 12)
	apply(t, m, commit(1, 21, "H1", "2025-02", 9*day))
	// What is out of force goes its own way, so that what is in force lies apart; a revert still finds it.
	apart := compaction(1, 92, 660, map[int]int64{10: 10, 12: 10})
	apart.Inputs = []schema.ID{id(90)}
	dead := compaction(1, 92, 660, map[int]int64{11: 10}).Segments[0]
	dead.ID = id(94)
	refuse(t, m, apart, errs.Invalid, "rows-not-conserved")
	apart.Segments = append(apart.Segments, dead)
	apply(t, m, apart)
	wantInForce(t, m.Snapshot(), 10, 12, 21)
	if _, segments := rowsOf(m.Snapshot()); len(segments) != 2 {
		t.Errorf("a segment without a row in force is shown: %v", segments)
	}
	apply(t, m, &catalog.RevertDelivery{Delivery: id(21), At: 9 * day})
	wantInForce(t, m.Snapshot(), 10, 11, 12)
}

func TestCompactIsCompareAndSwap(t *testing.T) {
	m := three(t)
	c := merge()
	c.Segments[0].Parts[0].Rows--
	refuse(t, m, c, errs.Invalid, "bad-segment")
	c.Segments[0].Rows--
	refuse(t, m, c, errs.Invalid, "rows-not-conserved")
	c = merge()
	c.Inputs[1] = id(99)
	refuse(t, m, c, errs.Conflict, "compaction-stale")
	c = merge()
	c.Inputs = append(c.Inputs, id(10))
	refuse(t, m, c, errs.Conflict, "compaction-stale")
	late := merge()
	late.StartedAt = 7 * day
	refuse(t, m, late, errs.Conflict, "stale-load")
	apply(t, m, commit(1, 20, "H1", "2025-02", 9*day))
	refuse(t, m, merge(), errs.Conflict, "compaction-stale")
	apply(t, m, &catalog.RevertDelivery{Delivery: id(20), At: 9 * day})
	apply(t, m, merge())
	again := merge()
	again.ID = id(95)
	refuse(t, m, again, errs.Conflict, "compaction-stale")
	refuse(t, m, &catalog.RevertDelivery{Delivery: id(90)}, errs.NotFound, "unknown-delivery")
}

// TestPurgeOfInputs: past retention the inputs' files may go, those of deliveries in force alone by name; later the rows of a delivery
// past retention, too.
func TestPurgeOfInputs(t *testing.T) {
	m := three(t)
	apply(t, m, merge())
	apply(t, m, commit(1, 20, "H1", "2025-02", 10*day))
	first := apply(t, m, &catalog.PurgeExpired{Now: 16 * day})
	if len(first.Purged) != 3 || first.Purged[0].Segments == nil {
		t.Fatalf("%+v", first.Purged)
	}
	if _, err := m.Snapshot().At(4); !errs.Is(err, errs.Gone) {
		t.Errorf("a view of before the compaction: %v", err)
	}
	wantInForce(t, m.Snapshot(), 10, 12, 20)
	second := apply(t, m, &catalog.PurgeExpired{Now: 17 * day})
	if len(second.Purged) != 1 || second.Purged[0].Delivery != id(11) || second.Purged[0].Segments != nil {
		t.Fatalf("%+v", second.Purged)
	}
	c := compaction(1, 92, 660, map[int]int64{10: 10, 12: 10})
	c.Inputs, c.StartedAt, c.At = []schema.ID{id(90)}, 17*day, 17*day
	apply(t, m, c)
	wantInForce(t, m.Snapshot(), 10, 12, 20)
	third := apply(t, m, &catalog.PurgeExpired{Now: 24 * day})
	if len(third.Purged) != 1 || third.Purged[0].Delivery != id(90) || third.Purged[0].Segments != nil {
		t.Fatalf("%+v", third.Purged)
	}
	wantInForce(t, m.Snapshot(), 10, 12, 20)
	other := catalog.New()
	if err := other.Load(bytes.NewReader(save(t, m))); err != nil || other.Snapshot().Counts() != m.Snapshot().Counts() {
		t.Fatalf("%v: %+v, %+v", err, other.Snapshot().Counts(), m.Snapshot().Counts())
	}
}
