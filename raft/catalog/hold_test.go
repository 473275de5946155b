package catalog_test

import (
	"bytes"
	"testing"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
)

// held is a table with a delivery in force and, for the same slot, one that waits.
func held(t *testing.T) *catalog.Machine {
	t.Helper()
	m := catalog.New()
	apply(t, m, &catalog.PutTable{Table: labs("labs"), At: day})
	apply(t, m, commit(1, 10, "H1", "2025-01", 2*day))
	res := apply(t, m, &catalog.HoldDelivery{Commit: *commit(1, 20, "H1", "2025-01", 3*day), Reason: "rows", At: 3 * day})
	if !res.Held || res.Same || res.Delivery.ID != id(20) {
		t.Fatalf("hold: %+v", res)
	}
	return m
}

func code(err error) string {
	if e := errs.As(err); e != nil {
		return e.Code
	}
	return ""
}

func refuseWhole(t *testing.T, m *catalog.Machine, c catalog.Command, want string) {
	t.Helper()
	before := m.Snapshot()
	_, err := m.Apply(catalog.Encode(c))
	if code(err) != want {
		t.Errorf("%T: %v, want %s", c, err, want)
	}
	if m.Snapshot().StateHash() != before.StateHash() || m.Snapshot().Index() != before.Index() {
		t.Errorf("%T was refused and changed the state", c)
	}
}

func TestHeldIsNotVisible(t *testing.T) {
	m := held(t)
	s := m.Snapshot()
	if _, ok := s.Delivery(id(20)); ok {
		t.Error("a held delivery is among the deliveries")
	}
	for seg := range s.AllSegments() {
		if seg.Delivery == id(20) {
			t.Error("a held delivery's segment is listed")
		}
	}
	if h, ok := s.Held(id(20)); !ok || h.Rejected || h.Reason != "rows" || len(h.Segments) != 1 || !s.Keeps(id(20)) || s.Keeps(id(21)) {
		t.Errorf("held: %+v %v", h, ok)
	}
	if got := s.Totals(1).Rows; got != 10 {
		t.Errorf("%d rows in force", got)
	}
	// The state goes through a file and is the same.
	var file bytes.Buffer
	if err := s.Save(&file); err != nil {
		t.Fatal(err)
	}
	again := catalog.New()
	if err := again.Load(&file); err != nil {
		t.Fatal(err)
	}
	if again.Snapshot().StateHash() != s.StateHash() {
		t.Error("the loaded state differs")
	}
	apply(t, again, &catalog.DecideDelivery{Delivery: id(20), Approve: true, At: 4 * day})
}

func TestApprove(t *testing.T) {
	m := held(t)
	same := commit(1, 20, "H1", "2025-01", 3*day)
	if res := apply(t, m, &catalog.HoldDelivery{Commit: *same, At: 4 * day}); !res.Same || !res.Held || res.Delivery.ID != id(20) {
		t.Errorf("the same content again: %+v", res)
	}
	// A day and a half of other loads must not make it stale: the catalog kept its files.
	apply(t, m, commit(1, 30, "H2", "2025-01", 5*day))
	res := apply(t, m, &catalog.DecideDelivery{Delivery: id(20), Approve: true, By: "ann", At: 5 * day})
	if res.Held || res.Delivery.ID != id(20) || len(res.Delivery.Replaced) != 1 || res.Delivery.Replaced[0] != id(10) {
		t.Fatalf("approve: %+v", res)
	}
	s := m.Snapshot()
	if d, ok := s.Delivery(id(20)); !ok || d.Removed != 0 {
		t.Errorf("after approval: %+v", d)
	}
	if _, ok := s.Held(id(20)); ok {
		t.Error("it is held still")
	}
	if res := apply(t, m, &catalog.DecideDelivery{Delivery: id(20), Approve: true, At: 6 * day}); !res.Same {
		t.Errorf("approved twice: %+v", res)
	}
	refuseWhole(t, m, &catalog.DecideDelivery{Delivery: id(20), At: 6 * day}, "not-held")
	refuseWhole(t, m, &catalog.DecideDelivery{Delivery: id(99), At: 6 * day}, "unknown-delivery")
	apply(t, m, &catalog.RevertDelivery{Delivery: id(20), At: 7 * day})
	if d, _ := m.Snapshot().Delivery(id(10)); d.Removed != 0 {
		t.Error("a revert of what was approved does not bring the old one back")
	}
}

func TestRejectHeld(t *testing.T) {
	m := held(t)
	apply(t, m, &catalog.DecideDelivery{Delivery: id(20), Reason: "wrong month", By: "bob", At: 4 * day})
	s := m.Snapshot()
	if h, ok := s.Held(id(20)); !ok || !h.Rejected || h.Reason != "wrong month" || h.By != "bob" || len(h.Segments) != 0 || s.Keeps(id(20)) {
		t.Errorf("rejected: %+v", h)
	}
	refuseWhole(t, m, &catalog.DecideDelivery{Delivery: id(20), Approve: true, At: 5 * day}, "already-rejected")
	if res := apply(t, m, &catalog.DecideDelivery{Delivery: id(20), At: 5 * day}); !res.Same {
		t.Errorf("rejected twice: %+v", res)
	}
	apply(t, m, commit(1, 21, "H1", "2025-01", 5*day)) // the same file may come again
}

// TestHeldIsOutdated: a newer file of the slot, in force or held, takes the place of the one that waits.
func TestHeldIsOutdated(t *testing.T) {
	for name, c := range map[string]catalog.Command{
		"commit": commit(1, 40, "H1", "2025-01", 4*day),
		"hold":   &catalog.HoldDelivery{Commit: *commit(1, 40, "H1", "2025-01", 4*day), At: 4 * day},
	} {
		m := held(t)
		apply(t, m, c)
		if h, ok := m.Snapshot().Held(id(20)); !ok || !h.Rejected {
			t.Errorf("%s: the older one is %+v", name, h)
		}
		refuseWhole(t, m, &catalog.DecideDelivery{Delivery: id(20), Approve: true, At: 5 * day}, "already-rejected")
	}
	m := held(t)
	apply(t, m, commit(1, 40, "H1", "2025-02", 4*day))
	if h, _ := m.Snapshot().Held(id(20)); h.Rejected {
		t.Error("a file of another slot outdates it")
	}
}

func TestHeldAndTheTable(t *testing.T) {
	m := held(t)
	more := labs("labs")
	more.Columns = append(more.Columns, labs("x").Columns[1])
	more.Columns[len(more.Columns)-1].Name, more.Columns[len(more.Columns)-1].ID = "extra", 0
	apply(t, m, &catalog.PutTable{Table: more, Expect: 1, At: 4 * day})
	apply(t, m, &catalog.DecideDelivery{Delivery: id(20), Approve: true, At: 5 * day})
	refuseWhole(t, m, &catalog.HoldDelivery{Commit: *commit(1, 50, "H1", "2025-01", 6*day), At: 6 * day}, "table-changed")

	m = held(t)
	apply(t, m, &catalog.DropTable{Name: "labs", At: 4 * day})
	refuseWhole(t, m, &catalog.DecideDelivery{Delivery: id(20), Approve: true, At: 5 * day}, "unknown-delivery")
}
