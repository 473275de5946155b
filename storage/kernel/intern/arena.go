package intern

import "encoding/binary"

// arenaChunk is the size of the pieces in which texts are kept; a longer one gets a piece of its own.
const arenaChunk = 1 << 18

// Arena keeps texts one after the other. A reference says where a text lies: the piece in the upper half, the place in it in the
// lower one. It is below 2^53 and means nothing outside the arena.
type Arena struct {
	chunks [][]byte
	held   int64
}

// Keep copies a text and returns its reference.
func (a *Arena) Keep(b []byte) uint64 {
	last := len(a.chunks) - 1
	if last < 0 || cap(a.chunks[last])-len(a.chunks[last]) < len(b)+binary.MaxVarintLen32 {
		size := min(arenaChunk, max(1024, int(a.held)))
		a.chunks = append(a.chunks, make([]byte, 0, max(size, len(b)+binary.MaxVarintLen32)))
		last++
		a.held += int64(cap(a.chunks[last]))
	}
	at := len(a.chunks[last])
	c := binary.AppendUvarint(a.chunks[last], uint64(len(b)))
	a.chunks[last] = append(c, b...)
	return uint64(last)<<32 | uint64(at)
}

// Text returns the text of a reference; it must not be changed.
func (a *Arena) Text(ref uint64) []byte {
	b := a.chunks[ref>>32][uint32(ref):]
	if n := b[0]; n < 0x80 {
		return b[1 : 1+n : 1+n]
	}
	n, w := binary.Uvarint(b)
	return b[w : w+int(n) : w+int(n)]
}

// Reset forgets all texts and keeps the last piece for the next.
func (a *Arena) Reset() {
	if last := len(a.chunks) - 1; last >= 0 && cap(a.chunks[last]) <= arenaChunk {
		a.chunks = append(a.chunks[:0], a.chunks[last][:0])
		a.held = int64(cap(a.chunks[0]))
		return
	}
	*a = Arena{}
}

// Bytes is the memory held.
func (a *Arena) Bytes() int64 { return a.held + int64(24*cap(a.chunks)) }
