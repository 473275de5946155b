package catalog

import (
	"time"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// orphanAge is how old a load may be when it commits, in microseconds: its files are orphans until then, and repair removes
// orphans of 24 hours.
const orphanAge = 24 * 3600 * 1_000_000

func (s *state) applyCommit(c *CommitDelivery) (Result, error) {
	current, exists := s.commitTable(c)
	d := c.Delivery
	if exists {
		d.Table = current.ID
		if res, err := s.repeated(&d, c.Force); err != nil || res.Same {
			res.Table = current
			return res, err
		}
	}
	def, err := s.commitDefinition(c, current, exists)
	if err != nil {
		return Result{}, err
	}
	d.Table = def.ID
	if err := s.checkCommit(c, &d, def); err != nil {
		return Result{}, err
	}
	res := s.commit(c, &d, def)
	s.outdate(c, d.Table, d.ID, s.clock)
	return res, nil
}

// commitTable returns the table the delivery is for, as it is now.
func (s *state) commitTable(c *CommitDelivery) (*schema.Table, bool) {
	var e tableEntry
	var ok bool
	if c.Table != nil {
		e, ok = s.tableByName(c.Table.Name, s.index)
	} else {
		e, ok = s.tableByID(c.Delivery.Table, s.index)
		ok = ok && e.live(s.index)
	}
	return e.def, ok
}

// commitDefinition returns the definition that holds once the delivery is committed.
func (s *state) commitDefinition(c *CommitDelivery, current *schema.Table, exists bool) (*schema.Table, error) {
	switch {
	case c.Table != nil && c.Expect == 0 && exists:
		return nil, tableChanged(current, 0)
	case c.Table != nil:
		def, err := s.define(c.Table, c.Expect)
		if err == nil && c.Delivery.Table != 0 && c.Delivery.Table != def.ID {
			err = errs.New(errs.Conflict, "table-changed", "the delivery was written for table %d, %q is table %d", c.Delivery.Table, def.Name, def.ID)
		}
		return def, err
	case !exists:
		return nil, errs.New(errs.NotFound, "unknown-table", "table %d, for which the delivery was written, does not exist (any more)", c.Delivery.Table)
	case current.Version != c.Expect:
		return nil, tableChanged(current, c.Expect)
	}
	return current, nil
}

// repeated recognises content that the slot has seen: in force it is a no-op; superseded it is refused unless forced.
func (s *state) repeated(d *Delivery, force bool) (Result, error) {
	old, ok := s.head().Find(d.Table, d.Slot(), d.SHA256, d.Options)
	if !ok {
		return Result{}, nil
	}
	if old.Removed == 0 {
		return Result{Delivery: old, Same: true}, nil
	}
	if force || old.Superseded.IsZero() {
		return Result{}, nil
	}
	return Result{Delivery: old}, errs.New(errs.Conflict, "superseded", "this content was delivered before as %s and superseded by delivery %s", old.ID, old.Superseded).
		WithHint("send it with force=1 to put it back in force")
}

func (s *state) checkCommit(c *CommitDelivery, d *Delivery, def *schema.Table) error {
	if d.ID.IsZero() || c.StartedAt == 0 {
		return errs.New(errs.Invalid, "bad-delivery", "a delivery needs an id and the time at which its load started")
	}
	if _, taken := s.ids.get(idKey(d.ID)); taken {
		return errs.New(errs.Conflict, "delivery-exists", "there is a delivery %s already", d.ID)
	}
	if c.StartedAt < s.newest-orphanAge {
		return errs.New(errs.Conflict, "stale-load", "the load began at %s, more than 24 hours before the newest commit (%s): its files may have been removed as orphans",
			clockText(c.StartedAt), clockText(s.newest)).WithHint("load the file again; if it began just now, set this node's clock")
	}
	var rows int64
	for i := range c.Segments {
		seg := &c.Segments[i]
		if seg.ID.IsZero() || seg.Rows < 0 || seg.Bytes < 0 || len(seg.Partition) != len(def.PartitionBy) {
			return errs.New(errs.Invalid, "bad-segment", "segment %s of delivery %s: id, rows, bytes or the number of partition values (%d, the table has %d) cannot be right",
				seg.ID, d.ID, len(seg.Partition), len(def.PartitionBy))
		}
		if (seg.Location != "") != def.IsAttached() {
			return errs.New(errs.Conflict, "attached-table", "table %q: either all files of a table are others', attached in place, or none is", def.Name).
				WithHint("an attached table takes no loads; drop it first, or use another name")
		}
		rows += seg.Rows
	}
	if rows != d.Accepted {
		return errs.New(errs.Invalid, "rows-not-conserved", "delivery %s accepted %d rows, its segments hold %d", d.ID, d.Accepted, rows)
	}
	if err := s.checkAmends(c, d); err != nil {
		return err
	}
	return checkLedger(d)
}

// checkLedger holds a delivery's books to their equations. A delivery without a ledger is of before version 2.
func checkLedger(d *Delivery) error {
	if d.Ledger.IsZero() {
		return nil
	}
	l := &d.Ledger
	if d.RecordsIn != d.Accepted+d.Rejected {
		return errs.New(errs.Invalid, "records-not-conserved", "delivery %s: %d records in, %d accepted and %d rejected", d.ID, d.RecordsIn, d.Accepted, d.Rejected)
	}
	if l.Text != l.Accepted+l.Rejected+l.Aside || min(l.Text, l.Accepted, l.Rejected, l.Aside, l.Preamble, l.Trailer) < 0 {
		return errs.New(errs.Invalid, "bytes-not-conserved", "delivery %s: a text of %d bytes, of which %d accepted, %d rejected and %d set aside", d.ID, l.Text, l.Accepted, l.Rejected, l.Aside)
	}
	return nil
}

func clockText(micros int64) string { return time.UnixMicro(micros).UTC().Format(time.RFC3339) }

// commit puts a checked delivery in force.
func (s *state) commit(c *CommitDelivery, d *Delivery, def *schema.Table) Result {
	at := s.begin(d.LoadedAt)
	s.newest = max(s.newest, d.LoadedAt)
	if c.Table != nil {
		s.install(def, at)
	}
	k := entryKey{def.ID, s.nextSeq}
	s.nextSeq++
	d.Replaced = nil
	if c.Replace && d.Named {
		d.Replaced = s.supersede(d, k.seq, at)
	}
	d.Added, d.Removed, d.Superseded, d.Purged = 0, 0, schema.ID{}, false
	d.Segments, d.Rows, d.Bytes = int32(len(c.Segments)), 0, 0
	for i := range c.Segments {
		d.Rows, d.Bytes = d.Rows+c.Segments[i].Rows, d.Bytes+c.Segments[i].Bytes
	}
	p := pack(d, keep(c.Segments, d, def), s.optionsNumber(d.Options))
	e := entry{blob: p.blob, added: s.index}
	s.putEntry(k, e)
	s.indexEntry(k, &e, d)
	for _, g := range p.groups {
		s.groups.set(groupKey{s.touchPart(def.ID, g.partition), k.seq}, g.offset)
	}
	s.count(k, &e, d, 1)
	out := *d
	out.Added = s.index
	return Result{Delivery: &out, Table: def}
}

// supersede takes everything in force in d's slot out of force.
func (s *state) supersede(d *Delivery, successor uint32, at int64) (replaced []schema.ID) {
	for _, k := range s.sameSlot(d.Table, d) {
		e, old := s.load(k)
		if e.removed == 0 {
			s.leave(k, e, old, successor, at)
			replaced = append(replaced, old.ID)
		}
	}
	return replaced
}

// leave takes one delivery out of force.
func (s *state) leave(k entryKey, e entry, d *Delivery, successor uint32, at int64) {
	s.count(k, &e, d, -1)
	e.removed, e.successor = s.index, successor
	s.putEntry(k, e)
	s.putRemoved(removedKey{s.index, k}, at)
	s.touchParts(k.table, e.blob)
}

// touchParts marks every partition of a packed delivery as changed.
func (s *state) touchParts(table uint32, blob string) {
	must(groups(blob, func(h groupHead, _ uint32, _ string) { s.touchPart(table, h.partition) }))
}

// must guards reads of bytes that this process packed or that Load has checked.
func must(err error) {
	if err != nil {
		panic("BUG: packed delivery cannot be read: " + err.Error())
	}
}

// sameSlot returns the deliveries of d's slot, oldest first, in force or not.
func (s *state) sameSlot(table uint32, d *Delivery) (keys []entryKey) {
	hash := slotHash(d)
	s.slots.ascend(slotKey{hash: hash, table: table}, func(k slotKey, _ struct{}) bool {
		if k.table != table || k.hash != hash {
			return false
		}
		if _, o := s.load(entryKey{k.table, k.seq}); o.Named == d.Named && o.Source == d.Source && o.Period == d.Period {
			keys = append(keys, entryKey{k.table, k.seq})
		}
		return true
	})
	return keys
}

// keep returns the segments as the catalog keeps them: coarse bounds, and no list of parts where the delivery is the only one.
func keep(segments []schema.Segment, d *Delivery, t *schema.Table) []schema.Segment {
	kept := make([]schema.Segment, len(segments))
	for i, seg := range segments {
		seg.Bounds = coarse(t, seg.Bounds)
		if len(seg.Parts) == 1 && seg.Parts[0].Delivery == d.ID {
			seg.Parts = nil
		}
		kept[i] = seg
	}
	return kept
}
