package catalog

import (
	"bytes"
	"cmp"
	"strings"

	"github.com/assaydb/assay/storage/schema"
	"github.com/zeebo/xxh3"
)

// entryKey is a delivery's place: seq counts deliveries in the order they were committed, from 1.
type entryKey struct{ table, seq uint32 }

func (a entryKey) compare(b entryKey) int {
	if c := cmp.Compare(a.table, b.table); c != 0 {
		return c
	}
	return cmp.Compare(a.seq, b.seq)
}

// entry is a delivery as the catalog holds it. The rest of the record is packed.
type entry struct {
	blob      string
	added     uint64 // latest time it came into force
	removed   uint64 // 0 while in force
	successor uint32 // seq of the delivery that took its place, 0 for none
	spans     bool   // was in force before as well: see state.spans
	purged    bool

	compaction bool // derived
	folded     bool // derived: a share of it is in state.folds
}

type idKey schema.ID

func (a idKey) compare(b idKey) int { return bytes.Compare(a[:], b[:]) }

// digestKey is a digest as a key.
type digestKey schema.Digest

func (a digestKey) compare(b digestKey) int { return bytes.Compare(a[:], b[:]) }

// slotKey finds the deliveries of a slot. Equal hashes of two slots are told apart by the records.
type slotKey struct{ table, hash, seq uint32 }

func (a slotKey) compare(b slotKey) int {
	if c := cmp.Compare(a.table, b.table); c != 0 {
		return c
	}
	if c := cmp.Compare(a.hash, b.hash); c != 0 {
		return c
	}
	return cmp.Compare(a.seq, b.seq)
}

func slotHash(d *Delivery) uint32 {
	var scratch [128]byte
	b := append(scratch[:0], boolByte(d.Named))
	if d.Named {
		b = appendString(appendString(b, d.Source), d.Period)
	} else {
		b = append(append(b, d.SHA256[:]...), d.Options[:]...)
	}
	return uint32(xxh3.Hash(b))
}

func boolByte(b bool) byte { return flagIf(b, 1) }

// partKey is a partition of a table: its encoded values.
type partKey struct {
	table  uint32
	values string
}

func (a partKey) compare(b partKey) int {
	if c := cmp.Compare(a.table, b.table); c != 0 {
		return c
	}
	return strings.Compare(a.values, b.values)
}

// partition is what is known of one; its number stands for it in groupKey.
type partition struct {
	number  uint32
	changed uint64 // catalog index
}

// groupKey finds the deliveries that have segments in a partition; the value is the group's offset in the packed delivery.
type groupKey struct{ partition, seq uint32 }

func (a groupKey) compare(b groupKey) int {
	if c := cmp.Compare(a.partition, b.partition); c != 0 {
		return c
	}
	return cmp.Compare(a.seq, b.seq)
}

// folded says at which index a compaction put others in place of a share, and in which table.
type folded struct {
	at    uint64
	table uint32
}

// heldKey finds the compactions that hold rows of a delivery; both are seqs.
type heldKey struct{ table, delivery, compaction uint32 }

func (a heldKey) compare(b heldKey) int {
	if c := cmp.Compare(a.table, b.table); c != 0 {
		return c
	}
	if c := cmp.Compare(a.delivery, b.delivery); c != 0 {
		return c
	}
	return cmp.Compare(a.compaction, b.compaction)
}

// tableKey orders the versions of a table's definition by name.
type tableKey struct {
	name  string // lower case
	added uint64
}

func (a tableKey) compare(b tableKey) int {
	if c := strings.Compare(a.name, b.name); c != 0 {
		return c
	}
	return cmp.Compare(a.added, b.added)
}

// tableIDKey orders them by id.
type tableIDKey struct {
	id    uint32
	added uint64
}

func (a tableIDKey) compare(b tableIDKey) int {
	if c := cmp.Compare(a.id, b.id); c != 0 {
		return c
	}
	return cmp.Compare(a.added, b.added)
}

// tableEntry is one version of a definition and when it held.
type tableEntry struct {
	def       *schema.Table
	added     uint64
	removed   uint64 // 0 for the current version
	removedAt int64  // microseconds since 1970
	dropped   bool   // it was the last version
}

func (e *tableEntry) live(index uint64) bool {
	return e.added <= index && (e.removed == 0 || e.removed > index)
}

// removedKey is the queue of what retention will let go, in the order in which it left.
type removedKey struct {
	index uint64
	entryKey
}

func (a removedKey) compare(b removedKey) int {
	if c := cmp.Compare(a.index, b.index); c != 0 {
		return c
	}
	return a.entryKey.compare(b.entryKey)
}

// spanKey is an earlier stay in force of a delivery that came back; the value is when it ended.
type spanKey struct {
	entryKey
	added uint64
}

func (a spanKey) compare(b spanKey) int {
	if c := a.entryKey.compare(b.entryKey); c != 0 {
		return c
	}
	return cmp.Compare(a.added, b.added)
}

type uintKey uint32

func (a uintKey) compare(b uintKey) int { return cmp.Compare(a, b) }

type stringKey string

func (a stringKey) compare(b stringKey) int { return strings.Compare(string(a), string(b)) }
