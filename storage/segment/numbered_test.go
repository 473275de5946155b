package segment_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

var idTable = &schema.Table{
	ID: 9, Name: "ids", Version: 1, Codec: schema.CodecZstd,
	Columns: []schema.Column{
		{ID: 1, Name: "all", Type: schema.TypeVarchar},
		{ID: 2, Name: "half", Type: schema.TypeVarchar},
		{ID: 3, Name: "repeated", Type: schema.TypeVarchar},
		{ID: 4, Name: "n", Type: schema.TypeInt64},
	},
}

// idSegment has a column of ids, one whose later pages hold an odd text, and one that is stored with a dictionary.
func idSegment(t *testing.T) []byte {
	const rows = 20000
	b := &batch.Batch{Len: rows}
	for k, c := range idTable.Columns {
		col := batch.NewBuilder(c.Type, rows)
		for i := range rows {
			switch {
			case i%11 == k:
				col.Null()
			case k == 3:
				col.Int64(int64(i))
			case k == 1 && i > rows/2 && i%1000 == 0:
				col.Text("")
			case k == 2:
				col.Text(fmt.Sprintf("R-%06d", i*2654435761%6000))
			default:
				col.Text(fmt.Sprintf("P%09d", uint32(i*2654435761)%1e9))
			}
		}
		b.Cols = append(b.Cols, col.Finish())
	}
	var buf bytes.Buffer
	w := segment.NewWriter(&buf, segment.Options{Table: idTable, ID: schema.ID{7}, PageRows: 1000})
	if err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestNumberedPages compares pages as numbers with pages as texts, kept and not, in every order of asking.
func TestNumberedPages(t *testing.T) {
	file := idSegment(t)
	plain := openHot(t, file, nil)
	hot := segment.NewHot(8 << 20)
	f := openHot(t, file, hot)
	numbered := make([]int, len(idTable.Columns))
	for round, of := range []*segment.File{f, f, plain, f} {
		for column := range idTable.Columns {
			var want, got segment.ChunkReader
			want.Reset(plain, 0, column)
			got.Reset(of, 0, column)
			for page := range plain.Pages(0) {
				w, err := want.Page(page)
				if err != nil {
					t.Fatal(err)
				}
				read := got.Numbered
				if round == 1 {
					read = got.Page
				}
				v, err := read(page)
				if err != nil {
					t.Fatal(err)
				}
				if v.Enc == batch.Numbered {
					numbered[column]++
				}
				for row := range w.Len {
					if a, b := w.Value(row), v.Value(row); a.Null != b.Null || !a.Null && a.Compare(b) != 0 {
						t.Fatalf("column %d, row %d of page %d is %v, not %v", column, row, page, b, a)
					}
				}
			}
			if a, b := want.TakeBytesRead(), got.TakeBytesRead(); a != b {
				t.Errorf("column %d: %d bytes read, not %d", column, b, a)
			}
		}
	}
	if want := []int{60, 33, 60, 0}; fmt.Sprint(numbered) != fmt.Sprint(want) {
		t.Errorf("pages as numbers: %v, not %v", numbered, want)
	}
}
