package operator

import (
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

func spillSample() *batch.Batch {
	out := &batch.Batch{Len: 3}
	for _, typ := range []schema.Type{schema.TypeInt64, schema.TypeVarchar, schema.TypeDouble, schema.DecimalType(30, 2), schema.TypeBoolean} {
		b := batch.NewBuilder(typ, 3)
		b.Value(schema.Value{Type: typ, I: 1, F: 0.5, S: "text", W: decimal.FromInt64(7)})
		b.Value(schema.NullValue(typ))
		b.Value(schema.Value{Type: typ})
		out.Cols = append(out.Cols, b.Finish())
	}
	return out
}

// FuzzSpill decodes batches that a damaged disk gave back: an error or a batch that can be read, never a panic.
func FuzzSpill(f *testing.F) {
	f.Add(appendBatch(nil, spillSample()))
	f.Add(appendBatch(nil, &batch.Batch{Len: 5}))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := decodeBatch(b)
		if err != nil || got.Len > len(b) {
			return
		}
		for _, c := range got.Cols {
			for i := range got.Len {
				c.Value(i)
			}
		}
	})
}
