package encode

import (
	"context"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// typeKey is the field metadata that holds the SQL type, which Arrow's type does not tell in full (JSON, TIME).
const typeKey = "assay.type"

// arrowWriter writes an IPC stream with uncompressed buffers, which every reader takes.
type arrowWriter struct {
	w      *ipc.Writer
	schema *arrow.Schema
}

func newArrow(w io.Writer, fields []batch.Field) *arrowWriter {
	list := batch.ArrowSchema(fields).Fields()
	for i, f := range fields {
		list[i].Metadata = arrow.NewMetadata([]string{typeKey}, []string{f.Type.String()})
	}
	s := arrow.NewSchema(list, nil)
	return &arrowWriter{w: ipc.NewWriter(w, ipc.WithSchema(s)), schema: s}
}

func (a *arrowWriter) Batch(b *batch.Batch) error {
	rec, err := batch.ToArrow(a.schema, b)
	if err != nil {
		return err
	}
	defer rec.Release()
	return a.w.Write(rec)
}

func (a *arrowWriter) Finish(Footer) error { return a.w.Close() }

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
	return batch.FromArrow(a.r.Record(), a.Fields)
}

// Close frees the reader.
func (a *ArrowRows) Close() { a.r.Release() }
