package catalog

import (
	"bytes"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// amendKey finds what amends a delivery.
type amendKey struct {
	amended schema.ID
	entryKey
}

func (a amendKey) compare(b amendKey) int {
	if c := bytes.Compare(a.amended[:], b.amended[:]); c != 0 {
		return c
	}
	return a.entryKey.compare(b.entryKey)
}

// checkAmends lets a delivery amend one that is in force in the same slot, and stand beside it alone: what replaced it would
// leave the lines that were right without a home.
func (s *state) checkAmends(c *CommitDelivery, d *Delivery) error {
	if d.Amends.IsZero() {
		return nil
	}
	k, e, old, ok := s.find(d.Amends)
	switch {
	case !ok || k.table != d.Table || e.compaction:
		return errs.New(errs.NotFound, "unknown-delivery", "there is no delivery %s in this table to amend", d.Amends)
	case e.removed != 0:
		return errs.New(errs.Conflict, "not-in-force", "delivery %s is not in force and cannot be amended", d.Amends).
			WithHint("correct the delivery that is in force in its slot")
	case c.Replace:
		return errs.New(errs.Invalid, "amend-appends", "a delivery that amends another is added to its slot and replaces nothing").WithHint("use mode=append")
	case old.Slot() != d.Slot():
		return errs.New(errs.Conflict, "other-slot", "delivery %s is of source %q and period %q, not of %q and %q", d.Amends, old.Source, old.Period, d.Source, d.Period).
			WithHint("send the corrected lines into the slot of the delivery that they amend")
	}
	return nil
}

// amendedBy returns the deliveries in force that amend one, oldest first.
func (s *Snapshot) amendedBy(id schema.ID) (all []*Delivery) {
	s.state.amendments.ascend(amendKey{amended: id}, func(k amendKey, _ struct{}) bool {
		if k.amended != id {
			return false
		}
		if d, ok := s.delivery(k.entryKey); ok && d.Removed == 0 {
			all = append(all, d)
		}
		return true
	})
	return all
}

// Amendments returns the deliveries in force that bring corrected rejects of a delivery, oldest first.
func (s *Snapshot) Amendments(id schema.ID) []*Delivery { return s.amendedBy(id) }

// Amended is how many of a delivery's rejected records have been taken over by deliveries in force that amend it: its ledger is
// closed when none is left. A broken quote makes one record of several lines, so corrections can hold more records than were
// rejected; no more count.
func (s *Snapshot) Amended(d *Delivery) (records int64) {
	if d.Rejected == 0 {
		return 0
	}
	for _, a := range s.amendedBy(d.ID) {
		records += a.RecordsIn
	}
	return min(records, d.Rejected)
}
