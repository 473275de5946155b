package encode

import (
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// typeKey is the field metadata that holds the SQL type, which Arrow's type does not tell in full (JSON, TIME).
const typeKey = "assay.type"

// arrowWriter writes an IPC stream with uncompressed buffers, which every reader takes.
type arrowWriter struct {
	w      *ipc.Writer
	schema *arrow.Schema
	build  *array.RecordBuilder
}

func newArrow(w io.Writer, fields []batch.Field) (*arrowWriter, error) {
	list := make([]arrow.Field, len(fields))
	for i, f := range fields {
		list[i] = arrow.Field{
			Name: f.Name, Type: arrowType(f.Type), Nullable: true,
			Metadata: arrow.NewMetadata([]string{typeKey}, []string{f.Type.String()}),
		}
	}
	s := arrow.NewSchema(list, nil)
	return &arrowWriter{
		w: ipc.NewWriter(w, ipc.WithSchema(s), ipc.WithAllocator(memory.DefaultAllocator)), schema: s,
		build: array.NewRecordBuilder(memory.DefaultAllocator, s),
	}, nil
}

// arrowType is how a SQL type travels. DECIMAL is decimal128 of any precision; TIME, which may pass 24 hours and be negative, a duration.
func arrowType(t schema.Type) arrow.DataType {
	switch t.Kind {
	case schema.Boolean:
		return arrow.FixedWidthTypes.Boolean
	case schema.Int8:
		return arrow.PrimitiveTypes.Int8
	case schema.Int16:
		return arrow.PrimitiveTypes.Int16
	case schema.Int32:
		return arrow.PrimitiveTypes.Int32
	case schema.Int64:
		return arrow.PrimitiveTypes.Int64
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
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	case schema.Time:
		return arrow.FixedWidthTypes.Duration_us
	case schema.Binary:
		return arrow.BinaryTypes.Binary
	case schema.Null:
		return arrow.Null
	}
	return arrow.BinaryTypes.String
}

func (a *arrowWriter) Batch(b *batch.Batch) error {
	for i, v := range b.Cols {
		add := appender(a.build.Field(i), v)
		if b.Sel == nil {
			for row := range b.Len {
				add(row)
			}
			continue
		}
		for _, row := range b.Sel {
			add(int(row))
		}
	}
	rec := a.build.NewRecord()
	defer rec.Release()
	return a.w.Write(rec)
}

func (a *arrowWriter) Finish(Footer) error {
	a.build.Release()
	return a.w.Close()
}

// appender returns what appends one row of v to the builder of its type.
func appender(to array.Builder, v *batch.Vector) func(row int) {
	value := valueAppender(to, v)
	return func(row int) {
		if v.IsNull(row) {
			to.AppendNull()
			return
		}
		p, k := v.Index(row)
		value(p, k)
	}
}

func valueAppender(to array.Builder, v *batch.Vector) func(p *batch.Vector, k int) {
	switch b := to.(type) {
	case *array.BooleanBuilder:
		return func(p *batch.Vector, k int) { b.Append(p.I[k] != 0) }
	case *array.Int8Builder:
		return func(p *batch.Vector, k int) { b.Append(int8(p.I[k])) }
	case *array.Int16Builder:
		return func(p *batch.Vector, k int) { b.Append(int16(p.I[k])) }
	case *array.Int32Builder:
		return func(p *batch.Vector, k int) { b.Append(int32(p.I[k])) }
	case *array.Int64Builder:
		return func(p *batch.Vector, k int) { b.Append(p.I[k]) }
	case *array.Uint8Builder:
		return func(p *batch.Vector, k int) { b.Append(uint8(p.I[k])) }
	case *array.Uint16Builder:
		return func(p *batch.Vector, k int) { b.Append(uint16(p.I[k])) }
	case *array.Uint32Builder:
		return func(p *batch.Vector, k int) { b.Append(uint32(p.I[k])) }
	case *array.Uint64Builder:
		return func(p *batch.Vector, k int) { b.Append(uint64(p.I[k])) }
	case *array.Decimal128Builder:
		if v.Type.Class() == schema.ClassInt128 {
			return func(p *batch.Vector, k int) { b.Append(decimal128.New(p.W[k].Hi, p.W[k].Lo)) }
		}
		return func(p *batch.Vector, k int) { b.Append(decimal128.FromI64(p.I[k])) }
	case *array.Float64Builder:
		return func(p *batch.Vector, k int) { b.Append(p.F[k]) }
	case *array.Date32Builder:
		return func(p *batch.Vector, k int) { b.Append(arrow.Date32(p.I[k])) }
	case *array.TimestampBuilder:
		return func(p *batch.Vector, k int) { b.Append(arrow.Timestamp(p.I[k])) }
	case *array.DurationBuilder:
		return func(p *batch.Vector, k int) { b.Append(arrow.Duration(p.I[k])) }
	case *array.BinaryBuilder:
		return func(p *batch.Vector, k int) { b.Append(p.Data[p.Off[k]:p.Off[k+1]]) }
	case *array.StringBuilder:
		return func(p *batch.Vector, k int) { b.BinaryBuilder.Append(p.Data[p.Off[k]:p.Off[k+1]]) }
	case *array.NullBuilder:
		return func(*batch.Vector, int) { b.AppendNull() }
	}
	panic(fmt.Sprintf("BUG: no Arrow builder for %s", v.Type))
}
