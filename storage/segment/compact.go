package segment

import (
	"encoding/binary"
	"fmt"
)

// compact reads Thrift's compact protocol, in which other programs' footers and page headers are written. It is our own reader
// for two reasons: it tells an absent field from a zero, which decides whether a NULL count may be believed, and it takes no memory that
// the input could not fill. The first fault sticks; every read after it gives zeros.
//
// Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
type compact struct {
	b     []byte
	at    int
	depth int
	err   error
}

// kind is the wire type of a field or list element.
type compactKind byte

const (
	compactStop compactKind = iota
	compactTrue
	compactFalse
	compactByte
	compactI16
	compactI32
	compactI64
	compactDouble
	compactBinary
	compactList
	compactSet
	compactMap
	compactStruct
	compactUUID
)

// maxCompactDepth bounds nesting; Parquet's deepest structure has nine levels.
const maxCompactDepth = 32

func (c *compact) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("at byte %d: %s", c.at, fmt.Sprintf(format, args...))
	}
	c.at = len(c.b)
}

func (c *compact) byte() byte {
	if c.at >= len(c.b) {
		c.fail("the bytes end early")
		return 0
	}
	c.at++
	return c.b[c.at-1]
}

func (c *compact) uvarint() uint64 {
	v, n := binary.Uvarint(c.b[c.at:])
	if n <= 0 {
		c.fail("the bytes end within a number")
		return 0
	}
	c.at += n
	return v
}

func (c *compact) zigzag() int64 {
	u := c.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// fields calls read with every field of a structure. read returns false for a field that it does not know, which is then skipped.
func (c *compact) fields(read func(id int, k compactKind) bool) {
	if c.depth++; c.depth > maxCompactDepth {
		c.fail("structures are nested more than %d deep", maxCompactDepth)
	}
	last := 0
	for c.err == nil {
		h := c.byte()
		k := compactKind(h & 0x0f)
		if k == compactStop {
			break
		}
		if d := int(h >> 4); d != 0 {
			last += d
		} else {
			last = int(int16(c.zigzag()))
		}
		if c.err == nil && !read(last, k) {
			c.skip(k)
		}
	}
	c.depth--
}

// list calls read for every element of a list whose elements have the wanted kind and take at least size bytes each.
func (c *compact) list(k, want compactKind, size int, read func()) {
	n, of := c.listHead(k)
	if n > 0 && of != want {
		c.fail("a list holds elements of kind %d, not %d", of, want)
	}
	if n > (len(c.b)-c.at)/size {
		c.fail("a list of %d elements in %d bytes", n, len(c.b)-c.at)
	}
	for ; n > 0 && c.err == nil; n-- {
		read()
	}
}

func (c *compact) listHead(k compactKind) (n int, of compactKind) {
	if k != compactList && k != compactSet {
		c.fail("kind %d where a list is due", k)
		return 0, 0
	}
	h := c.byte()
	if n = int(h >> 4); n == 15 {
		u := c.uvarint()
		if u > uint64(len(c.b)) {
			c.fail("a list of %d elements", u)
			return 0, 0
		}
		n = int(u)
	}
	return n, compactKind(h & 0x0f)
}

func (c *compact) int(k compactKind) int64 {
	switch k {
	case compactI16, compactI32, compactI64:
		return c.zigzag()
	case compactByte:
		return int64(int8(c.byte()))
	}
	c.fail("kind %d where a number is due", k)
	return 0
}

// int32 is a number that Parquet declares as i32.
func (c *compact) int32(k compactKind) int32 {
	v := c.int(k)
	if v != int64(int32(v)) {
		c.fail("the number %d does not fit 32 bits", v)
	}
	return int32(v)
}

func (c *compact) bool(k compactKind) bool {
	if k != compactTrue && k != compactFalse {
		c.fail("kind %d where a boolean is due", k)
	}
	return k == compactTrue
}

// bytes returns a piece of the input.
func (c *compact) bytes(k compactKind) []byte {
	if k != compactBinary {
		c.fail("kind %d where bytes are due", k)
		return nil
	}
	return c.take(c.uvarint())
}

func (c *compact) take(n uint64) []byte {
	if n > uint64(len(c.b)-c.at) {
		c.fail("%d bytes announced, %d left", n, len(c.b)-c.at)
		return nil
	}
	c.at += int(n)
	return c.b[c.at-int(n) : c.at : c.at]
}

// structure reads a nested structure.
func (c *compact) structure(k compactKind, read func(id int, k compactKind) bool) {
	if k != compactStruct {
		c.fail("kind %d where a structure is due", k)
		return
	}
	c.fields(read)
}

// skip passes over a value.
func (c *compact) skip(k compactKind) {
	switch k {
	case compactTrue, compactFalse:
	case compactByte:
		c.byte()
	case compactI16, compactI32, compactI64:
		c.uvarint()
	case compactDouble:
		c.take(8)
	case compactUUID:
		c.take(16)
	case compactBinary:
		c.take(c.uvarint())
	case compactList, compactSet:
		n, of := c.listHead(k)
		c.skipElements(n, of)
	case compactMap:
		c.skipMap()
	case compactStruct:
		c.fields(func(int, compactKind) bool { return false })
	default:
		c.fail("unknown kind %d", k)
	}
}

// skipElements passes over the elements of a list, in which booleans take a byte each.
func (c *compact) skipElements(n int, of compactKind) {
	if c.depth++; c.depth > maxCompactDepth {
		c.fail("lists are nested more than %d deep", maxCompactDepth)
	}
	if of == compactTrue || of == compactFalse {
		of = compactByte
	}
	for ; n > 0 && c.err == nil; n-- {
		c.skip(of)
	}
	c.depth--
}

func (c *compact) skipMap() {
	n := c.uvarint()
	if n == 0 {
		return
	}
	if n > uint64(len(c.b)) {
		c.fail("a map of %d entries", n)
		return
	}
	kinds := c.byte()
	for ; n > 0 && c.err == nil; n-- {
		c.skipElements(1, compactKind(kinds>>4))
		c.skipElements(1, compactKind(kinds&0x0f))
	}
}
