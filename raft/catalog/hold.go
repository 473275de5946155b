package catalog

import (
	"encoding/binary"
	"slices"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// A delivery that is held is a commit that waits: the whole command is kept as a document of its table and brought into force, or
// given up, by a later command. Until then no entry, index or total knows of it, so that no query can.

// HoldDelivery keeps a commit until someone decides. It is refused like the commit would be; content that is in force or held in the
// slot already is a no-op. A commit that would replace a slot takes the place of one that is held for it.
type HoldDelivery struct {
	Commit CommitDelivery
	Reason string // why it is held, at most MaxReasonBytes
	At     int64  // proposer's clock, microseconds since 1970
}

// DecideDelivery brings a held delivery into force or rejects it. A rejected one is remembered without its segments.
type DecideDelivery struct {
	Delivery schema.ID
	Approve  bool
	Reason   string // of a rejection
	By       string
	At       int64 // proposer's clock, microseconds since 1970
}

// Bounds of what is held.
const (
	MaxReasonBytes = 4 << 10
	// MaxHeld is how many deliveries of one table may wait at once; as many rejected ones are remembered.
	MaxHeld = 1000
)

const (
	heldKind    = "held"
	heldVersion = 1
)

// Held is a delivery that waits for a decision, or was rejected.
type Held struct {
	Delivery Delivery
	Replace  bool
	Rejected bool
	Reason   string
	By       string // who rejected it
	At       int64  // when it was held or rejected, microseconds since 1970
	Segments []schema.Segment

	commit CommitDelivery
	table  schema.Table // as the rows were converted under it
}

func (h *Held) id() schema.ID { return h.commit.Delivery.ID }

func (h *Held) body() string {
	b := appendBool([]byte{heldVersion}, h.Rejected)
	b = binary.AppendVarint(appendString(appendString(b, h.Reason), h.By), h.At)
	return string(appendCommit(appendTable(b, &h.table), &h.commit))
}

func readHeld(body string) (*Held, error) {
	r := &reader{s: body}
	if v := r.byte(); v != heldVersion {
		r.fail("a held delivery of version %d", v)
	}
	h := &Held{Rejected: r.bool(), Reason: r.string(), By: r.string(), At: r.varint(), table: *r.table()}
	h.commit = *r.commit()
	h.Delivery, h.Replace, h.Segments = h.commit.Delivery, h.commit.Replace, h.commit.Segments
	return h, r.end()
}

func waitingKey(table uint32, id schema.ID) documentKey {
	return documentKey{table: table, kind: heldKind, name: id.String()}
}

// heldOf returns what is held or was rejected of a table, oldest first.
func (s *state) heldOf(table uint32) (all []*Held) {
	s.documents.ascend(documentKey{table: table, kind: heldKind}, func(k documentKey, body string) bool {
		if k.table != table || k.kind != heldKind {
			return false
		}
		h, err := readHeld(body)
		must(err)
		all = append(all, h)
		return true
	})
	slices.SortStableFunc(all, func(a, b *Held) int { return int(min(1, max(-1, a.At-b.At))) })
	return all
}

func (s *state) findHeld(id schema.ID) (h *Held, ok bool) {
	for _, t := range s.head().Tables() {
		if body, found := s.documents.get(waitingKey(t.ID, id)); found {
			h, err := readHeld(body)
			must(err)
			return h, true
		}
	}
	return nil, false
}

func (s *state) putHeld(h *Held) {
	s.putDocument(Document{Kind: heldKind, Table: h.table.ID, Name: h.id().String(), Body: h.body()})
}

func (s *state) applyHold(c *HoldDelivery) (Result, error) {
	d := c.Commit.Delivery
	current, exists := s.commitTable(&c.Commit)
	if !exists || c.Commit.Table != nil && c.Commit.Expect == 0 {
		return Result{}, errs.New(errs.Conflict, "table-changed", "the table for which the delivery was to be held does not exist (any more)")
	}
	d.Table = current.ID
	if res, err := s.repeated(&d, c.Commit.Force); err != nil || res.Same {
		res.Table = current
		return res, err
	}
	def, err := s.commitDefinition(&c.Commit, current, true)
	if err != nil {
		return Result{}, err
	}
	if err := s.checkCommit(&c.Commit, &d, def); err != nil {
		return Result{}, err
	}
	if len(c.Reason) > MaxReasonBytes {
		return Result{}, errs.New(errs.TooLarge, "reason-too-large", "the reason to hold delivery %s has more than %d bytes", d.ID, MaxReasonBytes)
	}
	waiting := 0
	for _, h := range s.heldOf(d.Table) {
		if h.Rejected {
			continue
		}
		if o := &h.Delivery; o.Slot() == d.Slot() && o.SHA256 == d.SHA256 && o.Options == d.Options {
			return Result{Delivery: o, Table: current, Same: true, Held: true}, nil
		}
		waiting++
	}
	if waiting >= MaxHeld {
		return Result{}, errs.New(errs.Limit, "too-many-held", "%d deliveries of table %q wait for a decision, which is the limit", waiting, current.Name).
			WithHint("approve or reject some of them")
	}
	at := s.begin(c.At)
	s.outdate(&c.Commit, d.Table, d.ID, at)
	h := &Held{Reason: c.Reason, At: at, commit: c.Commit, table: *def}
	h.commit.Delivery.Table = d.Table
	s.putHeld(h)
	return Result{Delivery: &d, Table: current, Held: true}, nil
}

// outdate rejects what is held for a slot that a commit replaces: approved later, it would put the older file over the newer.
func (s *state) outdate(c *CommitDelivery, table uint32, by schema.ID, at int64) {
	if !c.Replace || !c.Delivery.Named {
		return
	}
	for _, h := range s.heldOf(table) {
		if !h.Rejected && h.Delivery.Slot() == c.Delivery.Slot() && h.id() != by {
			s.rejectHeld(h, "a later file of its slot came: delivery "+by.String(), "", at)
		}
	}
}

// rejectHeld keeps the record of what was rejected, and forgets the oldest of them beyond the bound.
func (s *state) rejectHeld(h *Held, reason, by string, at int64) {
	h.Rejected, h.Reason, h.By, h.At = true, reason, by, at
	h.commit.Segments, h.commit.Table = nil, nil
	s.putHeld(h)
	rejected := s.heldOf(h.table.ID)
	rejected = slices.DeleteFunc(rejected, func(o *Held) bool { return !o.Rejected })
	for _, old := range rejected[:max(0, len(rejected)-MaxHeld)] {
		s.dropDocument(waitingKey(old.table.ID, old.id()))
	}
}

func (s *state) applyDecide(c *DecideDelivery) (Result, error) {
	if len(c.Reason) > MaxReasonBytes || len(c.By) > MaxReasonBytes {
		return Result{}, errs.New(errs.TooLarge, "reason-too-large", "a reason has at most %d bytes", MaxReasonBytes)
	}
	h, ok := s.findHeld(c.Delivery)
	if !ok {
		if _, _, d, known := s.find(c.Delivery); known {
			if c.Approve && d.Removed == 0 {
				return Result{Delivery: s.dressed(c.Delivery), Same: true}, nil // approved already
			}
			return Result{}, errs.New(errs.Conflict, "not-held", "delivery %s does not wait for a decision", c.Delivery)
		}
		return Result{}, errs.New(errs.NotFound, "unknown-delivery", "there is no delivery %s", c.Delivery)
	}
	if h.Rejected {
		if c.Approve {
			return Result{}, errs.New(errs.Conflict, "already-rejected", "delivery %s was rejected: %s", c.Delivery, h.Reason).WithHint("load the file again")
		}
		return Result{Delivery: &h.Delivery, Same: true, Held: true}, nil
	}
	if !c.Approve {
		s.rejectHeld(h, c.Reason, c.By, s.begin(c.At))
		return Result{Delivery: &h.Delivery, Held: true}, nil
	}
	return s.approve(h)
}

// dressed is a delivery as it stands.
func (s *state) dressed(id schema.ID) *Delivery {
	d, _ := s.head().Delivery(id)
	return d
}

// approve does the commit that was held, as if it came now.
func (s *state) approve(h *Held) (Result, error) {
	c := h.commit
	c.StartedAt = max(c.StartedAt, s.newest) // its files were never orphans: the catalog knew of them
	if c.Table == nil {
		current, exists := s.commitTable(&c)
		if exists && current.Version != c.Expect {
			if err := h.fits(current); err != nil {
				return Result{}, err
			}
			c.Expect = current.Version
		}
	}
	res, err := s.applyCommit(&c)
	if err != nil {
		return res, err
	}
	if res.Same {
		s.begin(0) // the content came into force by another way
	}
	s.dropDocument(waitingKey(h.table.ID, h.id()))
	return res, nil
}

// fits reports whether rows that were converted under an older definition can stand under the present one: columns may have come, but
// none that the rows have may have another type, and the partitions must be cut alike.
func (h *Held) fits(now *schema.Table) error {
	changed := errs.New(errs.Conflict, "table-changed", "table %q was altered since delivery %s was held", now.Name, h.id()).WithHint("reject it and load the file again")
	if !slices.Equal(h.table.PartitionBy, now.PartitionBy) {
		return changed
	}
	for _, c := range h.table.Columns {
		if at := now.ColumnByID(c.ID); at < 0 || now.Columns[at].Type != c.Type {
			return changed
		}
	}
	return nil
}

// Held returns a delivery that waits for a decision, or was rejected.
func (s *Snapshot) Held(id schema.ID) (*Held, bool) { return s.state.findHeld(id) }

// HeldOf returns the deliveries of a table that wait for a decision or were rejected, oldest first. Like documents, they have no
// history: a view of an earlier index shows those of now.
func (s *Snapshot) HeldOf(table uint32) []*Held { return s.state.heldOf(table) }

// Keeps reports whether the catalog wants a delivery's files: it is there, or waits for a decision.
func (s *Snapshot) Keeps(id schema.ID) bool {
	if _, ok := s.Delivery(id); ok {
		return true
	}
	h, ok := s.Held(id)
	return ok && !h.Rejected
}
