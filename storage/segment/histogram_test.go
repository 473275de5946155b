package segment_test

import (
	"bytes"
	"context"
	"maps"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

// checkHistograms compares what a file gives by value with its rows, and returns how many chunks it gave.
func checkHistograms(t *testing.T, f *segment.File, noHot bool) (given, unread int) {
	t.Helper()
	all := readAll(t, f, true)
	r := segment.ChunkReader{NoHot: noHot}
	at := int64(0)
	for g := range f.RowGroups() {
		rows := f.RowGroupRows(g)
		for k, c := range f.Columns() {
			want := map[string]int64{}
			for _, v := range all[k][at : at+rows] {
				want[shownExactly(v)]++
			}
			for _, counted := range []bool{true, false, true} {
				r.Reset(f, g, k)
				h, err := r.Histogram(counted)
				if err != nil {
					t.Fatal(err)
				}
				if h == nil {
					continue
				}
				given++
				if !h.Pages {
					unread++
				}
				compareHistogram(t, c.Name, h, want, counted)
			}
		}
		at += rows
	}
	return given, unread
}

func shownExactly(v schema.Value) string {
	if v.Null {
		return "null"
	}
	return "=" + v.String()
}

func compareHistogram(t *testing.T, name string, h *segment.Histogram, want map[string]int64, counted bool) {
	t.Helper()
	got := map[string]int64{}
	if h.Nulls > 0 {
		got["null"] = h.Nulls
	}
	if h.Values != nil {
		for i := range h.Values.Len {
			n := int64(1)
			if h.Rows != nil {
				n = int64(h.Rows[i])
			} else if counted {
				t.Fatalf("%s: nobody counted", name)
			}
			if n > 0 {
				got[shownExactly(h.Values.Value(i))] += n
			}
		}
	}
	if h.Rows == nil && h.Values != nil {
		for v := range got {
			if v != "null" {
				got[v] = want[v]
			}
		}
	}
	if !maps.Equal(got, want) {
		t.Fatalf("%s: got %v\nwant %v", name, got, want)
	}
}

func TestHistograms(t *testing.T) {
	const rows = 40_000
	table := tableOf(schema.CodecZstd, schema.TypeVarchar, schema.TypeInt64, schema.TypeDouble, schema.DecimalType(30, 2), schema.TypeBoolean, schema.TypeInt32, schema.TypeDate)
	b := &batch.Batch{Len: rows}
	for k, c := range table.Columns {
		col := batch.NewBuilder(c.Type, rows)
		for i := range rows {
			n := int64(i*7919%(1+k*400)) - 50
			switch {
			case k == 6: // pages of one value, and of NULL
				n = int64(i / 4000)
				if n == 3 {
					col.Null()
					continue
				}
			case i%11 == k:
				col.Null()
				continue
			}
			switch c.Type.Class() {
			case schema.ClassBytes:
				col.Text(string(rune('a' + i%9)))
			case schema.ClassFloat64:
				col.Float64(float64(n) / 4)
			case schema.ClassInt128:
				col.Value(schema.Value{Type: c.Type, W: schema.IntValue(schema.TypeInt64, n).Wide()})
			default:
				if c.Type.Kind == schema.Boolean {
					n &= 1
				}
				col.Int64(n)
			}
		}
		b.Cols = append(b.Cols, col.Finish())
	}
	file, info := write(t, table, segment.Options{ID: schema.ID{1}, PageRows: 1000, RowGroupRows: 16_000}, b)
	f := open(t, file)
	if _, _, err := f.HashColumns(context.Background(), 2); err != nil {
		t.Fatal(err)
	}
	for _, hot := range []*segment.Hot{nil, segment.NewHot(1 << 30), segment.NewHot(100_000)} {
		given, unread := checkHistograms(t, f.WithHot(hot), hot == nil)
		if given < 2*len(info.RowGroups)*len(table.Columns) || unread < given/2 {
			t.Errorf("%d chunks by value, %d of them unread", given, unread)
		}
	}
}

// TestHistogramsCountPages reads a file without stored counts.
func TestHistogramsCountPages(t *testing.T) {
	columns := foreignColumns()
	raw, _ := writeForeign(t, columns, 2500, 1100)
	f := bind(t, raw)
	for _, hot := range []*segment.Hot{nil, segment.NewHot(1 << 30)} {
		for range 2 {
			if given, _ := checkHistograms(t, f.WithHot(hot), hot == nil); given == 0 {
				t.Error("no chunk came by value")
			}
		}
	}
}

// TestDamagedCounts bends stored counts behind their checksum's back: the read-back of a load must see it.
func TestDamagedCounts(t *testing.T) {
	file, _ := goldenSegment(t, 30)
	seen := 0
	for i := range file {
		if !bytes.Equal(file[i:min(i+2, len(file))], []byte{30, 30}) {
			continue
		}
		seen++
		bent := bytes.Clone(file)
		bent[i]++
		if _, err := checkAll(bent); err == nil {
			t.Errorf("byte %d: nobody noticed", i)
		}
	}
	if seen == 0 {
		t.Error("no counts found")
	}
}
