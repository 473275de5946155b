package segment_test

import (
	"bytes"
	"context"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

// TestSweep rewrites a segment with other sizes of row groups and pages and logs bytes and CPU time: the figures behind the
// defaults in DESIGN.md. ASSAY_SWEEP names a segment file of real data; without it there is nothing to measure.
func TestSweep(t *testing.T) {
	path := os.Getenv("ASSAY_SWEEP")
	if path == "" {
		t.Skip("ASSAY_SWEEP is not set")
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	in, err := segment.Open(context.Background(), bytes.NewReader(file), int64(len(file)), path)
	if err != nil {
		t.Fatal(err)
	}
	table := &schema.Table{ID: 1, Name: "sweep", Version: 1, Codec: schema.CodecZstd, SortBy: []uint32{3, 1, 6}, Columns: in.Columns()[:len(in.Columns())-1]}
	for _, o := range []segment.Options{
		{RowGroupRows: 64 << 10},
		{RowGroupRows: 128 << 10},
		{},
		{RowGroupRows: 512 << 10, RowGroupBytes: 1 << 30},
		{RowGroupRows: 1 << 20, RowGroupBytes: 1 << 30},
		{PageRows: 2 << 10},
		{PageRows: 4 << 10},
		{PageRows: 8 << 10},
		{PageRows: 32 << 10},
		{PageRows: 64 << 10},
	} {
		o.Table = table
		var out bytes.Buffer
		begin := cpuTime(t)
		w := segment.NewWriter(&out, o)
		copyRows(t, in, w)
		if _, err := w.Close(); err != nil {
			t.Fatal(err)
		}
		wrote := cpuTime(t) - begin
		f, err := segment.Open(context.Background(), bytes.NewReader(out.Bytes()), int64(out.Len()), "sweep")
		if err != nil {
			t.Fatal(err)
		}
		begin = cpuTime(t)
		pages(t, f, true, func(*batch.Vector) {})
		t.Logf("row groups of %7d, pages of %6d: %9d bytes, rewritten in %6d ms, read in %5d ms", o.RowGroupRows, o.PageRows, out.Len(), wrote.Milliseconds(), (cpuTime(t) - begin).Milliseconds())
	}
}

// copyRows copies the rows of a segment, page by page.
func copyRows(t *testing.T, in *segment.File, w *segment.Writer) {
	readers := make([]segment.ChunkReader, len(in.Columns())-1)
	for g := range in.RowGroups() {
		for k := range readers {
			readers[k].Reset(in, g, k)
		}
		for p := range in.Pages(g) {
			b := &batch.Batch{}
			for k := range readers {
				v, err := readers[k].Page(p)
				if err != nil {
					t.Fatal(err)
				}
				b.Cols, b.Len = append(b.Cols, v), v.Len
			}
			if err := w.Write(b); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func cpuTime(t *testing.T) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano())
}
