package segment_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

// benchColumns are the kinds of columns of bench/README.md's table of costs.
var benchColumns = []struct {
	name string
	typ  schema.Type
	draw func(rng *rand.Rand, i int) schema.Value
}{
	{"text200", schema.TypeVarchar, func(rng *rand.Rand, _ int) schema.Value {
		return schema.TextValue(fmt.Sprintf("Hospital number %03d", rng.IntN(200)))
	}},
	{"text200sorted", schema.TypeVarchar, func(_ *rand.Rand, i int) schema.Value {
		return schema.TextValue(fmt.Sprintf("Hospital number %03d", i*200/benchRows))
	}},
	{"int20000", schema.TypeInt64, func(rng *rand.Rand, _ int) schema.Value {
		return schema.IntValue(schema.TypeInt64, rng.Int64N(20_000))
	}},
	{"timestamp", schema.TypeTimestamp, func(rng *rand.Rand, i int) schema.Value {
		return schema.IntValue(schema.TypeTimestamp, 1_700_000_000_000_000+int64(i)*1_000_000+rng.Int64N(60)*1_000_000)
	}},
	{"ids", schema.TypeVarchar, func(rng *rand.Rand, _ int) schema.Value {
		return schema.TextValue(fmt.Sprintf("P%09d", rng.IntN(100_000_000)))
	}},
	{"double", schema.TypeDouble, func(rng *rand.Rand, _ int) schema.Value { return schema.FloatValue(rng.NormFloat64()) }},
	{"nulls98", schema.TypeVarchar, func(rng *rand.Rand, i int) schema.Value {
		if rng.IntN(50) > 0 {
			return schema.NullValue(schema.TypeVarchar)
		}
		return schema.TextValue(fmt.Sprintf("sample %d was hemolyzed, please repeat", i))
	}},
}

const benchRows = 512 << 10

// benchBatches draws one column as flat batches.
func benchBatches(k int) (*schema.Table, []*batch.Batch) {
	c := benchColumns[k]
	rng := rand.New(rand.NewPCG(uint64(k), 1))
	var out []*batch.Batch
	for lo := 0; lo < benchRows; lo += batch.MaxRows {
		b := batch.NewBuilder(c.typ, batch.MaxRows)
		for i := range batch.MaxRows {
			b.Value(c.draw(rng, lo+i))
		}
		out = append(out, &batch.Batch{Cols: []*batch.Vector{b.Finish()}, Len: batch.MaxRows})
	}
	return tableOf(schema.CodecZstd, c.typ), out
}

func BenchmarkWrite(b *testing.B) {
	for k, c := range benchColumns {
		for _, codec := range []schema.Codec{schema.CodecNone, schema.CodecZstd} {
			b.Run(fmt.Sprintf("%s/%s", c.name, codec), func(b *testing.B) {
				table, batches := benchBatches(k)
				table.Codec = codec
				var info segment.Info
				b.ReportAllocs()
				for b.Loop() {
					w := segment.NewWriter(io.Discard, segment.Options{Table: table})
					for _, x := range batches {
						if err := w.Write(x); err != nil {
							b.Fatal(err)
						}
					}
					var err error
					if info, err = w.Close(); err != nil {
						b.Fatal(err)
					}
				}
				perValue(b)
				b.ReportMetric(float64(info.Columns[0].Bytes)/benchRows, "B/value")
			})
		}
	}
}

func perValue(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/value")
}

func BenchmarkRead(b *testing.B) {
	for k, c := range benchColumns {
		for _, codec := range []schema.Codec{schema.CodecNone, schema.CodecZstd} {
			b.Run(fmt.Sprintf("%s/%s", c.name, codec), func(b *testing.B) {
				table, batches := benchBatches(k)
				table.Codec = codec
				file, _ := write(b, table, segment.Options{}, batches...)
				f := open(b, file)
				var r segment.ChunkReader
				b.ReportAllocs()
				for b.Loop() {
					for g := range f.RowGroups() {
						r.Reset(f, g, 0)
						for p := range f.Pages(g) {
							if _, err := r.Page(p); err != nil {
								b.Fatal(err)
							}
						}
					}
				}
				perValue(b)
			})
		}
	}
}

// BenchmarkWriteCodes writes a column whose batches share a dictionary, as ingest gives them.
func BenchmarkWriteCodes(b *testing.B) {
	dict := &batch.Dictionary{Values: batch.NewConst(schema.TextValue(""), 1)}
	v := batch.NewBuilder(schema.TypeVarchar, 200)
	for i := range 200 {
		v.Text(fmt.Sprintf("Hospital number %03d", i))
	}
	dict.Values = v.Finish()
	rng := rand.New(rand.NewPCG(1, 1))
	codes := make([]int32, batch.MaxRows)
	for i := range codes {
		codes[i] = rng.Int32N(200)
	}
	x := &batch.Batch{Len: batch.MaxRows, Cols: []*batch.Vector{{Type: schema.TypeVarchar, Enc: batch.Dict, Len: batch.MaxRows, Dict: dict, Codes: codes}}}
	table := tableOf(schema.CodecZstd, schema.TypeVarchar)
	for b.Loop() {
		w := segment.NewWriter(io.Discard, segment.Options{Table: table})
		for range benchRows / batch.MaxRows {
			if err := w.Write(x); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
	perValue(b)
}

func BenchmarkOpen(b *testing.B) {
	file, _ := everyType(b, schema.CodecZstd, 20_000)
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			open(b, file)
		}
	})
	b.Run("cached", func(b *testing.B) {
		cache := segment.NewCache(1 << 20)
		id := schema.ID{9}
		for b.Loop() {
			if _, err := cache.Open(context.Background(), bytes.NewReader(file), int64(len(file)), "x", id); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// TestCacheKeepsWithinItsLimit opens more segments than fit.
func TestCacheKeepsWithinItsLimit(t *testing.T) {
	table := tableOf(schema.CodecNone, schema.TypeInt64)
	v := &batch.Vector{Type: schema.TypeInt64, Len: 3, I: []int64{1, 2, 3}}
	cache := segment.NewCache(10 << 10)
	opened := 0
	for i := range 100 {
		id := schema.ID{byte(i % 50)}
		file, _ := write(t, table, segment.Options{ID: id}, &batch.Batch{Cols: []*batch.Vector{v}, Len: 3})
		f, err := cache.Open(context.Background(), bytes.NewReader(file), int64(len(file)), "x", id)
		if err != nil {
			t.Fatal(err)
		}
		got, err := readColumn(f, 0)
		if err != nil || len(got) != 3 || !slices.IsSortedFunc(got, schema.Value.Compare) {
			t.Fatal(got, err)
		}
		if cache.Bytes() > 10<<10 {
			t.Fatalf("%d bytes kept", cache.Bytes())
		}
		opened++
	}
	cache.Forget(schema.ID{49})
}
