package aggregate

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"github.com/assaydb/assay/storage/batch"
	"github.com/zeebo/xxh3"
)

// arenaChunk is the size of the pieces in which long texts are kept; a longer one gets a piece of its own.
const arenaChunk = 1 << 18

// textKey is a text of up to maxInline bytes, with its length plus one in the last byte; or, for a longer one, its hash, and
// longMark with its place among the long texts.
type textKey [2]uint64

const (
	maxInline = 15
	longMark  = uint64(0xff) << 56
)

// interner gives each distinct byte string a small number, in the order of arrival. Short ones lie in the table of keys itself:
// codes and identifiers are short, and each look at memory elsewhere costs as much as all else together.
type interner struct {
	slots []uint64 // high 32 bits of the hash, then id+1; 0 when empty
	keys  []textKey
	long  [][]byte
	chunk []byte
	held  int64

	packed []textKey // of the batch in hand
	hashed []uint64
	first  []uint64
}

func (t *interner) len() int { return len(t.keys) }

func (t *interner) bytes() int64 {
	return int64(8*cap(t.slots)+16*cap(t.keys)+24*cap(t.long)+32*cap(t.packed)) + t.held
}

// inline packs a short text.
func inline(b []byte) (k textKey) {
	switch n := len(b); {
	case n >= 8:
		k[0] = binary.LittleEndian.Uint64(b)
		if n > 8 {
			k[1] = binary.LittleEndian.Uint64(b[n-8:]) >> (8 * uint(16-n))
		}
	case n >= 4:
		k[0] = uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<(8*uint(n-4))
	default:
		for i, c := range b {
			k[0] |= uint64(c) << (8 * i)
		}
	}
	k[1] |= uint64(len(b)+1) << 56
	return k
}

// hash is a function of the text alone: of the packed form (wyhash's multiply and fold) or, when it is long, its XXH3.
func (k textKey) hash() uint64 {
	if k[1] >= longMark {
		return k[0]
	}
	hi, lo := bits.Mul64(k[0]^0xa0761d6478bd642f, k[1]^0xe7037ed1a0b428db)
	hi, lo = bits.Mul64(hi^lo^0x8ebc6af09c88c6e3, k[0]^0x589965cc75374cc3)
	return hi ^ lo
}

func keyOf(b []byte) textKey {
	if len(b) <= maxInline {
		return inline(b)
	}
	return textKey{xxh3.Hash(b), longMark}
}

// text returns the bytes of a number; they may lie in buf and are valid until it changes.
func (t *interner) text(id uint32, buf *[16]byte) []byte {
	k := t.keys[id]
	if k[1] >= longMark {
		return t.long[k[1]&^longMark]
	}
	binary.LittleEndian.PutUint64(buf[:], k[0])
	binary.LittleEndian.PutUint64(buf[8:], k[1])
	return buf[:k[1]>>56-1]
}

// intern returns the number of b, and whether it is new.
func (t *interner) intern(b []byte) (id uint32, fresh bool) {
	t.reserve(1)
	n := len(t.keys)
	k := keyOf(b)
	id = t.find(k, k.hash(), b)
	return id, len(t.keys) > n
}

// find is intern with room made; b is looked at only when it is long.
func (t *interner) find(k textKey, h uint64, b []byte) uint32 {
	mask := uint64(len(t.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		s := t.slots[i]
		if s == 0 {
			return t.insert(i, k, h, b)
		}
		if (s^h)>>32 == 0 && t.equal(uint32(s)-1, k, b) {
			return uint32(s) - 1
		}
	}
}

func (t *interner) equal(id uint32, k textKey, b []byte) bool {
	o := t.keys[id]
	if k[1] < longMark || o[1] < longMark {
		return o == k
	}
	return o[0] == k[0] && bytes.Equal(t.long[o[1]&^longMark], b)
}

func (t *interner) insert(slot uint64, k textKey, h uint64, b []byte) uint32 {
	if k[1] >= longMark {
		k[1] = longMark | uint64(len(t.long))
		t.long = append(t.long, t.keep(b))
	}
	t.keys = append(t.keys, k)
	t.slots[slot] = h>>32<<32 | uint64(len(t.keys))
	return uint32(len(t.keys) - 1)
}

func (t *interner) keep(b []byte) []byte {
	if len(b) > cap(t.chunk)-len(t.chunk) {
		t.chunk = make([]byte, 0, max(len(b), min(arenaChunk, max(1024, int(t.held)))))
		t.held += int64(cap(t.chunk))
	}
	at := len(t.chunk)
	t.chunk = append(t.chunk, b...)
	return t.chunk[at:len(t.chunk):len(t.chunk)]
}

// reserve makes room for n more texts.
func (t *interner) reserve(n int) {
	want := max(16, len(t.slots))
	for want < 2*(len(t.keys)+n) {
		want *= 2
	}
	if want == len(t.slots) {
		return
	}
	t.slots = make([]uint64, want)
	mask := uint64(want - 1)
	for id, k := range t.keys {
		h := k.hash()
		i := h & mask
		for t.slots[i] != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = h>>32<<32 | uint64(id+1)
	}
}

// batch makes room for n texts to be looked up at once.
func (t *interner) batch(n int) {
	t.reserve(n)
	t.packed, t.hashed, t.first = room(t.packed, n), room(t.hashed, n), room(t.first, n)
}

// internRows writes the numbers of the listed rows of a flat text column to ids. All slots are fetched before any is judged, so
// that the processor waits for many at once instead of one after the other.
func (t *interner) internRows(ids []uint32, v *batch.Vector, rows []int32) {
	t.batch(len(rows))
	for i, row := range rows {
		t.packed[i] = keyOf(v.Data[v.Off[row]:v.Off[row+1]])
	}
	t.fetch()
	for i, row := range rows {
		if !t.seen(ids, i) {
			ids[i] = t.find(t.packed[i], t.hashed[i], v.Data[v.Off[row]:v.Off[row+1]])
		}
	}
}

// internFrom writes the numbers here of some texts of another interner to ids.
func (t *interner) internFrom(ids []uint32, o *interner, theirs []uint32) {
	t.batch(len(theirs))
	for i, id := range theirs {
		t.packed[i] = o.keys[id]
	}
	t.fetch()
	var buf [16]byte
	for i, id := range theirs {
		if !t.seen(ids, i) {
			ids[i] = t.find(t.packed[i], t.hashed[i], o.text(id, &buf))
		}
	}
}

func (t *interner) fetch() {
	mask := uint64(len(t.slots) - 1)
	for i, k := range t.packed {
		t.hashed[i] = k.hash()
	}
	for i, h := range t.hashed {
		t.first[i] = t.slots[h&mask]
	}
}

// seen answers from the first slot alone, for short texts.
func (t *interner) seen(ids []uint32, i int) bool {
	s := t.first[i]
	if s == 0 || (s^t.hashed[i])>>32 != 0 || t.packed[i][1] >= longMark {
		return false
	}
	ids[i] = uint32(s) - 1
	return t.keys[ids[i]] == t.packed[i]
}
