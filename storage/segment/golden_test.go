package segment_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew: only for a new format version")

// goldenSegment holds one column of each type and three rows: a value, NULL, an extreme. It has no general compression, so
// that its bytes depend on nothing but this package and parquet-go's encodings.
func goldenSegment(t require) ([]byte, segment.Info) {
	table := tableOf(schema.CodecNone, columnTypes...)
	b := &batch.Batch{Len: 3}
	for _, c := range table.Columns {
		col := batch.NewBuilder(c.Type, 3)
		col.Value(goldenValue(c.Type, false))
		col.Null()
		col.Value(goldenValue(c.Type, true))
		b.Cols = append(b.Cols, col.Finish())
	}
	return write(t, table, segment.Options{ID: schema.ID{1, 2, 3}, Delivery: schema.ID{4, 5, 6}}, b)
}

func goldenValue(t schema.Type, extreme bool) schema.Value {
	switch t.Class() {
	case schema.ClassFloat64:
		return schema.FloatValue(map[bool]float64{false: 2.5, true: -1e300}[extreme])
	case schema.ClassBytes:
		return schema.Value{Type: t, S: map[bool]string{false: "{}", true: ""}[extreme]}
	case schema.ClassInt128:
		w := decimal.FromInt64(-12345)
		if extreme {
			w, _ = decimal.Pow10(38).AddInt64(-1)
		}
		return schema.Value{Type: t, W: w}
	}
	lo, hi := intRange(t)
	if extreme {
		return schema.IntValue(t, hi)
	}
	return schema.IntValue(t, max(lo, 1))
}

func golden(t *testing.T, name string, got []byte) []byte {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: the bytes of the format changed: make a new version that still reads the old one", name)
	}
	return want
}

func TestSegmentFormatStays(t *testing.T) {
	file, info := goldenSegment(t)
	old := golden(t, "segment_v1.parquet", file)
	f := open(t, old)
	hashes, rows, err := f.HashColumns(context.Background(), 2)
	if err != nil || rows != 3 {
		t.Fatal(rows, err)
	}
	for i, c := range info.Columns {
		if c.Hash != hashes[i] {
			t.Errorf("column %d: hash %s, written %s", i, hashes[i], c.Hash)
		}
	}
}

func goldenStats(t require) *segment.StatsFile {
	_, info := goldenSegment(t)
	table := tableOf(schema.CodecNone, columnTypes...)
	return &segment.StatsFile{
		Table: 7, Version: 1, Delivery: schema.ID{4, 5, 6}, Columns: table.Columns,
		Segments: []segment.SegmentStats{{ID: schema.ID{1, 2, 3}, Info: info}},
	}
}

var byUnexported = cmp.AllowUnexported(segment.Sketch{})

func TestStatisticsFormatStays(t *testing.T) {
	s := goldenStats(t)
	old := golden(t, "segment_v1.stats", s.Append(nil))
	got, err := segment.DecodeStats(old)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, got, byUnexported); diff != "" {
		t.Error(diff)
	}
}

func TestStatisticsOfLargeColumns(t *testing.T) {
	_, info := everyType(t, schema.CodecZstd, 5000)
	s := &segment.StatsFile{Columns: tableOf(schema.CodecZstd, append(columnTypes, schema.TypeVarchar)...).Columns}
	s.Segments = []segment.SegmentStats{{ID: schema.ID{1}, Info: info}}
	got, err := segment.DecodeStats(s.Append(nil))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, got, byUnexported); diff != "" {
		t.Error(diff)
	}
	last := info.Columns[len(info.Columns)-1]
	if n := last.Distinct.Estimate(); n < 4200 || n > 4800 {
		t.Errorf("the sketch tells of %d distinct values, there are about 4,500", n)
	}
}

func TestDamagedStatistics(t *testing.T) {
	b := goldenStats(t).Append(nil)
	for i := range b {
		bad := bytes.Clone(b)
		bad[i] ^= 0x10
		if _, err := segment.DecodeStats(bad); !errs.Is(err, errs.Corrupt) {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
}

func FuzzDecodeStats(f *testing.F) {
	f.Add(goldenStats(f).Append(nil))
	f.Add([]byte("ASTS\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := segment.DecodeStats(b); err == nil && !bytes.Equal(s.Append(nil), b) {
			t.Skip("another spelling of the same numbers")
		}
	})
}
