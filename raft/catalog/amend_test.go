package catalog_test

import (
	"testing"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
)

func TestAmendments(t *testing.T) {
	m := withTable(t)
	first := commit(1, 10, "H1", "2025-01", day)
	first.Delivery.RecordsIn, first.Delivery.Rejected = 25, 15
	first.Delivery.Ledger = catalog.Ledger{Text: 100, Accepted: 80, Rejected: 15, Aside: 5}
	apply(t, m, first)

	refused := func(why string, c *catalog.CommitDelivery) {
		t.Helper()
		if _, err := m.Apply(catalog.Encode(c)); errs.As(err) == nil || errs.As(err).Code != why {
			t.Fatalf("%v, want %s", err, why)
		}
	}
	refused("unknown-delivery", amending(1, 20, 99))
	replacing := amending(1, 20, 10)
	replacing.Replace = true
	refused("amend-appends", replacing)
	elsewhere := amending(1, 20, 10)
	elsewhere.Delivery.Period = "2025-02"
	refused("other-slot", elsewhere)
	leaking := amending(1, 20, 10)
	leaking.Delivery.Ledger.Accepted--
	refused("bytes-not-conserved", leaking)

	apply(t, m, amending(1, 20, 10))
	snap := m.Snapshot()
	d, _ := snap.Delivery(id(10))
	if got := snap.Amended(d); got != 11 {
		t.Fatalf("amended %d", got)
	}
	if _, err := m.Apply(catalog.Encode(&catalog.RevertDelivery{Delivery: id(10), At: 10 * day})); errs.As(err) == nil || errs.As(err).Code != "amended" {
		t.Fatal(err)
	}
	apply(t, m, commit(1, 30, "H1", "2025-01", 11*day))
	if got := len(m.Snapshot().Slot(1, "H1", "2025-01")); got != 1 {
		t.Fatalf("%d deliveries in the slot after a replacement", got)
	}
	late := amending(1, 21, 10)
	late.StartedAt = 11 * day
	refused("not-in-force", late)
	apply(t, m, &catalog.RevertDelivery{Delivery: id(30), At: 12 * day})
	if got := m.Snapshot().Amended(d); got != 11 {
		t.Fatalf("amended %d after the revert of the replacement", got)
	}
}

func TestDocuments(t *testing.T) {
	m := withTable(t)
	put := func(name, body string) error {
		_, err := m.Apply(catalog.Encode(&catalog.PutDocument{Document: catalog.Document{Kind: "mapping", Table: 1, Name: name, Body: body}, At: day}))
		return err
	}
	for _, name := range []string{"b", "a"} {
		if err := put(name, "body of "+name); err != nil {
			t.Fatal(err)
		}
	}
	index := m.Snapshot().Index()
	if err := put("a", "body of a"); err != nil || m.Snapshot().Index() != index {
		t.Fatalf("the same again: %v, index %d", err, m.Snapshot().Index())
	}
	if all := m.Snapshot().Documents("mapping", 1); len(all) != 2 || all[0].Name != "a" || all[1].Body != "body of b" {
		t.Fatalf("%+v", all)
	}
	if err := put("a", ""); err != nil {
		t.Fatal(err)
	}
	if err := put("a", ""); !errs.Is(err, errs.NotFound) {
		t.Fatal(err)
	}
	if _, ok := m.Snapshot().Document("mapping", 1, "a"); ok {
		t.Fatal("it is still there")
	}
	apply(t, m, &catalog.DropTable{Name: "labs", At: 2 * day})
	if all := m.Snapshot().Documents("mapping", 1); len(all) != 0 {
		t.Fatalf("%+v", all)
	}
	if err := put("a", "x"); !errs.Is(err, errs.NotFound) {
		t.Fatal(err)
	}
}
