package segment

import "fmt"

// The page types of parquet.thrift.
const (
	pageData   = 0
	pageIndex  = 1
	pageDict   = 2
	pageDataV2 = 3
)

// foreignHeader is a page header. levels and compressed are of version 2 alone.
type foreignHeader struct {
	kind       int32
	raw        int32 // uncompressed bytes
	stored     int32
	crc        uint32
	checked    bool // a CRC is given
	values     int32
	rows       int32
	nulls      int32 // -1: not told
	encoding   int32
	levelsAs   int32 // encoding of definition levels, version 1
	levels     int32 // bytes of definition levels
	repeats    int32 // bytes of repetition levels
	compressed bool
	size       int // of the header itself
}

// decodeHeader reads the header at the start of b, which may hold more.
func decodeHeader(b []byte) (foreignHeader, error) {
	c := &compact{b: b}
	h := foreignHeader{kind: -1, values: -1, nulls: -1, compressed: true}
	c.fields(func(id int, k compactKind) bool {
		switch id {
		case 1:
			h.kind = c.int32(k)
		case 2:
			h.raw = c.int32(k)
		case 3:
			h.stored = c.int32(k)
		case 4:
			h.crc, h.checked = uint32(c.int32(k)), true
		case 5, 7:
			c.structure(k, func(id int, k compactKind) bool { return c.pageV1(&h, id, k) })
		case 8:
			c.structure(k, func(id int, k compactKind) bool { return c.pageV2(&h, id, k) })
		default:
			return false
		}
		return true
	})
	h.size = c.at
	if c.err != nil {
		return h, c.err
	}
	if h.stored < 0 || h.raw < 0 || h.levels < 0 || h.repeats < 0 || h.values < 0 && h.kind != pageIndex {
		return h, fmt.Errorf("a page header with a negative size or count")
	}
	return h, nil
}

// pageV1 reads a data page header of version 1, or a dictionary page header, which begins the same way.
func (c *compact) pageV1(h *foreignHeader, id int, k compactKind) bool {
	switch id {
	case 1:
		h.values = c.int32(k)
		h.rows = h.values
	case 2:
		h.encoding = c.int32(k)
	case 3:
		if k == compactTrue || k == compactFalse {
			return false // a dictionary's is_sorted
		}
		h.levelsAs = c.int32(k)
	default:
		return false
	}
	return true
}

func (c *compact) pageV2(h *foreignHeader, id int, k compactKind) bool {
	switch id {
	case 1:
		h.values = c.int32(k)
	case 2:
		h.nulls = c.int32(k)
	case 3:
		h.rows = c.int32(k)
	case 4:
		h.encoding = c.int32(k)
	case 5:
		h.levels = c.int32(k)
	case 6:
		h.repeats = c.int32(k)
	case 7:
		h.compressed = c.bool(k)
	default:
		return false
	}
	return true
}

// foreignPlace is one entry of an offset index.
type foreignPlace struct {
	offset int64
	first  int64 // row within the row group
	size   int32
}

// decodeOffsetIndex reads where the pages of a chunk lie.
func decodeOffsetIndex(b []byte) (places []foreignPlace, err error) {
	c := &compact{b: b}
	c.fields(func(id int, k compactKind) bool {
		if id != 1 {
			return false
		}
		c.list(k, compactStruct, 1, func() {
			var p foreignPlace
			c.fields(func(id int, k compactKind) bool {
				switch id {
				case 1:
					p.offset = c.int(k)
				case 2:
					p.size = c.int32(k)
				case 3:
					p.first = c.int(k)
				default:
					return false
				}
				return true
			})
			places = append(places, p)
		})
		return true
	})
	return places, c.err
}

// foreignBounds is a column index: bounds per page.
type foreignBounds struct {
	null     []bool
	min, max [][]byte
	nulls    []int64 // nil: not told
}

func decodeColumnIndex(raw []byte) (b foreignBounds, err error) {
	c := &compact{b: raw}
	c.fields(func(id int, k compactKind) bool {
		switch id {
		case 1:
			b.null = c.bools(k)
		case 2:
			c.list(k, compactBinary, 1, func() { b.min = append(b.min, c.bytes(compactBinary)) })
		case 3:
			c.list(k, compactBinary, 1, func() { b.max = append(b.max, c.bytes(compactBinary)) })
		case 5:
			c.list(k, compactI64, 1, func() { b.nulls = append(b.nulls, c.zigzag()) })
		default:
			return false
		}
		return true
	})
	return b, c.err
}

// bools reads a list of booleans, a byte each: 1 is true, 0 (or 2, by other writers) false.
func (c *compact) bools(k compactKind) (out []bool) {
	n, of := c.listHead(k)
	if n > 0 && of != compactTrue && of != compactFalse || n > len(c.b)-c.at {
		c.fail("a list of %d booleans of kind %d", n, of)
		return nil
	}
	for ; n > 0 && c.err == nil; n-- {
		out = append(out, c.byte() == 1)
	}
	return out
}

// decodeBloomHeader returns the bytes of a split-block filter's bits and of its header; no bits for a filter of another kind.
func decodeBloomHeader(b []byte) (bits int32, header int, err error) {
	c := &compact{b: b}
	known := 0
	union := func(k compactKind) {
		c.structure(k, func(id int, _ compactKind) bool {
			if id == 1 {
				known++
			}
			return false
		})
	}
	c.fields(func(id int, k compactKind) bool {
		switch id {
		case 1:
			bits = c.int32(k)
		case 2, 3, 4: // split block, XXH64, uncompressed: the first members of their unions
			union(k)
		default:
			return false
		}
		return true
	})
	if known != 3 {
		bits = 0
	}
	return bits, c.at, c.err
}
