package catalog

import (
	"encoding/binary"
	"math/bits"

	"github.com/assaydb/assay/storage/schema"
	"github.com/zeebo/xxh3"
)

// DefaultRetention is how long what left the live state is kept, in microseconds: 7 days.
const DefaultRetention int64 = 7 * 24 * 3600 * 1_000_000

// state is the whole catalog. Only a Machine (or a rehearsal, on its own copy) changes it; frozen copies serve readers.
type state struct {
	scalars
	sum hash128 // of everything below that is not derived

	tables   tree[tableKey, tableEntry]
	members  tree[stringKey, Member]
	entries  tree[entryKey, entry]
	parts    tree[partKey, partition]
	removed  tree[removedKey, int64] // when it left, microseconds since 1970
	spans    tree[spanKey, uint64]
	folds    tree[groupKey, folded]       // shares that a compaction put others in place of
	options  tree[uintKey, schema.Digest] // of parse options, by the number that packed deliveries have for them
	tableIDs tree[tableIDKey, tableKey]   // derived
	ids      tree[idKey, entryKey]        // derived
	slots    tree[slotKey, struct{}]      // derived
	groups   tree[groupKey, uint32]       // derived
	totals   tree[uintKey, Totals]        // derived: live deliveries per table

	optionIDs tree[digestKey, uint32] // derived
	documents tree[documentKey, string]

	amendments tree[amendKey, struct{}] // derived
	held       tree[heldKey, struct{}]  // derived

	summaries *summaries // what readers keep; nil in rehearsals, which must leave nothing behind
}

// scalars are the single numbers of the state.
type scalars struct {
	epoch     uint64
	index     uint64
	horizon   uint64 // the oldest index that can still be seen
	clock     int64  // the newest proposer's clock seen: what leaves, leaves at this time, so times grow with the index
	newest    int64  // clock of the newest commit
	retention int64  // microseconds
	nextTable uint32
	nextSeq   uint32
	nextPart  uint32
}

func newState() *state {
	s := &state{scalars: scalars{epoch: 1, retention: DefaultRetention, nextTable: 1, nextSeq: 1, nextPart: 1}, summaries: &summaries{}}
	s.setGeneration(1)
	return s
}

// freeze returns a copy that never changes.
func (s *state) freeze() *state {
	view := *s
	s.setGeneration(s.entries.gen + 1)
	return &view
}

// private is the generation of rehearsals: no published node has it.
const private = 1 << 63

// fork returns a copy of a frozen state that may be changed without anyone seeing it.
func (s *state) fork() *state {
	c := *s
	c.summaries = nil
	c.setGeneration(private)
	return &c
}

func (s *state) setGeneration(gen uint64) {
	s.tables.gen, s.members.gen, s.entries.gen, s.parts.gen, s.removed.gen, s.spans.gen = gen, gen, gen, gen, gen, gen
	s.tableIDs.gen, s.ids.gen, s.slots.gen, s.groups.gen, s.totals.gen = gen, gen, gen, gen, gen
	s.options.gen, s.optionIDs.gen, s.documents.gen = gen, gen, gen
	s.amendments.gen, s.folds.gen, s.held.gen = gen, gen, gen
}

// hash128 is a sum mod 2^128 of hashes of parts of the state: each change subtracts the old part and adds the new, so the hash
// of two million segments costs nothing to keep.
type hash128 struct{ hi, lo uint64 }

func (h *hash128) add(b []byte) {
	u := xxh3.Hash128(b)
	var c uint64
	h.lo, c = bits.Add64(h.lo, u.Lo, 0)
	h.hi, _ = bits.Add64(h.hi, u.Hi, c)
}

func (h *hash128) sub(b []byte) {
	u := xxh3.Hash128(b)
	var c uint64
	h.lo, c = bits.Sub64(h.lo, u.Lo, 0)
	h.hi, _ = bits.Sub64(h.hi, u.Hi, c)
}

// StateHash is a 128-bit hash of the catalog's content: equal states have equal hashes, whatever way led to them.
type StateHash [16]byte

// hash returns the hash of the state with its scalars.
func (s *state) hash() StateHash {
	h := s.sum
	h.add(append([]byte{byte(frameScalars)}, appendScalars(nil, &s.scalars)...))
	var out StateHash
	binary.BigEndian.PutUint64(out[:8], h.hi)
	binary.BigEndian.PutUint64(out[8:], h.lo)
	return out
}
