package storage_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

const benchRows = 1 << 20

var benchTable = &schema.Table{
	ID: 4, Name: "bench", Version: 1, Codec: schema.CodecZstd, SortBy: []uint32{1},
	Columns: []schema.Column{
		{ID: 1, Name: "code", Type: schema.TypeVarchar},
		{ID: 2, Name: "value", Type: schema.DecimalType(12, 3)},
		{ID: 3, Name: "at", Type: schema.TypeTimestamp},
		{ID: 4, Name: "patient", Type: schema.TypeVarchar},
		{ID: 5, Name: "flag", Type: schema.TypeVarchar},
		{ID: 6, Name: "age", Type: schema.TypeInt32},
	},
}

// benchSegment holds rows like LabBench's: few codes in order, values of some thousand kinds, times, a patient per 8 rows.
func benchSegment(b *testing.B) (*memoryOpener, schema.Segment) {
	rng := rand.New(rand.NewPCG(5, 6))
	var buf bytes.Buffer
	id := schema.ID{7}
	w := segment.NewWriter(&buf, segment.Options{Table: benchTable, ID: id})
	for lo := 0; lo < benchRows; lo += batch.MaxRows {
		x := &batch.Batch{Len: batch.MaxRows}
		for k, c := range benchTable.Columns {
			col := batch.NewBuilder(c.Type, batch.MaxRows)
			for i := range batch.MaxRows {
				col.Value(benchCell(rng, k, lo+i))
			}
			x.Cols = append(x.Cols, col.Finish())
		}
		if err := w.Write(x); err != nil {
			b.Fatal(err)
		}
	}
	info, err := w.Close()
	if err != nil {
		b.Fatal(err)
	}
	seg := schema.Segment{ID: id, Table: benchTable.ID, Rows: info.Rows, Bytes: info.Bytes, Bounds: info.Bounds(1, 3)}
	return &memoryOpener{files: map[schema.ID][]byte{id: buf.Bytes()}}, seg
}

func benchCell(rng *rand.Rand, column, i int) schema.Value {
	switch column {
	case 0:
		return schema.TextValue(fmt.Sprintf("%05d-%d", i*400/benchRows, i*400/benchRows%10))
	case 1:
		return schema.IntValue(benchTable.Columns[1].Type, rng.Int64N(5000)*10)
	case 2:
		return schema.IntValue(schema.TypeTimestamp, 1_700_000_000_000_000+rng.Int64N(2_592_000)*1_000_000)
	case 3:
		return schema.TextValue(fmt.Sprintf("P%09d", rng.IntN(benchRows/8)))
	case 4:
		if rng.IntN(2) == 0 {
			return schema.NullValue(schema.TypeVarchar)
		}
		return schema.TextValue([]string{"L", "LL", "H", "HH"}[rng.IntN(4)])
	}
	return schema.IntValue(schema.TypeInt32, rng.Int64N(100))
}

func benchColumn(k int) expr.Expr {
	return &expr.Column{Index: k, Name: benchTable.Columns[k].Name, Typ: benchTable.Columns[k].Type}
}

func benchCall(b *testing.B, op string, k int, v schema.Value) expr.Expr {
	e, err := expr.NewCall(op, benchColumn(k), &expr.Literal{Value: v})
	if err != nil {
		b.Fatal(err)
	}
	return e
}

// BenchmarkScan reads one segment of a million rows with one reader.
func BenchmarkScan(b *testing.B) {
	opener, seg := benchSegment(b)
	all := []uint32{1, 2, 3, 4, 5, 6}
	value := schema.IntValue(benchTable.Columns[1].Type, 20_000)
	cases := []struct {
		name   string
		filter expr.Expr
		output []uint32 // columns to give, as ids
	}{
		{"code", nil, []uint32{1}},
		{"value", nil, []uint32{2}},
		{"at", nil, []uint32{3}},
		{"patient", nil, []uint32{4}},
		{"flag", nil, []uint32{5}},
		{"all", nil, all},
		{"value>20", benchCall(b, ">", 1, value), nil},
		{"onecode", benchCall(b, "=", 0, schema.TextValue("00200-0")), all},
		{"onepatient", benchCall(b, "=", 3, schema.TextValue("P000000123")), all},
		{"nopatient", benchCall(b, "=", 3, schema.TextValue("P000000000x")), all},
	}
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			req := &storage.ScanRequest{Table: benchTable, Filter: c.filter, Segments: []schema.Segment{seg}}
			req.Columns, req.Output = c.output, len(c.output)
			if c.filter != nil {
				req.Columns = all
			}
			b.ReportAllocs()
			for b.Loop() {
				benchDrain(b, opener, req)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
		})
	}
}

func benchDrain(b *testing.B, opener *memoryOpener, req *storage.ScanRequest) {
	s, err := storage.NewScan(opener, req, storage.ScanOptions{})
	if err != nil {
		b.Fatal(err)
	}
	r := s.Reader()
	for {
		x, err := r.Next(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		if x == nil {
			break
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkSmallSegments reads two columns of 200 segments of 5,000 rows, as a table partitioned by hospital and month has
// them: what opening costs shows here. The indexes are cached, as a store does it.
func BenchmarkSmallSegments(b *testing.B) {
	const rows, count = 5000, 200
	opener := &cachedOpener{memoryOpener: memoryOpener{files: map[schema.ID][]byte{}}, cache: segment.NewCache(64 << 20)}
	req := &storage.ScanRequest{Table: benchTable, Columns: []uint32{1, 2}, Output: 2}
	for s := range count {
		seg := smallSegment(b, opener, s, rows)
		req.Segments = append(req.Segments, seg)
	}
	for b.Loop() {
		sc, err := storage.NewScan(opener, req, storage.ScanOptions{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := drainQuietly(sc.Reader()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/count, "ns/segment")
}

func smallSegment(b *testing.B, opener *cachedOpener, s, rows int) schema.Segment {
	rng := rand.New(rand.NewPCG(uint64(s), 6))
	x := &batch.Batch{Len: rows}
	for k, c := range benchTable.Columns {
		col := batch.NewBuilder(c.Type, rows)
		for i := range rows {
			col.Value(benchCell(rng, k, i*benchRows/rows))
		}
		x.Cols = append(x.Cols, col.Finish())
	}
	var buf bytes.Buffer
	id := schema.ID{8, byte(s), byte(s >> 8)}
	w := segment.NewWriter(&buf, segment.Options{Table: benchTable, ID: id})
	if err := w.Write(x); err != nil {
		b.Fatal(err)
	}
	info, err := w.Close()
	if err != nil {
		b.Fatal(err)
	}
	opener.files[id] = buf.Bytes()
	return schema.Segment{ID: id, Table: benchTable.ID, Rows: info.Rows, Bytes: info.Bytes}
}

type cachedOpener struct {
	memoryOpener
	cache *segment.Cache
}

func (o *cachedOpener) OpenSegment(ctx context.Context, s *schema.Segment) (*segment.File, func(), error) {
	b := o.files[s.ID]
	f, err := o.cache.Open(ctx, bytes.NewReader(b), int64(len(b)), s.ID.String(), s.ID)
	return f, func() {}, err
}

func drainQuietly(r storage.Reader) (rows int, err error) {
	for {
		x, err := r.Next(context.Background())
		if x == nil || err != nil {
			return rows, err
		}
		rows += x.Alive()
	}
}
