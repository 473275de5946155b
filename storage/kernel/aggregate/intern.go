package aggregate

import (
	"bytes"

	"github.com/zeebo/xxh3"
)

// arenaChunk is the size of the pieces in which texts are kept; a longer text gets a piece of its own.
const arenaChunk = 1 << 18

// interner gives each distinct byte string a small number, in the order of arrival. The bytes lie in arenas that never move.
type interner struct {
	slots  []uint64 // high 32 bits of the hash, then id+1; 0 when empty
	refs   [][]byte
	hashes []uint64
	chunk  []byte
	held   int64
}

func (t *interner) bytes() int64 {
	return int64(8*cap(t.slots)+24*cap(t.refs)+8*cap(t.hashes)) + t.held
}

// intern returns the number of b, and whether it is new.
func (t *interner) intern(b []byte) (id int64, fresh bool) { return t.internHashed(b, xxh3.Hash(b)) }

func (t *interner) internHashed(b []byte, h uint64) (id int64, fresh bool) {
	if 2*len(t.refs) >= len(t.slots) {
		t.resize(max(16, 2*len(t.slots)))
	}
	mask := uint64(len(t.slots) - 1)
	tag := h >> 32 << 32
	for i := h & mask; ; i = (i + 1) & mask {
		s := t.slots[i]
		if s == 0 {
			t.slots[i] = tag | uint64(len(t.refs)+1)
			t.refs = append(t.refs, t.keep(b))
			t.hashes = append(t.hashes, h)
			return int64(len(t.refs) - 1), true
		}
		if s&^0xffffffff == tag {
			if k := uint32(s) - 1; bytes.Equal(t.refs[k], b) {
				return int64(k), false
			}
		}
	}
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

func (t *interner) resize(n int) {
	t.slots = make([]uint64, n)
	mask := uint64(n - 1)
	for id, h := range t.hashes {
		i := h & mask
		for t.slots[i] != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = h>>32<<32 | uint64(id+1)
	}
}
