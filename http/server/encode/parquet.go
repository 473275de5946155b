package encode

import (
	"fmt"
	"io"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

// parquetWriter writes a Parquet file, zstd-compressed. Column names that come twice get a number, since Parquet readers find columns by
// name; types that no table can have become text.
type parquetWriter struct {
	w       *segment.Writer
	columns []schema.Column
}

func newParquet(w io.Writer, fields []batch.Field) *parquetWriter {
	t := &schema.Table{Name: "result", Codec: schema.CodecZstd}
	names := distinctNames(fields)
	for i, f := range fields {
		t.Columns = append(t.Columns, schema.Column{ID: uint32(i + 1), Name: names[i], Type: storable(f.Type)})
	}
	return &parquetWriter{w: segment.NewWriter(w, segment.Options{Table: t, ID: schema.NewID(), Bare: true}), columns: t.Columns}
}

// distinctNames gives columns that share a name a number: a, a_2, a_3.
func distinctNames(fields []batch.Field) []string {
	taken := map[string]bool{}
	for _, f := range fields {
		taken[f.Name] = true
	}
	out, seen := make([]string, len(fields)), map[string]bool{}
	for i, f := range fields {
		name := f.Name
		for n := 2; seen[name] || name != f.Name && taken[name]; n++ {
			name = fmt.Sprintf("%s_%d", f.Name, n)
		}
		seen[name], out[i] = true, name
	}
	return out
}

func storable(t schema.Type) schema.Type {
	if t.Kind == schema.Null || t.Kind == schema.Time || t.Kind == schema.Binary {
		return schema.TypeVarchar
	}
	return t
}

func (p *parquetWriter) Batch(b *batch.Batch) error {
	out := &batch.Batch{Len: b.Len, Sel: b.Sel, Cols: make([]*batch.Vector, len(b.Cols))}
	for i, v := range b.Cols {
		if out.Cols[i] = v; v.Type != p.columns[i].Type {
			out.Cols[i] = asText(v)
		}
	}
	return p.w.Write(out)
}

// asText turns a vector into VARCHAR by the canonical text of its values.
func asText(v *batch.Vector) *batch.Vector {
	b := batch.NewBuilder(schema.TypeVarchar, v.Len)
	for row := range v.Len {
		if v.IsNull(row) {
			b.Null()
			continue
		}
		b.Bytes(v.Value(row).AppendText(nil))
	}
	return b.Finish()
}

func (p *parquetWriter) Finish(Footer) error {
	_, err := p.w.Close()
	return err
}
