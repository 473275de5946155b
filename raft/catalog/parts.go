package catalog

import (
	"encoding/binary"
	"strings"

	"github.com/assaydb/assay/storage/schema"
	"github.com/zeebo/xxh3"
)

// The setters below are the only ones who touch the trees: they keep the sum and the derived indexes in step.

func hashEntry(k entryKey, e *entry) []byte {
	u := xxh3.HashString128(e.blob)
	b := make([]byte, 0, 64)
	b = append(b, byte(frameEntries))
	b = appendEntryHead(b, k, e)
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(b, u.Lo), u.Hi)
}

// putEntry adds or changes a delivery's entry.
func (s *state) putEntry(k entryKey, e entry) {
	if old, ok := s.entries.get(k); ok {
		s.sum.sub(hashEntry(k, &old))
	}
	s.entries.set(k, e)
	s.sum.add(hashEntry(k, &e))
}

// dropEntry removes an entry and its own indexes, not its groups.
func (s *state) dropEntry(k entryKey, e *entry, d *Delivery) {
	s.sum.sub(hashEntry(k, e))
	s.entries.delete(k)
	s.ids.delete(idKey(d.ID))
	s.slots.delete(slotKey{k.table, slotHash(d), k.seq})
	if !d.Amends.IsZero() {
		s.amendments.delete(amendKey{d.Amends, k})
	}
	s.eachHeld(k, e, d, func(h heldKey) { s.held.delete(h) })
}

// eachHeld visits the deliveries of which a compaction holds rows.
func (s *state) eachHeld(k entryKey, e *entry, d *Delivery, fn func(heldKey)) {
	if !d.Compaction {
		return
	}
	must(groups(e.blob, func(_ groupHead, _ uint32, files string) {
		eachSegment(files, func(seg *schema.Segment) {
			for i := range seg.Parts {
				if part, ok := s.ids.get(idKey(seg.Parts[i].Delivery)); ok {
					fn(heldKey{k.table, part.seq, k.seq})
				}
			}
		})
	}))
}

// indexEntry puts a new entry's delivery into the indexes that find it by id and by slot; a compaction has no slot.
func (s *state) indexEntry(k entryKey, e *entry, d *Delivery) {
	s.ids.set(idKey(d.ID), k)
	if d.Compaction {
		s.eachHeld(k, e, d, func(h heldKey) { s.held.set(h, struct{}{}) })
		return
	}
	s.slots.set(slotKey{k.table, slotHash(d), k.seq}, struct{}{})
	if !d.Amends.IsZero() {
		s.amendments.set(amendKey{d.Amends, k}, struct{}{})
	}
}

// hashTable hashes a version of a definition.
func hashTable(e *tableEntry) []byte {
	return appendTableEntry([]byte{byte(frameTables)}, e)
}

func keyOf(e *tableEntry) tableKey { return tableKey{strings.ToLower(e.def.Name), e.added} }

func (s *state) putTable(e tableEntry) {
	k := keyOf(&e)
	if old, ok := s.tables.get(k); ok {
		s.sum.sub(hashTable(&old))
	}
	s.tables.set(k, e)
	s.tableIDs.set(tableIDKey{e.def.ID, e.added}, k)
	s.sum.add(hashTable(&e))
}

func (s *state) dropTableEntry(e *tableEntry) {
	s.sum.sub(hashTable(e))
	s.tables.delete(keyOf(e))
	s.tableIDs.delete(tableIDKey{e.def.ID, e.added})
}

func hashMember(m *Member) []byte { return appendMember([]byte{byte(frameMembers)}, m) }

func (s *state) putMember(m Member) {
	s.removeMember(m.ID)
	s.members.set(stringKey(m.ID), m)
	s.sum.add(hashMember(&m))
}

func (s *state) removeMember(id string) bool {
	old, ok := s.members.get(stringKey(id))
	if ok {
		s.sum.sub(hashMember(&old))
		s.members.delete(stringKey(id))
	}
	return ok
}

func hashPart(k partKey, p partition) []byte {
	return appendPart([]byte{byte(framePartitions)}, k, p)
}

func (s *state) putPart(k partKey, p partition) {
	if old, ok := s.parts.get(k); ok {
		s.sum.sub(hashPart(k, old))
	}
	s.parts.set(k, p)
	s.sum.add(hashPart(k, p))
}

func (s *state) dropPart(k partKey, p partition) {
	s.sum.sub(hashPart(k, p))
	s.parts.delete(k)
}

// touchPart returns the partition's number, giving it one if it is new, and marks it as changed by the command under way.
func (s *state) touchPart(table uint32, values string) uint32 {
	k := partKey{table, values}
	p, ok := s.parts.get(k)
	if !ok {
		k.values = strings.Clone(values) // not a window into a packed delivery, which would keep all of that alive
		p.number = s.nextPart
		s.nextPart++
	} else if p.changed == s.index {
		return p.number
	}
	p.changed = s.index
	s.putPart(k, p)
	return p.number
}

// putRemoved queues a delivery for the end of its retention.
func (s *state) putRemoved(k removedKey, at int64) {
	s.removed.set(k, at)
	s.sum.add(hashRemoved(k, at))
}

func (s *state) dropRemoved(k removedKey) {
	if at, ok := s.removed.get(k); ok {
		s.sum.sub(hashRemoved(k, at))
		s.removed.delete(k)
	}
}

func hashRemoved(k removedKey, at int64) []byte {
	return appendRemoved([]byte{byte(frameRemoved)}, k, at)
}

func (s *state) putSpan(k spanKey, end uint64) {
	s.spans.set(k, end)
	s.sum.add(hashSpan(k, end))
}

func (s *state) dropSpan(k spanKey, end uint64) {
	s.sum.sub(hashSpan(k, end))
	s.spans.delete(k)
}

func hashSpan(k spanKey, end uint64) []byte { return appendSpan([]byte{byte(frameSpans)}, k, end) }

// maxOptions bounds the table of parse options: a delivery past it carries its own.
const maxOptions = 1 << 16

// optionsNumber returns the number that stands for the digest of a delivery's parse options, giving it one if it is new; 0 when
// there are too many. Numbers are never taken back: hardly anyone loads with more than a few kinds of options.
func (s *state) optionsNumber(digest schema.Digest) uint32 {
	if n, ok := s.optionIDs.get(digestKey(digest)); ok {
		return n
	}
	if s.options.size >= maxOptions {
		return 0
	}
	n := uint32(s.options.size) + 1
	s.putOptions(n, digest)
	return n
}

func (s *state) putOptions(n uint32, digest schema.Digest) {
	s.options.set(uintKey(n), digest)
	s.optionIDs.set(digestKey(digest), n)
	s.sum.add(appendOptions([]byte{byte(frameOptions)}, n, digest))
}

// Totals counts what is in force in a table.
type Totals struct {
	Deliveries, Segments, Rows, Bytes int64
}

// add counts a delivery or compaction in: a delivery for its rows, wherever they lie, and both for the segments of their own that are
// in force.
func (t *Totals) add(d *Delivery, own Totals, sign int64) {
	if !d.Compaction {
		t.Deliveries += sign
		t.Rows += sign * d.Rows
	}
	t.Segments += sign * own.Segments
	t.Bytes += sign * own.Bytes
}

func (s *state) count(k entryKey, e *entry, d *Delivery, sign int64) {
	t, _ := s.totals.get(uintKey(k.table))
	t.add(d, s.head().own(k, e, d), sign)
	s.totals.set(uintKey(k.table), t)
}

// own is what an entry has of segments that no compaction has put others in place of.
func (s *Snapshot) own(k entryKey, e *entry, d *Delivery) Totals {
	t := Totals{Segments: int64(d.Segments), Rows: d.Rows, Bytes: d.Bytes}
	if !e.folded {
		return t
	}
	t = Totals{}
	must(groups(e.blob, func(h groupHead, _ uint32, _ string) {
		if _, hidden := s.foldOf(k, h.partition); !hidden {
			t.Segments, t.Rows, t.Bytes = t.Segments+int64(h.segments), t.Rows+h.rows, t.Bytes+h.bytes
		}
	}))
	return t
}

// foldOf returns the index at which a compaction replaced an entry's share of a partition, if it had by the view's index.
func (s *Snapshot) foldOf(k entryKey, partition string) (uint64, bool) {
	p, ok := s.state.parts.get(partKey{k.table, partition})
	if !ok {
		return 0, false
	}
	f, ok := s.state.folds.get(groupKey{p.number, k.seq})
	return f.at, ok && f.at <= s.index
}

// tableByName returns the version of the named table in force at index.
func (s *state) tableByName(name string, index uint64) (e tableEntry, ok bool) {
	low := strings.ToLower(name)
	s.tables.descend(tableKey{low, index}, func(k tableKey, v tableEntry) bool {
		e, ok = v, k.name == low && v.live(index)
		return false
	})
	return e, ok
}

// tableByID returns the newest version of the table that had come by index, whether it is in force or not.
func (s *state) tableByID(id uint32, index uint64) (e tableEntry, ok bool) {
	s.tableIDs.descend(tableIDKey{id, index}, func(k tableIDKey, name tableKey) bool {
		if k.id == id {
			e, ok = s.tables.get(name)
		}
		return false
	})
	return e, ok
}

// find returns the entry and record of a delivery.
func (s *state) find(id schema.ID) (entryKey, entry, *Delivery, bool) {
	k, ok := s.ids.get(idKey(id))
	if !ok {
		return k, entry{}, nil, false
	}
	e, d := s.load(k)
	return k, e, d, true
}

// load returns an entry that must exist, and its record.
func (s *state) load(k entryKey) (entry, *Delivery) {
	e, ok := s.entries.get(k)
	if !ok {
		panic("BUG: catalog index names a delivery that is not there")
	}
	d, err := s.record(e.blob)
	if err != nil {
		panic("BUG: packed delivery cannot be read: " + err.Error())
	}
	return e, d
}
