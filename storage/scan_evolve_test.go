package storage_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

// oldSegment is a file written when the table was younger: an INT, a DECIMAL(5,1), a DATE and a VARCHAR, two rows and a NULL.
func oldSegment(t *testing.T) (*memoryOpener, schema.Segment) {
	t.Helper()
	types := []schema.Type{schema.TypeInt32, schema.DecimalType(5, 1), schema.TypeDate, schema.TypeVarchar, schema.TypeInt64}
	table := &schema.Table{ID: 5, Name: "old", Version: 1, Codec: schema.CodecNone}
	b := &batch.Batch{Len: 3}
	for i, typ := range types {
		table.Columns = append(table.Columns, schema.Column{ID: uint32(i + 1), Name: string(rune('a' + i)), Type: typ})
		c := batch.NewBuilder(typ, 3)
		c.Value(schema.Value{Type: typ, I: 15, S: "x"})
		c.Null()
		c.Value(schema.Value{Type: typ, I: -27, S: ""})
		b.Cols = append(b.Cols, c.Finish())
	}
	var buf bytes.Buffer
	w := segment.NewWriter(&buf, segment.Options{Table: table, ID: schema.ID{1}, Delivery: schema.ID{2}})
	if err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	info, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	seg := schema.Segment{ID: schema.ID{1}, Table: 5, Rows: 3, Bytes: info.Bytes, Delivery: schema.ID{2}, Bounds: info.Bounds()}
	return &memoryOpener{files: map[schema.ID][]byte{{1}: buf.Bytes()}}, seg
}

// TestOlderFilesReadAsTheTableIsNow widens every column and adds one.
func TestOlderFilesReadAsTheTableIsNow(t *testing.T) {
	opener, seg := oldSegment(t)
	now := &schema.Table{ID: 5, Name: "old", Version: 2, Columns: []schema.Column{
		{ID: 1, Name: "a", Type: schema.TypeInt64},
		{ID: 2, Name: "b", Type: schema.DecimalType(20, 3)},
		{ID: 3, Name: "c", Type: schema.TypeTimestamp},
		{ID: 4, Name: "d", Type: schema.TypeJSON},
		{ID: 5, Name: "e", Type: schema.TypeDouble},
		{ID: 6, Name: "new", Type: schema.TypeVarchar},
	}}
	for _, opt := range []storage.ScanOptions{{}, {NoDictionary: true}} {
		s, err := storage.NewScan(opener, &storage.ScanRequest{Table: now, Columns: []uint32{1, 2, 3, 4, 5, 6}, Output: 6, Segments: []schema.Segment{seg}}, opt)
		if err != nil {
			t.Fatal(err)
		}
		got, err := drain(s.Reader())
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			"15|1.500|1970-01-16T00:00:00Z|x|15|NULL",
			"NULL|NULL|NULL|NULL|NULL|NULL",
			"-27|-2.700|1969-12-05T00:00:00Z||-27|NULL",
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v\n got %q\nwant %q", opt, got, want)
		}
	}
}

// TestPruningOfOlderFiles compares a widened column with a value of its new type.
func TestPruningOfOlderFiles(t *testing.T) {
	opener, seg := oldSegment(t)
	now := &schema.Table{ID: 5, Name: "old", Version: 2, Columns: []schema.Column{{ID: 2, Name: "b", Type: schema.DecimalType(20, 3)}}}
	typ := now.Columns[0].Type
	for _, c := range []struct {
		value  string
		rows   int
		pruned int64
	}{{"1.500", 1, 0}, {"1.501", 0, 1}} {
		w := schema.IntValue(schema.TypeInt64, map[string]int64{"1.500": 1500, "1.501": 1501}[c.value]).Wide()
		e, err := expr.NewCall(">=", &expr.Column{Name: "b", Typ: typ}, &expr.Literal{Value: schema.WideValue(typ, w)})
		if err != nil {
			t.Fatal(err)
		}
		s, err := storage.NewScan(opener, &storage.ScanRequest{Table: now, Columns: []uint32{2}, Output: 1, Filter: e, Segments: []schema.Segment{seg}}, storage.ScanOptions{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := drain(s.Reader())
		if err != nil || len(got) != c.rows || s.Stats().SegmentsPruned != c.pruned {
			t.Errorf("b >= %s: %q, %v, %+v", c.value, got, err, s.Stats())
		}
	}
}

// TestScanNamesTheDamagedFile damages a page, which only reading finds.
func TestScanNamesTheDamagedFile(t *testing.T) {
	opener, seg := oldSegment(t)
	file := opener.files[schema.ID{1}]
	f, err := segment.Open(context.Background(), bytes.NewReader(file), int64(len(file)), "x")
	if err != nil {
		t.Fatal(err)
	}
	file[f.Stats(0, 0).Offset+f.Stats(0, 0).Bytes-1] ^= 1
	table := &schema.Table{ID: 5, Name: "old", Columns: []schema.Column{{ID: 1, Name: "a", Type: schema.TypeInt32}}}
	s, err := storage.NewScan(opener, &storage.ScanRequest{Table: table, Columns: []uint32{1}, Output: 1, Segments: []schema.Segment{seg}}, storage.ScanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := drain(s.Reader()); !errs.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), seg.ID.String()) {
		t.Error(err)
	}
	if err := s.Close(); err != nil || opener.open != 0 {
		t.Error("files left open", opener.open, err)
	}
}

// TestScanStopsWithItsContext cancels between batches.
func TestScanStopsWithItsContext(t *testing.T) {
	opener, seg := oldSegment(t)
	table := &schema.Table{ID: 5, Name: "old", Columns: []schema.Column{{ID: 1, Name: "a", Type: schema.TypeInt32}}}
	s, err := storage.NewScan(opener, &storage.ScanRequest{Table: table, Columns: []uint32{1}, Output: 1, Segments: []schema.Segment{seg}}, storage.ScanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Reader().Next(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
