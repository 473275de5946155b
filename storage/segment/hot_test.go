package segment_test

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

var hotTable = &schema.Table{
	ID: 9, Name: "hot", Version: 1, Codec: schema.CodecZstd,
	Columns: []schema.Column{{ID: 1, Name: "name", Type: schema.TypeVarchar}, {ID: 2, Name: "n", Type: schema.TypeInt64}, {ID: 3, Name: "few", Type: schema.TypeVarchar}},
}

// hotSegment makes a segment of several row groups and pages, with NULLs.
func hotSegment(t *testing.T, id schema.ID) []byte {
	const rows = 2000
	b := &batch.Batch{Len: rows}
	for k, c := range hotTable.Columns {
		col := batch.NewBuilder(c.Type, rows)
		for i := range rows {
			switch {
			case i%7 == k:
				col.Null()
			case k == 1:
				col.Int64(int64(i) * 1_000_003 % 7919)
			case k == 0:
				col.Text(fmt.Sprintf("%x", i*2654435761))
			default:
				col.Text(fmt.Sprint(i % 5))
			}
		}
		b.Cols = append(b.Cols, col.Finish())
	}
	var buf bytes.Buffer
	w := segment.NewWriter(&buf, segment.Options{Table: hotTable, ID: id, PageRows: 100, RowGroupRows: 600})
	if err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func openHot(t *testing.T, file []byte, hot *segment.Hot) *segment.File {
	f, err := segment.Open(context.Background(), bytes.NewReader(file), int64(len(file)), "hot")
	if err != nil {
		t.Fatal(err)
	}
	return f.WithHot(hot)
}

// pages gives every page of a file to see and counts the bytes read.
func pages(t *testing.T, f *segment.File, noHot bool, see func(*batch.Vector)) (read int64) {
	r := segment.ChunkReader{NoHot: noHot}
	for g := range f.RowGroups() {
		for k := range f.Columns() {
			r.Reset(f, g, k)
			for p := range f.Pages(g) {
				v, err := r.Page(p)
				if err != nil {
					t.Error(err)
					return 0
				}
				see(v)
			}
			read += r.TakeBytesRead()
		}
	}
	return read
}

// cells reads every page of a file as text and counts the bytes.
func cells(t *testing.T, f *segment.File, noHot bool) (out []string, read int64) {
	read = pages(t, f, noHot, func(v *batch.Vector) {
		for i := range v.Len {
			out = append(out, v.Value(i).String())
		}
	})
	return out, read
}

// TestHotPagesAreTheSame reads with caches of all sizes, many times and from many goroutines: the rows and the bytes counted
// never change, and the limit holds.
func TestHotPagesAreTheSame(t *testing.T) {
	file := hotSegment(t, schema.ID{1})
	want, bytes := cells(t, openHot(t, file, nil), false)
	for _, limit := range []int64{-1, 0, 1, 3000, 20_000, 1 << 30} {
		hot := segment.NewHot(limit)
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for i := range 10 {
					got, n := cells(t, openHot(t, file, hot), i == 5)
					if fmt.Sprint(got) != fmt.Sprint(want) || n != bytes {
						t.Errorf("limit %d: %d rows and %d bytes, without a cache %d and %d", limit, len(got), n, len(want), bytes)
					}
				}
			})
		}
		group.Wait()
		if n := hot.Bytes(); n > max(limit, 0) {
			t.Errorf("%d bytes kept, the limit is %d", n, limit)
		}
	}
}

// TestHotOutlivesTheFile reads a file whose bytes are gone: what was kept was checked when it was read. What is forgotten is
// read, and checked, again.
func TestHotOutlivesTheFile(t *testing.T) {
	id := schema.ID{2}
	file := hotSegment(t, id)
	hot := segment.NewHot(1 << 30)
	f := openHot(t, file, hot)
	want, _ := cells(t, f, false)
	clear(file)
	if got, _ := cells(t, f, false); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Error("other rows from the cache")
	}
	hot.Forget(id)
	if hot.Bytes() != 0 {
		t.Errorf("%d bytes are left of a segment that was forgotten", hot.Bytes())
	}
	var r segment.ChunkReader
	r.Reset(f, 0, 0)
	if _, err := r.Page(0); err == nil {
		t.Error("damage was not noticed")
	}
}

// TestHotResistsScans reads three files in turn, of which the cache holds one and a half: some of it must be found each time.
func TestHotResistsScans(t *testing.T) {
	var files []*segment.File
	all := segment.NewHot(1 << 30)
	for i := range 3 {
		files = append(files, openHot(t, hotSegment(t, schema.ID{byte(i + 3)}), all))
		cells(t, files[i], false)
	}
	hot := segment.NewHot(all.Bytes() / 2)
	var readers []*countingReader
	for i := range files {
		b := hotSegment(t, schema.ID{byte(i + 3)})
		c := &countingReader{b: bytes.NewReader(b)}
		f, err := segment.Open(context.Background(), c, int64(len(b)), "hot")
		if err != nil {
			t.Fatal(err)
		}
		files[i], readers = f.WithHot(hot), append(readers, c)
	}
	stored := func() (n int64) {
		for i, f := range files {
			cells(t, f, false)
			n += readers[i].n
			readers[i].n = 0
		}
		return n
	}
	first := stored()
	for range 5 {
		if again := stored(); again > first*4/5 {
			t.Errorf("%d bytes from the file, at first %d: the cache keeps nothing", again, first)
		}
	}
}

type countingReader struct {
	b *bytes.Reader
	n int64
}

func (c *countingReader) ReadAt(p []byte, off int64) (int, error) {
	c.n += int64(len(p))
	return c.b.ReadAt(p, off)
}
