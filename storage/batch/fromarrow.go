package batch

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// FromArrow copies a record whose columns have the types that ArrowType gives for fields.
func FromArrow(rec arrow.Record, fields []Field) (*Batch, error) {
	if int(rec.NumCols()) != len(fields) {
		return nil, errs.New(errs.Corrupt, "bad-arrow", "an Arrow record has %d columns, %d were expected", rec.NumCols(), len(fields))
	}
	if rec.NumRows() > math.MaxInt32 {
		return nil, errs.New(errs.Corrupt, "bad-arrow", "an Arrow record has %d rows", rec.NumRows())
	}
	b := &Batch{Len: int(rec.NumRows()), Cols: make([]*Vector, len(fields))}
	for i, f := range fields {
		col := rec.Column(i)
		if !arrow.TypeEqual(col.DataType(), ArrowType(f.Type)) || col.Len() != b.Len {
			return nil, errs.New(errs.Corrupt, "bad-arrow", "column %q is %s in Arrow, expected %s", f.Name, col.DataType(), ArrowType(f.Type))
		}
		v, ok := fromArray(f.Type, col)
		if !ok {
			return nil, errs.New(errs.Corrupt, "bad-arrow", "column %q has Arrow buffers that contradict its length", f.Name)
		}
		b.Cols[i] = v
	}
	return b, nil
}

func fromArray(t schema.Type, col arrow.Array) (*Vector, bool) {
	n := col.Len()
	v := &Vector{Type: t, Len: n, Valid: validBytes(col, n)}
	if t.Kind == schema.Null {
		return NewConst(schema.NullValue(t), n), true
	}
	data := col.Data()
	buf := func(k int) []byte {
		if bs := data.Buffers(); k < len(bs) && bs[k] != nil {
			return bs[k].Bytes()
		}
		return nil
	}
	off := data.Offset()
	switch t.Class() {
	case schema.ClassBytes:
		return fromTexts(v, buf(1), buf(2), off)
	case schema.ClassFloat64:
		v.F = make([]float64, n)
		return v, each(buf(1), off, n, 8, func(i int, b []byte) { v.F[i] = math.Float64frombits(binary.LittleEndian.Uint64(b)) })
	case schema.ClassInt128:
		v.W = make([]decimal.Int128, n)
		return v, each(buf(1), off, n, 16, func(i int, b []byte) {
			v.W[i] = decimal.Int128{Lo: binary.LittleEndian.Uint64(b), Hi: int64(binary.LittleEndian.Uint64(b[8:]))}
		})
	}
	v.I = make([]int64, n)
	return v, fromInts(v.I, t, col, buf(1), off)
}

func validBytes(col arrow.Array, n int) []byte {
	if col.NullN() == 0 {
		return nil
	}
	valid := make([]byte, n)
	for i := range valid {
		if col.IsValid(i) {
			valid[i] = 1
		}
	}
	return valid
}

// each calls f with the bytes of every element, or reports that the buffer is too short.
func each(b []byte, off, n, width int, f func(i int, b []byte)) bool {
	if len(b)/width < off+n {
		return false
	}
	b = b[off*width:]
	for i := range n {
		f(i, b[i*width:(i+1)*width])
	}
	return true
}

func fromInts(dst []int64, t schema.Type, col arrow.Array, b []byte, off int) bool {
	n := len(dst)
	switch t.Kind {
	case schema.Boolean:
		if 8*len(b) < off+n {
			return false
		}
		for i, a := 0, col.(*array.Boolean); i < n; i++ {
			if a.Value(i) {
				dst[i] = 1
			}
		}
		return true
	case schema.Int8:
		return each(b, off, n, 1, func(i int, b []byte) { dst[i] = int64(int8(b[0])) })
	case schema.Uint8:
		return each(b, off, n, 1, func(i int, b []byte) { dst[i] = int64(b[0]) })
	case schema.Int16:
		return each(b, off, n, 2, func(i int, b []byte) { dst[i] = int64(int16(binary.LittleEndian.Uint16(b))) })
	case schema.Uint16:
		return each(b, off, n, 2, func(i int, b []byte) { dst[i] = int64(binary.LittleEndian.Uint16(b)) })
	case schema.Int32, schema.Date:
		return each(b, off, n, 4, func(i int, b []byte) { dst[i] = int64(int32(binary.LittleEndian.Uint32(b))) })
	case schema.Uint32:
		return each(b, off, n, 4, func(i int, b []byte) { dst[i] = int64(binary.LittleEndian.Uint32(b)) })
	case schema.Decimal:
		return each(b, off, n, 16, func(i int, b []byte) { dst[i] = int64(binary.LittleEndian.Uint64(b)) })
	}
	return each(b, off, n, 8, func(i int, b []byte) { dst[i] = int64(binary.LittleEndian.Uint64(b)) })
}

func fromTexts(v *Vector, offsets, data []byte, off int) (*Vector, bool) {
	if v.Len == 0 {
		v.Off = []uint32{0}
		return v, true
	}
	if len(offsets)/4 < off+v.Len+1 {
		return nil, false
	}
	at := func(i int) uint32 { return binary.LittleEndian.Uint32(offsets[4*(off+i):]) }
	first := at(0)
	v.Off = make([]uint32, v.Len+1)
	for i := range v.Off {
		o := at(i)
		if o < first || i > 0 && o-first < v.Off[i-1] || int64(o) > int64(len(data)) {
			return nil, false
		}
		v.Off[i] = o - first
	}
	v.Data = append([]byte(nil), data[first:first+v.Off[v.Len]]...)
	return v, true
}
