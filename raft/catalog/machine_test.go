package catalog_test

import (
	"reflect"
	"testing"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

func refuse(t *testing.T, m *catalog.Machine, c catalog.Command, kind errs.Kind, code string) {
	t.Helper()
	before := m.Snapshot()
	_, err := m.Apply(catalog.Encode(c))
	if e := errs.As(err); e == nil || e.Kind != kind || e.Code != code {
		t.Fatalf("apply %T: got %v, want kind %d, code %s", c, err, kind, code)
	}
	if after := m.Snapshot(); after.Index() != before.Index() || after.StateHash() != before.StateHash() {
		t.Fatalf("a refused %T changed the state", c)
	}
}

func withTable(t testing.TB) *catalog.Machine {
	m := catalog.New()
	apply(t, m, &catalog.PutTable{Table: labs("labs"), At: day})
	return m
}

func live(s *catalog.Snapshot) (ids []schema.ID) {
	for seg := range s.Segments(1) {
		ids = append(ids, seg.ID)
	}
	return ids
}

func wantLive(t *testing.T, s *catalog.Snapshot, want ...int) {
	t.Helper()
	got := map[schema.ID]bool{}
	for _, v := range live(s) {
		got[v] = true
	}
	for _, n := range want {
		if !got[id(n)] {
			t.Errorf("index %d: segment %d is not live", s.Index(), n)
		}
	}
	if len(got) != len(want) {
		t.Errorf("index %d: %d segments live, want %d", s.Index(), len(got), len(want))
	}
}

func TestSlotReplaceRevertHistory(t *testing.T) {
	m := withTable(t)
	a := apply(t, m, commit(1, 10, "H1", "2025-01", day))
	b := apply(t, m, commit(1, 20, "H1", "2025-01", 2*day))
	if len(b.Delivery.Replaced) != 1 || b.Delivery.Replaced[0] != id(10) {
		t.Fatalf("replaced %v", b.Delivery.Replaced)
	}
	wantLive(t, m.Snapshot(), 20)
	old, ok := m.Snapshot().Delivery(id(10))
	if !ok || old.Removed != b.Index || old.Superseded != id(20) {
		t.Fatalf("the replaced delivery is %+v", old)
	}
	resend := commit(1, 30, "H1", "2025-01", 2*day)
	resend.Delivery.SHA256 = digest(10)
	refuse(t, m, resend, errs.Conflict, "superseded")
	again := commit(1, 31, "H1", "2025-01", 2*day)
	again.Delivery.SHA256 = digest(20)
	if res := apply(t, m, again); !res.Same || res.Delivery.ID != id(20) || res.Index != b.Index {
		t.Fatalf("a duplicate gave %+v", res)
	}
	r := apply(t, m, &catalog.RevertDelivery{Delivery: id(20), At: 3 * day})
	wantLive(t, m.Snapshot(), 10)
	for index, want := range map[uint64]int{a.Index: 10, b.Index: 20, r.Index: 10} {
		view, err := m.Snapshot().At(index)
		if err != nil {
			t.Fatal(err)
		}
		wantLive(t, view, want)
	}
	resend.Force = true
	if res := apply(t, m, resend); !res.Same || res.Delivery.ID != id(10) {
		t.Fatalf("content back in force is not a duplicate: %+v", res)
	}
	apply(t, m, again) // reverted content is new again
	wantLive(t, m.Snapshot(), 31)
}

func TestAppendAndAnonymousSlots(t *testing.T) {
	m := withTable(t)
	apply(t, m, commit(1, 10, "H1", "2025-01", day))
	add := commit(1, 11, "H1", "2025-01", day)
	add.Replace, add.Delivery.Append = false, true
	apply(t, m, add)
	apply(t, m, commit(1, 12, "", "", day))
	apply(t, m, commit(1, 13, "", "", day))
	wantLive(t, m.Snapshot(), 10, 11, 12, 13)
	twin := commit(1, 14, "", "", day)
	twin.Delivery.SHA256 = digest(12)
	if res := apply(t, m, twin); !res.Same || res.Delivery.ID != id(12) {
		t.Fatalf("an anonymous duplicate gave %+v", res)
	}
	if got := m.Snapshot().Slot(1, "H1", "2025-01"); len(got) != 2 {
		t.Fatalf("%d deliveries in the slot", len(got))
	}
	apply(t, m, commit(1, 15, "H1", "2025-01", day))
	wantLive(t, m.Snapshot(), 12, 13, 15)
	apply(t, m, &catalog.RevertDelivery{Delivery: id(15), At: day})
	wantLive(t, m.Snapshot(), 10, 11, 12, 13)
}

func TestPurge(t *testing.T) {
	m := withTable(t)
	apply(t, m, commit(1, 10, "H1", "2025-01", day))
	b := apply(t, m, commit(1, 20, "H1", "2025-01", 2*day))
	expired := func(now int64) (n int) {
		for range m.Snapshot().Expired(now) {
			n++
		}
		return n
	}
	if n := expired(9*day - 1); n != 0 {
		t.Fatalf("%d expired too early", n)
	}
	if res := apply(t, m, &catalog.PurgeExpired{Now: 9*day - 1}); res.Index != b.Index {
		t.Fatalf("a purge of nothing moved the index to %d", res.Index)
	}
	if n := expired(9 * day); n != 1 {
		t.Fatalf("%d expired", n)
	}
	res := apply(t, m, &catalog.PurgeExpired{Now: 9 * day})
	if len(res.Purged) != 1 || !reflect.DeepEqual(res.Purged[0], catalog.Purged{Table: 1, Delivery: id(10)}) {
		t.Fatalf("purged %v", res.Purged)
	}
	if _, err := m.Snapshot().At(b.Index - 1); !errs.Is(err, errs.Gone) {
		t.Fatalf("an expired view gave %v", err)
	}
	view, err := m.Snapshot().At(b.Index)
	if err != nil {
		t.Fatal(err)
	}
	wantLive(t, view, 20)
	refuse(t, m, &catalog.RevertDelivery{Delivery: id(20), At: 9 * day}, errs.Gone, "history-expired")
	late := commit(1, 30, "H1", "2025-01", 9*day)
	late.Delivery.SHA256 = digest(10)
	refuse(t, m, late, errs.Conflict, "superseded") // however late
	if d, ok := m.Snapshot().Delivery(id(10)); !ok || !d.Purged || d.Superseded != id(20) || len(d.Files) != 0 {
		t.Fatalf("the purged record is %+v", d)
	}
}

func TestDropTableKeepsHistoryAndFreesName(t *testing.T) {
	m := withTable(t)
	apply(t, m, commit(1, 10, "H1", "2025-01", day))
	apply(t, m, commit(1, 20, "H2", "2025-01", day))
	before := m.Snapshot()
	apply(t, m, &catalog.DropTable{Name: "LABS", At: 2 * day})
	dropped := m.Snapshot()
	if _, ok := dropped.Table("labs"); ok || len(live(dropped)) != 0 || len(dropped.Tables()) != 0 {
		t.Fatal("the dropped table is still there")
	}
	if d, _ := dropped.Delivery(id(10)); d == nil || d.Removed != dropped.Index() {
		t.Fatalf("its delivery is %+v", d)
	}
	view, err := dropped.At(before.Index())
	if err != nil {
		t.Fatal(err)
	}
	wantLive(t, view, 10, 20)
	if res := apply(t, m, &catalog.PutTable{Table: labs("Labs"), At: 2 * day}); res.Table.ID != 2 {
		t.Fatalf("the new table has id %d", res.Table.ID)
	}
	res := apply(t, m, &catalog.PurgeExpired{Now: 9 * day, Limit: 1})
	if len(res.Purged) != 1 || !res.More {
		t.Fatalf("a limited purge gave %+v", res)
	}
	for res.More {
		res = apply(t, m, &catalog.PurgeExpired{Now: 9 * day, Limit: 1})
	}
	for range m.Snapshot().AllSegments() {
		t.Fatal("a segment of the dropped table is left")
	}
	if _, ok := m.Snapshot().Table("labs"); !ok {
		t.Fatal("the new table went with the old one")
	}
}

func TestLoadMakesAndWidensItsTable(t *testing.T) {
	m := catalog.New()
	def := labs("labs")
	made, err := m.Snapshot().Define(&def, 0)
	if err != nil {
		t.Fatal(err)
	}
	c := commit(made.ID, 10, "H1", "2025-01", day)
	c.Table, c.Expect = made, 0
	res := apply(t, m, c)
	if res.Index != 1 || res.Table.ID != made.ID || res.Table.Version != 1 {
		t.Fatalf("the load gave %+v", res)
	}
	if res := apply(t, m, c); !res.Same {
		t.Fatal("the same load again is not a duplicate")
	}
	other := commit(made.ID, 11, "H2", "2025-01", day)
	other.Table, other.Expect = made, 0
	refuse(t, m, other, errs.Conflict, "table-changed")
	wide := *made
	wide.Columns = append(wide.Columns[:4:4], schema.Column{Name: "unit", Type: schema.TypeVarchar})
	next, err := m.Snapshot().Define(&wide, 1)
	if err != nil || next.Version != 2 || next.Columns[4].ID != 5 {
		t.Fatalf("widened to %+v, %v", next, err)
	}
	other.Table, other.Expect = next, 1
	if res := apply(t, m, other); res.Index != 2 || res.Table.Version != 2 {
		t.Fatalf("the widening load gave %+v", res)
	}
	refuse(t, m, commit(1, 12, "H3", "2025-01", day), errs.Conflict, "table-changed")
	view, _ := m.Snapshot().At(1)
	if tab, _ := view.Table("labs"); tab == nil || tab.Version != 1 {
		t.Fatalf("the earlier view shows %+v", tab)
	}
}

func TestRefusals(t *testing.T) {
	m := withTable(t)
	apply(t, m, commit(1, 10, "H1", "2025-01", 9*day))
	old := commit(1, 11, "H2", "2025-01", 9*day)
	old.StartedAt = 8*day - 1
	refuse(t, m, old, errs.Conflict, "stale-load")
	short := commit(1, 12, "H2", "2025-01", 9*day)
	short.Delivery.Accepted = 11
	refuse(t, m, short, errs.Invalid, "rows-not-conserved")
	refuse(t, m, commit(7, 13, "H2", "2025-01", 9*day), errs.NotFound, "unknown-table")
	same := commit(1, 10, "H9", "2025-01", 9*day)
	same.Delivery.SHA256 = digest(99)
	refuse(t, m, same, errs.Conflict, "delivery-exists")
	refuse(t, m, &catalog.PutTable{Table: labs("LABS")}, errs.Conflict, "table-exists")
	refuse(t, m, &catalog.RevertDelivery{Delivery: id(99)}, errs.NotFound, "unknown-delivery")
	refuse(t, m, &catalog.DropTable{Name: "nope"}, errs.NotFound, "unknown-table")
	moved := labs("labs")
	moved.PartitionBy = moved.PartitionBy[:1]
	refuse(t, m, &catalog.PutTable{Table: moved, Expect: 1}, errs.Conflict, "partition-change")
}

func TestSegmentsWherePrunes(t *testing.T) {
	m := withTable(t)
	for n := range 50 {
		c := commit(1, 100+n, "H", "2025-"+string(rune('A'+n)), day)
		c.Segments = []schema.Segment{segment(&c.Delivery, 1000+2*n, "H7", int64(n%5), 4), segment(&c.Delivery, 1001+2*n, "H8", int64(n%5), 6)}
		apply(t, m, c)
	}
	asked, got := 0, 0
	for seg := range m.Snapshot().SegmentsWhere(1, func(c *catalog.Coarse) bool {
		asked++
		return c.Partition[0].S == "H7" && (len(c.Partition) == 1 || c.Partition[1].I == 3) && (c.Segments == 0 || len(c.Bounds) == 2)
	}) {
		got++
		if seg.Partition[0].S != "H7" || seg.Rows != 4 || len(seg.Parts) != 1 || !seg.Parts[0].Live || seg.Parts[0].Source != "H" {
			t.Fatalf("segment %+v", seg)
		}
	}
	if got != 10 || asked != 2+5+10 { // hospitals, months of one, shares
		t.Fatalf("%d segments after %d questions", got, asked)
	}
	parts := 0
	for p := range m.Snapshot().Partitions(1) {
		parts++
		if p.Totals.Deliveries != 10 || p.LastChanged != m.Snapshot().PartitionChanged(1, p.Values) || p.LastChanged < 40 {
			t.Fatalf("partition %+v", p)
		}
	}
	if parts != 10 {
		t.Fatalf("%d partitions", parts)
	}
}
