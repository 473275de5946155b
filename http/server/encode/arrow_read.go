package encode

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// ArrowRows are the rows of a stream that an Arrow Writer of this package made. The IPC reader trusts the lengths it finds, so it is for
// files that this node wrote alone.
type ArrowRows struct {
	Fields []batch.Field
	r      *ipc.Reader
}

// ReadArrow opens such a stream.
func ReadArrow(in io.Reader) (*ArrowRows, error) {
	r, err := ipc.NewReader(in)
	if err != nil {
		return nil, errs.New(errs.Corrupt, "bad-arrow", "this is not an Arrow stream: %w", err)
	}
	rows := &ArrowRows{r: r}
	for _, f := range r.Schema().Fields() {
		t, err := fieldType(f)
		if err != nil {
			r.Release()
			return nil, err
		}
		rows.Fields = append(rows.Fields, batch.Field{Name: f.Name, Type: t})
	}
	return rows, nil
}

func fieldType(f arrow.Field) (schema.Type, error) {
	text, _ := f.Metadata.GetValue(typeKey)
	for _, t := range []schema.Type{schema.TypeNull, schema.TypeTime, schema.TypeBinary} {
		if text == t.String() {
			return t, nil
		}
	}
	t, err := schema.ParseType(text)
	if err != nil {
		return t, errs.New(errs.Corrupt, "bad-arrow", "column %q has no SQL type: %w", f.Name, err)
	}
	return t, nil
}

// Next returns the next rows, nil at the end.
func (a *ArrowRows) Next(ctx context.Context) (*batch.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !a.r.Next() {
		if err := a.r.Err(); err != nil {
			return nil, errs.New(errs.Corrupt, "bad-arrow", "the Arrow stream is damaged: %w", err)
		}
		return nil, nil
	}
	rec := a.r.Record()
	b := &batch.Batch{Len: int(rec.NumRows())}
	for i, f := range a.Fields {
		v, err := vectorOf(f.Type, rec.Column(i))
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", f.Name, err)
		}
		b.Cols = append(b.Cols, v)
	}
	return b, nil
}

// Close frees the reader.
func (a *ArrowRows) Close() { a.r.Release() }

func vectorOf(t schema.Type, col arrow.Array) (*batch.Vector, error) {
	b := batch.NewBuilder(t, col.Len())
	add, err := rowReader(b, t, col)
	if err != nil {
		return nil, err
	}
	for i := range col.Len() {
		if col.IsNull(i) {
			b.Null()
			continue
		}
		add(i)
	}
	return b.Finish(), nil
}

func rowReader(b *batch.Builder, t schema.Type, col arrow.Array) (func(i int), error) {
	switch c := col.(type) {
	case *array.Boolean:
		return func(i int) { b.Value(schema.BoolValue(c.Value(i))) }, nil
	case *array.Int8:
		return func(i int) { b.Int64(int64(c.Value(i))) }, nil
	case *array.Int16:
		return func(i int) { b.Int64(int64(c.Value(i))) }, nil
	case *array.Int32:
		return func(i int) { b.Int64(int64(c.Value(i))) }, nil
	case *array.Int64:
		return func(i int) { b.Int64(c.Value(i)) }, nil
	case *array.Uint8:
		return func(i int) { b.Int64(int64(c.Value(i))) }, nil
	case *array.Uint16:
		return func(i int) { b.Int64(int64(c.Value(i))) }, nil
	case *array.Uint32:
		return func(i int) { b.Int64(int64(c.Value(i))) }, nil
	case *array.Uint64:
		return func(i int) { b.Int64(int64(c.Value(i))) }, nil
	case *array.Decimal128:
		if t.Class() == schema.ClassInt128 {
			return func(i int) { n := c.Value(i); b.Int128(decimal.Int128{Hi: n.HighBits(), Lo: n.LowBits()}) }, nil
		}
		return func(i int) { b.Int64(int64(c.Value(i).LowBits())) }, nil
	case *array.Float64:
		return func(i int) { b.Float64(c.Value(i)) }, nil
	case *array.Date32:
		return func(i int) { b.Int64(int64(c.Value(i))) }, nil
	case *array.Timestamp:
		return func(i int) { b.Int64(int64(c.Value(i))) }, nil
	case *array.Duration:
		return func(i int) { b.Int64(int64(c.Value(i))) }, nil
	case *array.Binary:
		return func(i int) { b.Bytes(c.Value(i)) }, nil
	case *array.String:
		return func(i int) { b.Text(c.Value(i)) }, nil
	case *array.Null:
		return func(int) { b.Null() }, nil
	}
	return nil, errs.New(errs.Corrupt, "bad-arrow", "Arrow type %s is not one that results have", col.DataType())
}
