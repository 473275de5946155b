package catalog

import (
	"iter"
	"math"
	"slices"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// Snapshot is the catalog at one index. It never changes, costs nothing to hold beyond what it names, and may be used from any
// goroutine. What it returns must not be changed.
type Snapshot struct {
	state *state
	index uint64
}

// head is a view of a state under change, for the machine's own use.
func (s *state) head() *Snapshot { return &Snapshot{state: s, index: s.index} }

// Index returns the catalog index of the view.
func (s *Snapshot) Index() uint64 { return s.index }

// Epoch tells apart catalogs that give the same index to different things: a restore begins a new one.
func (s *Snapshot) Epoch() uint64 { return s.state.epoch }

// Horizon is the oldest index that At can show.
func (s *Snapshot) Horizon() uint64 { return s.state.horizon }

// Retention is how long what left the live state is kept, in microseconds.
func (s *Snapshot) Retention() int64 { return s.state.retention }

// StateHash returns the hash of the state behind the view: equal for equal epoch and index on every node.
func (s *Snapshot) StateHash() StateHash { return s.state.hash() }

// At returns the view at an earlier index: Gone past retention, Invalid before it has come.
func (s *Snapshot) At(index uint64) (*Snapshot, error) {
	if index > s.state.index {
		return nil, errs.New(errs.Invalid, "index-ahead", "catalog index %d has not come yet, the newest here is %d", index, s.state.index).
			WithHint("wait for it with min_index")
	}
	if index < s.state.horizon {
		return nil, errs.New(errs.Gone, "history-expired", "catalog index %d is past retention, the oldest that can be read is %d", index, s.state.horizon)
	}
	return &Snapshot{state: s.state, index: index}, nil
}

// Rehearse returns what a command would give, without doing it.
func (s *Snapshot) Rehearse(c Command) (Result, error) { return s.state.fork().apply(c) }

// Define completes a table definition as PutTable with the same Expect would: id, version and column ids. A load that makes or
// widens its table converts under this definition and commits it in CommitDelivery.Table.
func (s *Snapshot) Define(t *schema.Table, expect uint32) (*schema.Table, error) {
	return s.state.define(t, expect)
}

// Table returns the definition of the named table (case-insensitive).
func (s *Snapshot) Table(name string) (*schema.Table, bool) {
	e, ok := s.state.tableByName(name, s.index)
	return e.def, ok
}

// TableByID returns the definition of the table with the id.
func (s *Snapshot) TableByID(id uint32) (*schema.Table, bool) {
	e, ok := s.state.tableByID(id, s.index)
	if !ok || !e.live(s.index) {
		return nil, false
	}
	return e.def, true
}

// Tables returns all tables by name.
func (s *Snapshot) Tables() []*schema.Table {
	var tables []*schema.Table
	s.state.tables.all(func(_ tableKey, e tableEntry) bool {
		if e.live(s.index) {
			tables = append(tables, e.def)
		}
		return true
	})
	return tables
}

// Members returns the members by id.
func (s *Snapshot) Members() []Member {
	var members []Member
	s.state.members.all(func(_ stringKey, m Member) bool {
		members = append(members, m)
		return true
	})
	return members
}

// Delivery returns a delivery, in force or not; also a compaction, by its own id.
func (s *Snapshot) Delivery(id schema.ID) (*Delivery, bool) {
	k, ok := s.state.ids.get(idKey(id))
	if !ok {
		return nil, false
	}
	return s.delivery(k)
}

func (s *Snapshot) delivery(k entryKey) (*Delivery, bool) {
	e, d := s.state.load(k)
	st, ok := s.stay(k, &e)
	if !ok {
		return nil, false
	}
	d = s.state.dress(d, k, &e, st)
	if e.compaction && e.folded {
		must(groups(e.blob, func(h groupHead, _ uint32, _ string) {
			if at, hidden := s.foldOf(k, h.partition); hidden && (d.Removed == 0 || at < d.Removed) {
				d.Removed = at
			}
		}))
	}
	return d, true
}

// inForce reports whether a delivery is in force in this view. It unpacks nothing.
func (s *Snapshot) inForce(id schema.ID) bool {
	k, ok := s.state.ids.get(idKey(id))
	if !ok {
		return false
	}
	e, _ := s.state.entries.get(k)
	st, begun := s.stay(k, &e)
	return begun && st.removed == 0
}

// dress completes a packed record with what its entry says.
func (s *state) dress(d *Delivery, k entryKey, e *entry, st stay) *Delivery {
	d.Table, d.Added, d.Removed, d.Purged = k.table, st.added, st.removed, e.purged
	if st.removed != 0 && st.removed == e.removed && e.successor != 0 {
		_, next := s.load(entryKey{k.table, e.successor})
		d.Superseded = next.ID
	}
	return d
}

// stay is one time in force; removed is 0 when it had not ended at the index of the view.
type stay struct{ added, removed uint64 }

// stay returns a delivery's latest stay in force that had begun by the view's index.
func (s *Snapshot) stay(k entryKey, e *entry) (stay, bool) {
	st := stay{e.added, e.removed}
	if e.added > s.index {
		if st = (stay{}); e.spans {
			st = s.span(k)
		}
		if st.added == 0 {
			return st, false
		}
	}
	if end := s.tableEnd(k.table); end != 0 && (st.removed == 0 || st.removed > end) {
		st.removed = end
	}
	if st.removed > s.index {
		st.removed = 0
	}
	return st, true
}

func (s *Snapshot) span(k entryKey) (st stay) {
	s.state.spans.descend(spanKey{k, s.index}, func(sk spanKey, end uint64) bool {
		if sk.entryKey == k {
			st = stay{sk.added, end}
		}
		return false
	})
	return st
}

// tableEnd returns the index at which the table was dropped, 0 when it is there at the view's index.
func (s *Snapshot) tableEnd(table uint32) uint64 {
	if t, ok := s.state.tableByID(table, s.index); ok && !t.live(s.index) {
		return t.removed
	}
	return 0
}

// Deliveries returns the deliveries of a table, newest first, those out of force too.
func (s *Snapshot) Deliveries(table uint32) iter.Seq[*Delivery] {
	return s.entriesOf(table, func(e *entry) bool { return !e.compaction })
}

// Compactions returns the compactions of a table, newest first, those of which nothing is in force too.
func (s *Snapshot) Compactions(table uint32) iter.Seq[*Delivery] {
	return s.entriesOf(table, func(e *entry) bool { return e.compaction })
}

func (s *Snapshot) entriesOf(table uint32, want func(*entry) bool) iter.Seq[*Delivery] {
	return func(yield func(*Delivery) bool) {
		s.state.entries.descend(entryKey{table, math.MaxUint32}, func(k entryKey, e entry) bool {
			if k.table != table {
				return false
			}
			if !want(&e) {
				return true
			}
			d, ok := s.delivery(k)
			return !ok || yield(d)
		})
	}
}

// AllLiveDeliveries returns every delivery in force, by table and age.
func (s *Snapshot) AllLiveDeliveries() iter.Seq[*Delivery] {
	return func(yield func(*Delivery) bool) {
		s.state.entries.all(func(k entryKey, e entry) bool {
			d, ok := s.delivery(k)
			return !ok || e.compaction || d.Removed != 0 || yield(d)
		})
	}
}

// Slot returns the deliveries in force in the slot of a source's period, oldest first.
func (s *Snapshot) Slot(table uint32, source, period string) []*Delivery {
	all := s.History(table, Slot{Source: source, Period: period, Named: true}, schema.Digest{}, schema.Digest{})
	return slices.DeleteFunc(all, func(d *Delivery) bool { return d.Removed != 0 })
}

// History returns every delivery of a slot, oldest first. The digests matter for a slot without a name: they are its name.
func (s *Snapshot) History(table uint32, slot Slot, sha, options schema.Digest) (all []*Delivery) {
	probe := Delivery{Source: slot.Source, Period: slot.Period, Named: slot.Named, SHA256: sha, Options: options}
	for _, k := range s.state.sameSlot(table, &probe) {
		if d, ok := s.delivery(k); ok {
			all = append(all, d)
		}
	}
	return all
}

// Find returns the delivery of this content in the slot: the one in force if there is one (Removed is 0), else the newest.
func (s *Snapshot) Find(table uint32, slot Slot, sha, options schema.Digest) (found *Delivery, ok bool) {
	for _, d := range s.History(table, slot, sha, options) {
		if d.SHA256 == sha && d.Options == options && (found == nil || found.Removed != 0) {
			found = d
		}
	}
	return found, found != nil
}

// Counts are sizes of the catalog, for metrics.
type Counts struct {
	Tables, Members  int
	Deliveries       int // with those out of force, and compactions
	Live             Totals
	Removed, Dropped int // deliveries, compactions' inputs and tables that wait for the end of their retention
}

// Counts returns sizes of the newest state behind the view. It does not walk the deliveries.
func (s *Snapshot) Counts() Counts {
	c := Counts{Members: s.state.members.size, Deliveries: s.state.entries.size, Removed: s.state.removed.size}
	s.state.tables.all(func(_ tableKey, e tableEntry) bool {
		c.Tables += int(boolByte(e.removed == 0))
		c.Dropped += int(boolByte(e.dropped))
		return true
	})
	s.state.totals.all(func(_ uintKey, t Totals) bool {
		c.Live.Deliveries += t.Deliveries
		c.Live.Segments += t.Segments
		c.Live.Rows += t.Rows
		c.Live.Bytes += t.Bytes
		return true
	})
	return c
}

// Totals returns what is in force in a table. At an older index it walks the table's deliveries.
func (s *Snapshot) Totals(table uint32) (t Totals) {
	if s.index == s.state.index {
		t, _ = s.state.totals.get(uintKey(table))
		return t
	}
	s.inForceIn(table, func(k entryKey, e *entry, d *Delivery) { t.add(d, s.own(k, e, d), 1) })
	return t
}

// inForceIn visits the deliveries and compactions of a table that are in force in the view.
func (s *Snapshot) inForceIn(table uint32, fn func(entryKey, *entry, *Delivery)) {
	s.state.entries.ascend(entryKey{table: table}, func(k entryKey, e entry) bool {
		if k.table != table {
			return false
		}
		if d, ok := s.delivery(k); ok && d.Removed == 0 {
			fn(k, &e, d)
		}
		return true
	})
}

// ColumnBytes returns the stored bytes of each column over what is in force in a table.
func (s *Snapshot) ColumnBytes(table uint32) map[uint32]int64 {
	sum := make(map[uint32]int64)
	s.inForceIn(table, func(k entryKey, e *entry, d *Delivery) {
		rows := int64(0)
		must(groups(e.blob, func(h groupHead, _ uint32, _ string) {
			if _, hidden := s.foldOf(k, h.partition); !hidden {
				rows += h.rows
			}
		}))
		for _, c := range d.ColumnBytes {
			sum[c.Column] += int64(float64(c.Bytes) * float64(rows) / float64(max(d.Rows, 1)))
		}
	})
	return sum
}

// AllDeliveries returns every delivery and compaction, in force or not, of dropped tables too, by table and age: whatever has files.
func (s *Snapshot) AllDeliveries() iter.Seq[*Delivery] {
	return func(yield func(*Delivery) bool) {
		s.state.entries.all(func(k entryKey, _ entry) bool {
			d, ok := s.delivery(k)
			return !ok || yield(d)
		})
	}
}
