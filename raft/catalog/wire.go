package catalog

import (
	"encoding/binary"
	"fmt"
	"math"
)

// The primitive encodings of commands, packed deliveries and snapshots: LEB128 varints, zigzag for signed numbers, length-prefixed
// strings, little-endian fixed words. Each value has exactly one encoding; readers refuse any other, so that decoding and encoding
// again gives the same bytes.

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// reader walks encoded bytes. The first failure sticks; after it every method returns zero. Strings it returns share the memory
// of s.
type reader struct {
	s   string
	off int
	err error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("at byte %d: %s", r.off, fmt.Sprintf(format, args...))
		r.off = len(r.s)
	}
}

func (r *reader) left() int { return len(r.s) - r.off }

// take returns the next n bytes.
func (r *reader) take(n int) string {
	if n < 0 || n > r.left() {
		r.fail("%d bytes wanted, %d left", n, r.left())
		return ""
	}
	s := r.s[r.off : r.off+n]
	r.off += n
	return s
}

func (r *reader) byte() byte {
	if r.off >= len(r.s) {
		r.fail("the end came too early")
		return 0
	}
	r.off++
	return r.s[r.off-1]
}

func (r *reader) bool() bool {
	b := r.byte()
	if b > 1 {
		r.fail("%d is not a boolean", b)
	}
	return b == 1
}

func (r *reader) uvarint() uint64 {
	var v uint64
	for shift := 0; shift < 64; shift += 7 {
		b := r.byte()
		if shift == 63 && b > 1 {
			break
		}
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			if b == 0 && shift > 0 {
				r.fail("a number is longer than it need be")
				return 0
			}
			return v
		}
	}
	r.fail("a number does not fit in 64 bits")
	return 0
}

func (r *reader) uint32() uint32 {
	v := r.uvarint()
	if v > math.MaxUint32 {
		r.fail("%d does not fit in 32 bits", v)
		return 0
	}
	return uint32(v)
}

func (r *reader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

func (r *reader) word() uint64 {
	s := r.take(8)
	if s == "" {
		return 0
	}
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func (r *reader) string() string {
	n := r.uvarint()
	if n > uint64(r.left()) {
		r.fail("a string of %d bytes, %d left", n, r.left())
		return ""
	}
	return r.take(int(n))
}

// count reads the number of items that follow, each at least size bytes long: a hostile count cannot ask for more memory than
// the input could fill.
func (r *reader) count(size int) int {
	n := r.uvarint()
	if n > uint64(r.left()/size) {
		r.fail("%d items announced, %d bytes left", n, r.left())
		return 0
	}
	return int(n)
}

func (r *reader) id() (id [16]byte) {
	copy(id[:], r.take(16))
	return id
}

func (r *reader) digest() (d [32]byte) {
	copy(d[:], r.take(32))
	return d
}

// end fails unless everything was read.
func (r *reader) end() error {
	if r.err == nil && r.left() > 0 {
		r.fail("%d bytes too many", r.left())
	}
	return r.err
}
