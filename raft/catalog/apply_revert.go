package catalog

import (
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

func (s *state) applyRevert(c *RevertDelivery) (Result, error) {
	k, e, d, ok := s.find(c.Delivery)
	if !ok || e.compaction || !s.inForce(k.table) {
		return Result{}, errs.New(errs.NotFound, "unknown-delivery", "there is no delivery %s", c.Delivery)
	}
	if t, ok := s.tableByID(k.table, s.index); ok {
		if err := t.def.RefuseAttached("its list of files cannot be reverted"); err != nil {
			return Result{}, err
		}
	}
	if e.removed != 0 {
		return Result{}, errs.New(errs.Conflict, "not-in-force", "delivery %s is not in force", c.Delivery).
			WithHint("only a delivery in force can be reverted; list the table's deliveries to see which are")
	}
	if by := s.head().amendedBy(c.Delivery); len(by) > 0 {
		return Result{}, errs.New(errs.Conflict, "amended", "delivery %s is amended by %s, which is in force", c.Delivery, by[0].ID).
			WithHint("revert the amendment first, or load a corrected file into the slot")
	}
	back, err := s.predecessors(d)
	if err != nil {
		return Result{}, err
	}
	at := s.begin(c.At)
	s.leave(k, e, d, 0, at)
	for _, old := range back {
		s.comeBack(old)
	}
	return Result{Delivery: s.dress(d, k, &e, stay{e.added, s.index})}, nil
}

func (s *state) inForce(table uint32) bool {
	t, ok := s.tableByID(table, s.index)
	return ok && t.live(s.index)
}

// predecessors returns what d replaced, all of which must still be there and none of which may be in force by another way.
func (s *state) predecessors(d *Delivery) (back []entryKey, err error) {
	for _, id := range d.Replaced {
		k, e, old, ok := s.find(id)
		switch {
		case !ok || e.purged:
			return nil, errs.New(errs.Gone, "history-expired", "delivery %s replaced %s, which is past retention and cannot be put back", d.ID, id).
				WithHint("load the file again with force=1")
		case e.removed == 0 || s.contentInForce(k.table, old, d.ID):
			return nil, errs.New(errs.Conflict, "already-in-force", "delivery %s replaced %s, whose content is in force again", d.ID, id)
		}
		back = append(back, k)
	}
	return back, nil
}

// contentInForce reports whether the slot has the same content in force, leaving one delivery aside.
func (s *state) contentInForce(table uint32, d *Delivery, except schema.ID) bool {
	for _, k := range s.sameSlot(table, d) {
		e, o := s.load(k)
		if e.removed == 0 && o.ID != except && o.SHA256 == d.SHA256 && o.Options == d.Options {
			return true
		}
	}
	return false
}

// comeBack puts a delivery in force again; its earlier stay is kept for views of that time.
func (s *state) comeBack(k entryKey) {
	e, d := s.load(k)
	s.dropRemoved(removedKey{e.removed, k})
	s.putSpan(spanKey{k, e.added}, e.removed)
	e.added, e.removed, e.successor, e.spans = s.index, 0, 0, true
	s.putEntry(k, e)
	s.touchParts(k.table, e.blob)
	s.count(k, &e, d, 1)
}
