package segment_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

// everyType writes a small segment with every type, NULLs, several pages, several row groups and a bloom filter.
func everyType(t require, codec schema.Codec, rows int) ([]byte, segment.Info) {
	table := tableOf(codec, append(columnTypes, schema.TypeVarchar)...)
	rng := rand.New(rand.NewPCG(1, 2))
	b := &batch.Batch{Len: rows}
	for i, c := range table.Columns {
		col := batch.NewBuilder(c.Type, rows)
		for r := range rows {
			col.Value(someValue(rng, c.Type, r, i == len(table.Columns)-1))
		}
		b.Cols = append(b.Cols, col.Finish())
	}
	return write(t, table, segment.Options{ID: schema.ID{9}, Delivery: schema.ID{8}, PageRows: 512, RowGroupRows: 1536}, b)
}

func someValue(rng *rand.Rand, t schema.Type, row int, unique bool) schema.Value {
	if rng.IntN(10) == 0 {
		return schema.NullValue(t)
	}
	switch t.Class() {
	case schema.ClassFloat64:
		return schema.FloatValue(rng.NormFloat64())
	case schema.ClassBytes:
		if unique {
			return schema.Value{Type: t, S: "P" + strings.Repeat("0", 3) + string(rune('A'+row%26)) + string(rune(0x4e00+row))}
		}
		return schema.Value{Type: t, S: strings.Repeat("ab", rng.IntN(5))}
	case schema.ClassInt128:
		return schema.Value{Type: t, W: schema.IntValue(schema.TypeInt64, rng.Int64()-1<<62).Wide()}
	}
	lo, hi := intRange(t)
	return schema.IntValue(t, lo+int64(rng.Uint64N(uint64(hi-lo))))
}

// checkAll opens the bytes and reads everything: column hashes, bounds of pages and bloom filters.
func checkAll(file []byte) ([]schema.ColumnHash, error) {
	f, err := segment.Open(context.Background(), bytes.NewReader(file), int64(len(file)), "flipped.parquet")
	if err != nil {
		return nil, err
	}
	hashes, _, err := f.HashColumns(context.Background(), 2)
	if err != nil {
		return nil, err
	}
	var r segment.ChunkReader
	for g := range f.RowGroups() {
		for k, c := range f.Columns() {
			r.Reset(f, g, k)
			if _, err := r.MayContain([]schema.Value{zeroOf(c.Type)}); err != nil {
				return nil, err
			}
			for p := range f.Pages(g) {
				if _, err := r.PageStats(p); err != nil {
					return nil, err
				}
				if _, err := r.Page(p); err != nil {
					return nil, err
				}
			}
		}
	}
	return hashes, nil
}

func zeroOf(t schema.Type) schema.Value { return schema.Value{Type: t} }

// TestBitFlips flips single bits all over files of each codec: the answer is right or the error is Corrupt and names the file.
func TestBitFlips(t *testing.T) {
	for _, codec := range []schema.Codec{schema.CodecZstd, schema.CodecSnappy, schema.CodecGzip, schema.CodecLZ4, schema.CodecNone} {
		t.Run(string(codec), func(t *testing.T) {
			file, _ := everyType(t, codec, 1600)
			want, err := checkAll(file)
			if err != nil {
				t.Fatal(err)
			}
			flips := 600
			if testing.Short() {
				flips = 150
			}
			rng := rand.New(rand.NewPCG(3, 4))
			found := 0
			for i := range flips {
				at := i * len(file) / flips // every region of the file gets its share
				at = min(len(file)-1, at+rng.IntN(1+len(file)/flips))
				bad := bytes.Clone(file)
				bad[at] ^= 1 << rng.IntN(8)
				got, err := checkAll(bad)
				switch {
				case err != nil && (!errs.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), "flipped.parquet")):
					t.Fatalf("byte %d: %v", at, err)
				case err != nil:
					found++
				default:
					for k := range want {
						if got[k] != want[k] {
							t.Fatalf("byte %d: a wrong answer in column %d", at, k)
						}
					}
				}
			}
			// The rest hit Parquet's own page index, which the query reader does not use.
			if found < flips*8/10 {
				t.Errorf("%d of %d flips were found", found, flips)
			}
		})
	}
}

// TestCutFiles opens every prefix class of a file: never more than an error.
func TestCutFiles(t *testing.T) {
	file, _ := everyType(t, schema.CodecZstd, 700)
	for n := 0; n < len(file); n += 1 + n/50 {
		if _, err := checkAll(file[:n]); !errs.Is(err, errs.Corrupt) {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
}

// FuzzOpen feeds whole files.
func FuzzOpen(f *testing.F) {
	small, _ := everyType(f, schema.CodecZstd, 20)
	f.Add(small)
	f.Add(small[:len(small)/2])
	f.Add([]byte("PAR1PAR1"))
	for _, name := range []string{"segment_v1.parquet", "segment_v2.parquet"} {
		golden, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(golden)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := checkAll(b); err != nil && !errs.Is(err, errs.Corrupt) {
			t.Fatal(err)
		}
	})
}
