package storage_test

import (
	"context"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/storagetest"
)

// total scans everything and returns rows and hashes.
func total(ctx context.Context, s *storage.Store, got *storage.Sealed) (int64, []schema.ColumnHash, error) {
	t := storagetest.Table()
	req := &storage.ScanRequest{Table: t, Segments: got.Segments, Output: len(t.Columns)}
	for _, c := range t.Columns {
		req.Columns = append(req.Columns, c.ID)
	}
	scan, err := s.Scan(ctx, req)
	if err != nil {
		return 0, nil, err
	}
	defer scan.Close()
	var rows int64
	sums := make([]schema.ColumnHash, len(t.Columns))
	for r := scan.Reader(); ; {
		b, err := r.Next(ctx)
		if err != nil || b == nil {
			return rows, sums, err
		}
		b = b.Compact()
		rows += int64(b.Len)
		for i, h := range storagetest.Hashes(b) {
			sums[i].Add(h)
		}
	}
}

// TestScanHealsAnyFlip flips one bit anywhere in a segment: with a mirror the answer is right, without one it is right (the bit
// did not matter) or an error that names the file.
func TestScanHealsAnyFlip(t *testing.T) {
	dir := t.TempDir()
	s := open(t, storage.Config{Dir: dir})
	got := seal(t, s, 20_000)
	shelf := keep(t, s, got)
	rnd := rand.New(rand.NewPCG(1, 2))
	rounds := 60
	if os.Getenv("ASSAY_SOAK") != "" {
		rounds = 3000
	}
	refused := 0
	for range rounds {
		seg := &got.Segments[rnd.IntN(len(got.Segments))]
		sound := shelf.segments[seg.ID]
		bad := append([]byte(nil), sound...)
		bad[rnd.IntN(len(bad))] ^= 1 << rnd.IntN(8)
		if err := os.WriteFile(s.SegmentPath(seg), bad, 0o640); err != nil {
			t.Fatal(err)
		}
		s = open(t, storage.Config{Dir: dir}) // nothing is kept open
		rows, sums, err := total(t.Context(), s, got)
		if err == nil {
			checkTotal(t, got, rows, sums)
		} else {
			refused++
			if !errs.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), seg.ID.String()) {
				t.Fatalf("without a mirror: %v, want Corrupt naming segment %s", err, seg.ID)
			}
		}
		s.SetFetcher(shelf)
		if rows, sums, err = total(t.Context(), s, got); err != nil {
			t.Fatal(err)
		}
		checkTotal(t, got, rows, sums)
		if err := os.WriteFile(s.SegmentPath(seg), sound, 0o640); err != nil {
			t.Fatal(err)
		}
	}
	if refused == 0 {
		t.Fatal("no flip was noticed")
	}
}

func checkTotal(t *testing.T, got *storage.Sealed, rows int64, sums []schema.ColumnHash) {
	t.Helper()
	if rows != got.Rows {
		t.Fatalf("%d rows, want %d", rows, got.Rows)
	}
	for i := range sums {
		if sums[i] != got.Hashes[i] {
			t.Fatalf("column %d is not what was written", i)
		}
	}
}

// TestScanHealsWhileReading damages a page after rows before it were given.
func TestScanHealsWhileReading(t *testing.T) {
	s := open(t, storage.Config{})
	got := seal(t, s, 300_000)
	s.SetFetcher(keep(t, s, got))
	tab := storagetest.Table()
	scan, err := s.Scan(t.Context(), &storage.ScanRequest{Table: tab, Segments: got.Segments[:1], Output: 1, Columns: []uint32{2, 5}})
	if err != nil {
		t.Fatal(err)
	}
	defer scan.Close()
	r := scan.Reader()
	seen := map[int64]bool{}
	for n := 0; ; n++ {
		b, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if b == nil {
			break
		}
		b = b.Compact()
		for i := range b.Len {
			v := b.Cols[0].Int64(i)
			if seen[v] {
				t.Fatalf("row %d came twice", v)
			}
			seen[v] = true
		}
		if n == 0 {
			spoil(t, s.SegmentPath(&got.Segments[0]))
		}
	}
	if len(seen) != 300_000 {
		t.Fatalf("%d rows, want 300000", len(seen))
	}
	if aside, _ := s.Quarantined(); len(aside) != 1 {
		t.Fatalf("set aside: %v", aside)
	}
}

// spoil overwrites the middle of a file in place, as a failing disk does under an open reader.
func spoil(t *testing.T, path string) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	st, _ := f.Stat()
	junk := make([]byte, st.Size()*8/10)
	if _, err := f.WriteAt(junk, st.Size()/10); err != nil {
		t.Fatal(err)
	}
}
