package segment

import (
	"encoding/binary"
	"io"
	"math"
	"strings"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
	"github.com/parquet-go/parquet-go/bloom"
)

// Unknown stands for a NULL count that a writer did not tell.
const Unknown int64 = -1

// chunkStats takes from a writer's statistics what can be relied on. What cannot leaves Min and Max NULL with NaN set, which tells
// everyone that values lie outside of them.
func (l *leaf) chunkStats(s *foreignStats, rows int64, by writer) ChunkStats {
	out := ChunkStats{Min: schema.NullValue(l.typ), Max: schema.NullValue(l.typ), Nulls: s.nulls, NaN: true}
	if !l.optional {
		out.Nulls = 0
	}
	if out.Nulls < 0 || out.Nulls > rows {
		out.Nulls = Unknown
		return out
	}
	if out.Nulls == rows {
		out.NaN, out.Exact = false, true
		return out
	}
	if lo, hi, ok := l.bounds(s, by); ok {
		out.Min, out.Max, out.NaN = lo, hi, false
		out.Exact = l.exact(s)
	}
	return out
}

// exact reports whether bounds are attained by some row: those of integers are, texts may be cut, and next to the bounds of floating
// numbers there may be NaN, of which statistics do not tell.
func (l *leaf) exact(s *foreignStats) bool {
	switch l.form {
	case formBool, formInt32, formUint32, formInt64, formMillis:
		return s.min != nil && s.max != nil && !s.inexact
	case formText:
		return s.exactMin && s.exactMax
	}
	return false
}

// writer is what created_by tells of a file's writer.
type writer string

// orders reports whether min_value and max_value of this writer follow the order of the type although no column order says so.
func (w writer) orders() bool {
	return strings.HasPrefix(string(w), "DuckDB") || strings.HasPrefix(string(w), "ClickHouse")
}

// bounds decodes the least and greatest value.
//
// Source: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift, Statistics and ColumnOrder. The
// deprecated fields were compared as signed numbers by every writer, so they hold for signed numbers alone.
func (l *leaf) bounds(s *foreignStats, by writer) (lo, hi schema.Value, ok bool) {
	least, greatest := s.min, s.max
	if least == nil && greatest == nil {
		if l.form == formText || l.form == formUint32 || l.typ.IsUnsigned() {
			return lo, hi, false
		}
		least, greatest = s.oldMin, s.oldMax
	} else if !l.typed && !by.orders() {
		return lo, hi, false
	}
	if least == nil || greatest == nil {
		return lo, hi, false
	}
	return l.boundPair(least, greatest)
}

func (l *leaf) boundPair(least, greatest []byte) (lo, hi schema.Value, ok bool) {
	lo, ok1 := l.bound(least, false)
	hi, ok2 := l.bound(greatest, true)
	return lo, hi, ok1 && ok2 && lo.Compare(hi) <= 0
}

// bound decodes one PLAIN value. A type whose order writers have disagreed on (INT96, decimals in bytes, UUID) has none.
func (l *leaf) bound(b []byte, upper bool) (schema.Value, bool) {
	v := schema.Value{Type: l.typ}
	switch l.form {
	case formBool:
		if len(b) != 1 || b[0] > 1 {
			return v, false
		}
		v.I = int64(b[0])
		return v, true
	case formText:
		v.S = string(b)
		return v, true
	case formFloat, formDouble:
		if len(b) != l.width {
			return v, false
		}
		v.F = math.Float64frombits(binary.LittleEndian.Uint64(append(b[:len(b):len(b)], make([]byte, 8-len(b))...)))
		if l.form == formFloat {
			v.F = float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
		}
		v.F = canonical(v.F)
		return v, v.F == v.F
	case formInt96, formUUID, formDecimal:
		return v, false
	}
	return l.integerBound(b, upper)
}

func (l *leaf) integerBound(b []byte, upper bool) (schema.Value, bool) {
	v := schema.Value{Type: l.typ}
	switch {
	case len(b) != l.width:
		return v, false
	case l.form == formUint32:
		v.I = int64(binary.LittleEndian.Uint32(b))
		return v, true
	case l.width == 4:
		v.I = int64(int32(binary.LittleEndian.Uint32(b)))
	default:
		v.I = int64(binary.LittleEndian.Uint64(b))
	}
	if l.form == formNanos { // rounded outwards; values that need it are refused when read
		q := v.I / 1000
		if v.I%1000 != 0 && upper == (v.I > 0) {
			q += map[bool]int64{true: 1, false: -1}[upper]
		}
		v.I = q
	}
	x := [1]int64{v.I}
	form := l.form
	if form == formNanos {
		form = formInt64
	}
	check := *l
	check.form = form
	if check.finishInts(x[:]) != nil {
		return v, false
	}
	v.I = x[0]
	return v, true
}

// foreignStats bounds the rows of one of our pages: by the file's column index, else by what is known of the chunk.
func (r *ChunkReader) foreignStats(page int) (s PageStats, err error) {
	first := int64(page) * int64(r.f.x.pageRows)
	rows := min(int64(r.f.x.pageRows), r.f.x.groups[r.group].rows-first)
	c := &r.c.ChunkStats
	s = PageStats{Min: c.Min, Max: c.Max, Nulls: c.Nulls, NaN: c.NaN, Rows: int(rows)}
	switch {
	case c.Nulls == 0:
	case c.Nulls == r.f.x.groups[r.group].rows:
		s.Nulls = rows
	case rows > 1:
		s.Nulls = 1 // some may be NULL, and some not: nobody knows how many
	default:
		s.NaN = true
	}
	fc := r.c.foreign
	if fc.columnBytes == 0 || fc.leaf == nil || c.NaN || rows == r.f.x.groups[r.group].rows {
		return s, nil // where the chunk's bounds could not be trusted, neither can its pages'
	}
	err = r.guard(func() error {
		if i := r.foreignReader().pageIndex(); i != nil {
			i.narrow(&s, fc.leaf, first, first+rows)
		}
		return nil
	})
	return s, err
}

// foreignMayContain asks the file's bloom filter, where values are stored as they are compared.
func (r *ChunkReader) foreignMayContain(values []schema.Value) (bool, error) {
	fc := r.c.foreign
	if fc.bloomOffset <= 0 || !fc.leaf.hashed() {
		return true, nil
	}
	may := true
	err := r.guard(func() error {
		head := make([]byte, min(64, r.f.size-fc.bloomOffset))
		if err := readAt(r.f.r, head, fc.bloomOffset); err != nil {
			return err
		}
		r.read += int64(len(head))
		bits, size, err := decodeBloomHeader(head)
		if err != nil || bits <= 0 || bits%bloom.BlockSize != 0 || int64(bits) > r.f.size-fc.bloomOffset-int64(size) {
			return nil //nolint:nilerr // a filter that cannot be read rules nothing out
		}
		may = false
		section := io.NewSectionReader(r.f.r, fc.bloomOffset+int64(size), int64(bits))
		for _, v := range values {
			found, err := bloom.CheckSplitBlock(section, int64(bits), bloomHash(batch.NewConst(v, 1), 0))
			r.read += bloom.BlockSize
			if may = may || found || err != nil; may {
				return err
			}
		}
		return nil
	})
	return may, err
}

// hashed reports whether a filter over stored values is one over ours, so that bloomHash gives the same.
func (l *leaf) hashed() bool {
	switch l.form {
	case formText:
		return l.physical == parquetBytes
	case formInt32, formUint32:
		return physicalOf(l.typ) == physInt32
	case formInt64:
		return physicalOf(l.typ) == physInt64
	}
	return false
}
