package segment

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/parquet-go/bitpack"
)

// hybrid walks Parquet's mix of runs and bit-packed groups value by value, so that a page of a million codes can be read, or
// passed over, in pieces. The bytes must have unpackSlack behind them.
type hybrid struct {
	body  []byte
	width uint
	left  int   // values of the run under way
	run   bool  // all of them are value
	value int32 // of a run

	packed []byte // of a bit-packed run
	at     int    // next value within packed
}

func (h *hybrid) reset(body []byte, width uint) {
	*h = hybrid{body: body, width: width}
}

// next begins the run that follows.
func (h *hybrid) next() error {
	for h.left == 0 {
		head, n := binary.Uvarint(h.body)
		if n <= 0 {
			return fmt.Errorf("runs end early")
		}
		body := h.body[n:]
		if head&1 == 0 {
			size := int(h.width+7) / 8
			if head>>1 > 1<<31 || size > len(body) {
				return fmt.Errorf("a run of %d values in %d bytes", head>>1, len(body))
			}
			var v [8]byte
			copy(v[:], body[:size])
			h.run, h.left, h.value = true, int(head>>1), int32(binary.LittleEndian.Uint32(v[:]))
			h.body = body[size:]
			continue
		}
		if err := h.beginPacked(head>>1, body); err != nil {
			return err
		}
	}
	return nil
}

// beginPacked begins a bit-packed run of groups of 8 values. Some writers leave the padding of a page's last run out.
func (h *hybrid) beginPacked(groups uint64, body []byte) error {
	if groups > 1<<28 {
		return fmt.Errorf("a run of %d groups", groups)
	}
	size, count := int(groups)*int(h.width), int(groups)*8
	if size > len(body) {
		size = len(body)
		count = size * 8 / int(h.width)
		if count == 0 {
			return fmt.Errorf("a bit-packed run ends early")
		}
	}
	h.run, h.left, h.at, h.packed, h.body = false, count, 0, body[:size], body[size:]
	return nil
}

// single returns the value of the next n values when they lie in one run.
func (h *hybrid) single(n int) (int32, bool) {
	if h.left == 0 && h.next() != nil {
		return 0, false
	}
	return h.value, h.run && h.left >= n
}

// append decodes n values.
func (h *hybrid) append(dst []int32, n int) ([]int32, error) {
	dst = reserve(dst, n)
	for n > 0 {
		if h.left == 0 {
			if err := h.next(); err != nil {
				return dst, err
			}
		}
		k := min(n, h.left)
		if h.run {
			at := len(dst)
			dst = dst[:at+k]
			for i := range dst[at:] {
				dst[at+i] = h.value
			}
			h.left -= k
		} else {
			dst, k = h.unpack(dst, k)
		}
		n -= k
	}
	return dst, nil
}

// unpack decodes up to n values of a bit-packed run and tells how many it did: it begins at a group of 8, so that after a start within
// one the rest of that group comes alone.
func (h *hybrid) unpack(dst []int32, n int) ([]int32, int) {
	at := len(dst)
	if odd := h.at & 7; odd != 0 {
		var group [8]int32
		h.unpackAligned(group[:], h.at-odd)
		n = min(n, 8-odd)
		dst = append(dst, group[odd:odd+n]...)
	} else {
		dst = dst[:at+n]
		h.unpackAligned(dst[at:], h.at)
	}
	h.at += n
	h.left -= n
	return dst, n
}

// unpackAligned decodes values from a multiple of 8 on. What lies beyond a run that ends early reads as whatever is there.
func (h *hybrid) unpackAligned(dst []int32, from int) {
	if h.width == 0 {
		clear(dst)
		return
	}
	bitpack.Unpack(dst, h.packed[from/8*int(h.width):], h.width)
}

// skip passes over n values.
func (h *hybrid) skip(n int) error {
	for n > 0 {
		if h.left == 0 {
			if err := h.next(); err != nil {
				return err
			}
		}
		k := min(n, h.left)
		h.left -= k
		h.at += k
		n -= k
	}
	return nil
}

// appendLevels decodes n levels of one bit as bytes of 0 and 1, and counts the ones.
func (h *hybrid) appendLevels(dst []byte, n int) (out []byte, ones int, err error) {
	dst = reserve(dst, n)
	for n > 0 {
		if h.left == 0 {
			if err := h.next(); err != nil {
				return dst, ones, err
			}
		}
		k, at := min(n, h.left), len(dst)
		dst = dst[:at+k]
		if h.run {
			v := byte(h.value & 1)
			for i := range dst[at:] {
				dst[at+i] = v
			}
			ones += k * int(v)
		} else {
			ones += spreadBits(dst[at:], h.packed, h.at)
			h.at += k
		}
		h.left -= k
		n -= k
	}
	return dst, ones, nil
}

// ones passes over n levels of one bit and counts the ones.
func (h *hybrid) ones(n int) (ones int, err error) {
	for n > 0 {
		if h.left == 0 {
			if err := h.next(); err != nil {
				return ones, err
			}
		}
		k := min(n, h.left)
		if h.run {
			ones += k * int(h.value&1)
		} else {
			ones += countBits(h.packed, h.at, k)
			h.at += k
		}
		h.left -= k
		n -= k
	}
	return ones, nil
}

// countBits counts the ones among n bits from a place on.
func countBits(packed []byte, at, n int) (ones int) {
	for ; n > 0 && at&7 != 0; n-- {
		ones += int(packed[at>>3] >> (at & 7) & 1)
		at++
	}
	p := packed[at>>3:]
	for ; n >= 64; n -= 64 {
		ones += bits.OnesCount64(binary.LittleEndian.Uint64(p))
		p = p[8:]
	}
	for ; n >= 8; n -= 8 {
		ones += bits.OnesCount8(p[0])
		p = p[1:]
	}
	if n > 0 {
		ones += bits.OnesCount8(p[0] & (1<<n - 1))
	}
	return ones
}

// spreadBits writes bits from a place on as bytes and counts the ones.
func spreadBits(dst, packed []byte, at int) (ones int) {
	i := 0
	for ; i < len(dst) && (at+i)&7 != 0; i++ {
		dst[i] = packed[(at+i)>>3] >> ((at + i) & 7) & 1
		ones += int(dst[i])
	}
	for ; i+8 <= len(dst); i += 8 {
		// Each of the 8 bits is carried to a byte of its own: bit k lands at 8k.
		b := uint64(packed[(at+i)>>3])
		w := (b&0x7f)*0x0002_0408_1020_4081&0x0101_0101_0101_0101 | b>>7<<56
		binary.LittleEndian.PutUint64(dst[i:], w)
		ones += int(w * 0x0101_0101_0101_0101 >> 56)
	}
	for ; i < len(dst); i++ {
		dst[i] = packed[(at+i)>>3] >> ((at + i) & 7) & 1
		ones += int(dst[i])
	}
	return ones
}

// reserve returns s with room for n more elements.
func reserve[T any](s []T, n int) []T {
	if cap(s)-len(s) >= n {
		return s
	}
	out := make([]T, len(s), len(s)+n+(len(s)+n)/4)
	copy(out, s)
	return out
}
