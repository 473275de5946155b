package segment

import "fmt"

// What of a Parquet footer is looked at, as in parquet.thrift. Absent numbers are -1 where zero means something.

// foreignFooter is a file's metadata.
type foreignFooter struct {
	schema    []foreignElement
	rows      int64
	groups    []foreignGroup
	createdBy string
	orders    []bool // per leaf: its order is the one that its type defines
	encrypted bool
}

// foreignElement is one node of the schema tree, in depth-first order.
type foreignElement struct {
	name       string
	physical   int32 // -1: a group
	length     int32
	repetition int32
	children   int32
	converted  int32 // -1: none
	scale      int32
	precision  int32
	logical    foreignLogical
}

// foreignLogical is the LogicalType union; kind is its field id, 0 for none.
type foreignLogical struct {
	kind      int
	scale     int32
	precision int32
	utc       bool
	unit      int // 1 milliseconds, 2 microseconds, 3 nanoseconds
	bits      int32
	signed    bool
}

type foreignGroup struct {
	rows    int64
	columns []foreignColumn
}

// foreignColumn is the metadata of one column chunk.
type foreignColumn struct {
	elsewhere bool // in another file, or encrypted
	physical  int32
	codec     int32
	name      string // the path, its components joined with dots
	values    int64
	raw       int64 // uncompressed bytes
	size      int64
	data      int64
	dict      int64 // 0: none
	stats     foreignStats

	bloomOffset               int64
	offsetIndex, columnIndex  int64
	offsetLength, columnBytes int32
}

// foreignStats is Parquet's Statistics; a nil slice is an absent field.
type foreignStats struct {
	oldMin, oldMax []byte // the deprecated fields, whose order was never defined well
	min, max       []byte
	nulls          int64 // -1: not told
	exactMin       bool
	exactMax       bool
	inexact        bool // the writer says so
}

// decodeFooter reads the Thrift structure of a footer.
func decodeFooter(b []byte) (*foreignFooter, error) {
	c := &compact{b: b}
	f := &foreignFooter{rows: -1}
	c.fields(func(id int, k compactKind) bool {
		switch id {
		case 2:
			c.list(k, compactStruct, 1, func() { f.schema = append(f.schema, c.schemaElement()) })
		case 3:
			f.rows = c.int(k)
		case 4:
			c.list(k, compactStruct, 1, func() { f.groups = append(f.groups, c.foreignGroup()) })
		case 6:
			f.createdBy = string(c.bytes(k))
		case 7:
			c.list(k, compactStruct, 1, func() { f.orders = append(f.orders, c.columnOrder()) })
		case 8:
			f.encrypted = true
			c.skip(k)
		default:
			return false
		}
		return true
	})
	if c.err != nil {
		return nil, fmt.Errorf("the footer cannot be read: %w", c.err)
	}
	return f, nil
}

// columnOrder reports whether a column's order is TYPE_ORDER.
func (c *compact) columnOrder() (typed bool) {
	c.fields(func(id int, _ compactKind) bool {
		typed = typed || id == 1
		return false
	})
	return typed
}

func (c *compact) schemaElement() foreignElement {
	e := foreignElement{physical: -1, converted: -1}
	c.fields(func(id int, k compactKind) bool {
		switch id {
		case 1:
			e.physical = c.int32(k)
		case 2:
			e.length = c.int32(k)
		case 3:
			e.repetition = c.int32(k)
		case 4:
			e.name = string(c.bytes(k))
		case 5:
			e.children = c.int32(k)
		case 6:
			e.converted = c.int32(k)
		case 7:
			e.scale = c.int32(k)
		case 8:
			e.precision = c.int32(k)
		case 10:
			c.structure(k, func(id int, k compactKind) bool { return c.logicalType(&e.logical, id, k) })
		default:
			return false
		}
		return true
	})
	return e
}

// logicalType reads one member of the LogicalType union.
func (c *compact) logicalType(l *foreignLogical, id int, k compactKind) bool {
	l.kind = id
	c.structure(k, func(field int, k compactKind) bool {
		switch {
		case id == logicalDecimal && field == 1:
			l.scale = c.int32(k)
		case id == logicalDecimal && field == 2:
			l.precision = c.int32(k)
		case (id == logicalTime || id == logicalTimestamp) && field == 1:
			l.utc = c.bool(k)
		case (id == logicalTime || id == logicalTimestamp) && field == 2:
			c.structure(k, func(unit int, _ compactKind) bool { l.unit = unit; return false })
		case id == logicalInteger && field == 1:
			l.bits = c.int32(k)
		case id == logicalInteger && field == 2:
			l.signed = c.bool(k)
		default:
			return false
		}
		return true
	})
	return true
}

func (c *compact) foreignGroup() foreignGroup {
	g := foreignGroup{rows: -1}
	c.fields(func(id int, k compactKind) bool {
		switch id {
		case 1:
			c.list(k, compactStruct, 1, func() { g.columns = append(g.columns, c.columnChunk()) })
		case 3:
			g.rows = c.int(k)
		default:
			return false
		}
		return true
	})
	return g
}

func (c *compact) columnChunk() foreignColumn {
	col := foreignColumn{physical: -1}
	c.fields(func(id int, k compactKind) bool {
		switch id {
		case 1:
			col.elsewhere = len(c.bytes(k)) > 0 || col.elsewhere
		case 3:
			c.structure(k, func(id int, k compactKind) bool { return c.columnMeta(&col, id, k) })
		case 4:
			col.offsetIndex = c.int(k)
		case 5:
			col.offsetLength = c.int32(k)
		case 6:
			col.columnIndex = c.int(k)
		case 7:
			col.columnBytes = c.int32(k)
		case 8, 9:
			col.elsewhere = true
			c.skip(k)
		default:
			return false
		}
		return true
	})
	return col
}

func (c *compact) columnMeta(col *foreignColumn, id int, k compactKind) bool {
	switch id {
	case 1:
		col.physical = c.int32(k)
	case 3:
		first := true
		c.list(k, compactBinary, 1, func() {
			if !first {
				col.name += "."
			}
			first = false
			col.name += string(c.bytes(compactBinary))
		})
	case 4:
		col.codec = c.int32(k)
	case 5:
		col.values = c.int(k)
	case 6:
		col.raw = c.int(k)
	case 7:
		col.size = c.int(k)
	case 9:
		col.data = c.int(k)
	case 11:
		col.dict = c.int(k)
	case 12:
		col.stats = c.statistics(k)
	case 14:
		col.bloomOffset = c.int(k)
	case 15:
		_ = c.int32(k) // the length of the bloom filter: its own header says it
	default:
		return false
	}
	return true
}

// statistics reads a Statistics structure. An empty but present bound is not nil.
func (c *compact) statistics(k compactKind) foreignStats {
	s := foreignStats{nulls: -1}
	c.structure(k, func(id int, k compactKind) bool {
		switch id {
		case 1:
			s.oldMax = c.bytes(k)
		case 2:
			s.oldMin = c.bytes(k)
		case 3:
			s.nulls = c.int(k)
		case 5:
			s.max = c.bytes(k)
		case 6:
			s.min = c.bytes(k)
		case 7:
			s.exactMax = c.bool(k)
			s.inexact = s.inexact || !s.exactMax
		case 8:
			s.exactMin = c.bool(k)
			s.inexact = s.inexact || !s.exactMin
		default:
			return false
		}
		return true
	})
	return s
}
