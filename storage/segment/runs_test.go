package segment_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

// runsSegment makes a segment whose first column comes in stretches, its second in shorter ones, and whose third has NULLs.
func runsSegment(t *testing.T, id schema.ID) []byte {
	const rows = 4000
	b := &batch.Batch{Len: rows}
	for k, c := range hotTable.Columns {
		col := batch.NewBuilder(c.Type, rows)
		for i := range rows {
			switch {
			case k == 0:
				col.Text(fmt.Sprintf("H%03d", i/70%17))
			case k == 1:
				col.Int64(int64(i / (3 + i/1000*12) % 9))
			case i/200%4 == 1:
				col.Null()
			default:
				col.Text(fmt.Sprint(i / 100))
			}
		}
		b.Cols = append(b.Cols, col.Finish())
	}
	var buf bytes.Buffer
	w := segment.NewWriter(&buf, segment.Options{Table: hotTable, ID: id, PageRows: 500, RowGroupRows: 2000})
	if err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// runCells reads a file and gives its cells and how many pages told of stretches, having looked whether they are true.
func runCells(t *testing.T, f *segment.File, r segment.ChunkReader) (cells []string, told int) {
	for g := range f.RowGroups() {
		for k := range f.Columns() {
			r.Reset(f, g, k)
			for p := range f.Pages(g) {
				v, err := r.Page(p)
				if err != nil {
					t.Fatal(err)
				}
				if ends := v.CodeRuns(); ends != nil {
					told++
					trueRuns(t, v, ends)
				}
				for i := range v.Len {
					cells = append(cells, v.Value(i).String())
				}
			}
		}
	}
	return cells, told
}

func trueRuns(t *testing.T, v *batch.Vector, ends []int32) {
	at := int32(0)
	for _, end := range ends {
		if slices.Min(v.Codes[at:end]) != slices.Max(v.Codes[at:end]) {
			t.Fatalf("rows %d to %d have codes %v", at, end, v.Codes[at:end])
		}
		at = end
	}
}

// TestRunsAreTold reads pages that come in stretches cold, into the cache and out of it, and compares with reading without them.
func TestRunsAreTold(t *testing.T) {
	file := runsSegment(t, schema.NewID())
	hot := segment.NewHot(1 << 20)
	f := openHot(t, file, hot)
	want, told := runCells(t, f, segment.ChunkReader{FlatCodes: true})
	if told != 0 {
		t.Error("values have no codes that could run")
	}
	for name, r := range map[string]segment.ChunkReader{"cold": {NoHot: true}, "hot": {}, "hot again": {}, "without": {NoRuns: true}} {
		got, told := runCells(t, f, r)
		if !slices.Equal(got, want) {
			t.Errorf("%s: cells differ", name)
		}
		if (told < 8) != (name == "without") {
			t.Errorf("%s: %d pages tell of stretches", name, told)
		}
	}
}

// TestRunsAreKeptSmall compares what the cache holds with the codes of every row.
func TestRunsAreKeptSmall(t *testing.T) {
	hot := segment.NewHot(1 << 20)
	f := openHot(t, runsSegment(t, schema.NewID()), hot)
	r := segment.ChunkReader{}
	for g := range f.RowGroups() {
		r.Reset(f, g, 0)
		for p := range f.Pages(g) {
			if _, err := r.Page(p); err != nil {
				t.Fatal(err)
			}
		}
	}
	if hot.Bytes() > 4*4000/2 {
		t.Errorf("%d bytes are kept of 4000 rows in stretches of 70", hot.Bytes())
	}
}
