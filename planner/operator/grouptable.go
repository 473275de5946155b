package operator

import (
	"bytes"
	"math/bits"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
	"github.com/zeebo/xxh3"
)

// groupTable numbers distinct keys from 0 in the order of arrival. It is an open-addressing table, at most half full, whose slots
// hold the upper half of the hash and the number; the packed keys lie apart by number, long ones in arenas.
type groupTable struct {
	packer *packer
	slots  []uint64 // hash>>32<<32 | number+1, 0 when empty
	hashes []uint64
	keys   []shortKey
	long   map[int32][]byte // by number; the key is then {length, 0} and matters not
	arena  []byte
	held   int64

	packed []shortKey // of the batch in hand
	hashed []uint64
	first  []uint64
}

func newGroupTable(types []schema.Type) *groupTable { return &groupTable{packer: newPacker(types)} }

func (t *groupTable) len() int { return len(t.keys) }

// bytes counts the memory held and what the next doubling will add for a moment.
func (t *groupTable) bytes() int64 {
	n := int64(8*cap(t.slots) + 8*cap(t.hashes) + 16*cap(t.keys) + 32*cap(t.packed))
	return n + t.held + int64(len(t.long)*48)
}

func hashShort(k shortKey) uint64 {
	hi, lo := bits.Mul64(k[0]^0xa0761d6478bd642f, k[1]^0xe7037ed1a0b428db)
	hi, lo = bits.Mul64(hi^lo^0x8ebc6af09c88c6e3, k[0]^0x589965cc75374cc3)
	return hi ^ lo
}

const tagMask = ^uint64(0xffffffff)

// find returns the number of a short key, a new one when it is new.
func (t *groupTable) find(k shortKey, h uint64) int32 {
	mask := uint64(len(t.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		s := t.slots[i]
		if s == 0 {
			return t.insert(i, h, k)
		}
		if (s^h)&tagMask == 0 {
			if g := int32(uint32(s)) - 1; t.keys[g] == k && (t.long == nil || t.long[g] == nil) {
				return g
			}
		}
	}
}

func (t *groupTable) findLong(b []byte, h uint64) int32 {
	mask := uint64(len(t.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		s := t.slots[i]
		if s == 0 {
			g := t.insert(i, h, shortKey{uint64(len(b))})
			if t.long == nil {
				t.long = map[int32][]byte{}
			}
			t.long[g] = t.keep(b)
			return g
		}
		if (s^h)&tagMask == 0 {
			if g := int32(uint32(s)) - 1; bytes.Equal(t.long[g], b) && t.long[g] != nil {
				return g
			}
		}
	}
}

func (t *groupTable) insert(i, h uint64, k shortKey) int32 {
	t.keys = append(t.keys, k)
	t.hashes = append(t.hashes, h)
	t.slots[i] = h&tagMask | uint64(len(t.keys))
	return int32(len(t.keys) - 1)
}

// longChunk is the size of arena pieces.
const longChunk = 1 << 16

func (t *groupTable) keep(b []byte) []byte {
	if len(b) > cap(t.arena)-len(t.arena) {
		t.arena = make([]byte, 0, max(len(b), longChunk))
		t.held += int64(cap(t.arena))
	}
	at := len(t.arena)
	t.arena = append(t.arena, b...)
	return t.arena[at:len(t.arena):len(t.arena)]
}

// reserve makes room for n more keys.
func (t *groupTable) reserve(n int) {
	want := max(64, len(t.slots))
	for want < 2*(len(t.keys)+n) {
		want *= 2
	}
	if want == len(t.slots) {
		return
	}
	t.slots = make([]uint64, want)
	mask := uint64(want - 1)
	for g, h := range t.hashes {
		i := h & mask
		for t.slots[i] != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = h&tagMask | uint64(g+1)
	}
}

// row returns the number of one row's key.
func (t *groupTable) row(cols []*batch.Vector, row int) int32 {
	t.reserve(1)
	k, long, ok := t.packer.row(cols, row)
	if ok {
		return t.find(k, hashShort(k))
	}
	return t.findLong(long, xxh3.Hash(long))
}

// groups writes the number of every living row's key to dst. All hashes are computed and all slots fetched before any is
// judged, so that the processor waits for many of them at once.
func (t *groupTable) groups(dst []int32, cols []*batch.Vector, b *batch.Batch) {
	t.reserve(len(dst))
	if !t.pack(cols, b, len(dst)) {
		for k := range dst {
			dst[k] = t.row(cols, rowOf(b, k))
		}
		return
	}
	mask := uint64(len(t.slots) - 1)
	for i, k := range t.packed {
		t.hashed[i] = hashShort(k)
	}
	for i, h := range t.hashed {
		t.first[i] = t.slots[h&mask]
	}
	for i, k := range t.packed {
		s, h := t.first[i], t.hashed[i]
		if s != 0 && (s^h)&tagMask == 0 && t.long == nil && t.keys[uint32(s)-1] == k {
			dst[i] = int32(uint32(s)) - 1
			continue
		}
		dst[i] = t.find(k, h)
	}
}

func rowOf(b *batch.Batch, k int) int {
	if b.Sel != nil {
		return int(b.Sel[k])
	}
	return k
}

// pack packs a batch whose only key column is flat and whose keys are all short.
func (t *groupTable) pack(cols []*batch.Vector, b *batch.Batch, n int) bool {
	v := cols[0]
	if t.packer.one == several || v.Enc != batch.Flat {
		return false
	}
	if cap(t.packed) < n {
		t.packed, t.hashed, t.first = make([]shortKey, n), make([]uint64, n), make([]uint64, n)
	}
	t.packed, t.hashed, t.first = t.packed[:n], t.hashed[:n], t.first[:n]
	switch v.Type.Class() {
	case schema.ClassInt64:
		for i := range t.packed {
			t.packed[i] = shortKey{uint64(v.I[rowOf(b, i)]), 1}
		}
	case schema.ClassFloat64:
		for i := range t.packed {
			t.packed[i] = shortKey{uint64(doubleBits(v.F[rowOf(b, i)])), 1}
		}
	default:
		return t.packTexts(v, b)
	}
	t.packNulls(v, b, shortKey{0, 2})
	return true
}

func (t *groupTable) packTexts(v *batch.Vector, b *batch.Batch) bool {
	for i := range t.packed {
		row := rowOf(b, i)
		text := v.Data[v.Off[row]:v.Off[row+1]]
		if len(text) > maxShortText {
			if v.IsNull(row) {
				continue
			}
			return false
		}
		t.packed[i] = shortText(text)
	}
	t.packNulls(v, b, shortKey{})
	return true
}

func (t *groupTable) packNulls(v *batch.Vector, b *batch.Batch, null shortKey) {
	if v.Valid == nil {
		return
	}
	for i := range t.packed {
		if v.Valid[rowOf(b, i)] == 0 {
			t.packed[i] = null
		}
	}
}

// adopt returns the number here of a key of another table of the same columns.
func (t *groupTable) adopt(o *groupTable, g int32) int32 {
	if long := o.long[g]; long != nil {
		return t.findLong(long, o.hashes[g])
	}
	return t.find(o.keys[g], o.hashes[g])
}

// emit appends the keys of the listed groups.
func (t *groupTable) emit(out []*batch.Builder, groups []int32) {
	if len(out) == 0 {
		return
	}
	for _, g := range groups {
		t.packer.emit(out, t.keys[g], t.long[g])
	}
}
