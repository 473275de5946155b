package batch

import (
	"encoding/binary"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// ArrowType maps a SQL type: integers by their width, DECIMAL to decimal128, DATE to date32, TIMESTAMP to microseconds UTC, TIME to
// a duration in microseconds, text and JSON to utf8.
func ArrowType(t schema.Type) arrow.DataType {
	switch t.Kind {
	case schema.Null:
		return arrow.Null
	case schema.Boolean:
		return arrow.FixedWidthTypes.Boolean
	case schema.Int8:
		return arrow.PrimitiveTypes.Int8
	case schema.Int16:
		return arrow.PrimitiveTypes.Int16
	case schema.Int32:
		return arrow.PrimitiveTypes.Int32
	case schema.Uint8:
		return arrow.PrimitiveTypes.Uint8
	case schema.Uint16:
		return arrow.PrimitiveTypes.Uint16
	case schema.Uint32:
		return arrow.PrimitiveTypes.Uint32
	case schema.Uint64:
		return arrow.PrimitiveTypes.Uint64
	case schema.Decimal:
		return &arrow.Decimal128Type{Precision: int32(t.Precision), Scale: int32(t.Scale)}
	case schema.Double:
		return arrow.PrimitiveTypes.Float64
	case schema.Date:
		return arrow.FixedWidthTypes.Date32
	case schema.Timestamp:
		return arrow.FixedWidthTypes.Timestamp_us
	case schema.Time:
		return arrow.FixedWidthTypes.Duration_us
	case schema.Varchar, schema.JSON:
		return arrow.BinaryTypes.String
	case schema.Binary:
		return arrow.BinaryTypes.Binary
	}
	return arrow.PrimitiveTypes.Int64
}

// ArrowSchema maps the columns of a stream. Every column is nullable.
func ArrowSchema(fields []Field) *arrow.Schema {
	out := make([]arrow.Field, len(fields))
	for i, f := range fields {
		out[i] = arrow.Field{Name: f.Name, Type: ArrowType(f.Type), Nullable: true}
	}
	return arrow.NewSchema(out, nil)
}

// ToArrow returns the living rows as an Arrow record. It shares memory with b where the forms agree, so it is valid as long as b;
// the caller releases it.
func ToArrow(s *arrow.Schema, b *Batch) (arrow.Record, error) {
	if len(b.Cols) != s.NumFields() {
		return nil, errs.New(errs.Internal, "bug", "BUG: a batch of %d columns for a schema of %d", len(b.Cols), s.NumFields())
	}
	b = b.Compact()
	cols := make([]arrow.Array, len(b.Cols))
	for i, v := range b.Cols {
		data := arrowData(s.Field(i).Type, v.Flatten(), b.Len)
		cols[i] = array.MakeFromData(data)
		data.Release()
	}
	rec := array.NewRecord(s, cols, int64(b.Len))
	for _, c := range cols {
		c.Release()
	}
	return rec, nil
}

func arrowData(t arrow.DataType, v *Vector, n int) arrow.ArrayData {
	if t.ID() == arrow.NULL {
		return array.NewData(t, n, []*memory.Buffer{nil}, nil, n, 0)
	}
	valid, nulls := bitmap(v.Valid, n)
	buffers := []*memory.Buffer{valid}
	switch v.Type.Class() {
	case schema.ClassBytes:
		off := v.Off[:n+1]
		buffers = append(buffers, memory.NewBufferBytes(bytesOf(off)), memory.NewBufferBytes(v.Data))
	case schema.ClassFloat64:
		buffers = append(buffers, memory.NewBufferBytes(bytesOf(v.F[:n])))
	case schema.ClassInt128:
		buffers = append(buffers, memory.NewBufferBytes(wideBytes(v.W[:n])))
	default:
		buffers = append(buffers, memory.NewBufferBytes(intBytes(t, v.I[:n])))
	}
	return array.NewData(t, n, buffers, nil, nulls, 0)
}

// bytesOf views numbers as bytes; Arrow's buffers are little-endian as are the machines Assay is built for.
func bytesOf[T uint32 | int64 | float64](s []T) []byte {
	if len(s) == 0 {
		return []byte{}
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), len(s)*int(unsafe.Sizeof(s[0])))
}

func wideBytes(w []decimal.Int128) []byte {
	out := make([]byte, 16*len(w))
	for i, x := range w {
		binary.LittleEndian.PutUint64(out[16*i:], x.Lo)
		binary.LittleEndian.PutUint64(out[16*i+8:], uint64(x.Hi))
	}
	return out
}

// intBytes narrows 64-bit payloads to the width of the Arrow type.
func intBytes(t arrow.DataType, s []int64) []byte {
	switch t.ID() {
	case arrow.BOOL:
		out := make([]byte, (len(s)+7)/8)
		for i, x := range s {
			out[i>>3] |= byte(x&1) << (i & 7)
		}
		return out
	case arrow.INT8, arrow.UINT8:
		return narrow(s, 1)
	case arrow.INT16, arrow.UINT16:
		return narrow(s, 2)
	case arrow.INT32, arrow.UINT32, arrow.DATE32:
		return narrow(s, 4)
	case arrow.DECIMAL128:
		out := make([]byte, 16*len(s))
		for i, x := range s {
			binary.LittleEndian.PutUint64(out[16*i:], uint64(x))
			binary.LittleEndian.PutUint64(out[16*i+8:], uint64(x>>63))
		}
		return out
	}
	return bytesOf(s)
}

func narrow(s []int64, width int) []byte {
	out := make([]byte, 0, width*len(s)+8)
	for _, x := range s {
		out = binary.LittleEndian.AppendUint64(out, uint64(x))[:len(out)+width]
	}
	return out
}

// bitmap packs validity bytes; nil when every row is valid.
func bitmap(valid []byte, n int) (*memory.Buffer, int) {
	if valid == nil {
		return nil, 0
	}
	out, nulls := make([]byte, (n+7)/8), n
	for i, b := range valid[:n] {
		out[i>>3] |= b << (i & 7)
		nulls -= int(b)
	}
	return memory.NewBufferBytes(out), nulls
}
