package storagetest

import (
	"context"
	"fmt"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// Table returns a table with a column of every class, partitioned by hospital and sorted by n.
func Table() *schema.Table {
	return &schema.Table{
		ID: 7, Name: "labs", Version: 1, NextColumn: 6, Codec: schema.CodecZstd,
		Columns: []schema.Column{
			{ID: 1, Name: "hospital", Type: schema.TypeVarchar},
			{ID: 2, Name: "n", Type: schema.TypeInt64},
			{ID: 3, Name: "value", Type: schema.DecimalType(12, 3)},
			{ID: 4, Name: "ratio", Type: schema.TypeDouble},
			{ID: 5, Name: "comment", Type: schema.TypeVarchar},
		},
		PartitionBy: []schema.Transform{{Kind: schema.Identity, Column: 1}},
		SortBy:      []uint32{2},
	}
}

// Rows returns n rows of Table for one hospital, counting from a number on. Every tenth comment is NULL.
func Rows(hospital string, from, n int) *batch.Batch {
	t := Table()
	b := make([]*batch.Builder, len(t.Columns))
	for i, c := range t.Columns {
		b[i] = batch.NewBuilder(c.Type, n)
	}
	for i := from; i < from+n; i++ {
		b[0].Text(hospital)
		b[1].Int64(int64(i))
		b[2].Int64(int64(i) * 125)
		b[3].Float64(float64(i) / 8)
		if i%10 == 0 {
			b[4].Null()
		} else {
			b[4].Text(fmt.Sprintf("comment number %d, %x", i, uint64(i)*0x9E3779B97F4A7C15))
		}
	}
	out := &batch.Batch{Len: n}
	for _, c := range b {
		out.Cols = append(out.Cols, c.Finish())
	}
	return out
}

// Source returns a next function that gives the batches one after another.
func Source(batches ...*batch.Batch) func(context.Context) (*batch.Batch, error) {
	return func(ctx context.Context) (*batch.Batch, error) {
		if len(batches) == 0 || ctx.Err() != nil {
			return nil, ctx.Err()
		}
		b := batches[0]
		batches = batches[1:]
		return b, nil
	}
}

// Hashes returns the column hashes of batches, as a loader computes them.
func Hashes(batches ...*batch.Batch) []schema.ColumnHash {
	sums := make([]schema.ColumnHash, len(Table().Columns))
	for _, b := range batches {
		for i, v := range b.Cols {
			for row := range b.Len {
				sums[i].Add(hashOf(v, row))
			}
		}
	}
	return sums
}

func hashOf(v *batch.Vector, row int) schema.ColumnHash {
	switch {
	case v.IsNull(row):
		return schema.HashNull()
	case v.Type.Class() == schema.ClassFloat64:
		return schema.HashFloat64(v.Float64(row))
	case v.Type.Class() == schema.ClassBytes:
		return schema.HashBytes(v.Bytes(row))
	}
	return schema.HashInt64(v.Int64(row))
}
