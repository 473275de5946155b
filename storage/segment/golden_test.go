package segment_test

import (
	"bytes"
	"context"
	"crypto/sha256"
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

// goldenSegment holds one column of each type and three rows, so many times: a value, NULL, an extreme. It has no general
// compression, so that its bytes depend on nothing but this package and parquet-go's encodings.
func goldenSegment(t require, times int) ([]byte, segment.Info) {
	table := tableOf(schema.CodecNone, columnTypes...)
	b := &batch.Batch{Len: 3 * times}
	for _, c := range table.Columns {
		col := batch.NewBuilder(c.Type, 3*times)
		for range times {
			col.Value(goldenValue(c.Type, false))
			col.Null()
			col.Value(goldenValue(c.Type, true))
		}
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
	file, info := goldenSegment(t, 30)
	readGolden(t, golden(t, "segment_v2.parquet", file), info)
}

// TestSegmentFormatBefore reads what releases before version 2 wrote: without sums and rows per entry.
func TestSegmentFormatBefore(t *testing.T) {
	old, err := os.ReadFile("testdata/segment_v1.parquet")
	if err != nil {
		t.Fatal(err)
	}
	_, info := goldenSegment(t, 1)
	readGolden(t, old, info)
	if _, ok := open(t, old).Sum(0, 1); ok {
		t.Error("a sum from nowhere")
	}
}

func readGolden(t *testing.T, file []byte, info segment.Info) {
	t.Helper()
	f := open(t, file)
	hashes, rows, err := f.HashColumns(context.Background(), 2)
	if err != nil || rows != info.Rows {
		t.Fatal(rows, err)
	}
	for i, c := range info.Columns {
		if c.Hash != hashes[i] {
			t.Errorf("column %d: hash %s, written %s", i, hashes[i], c.Hash)
		}
	}
}

func goldenStats(t require) *segment.StatsFile {
	_, info := goldenSegment(t, 1)
	old, err := os.ReadFile("testdata/segment_v1.parquet") // the segment that the golden bytes tell of
	if err != nil {
		t.Fatal(err)
	}
	info.Bytes, info.SHA256 = int64(len(old)), sha256.Sum256(old)
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
