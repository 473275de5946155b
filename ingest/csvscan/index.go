package csvscan

import (
	"encoding/binary"
	"math/bits"
)

// index marks the bytes that structure some data, a bit for each: in ends the delimiter, LF and CR, in quotes the quote. It is
// made of all the data at once, 64 bytes at a time, before records are cut, and is all that cutting looks at between fields.
type index struct {
	ends, quotes []uint64
	scalar       bool // without SIMD, for comparing the two
}

// Content says what bytes are in some data.
type content uint8

const (
	hasHigh content = 1 << iota // bytes from 0x80
	hasNUL
)

const (
	block = 64
	ones  = 0x0101010101010101
	lows  = 0x7f7f7f7f7f7f7f7f
	highs = 0x8080808080808080
	// gather moves bit 8i of a word to bit 56+i.
	gather = 0x0102040810204080
)

// build marks the data. Bits behind its end are clear.
func (x *index) build(data []byte, delimiter, quote byte) content {
	n := (len(data) + block - 1) / block
	if cap(x.ends) < n {
		x.ends, x.quotes = make([]uint64, n, n+n/8), make([]uint64, n, n+n/8)
	}
	x.ends, x.quotes = x.ends[:n], x.quotes[:n]
	whole := len(data) / block
	found := x.blocks(data[:whole*block], delimiter, quote, 0)
	if rest := data[whole*block:]; len(rest) > 0 {
		var last [block]byte
		for i := range last {
			last[i] = ' '
		}
		copy(last[:], rest)
		found |= x.blocks(last[:], delimiter, quote, whole)
		x.ends[whole] &= 1<<len(rest) - 1
		x.quotes[whole] &= 1<<len(rest) - 1
	}
	return found
}

// blocks marks whole blocks, from the given word on.
func (x *index) blocks(data []byte, delimiter, quote byte, at int) content {
	n := len(data) / block
	if n == 0 {
		return 0
	}
	ends, quotes := x.ends[at:at+n], x.quotes[at:at+n]
	if x.scalar || !haveSIMD {
		return markScalar(data, delimiter, quote, ends, quotes)
	}
	return markSIMD(data, delimiter, quote, ends, quotes)
}

// count returns how many bytes may end a field: no more fields than these and one can come of the data.
func (x *index) count() (n int) {
	for _, w := range x.ends {
		n += bits.OnesCount64(w)
	}
	return n
}

// end returns the position of the first end at or behind from, or size when there is none.
func (x *index) end(from, size int) int { return first(x.ends, from, size) }

// quote does the same for quotes.
func (x *index) quote(from, size int) int { return first(x.quotes, from, size) }

func first(words []uint64, from, size int) int {
	w := from / block
	if w >= len(words) {
		return size
	}
	for m := words[w] &^ (1<<(from%block) - 1); ; m = words[w] {
		if m != 0 {
			return w*block + bits.TrailingZeros64(m)
		}
		if w++; w == len(words) {
			return size
		}
	}
}

// markScalar is markSIMD in words of eight bytes, for processors without it.
func markScalar(data []byte, delimiter, quote byte, ends, quotes []uint64) (found content) {
	d, q := ones*uint64(delimiter), ones*uint64(quote)
	high, zero := uint64(0), uint64(0)
	for b := range ends {
		in := data[b*block : (b+1)*block : (b+1)*block]
		var e, k uint64
		for i := 0; i < block; i += 8 {
			w := binary.LittleEndian.Uint64(in[i:])
			high |= w
			zero |= ^nonzero(w)
			ew := ^(nonzero(w^d) & nonzero(w^ones*'\n') & nonzero(w^ones*'\r'))
			e |= (ew & highs >> 7 * gather >> 56) << uint(i)
			k |= (^nonzero(w^q) & highs >> 7 * gather >> 56) << uint(i)
		}
		ends[b], quotes[b] = e, k
	}
	if high&highs != 0 {
		found |= hasHigh
	}
	if zero&highs != 0 {
		found |= hasNUL
	}
	return found
}

// nonzero sets the high bit of every byte that is not zero, exactly: no carry crosses bytes. Other bits are noise.
func nonzero(w uint64) uint64 { return w&lows + lows | w }
