package catalog

import (
	"encoding/binary"

	"github.com/assaydb/assay/storage/schema"
)

// frameKind says what a frame of the snapshot file holds; it also keeps the hashes of different things apart.
type frameKind byte

// The frames, in their order in the file: append only.
const (
	frameScalars frameKind = 1 + iota
	frameTables
	frameMembers
	framePartitions
	frameOptions // before the deliveries, which name them
	frameEntries
	frameRemoved
	frameSpans
	frameDocuments
	frameFolds

	frameEnd  frameKind = 0xff
	frameEnd2 frameKind = 9 // of version 2, which knew no documents
)

var frameNames = [...]string{"?", "scalars", "tables", "members", "partitions", "options", "deliveries", "removed", "spans", "documents", "compacted"}

func (k frameKind) String() string {
	switch {
	case int(k) < len(frameNames):
		return frameNames[k]
	case k == frameEnd:
		return "end"
	}
	return "unknown"
}

func appendScalars(b []byte, s *scalars) []byte {
	b = binary.AppendUvarint(binary.AppendUvarint(binary.AppendUvarint(b, s.epoch), s.index), s.horizon)
	b = binary.AppendVarint(binary.AppendVarint(binary.AppendVarint(b, s.clock), s.newest), s.retention)
	for _, n := range [...]uint32{s.nextTable, s.nextSeq, s.nextPart} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return b
}

func (r *reader) scalars() (s scalars) {
	s.epoch, s.index, s.horizon = r.uvarint(), r.uvarint(), r.uvarint()
	s.clock, s.newest, s.retention = r.varint(), r.varint(), r.varint()
	s.nextTable, s.nextSeq, s.nextPart = r.uint32(), r.uint32(), r.uint32()
	return s
}

func appendTableEntry(b []byte, e *tableEntry) []byte {
	b = appendTable(b, e.def)
	b = binary.AppendUvarint(binary.AppendUvarint(b, e.added), e.removed)
	return appendBool(binary.AppendVarint(b, e.removedAt), e.dropped)
}

func (r *reader) tableEntry() tableEntry {
	return tableEntry{def: r.table(), added: r.uvarint(), removed: r.uvarint(), removedAt: r.varint(), dropped: r.bool()}
}

func appendMember(b []byte, m *Member) []byte {
	return appendString(appendString(appendString(b, m.ID), m.Address), m.Role)
}

func (r *reader) member() Member {
	return Member{ID: r.string(), Address: r.string(), Role: r.string()}
}

func appendPart(b []byte, k partKey, p partition) []byte {
	b = appendString(binary.AppendUvarint(b, uint64(k.table)), k.values)
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(p.number)), p.changed)
}

func (r *reader) part() (k partKey, p partition) {
	k.table, k.values = r.uint32(), r.string()
	p.number, p.changed = r.uint32(), r.uvarint()
	return k, p
}

func appendOptions(b []byte, n uint32, digest schema.Digest) []byte {
	return append(binary.AppendUvarint(b, uint64(n)), digest[:]...)
}

// appendEntryHead writes all of an entry but its blob.
func appendEntryHead(b []byte, k entryKey, e *entry) []byte {
	b = appendEntryKey(b, k)
	b = binary.AppendUvarint(binary.AppendUvarint(b, e.added), e.removed)
	b = binary.AppendUvarint(b, uint64(e.successor))
	return appendBool(appendBool(b, e.spans), e.purged)
}

func (r *reader) entryHead() (k entryKey, e entry) {
	k = r.entryKey()
	e.added, e.removed, e.successor = r.uvarint(), r.uvarint(), r.uint32()
	e.spans, e.purged = r.bool(), r.bool()
	return k, e
}

func appendEntryKey(b []byte, k entryKey) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(k.table)), uint64(k.seq))
}

func (r *reader) entryKey() entryKey { return entryKey{table: r.uint32(), seq: r.uint32()} }

func appendRemoved(b []byte, k removedKey, at int64) []byte {
	b = appendEntryKey(binary.AppendUvarint(b, k.index), k.entryKey)
	return binary.AppendVarint(b, at)
}

func (r *reader) removed() (removedKey, int64) {
	return removedKey{index: r.uvarint(), entryKey: r.entryKey()}, r.varint()
}

func appendSpan(b []byte, k spanKey, end uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(appendEntryKey(b, k.entryKey), k.added), end)
}

func (r *reader) span() (spanKey, uint64) {
	return spanKey{entryKey: r.entryKey(), added: r.uvarint()}, r.uvarint()
}

func appendFold(b []byte, g groupKey, f folded) []byte {
	b = appendEntryKey(b, entryKey{f.table, g.seq})
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(g.partition)), f.at)
}

func (r *reader) fold() (groupKey, folded) {
	k := r.entryKey()
	return groupKey{partition: r.uint32(), seq: k.seq}, folded{table: k.table, at: r.uvarint()}
}
