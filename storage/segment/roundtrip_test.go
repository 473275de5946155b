package segment_test

import (
	"bytes"
	"context"
	"reflect"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
	"pgregory.net/rapid"
)

// columnTypes are the types that a table can store.
var columnTypes = []schema.Type{
	schema.TypeBoolean,
	{Kind: schema.Int8},
	{Kind: schema.Int16},
	schema.TypeInt32, schema.TypeInt64,
	{Kind: schema.Uint8},
	{Kind: schema.Uint16},
	{Kind: schema.Uint32},
	schema.TypeUint64,
	schema.DecimalType(9, 2), schema.DecimalType(18, 3), schema.DecimalType(38, 10),
	schema.TypeDouble, schema.TypeDate, schema.TypeTimestamp, schema.TypeVarchar, schema.TypeJSON,
}

// tableOf returns a table with one column of each type.
func tableOf(codec schema.Codec, types ...schema.Type) *schema.Table {
	t := &schema.Table{ID: 7, Name: "t", Version: 1, Codec: codec, NextColumn: uint32(len(types) + 1)}
	for i, typ := range types {
		t.Columns = append(t.Columns, schema.Column{ID: uint32(i + 1), Name: "c" + string(rune('a'+i)), Type: typ})
	}
	return t
}

// write makes a segment of batches.
func write(t require, table *schema.Table, opt segment.Options, batches ...*batch.Batch) ([]byte, segment.Info) {
	t.Helper()
	var buf bytes.Buffer
	opt.Table = table
	w := segment.NewWriter(&buf, opt)
	for _, b := range batches {
		if err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	info, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), info
}

// require is what helpers need of *testing.T, *rapid.T and *testing.F.
type require interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func open(t require, file []byte) *segment.File {
	t.Helper()
	f, err := segment.Open(context.Background(), bytes.NewReader(file), int64(len(file)), "test.parquet")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// readColumn reads a whole column as scalars.
func readColumn(f *segment.File, column int) (out []schema.Value, err error) {
	var r segment.ChunkReader
	for g := range f.RowGroups() {
		r.Reset(f, g, column)
		for p := range f.Pages(g) {
			v, err := r.Page(p)
			if err != nil {
				return nil, err
			}
			for i := range v.Len {
				out = append(out, v.Value(i))
			}
		}
	}
	return out, nil
}

// same compares as the store must keep values: NaN equals NaN.
func same(a, b schema.Value) bool { return a.Null == b.Null && a.Type == b.Type && a.Compare(b) == 0 }

// drawValue draws a value of a type, extremes more often than chance would.
func drawValue(t *rapid.T, typ schema.Type) schema.Value {
	switch typ.Class() {
	case schema.ClassFloat64:
		return schema.FloatValue(rapid.Float64().Draw(t, "f"))
	case schema.ClassBytes:
		return schema.Value{Type: typ, S: rapid.StringN(0, 12, 80).Draw(t, "s")}
	case schema.ClassInt128:
		w := decimal.Int128{Hi: rapid.Int64Range(-1<<60, 1<<60).Draw(t, "hi"), Lo: rapid.Uint64().Draw(t, "lo")}
		return schema.Value{Type: typ, W: w}
	}
	lo, hi := intRange(typ)
	return schema.IntValue(typ, rapid.Int64Range(lo, hi).Draw(t, "i"))
}

func intRange(t schema.Type) (lo, hi int64) {
	switch t.Kind {
	case schema.Boolean:
		return 0, 1
	case schema.Int8:
		return -1 << 7, 1<<7 - 1
	case schema.Int16:
		return -1 << 15, 1<<15 - 1
	case schema.Int32, schema.Date:
		return -1 << 31, 1<<31 - 1
	case schema.Uint8:
		return 0, 1<<8 - 1
	case schema.Uint16:
		return 0, 1<<16 - 1
	case schema.Uint32:
		return 0, 1<<32 - 1
	case schema.Decimal:
		p := decimal.Pow10Int64[t.Precision] - 1
		return -p, p
	}
	return -1 << 63, 1<<63 - 1
}

// drawVector draws a column: from few values or many, with NULLs or without, in one of the encodings.
func drawVector(t *rapid.T, typ schema.Type, n int) *batch.Vector {
	pool := make([]schema.Value, rapid.SampledFrom([]int{1, 2, 5, 40}).Draw(t, "distinct"))
	for i := range pool {
		pool[i] = drawValue(t, typ)
	}
	nulls := rapid.SampledFrom([]int{0, 0, 1, 9, 10}).Draw(t, "nulls")
	sorted := rapid.Bool().Draw(t, "runs")
	b := batch.NewBuilder(typ, n)
	for i := range n {
		k := rapid.IntRange(0, 9).Draw(t, "null")
		pick := rapid.IntRange(0, len(pool)-1).Draw(t, "pick")
		if sorted {
			pick = i * len(pool) / n
		}
		if k < nulls {
			b.Null()
		} else {
			b.Value(pool[pick])
		}
	}
	return b.Finish()
}

func TestWrittenValuesAreRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typ := rapid.SampledFrom(columnTypes).Draw(t, "type")
		codec := rapid.SampledFrom([]schema.Codec{"zstd", "snappy", "gzip", "lz4", "none"}).Draw(t, "codec")
		table := tableOf(codec, typ)
		n := rapid.IntRange(1, 120).Draw(t, "rows")
		v := drawVector(t, typ, n)
		opt := segment.Options{
			ID: schema.ID{1}, Delivery: schema.ID{2},
			PageRows: rapid.SampledFrom([]int{8, 32, 1000}).Draw(t, "page"), RowGroupRows: rapid.SampledFrom([]int{40, 1000}).Draw(t, "group"),
		}
		file, info := write(t, table, opt, &batch.Batch{Cols: []*batch.Vector{v}, Len: n})
		f := open(t, file)
		got, err := readColumn(f, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != n || info.Rows != int64(n) || info.Bytes != int64(len(file)) {
			t.Fatalf("%d rows read, %d told, %d written", len(got), info.Rows, n)
		}
		for i := range got {
			if !same(got[i], v.Value(i)) {
				t.Fatalf("row %d: read %v, wrote %v", i, got[i], v.Value(i))
			}
		}
	})
}

// TestResetWriterWritesTheSame: a writer used again leaves no trace of the segment before.
func TestResetWriterWritesTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typ := rapid.SampledFrom([]schema.Type{schema.TypeVarchar, schema.TypeInt64, schema.TypeDouble}).Draw(t, "type")
		table, id := tableOf(schema.CodecZstd, typ), schema.NewID()
		batches := []*batch.Batch{}
		for range 2 {
			n := rapid.IntRange(1, 200).Draw(t, "rows")
			batches = append(batches, &batch.Batch{Len: n, Cols: []*batch.Vector{drawVector(t, typ, n)}})
		}
		fill := func(w *segment.Writer, b *batch.Batch) segment.Info {
			if err := w.Write(b); err != nil {
				t.Fatal(err)
			}
			info, err := w.Close()
			if err != nil {
				t.Fatal(err)
			}
			return info
		}
		opt := segment.Options{Table: table, ID: id, RowGroupRows: 64, PageRows: 16}
		var once, before, again bytes.Buffer
		want := fill(segment.NewWriter(&once, opt), batches[1])
		w := segment.NewWriter(&before, opt)
		fill(w, batches[0])
		w.Reset(&again, id)
		got := fill(w, batches[1])
		if !bytes.Equal(again.Bytes(), once.Bytes()) || !reflect.DeepEqual(got, want) {
			t.Fatal("the second segment of a writer differs from the first of another")
		}
	})
}
