package segment_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

// TestParallelIsSerial: how many columns are encoded at once changes no byte, and how many chunks are read at once no hash.
func TestParallelIsSerial(t *testing.T) {
	var types []schema.Type
	for _, c := range benchColumns {
		types = append(types, c.typ)
	}
	table, rng := tableOf(schema.CodecZstd, types...), rand.New(rand.NewPCG(1, 2))
	b := &batch.Batch{Len: 40_000}
	for _, c := range benchColumns {
		col := batch.NewBuilder(c.typ, b.Len)
		for i := range b.Len {
			col.Value(c.draw(rng, i))
		}
		b.Cols = append(b.Cols, col.Finish())
	}
	opt := segment.Options{RowGroupRows: 15_000, PageRows: 2000, Parallel: 1}
	one, first := write(t, table, opt, b)
	opt.Parallel = 3
	three, _ := write(t, table, opt, b)
	if !bytes.Equal(one, three) {
		t.Fatal("a segment depends on how many columns are encoded at once")
	}
	f, err := segment.Open(context.Background(), bytes.NewReader(one), int64(len(one)), "one")
	if err != nil {
		t.Fatal(err)
	}
	for _, parallel := range []int{1, 5} {
		sums, rows, err := f.HashColumns(context.Background(), parallel)
		if err != nil || rows != int64(b.Len) {
			t.Fatal(rows, err)
		}
		for i, c := range first.Columns {
			if sums[i] != c.Hash {
				t.Fatalf("%d at once: column %d differs", parallel, i)
			}
		}
	}
}
