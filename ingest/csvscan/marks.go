package csvscan

import (
	"encoding/binary"
	"math/bits"
)

// marks finds the bytes that may end an unquoted field, 64 input bytes at a time: the delimiter, and every byte below 0x10,
// among which LF and CR are (other control bytes are passed over by the caller; they are rare). Testing "below 0x10" costs one
// comparison where LF and CR would cost two.
type marks struct {
	delim uint64 // the delimiter in every byte
	base  int    // input position of bit 0
	bits  uint64 // marks at or behind the position asked for last
}

const (
	ones  = 0x0101010101010101
	lows  = 0x7f7f7f7f7f7f7f7f
	highs = 0x8080808080808080
	tops  = 0xf0f0f0f0f0f0f0f0
	// gather moves bit 8i of a word to bit 56+i.
	gather = 0x0102040810204080
)

func newMarks(delimiter byte) marks { return marks{delim: ones * uint64(delimiter)} }

func (m *marks) reset() { m.base, m.bits = -64, 0 }

// seek drops the marks before pos.
func (m *marks) seek(data []byte, pos int) {
	if n := pos - m.base; uint(n) < 64 {
		m.bits &= ^uint64(0) << uint(n)
		return
	}
	m.load(data, pos)
}

// load computes the marks of the 64 bytes from pos, which slack makes readable.
func (m *marks) load(data []byte, pos int) {
	block := data[pos : pos+64 : pos+64]
	var out uint64
	for i := 0; i < 64; i += 8 {
		w := binary.LittleEndian.Uint64(block[i:])
		d := w ^ m.delim
		t := w & tops
		// Exact zero-byte test: the high bit of (x&0x7f)+0x7f|x is clear for a zero byte alone, and no carry crosses bytes.
		z := (d&lows + lows | d) & (t&lows + lows | t)
		out |= (^z & highs >> 7 * gather >> 56) << uint(i)
	}
	m.base, m.bits = pos, out
}

// next returns the position of the next mark, or len(data) or more when there is none.
func (m *marks) next(data []byte) int {
	for m.bits == 0 {
		if m.base+64 >= len(data) {
			return len(data)
		}
		m.load(data[:len(data)+slack], m.base+64)
	}
	p := m.base + bits.TrailingZeros64(m.bits)
	m.bits &= m.bits - 1
	return p
}
