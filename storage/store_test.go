package storage_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/storagetest"
)

func open(t *testing.T, cfg storage.Config) *storage.Store {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	s, err := storage.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// seal writes two hospitals of n rows each, in batches, with one side file.
func seal(t *testing.T, s *storage.Store, n int) *storage.Sealed {
	t.Helper()
	out, err := trySeal(t.Context(), s, schema.NewID(), n)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func trySeal(ctx context.Context, s *storage.Store, id schema.ID, n int) (*storage.Sealed, error) {
	d, err := s.Begin(ctx, id, storagetest.Table(), storage.DraftOptions{Source: "H1", Period: "2025-01"})
	if err != nil {
		return nil, err
	}
	defer d.Abort()
	for _, h := range []string{"H1", "H2"} {
		next := storagetest.Source(storagetest.Rows(h, 0, n/2), storagetest.Rows(h, n/2, n-n/2))
		if err := d.Write(ctx, []schema.Value{schema.TextValue(h)}, next); err != nil {
			return nil, err
		}
	}
	if err := d.File("receipt.json", func(w io.Writer) error { _, err := w.Write([]byte(`{"ok":true}`)); return err }); err != nil {
		return nil, err
	}
	return d.Seal(ctx)
}

func TestSealAndRead(t *testing.T) {
	s := open(t, storage.Config{RollRows: 400})
	got := seal(t, s, 1000)
	if got.Rows != 2000 || len(got.Segments) != 6 {
		t.Fatalf("%d rows in %d segments, want 2000 in 6", got.Rows, len(got.Segments))
	}
	want := storagetest.Hashes(storagetest.Rows("H1", 0, 1000), storagetest.Rows("H2", 0, 1000))
	if !slices.Equal(got.Hashes, want) {
		t.Fatalf("hashes %v, want %v", got.Hashes, want)
	}
	if got.Nulls[4] != 200 || got.Nulls[0] != 0 {
		t.Fatalf("nulls %v", got.Nulls)
	}
	sum := make([]schema.ColumnHash, len(want))
	for i := range got.Segments {
		f, release, err := s.OpenSegment(t.Context(), &got.Segments[i])
		if err != nil {
			t.Fatal(err)
		}
		hashes, _, err := f.HashColumns(t.Context(), 2)
		if err != nil {
			t.Fatal(err)
		}
		for k := range sum {
			sum[k].Add(hashes[k])
		}
		release()
	}
	if !slices.Equal(sum, want) {
		t.Fatal("what is read differs from what was written")
	}
	for _, f := range got.Files {
		r, err := s.OpenFile(t.Context(), got.Table, got.Delivery, f)
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestSealedSurvivesReopenDraftsDoNot(t *testing.T) {
	dir := t.TempDir()
	s := open(t, storage.Config{Dir: dir})
	got := seal(t, s, 100)
	id := schema.NewID()
	if _, err := s.Begin(t.Context(), id, storagetest.Table(), storage.DraftOptions{}); err != nil {
		t.Fatal(err)
	}
	s = open(t, storage.Config{Dir: dir})
	if _, err := os.Stat(filepath.Join(dir, "tmp", id.String())); !os.IsNotExist(err) {
		t.Fatal("a leftover draft is still there")
	}
	readAll(t, s, got)
}

func readAll(t *testing.T, s *storage.Store, got *storage.Sealed) {
	t.Helper()
	for i := range got.Segments {
		f, release, err := s.OpenSegment(t.Context(), &got.Segments[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := f.HashColumns(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
		release()
	}
}

func TestDraftRefuses(t *testing.T) {
	s := open(t, storage.Config{})
	id := schema.NewID()
	d, err := s.Begin(t.Context(), id, storagetest.Table(), storage.DraftOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Begin(t.Context(), id, storagetest.Table(), storage.DraftOptions{}); !errs.Is(err, errs.Conflict) {
		t.Fatalf("a second draft of one delivery: %v", err)
	}
	for _, name := range []string{"", "../x", "a/b", ".x", "x.parquet", strings.Repeat("x", 200)} {
		if err := d.File(name, func(io.Writer) error { return nil }); !errs.Is(err, errs.Invalid) {
			t.Errorf("file name %q: %v", name, err)
		}
	}
	d.Abort()
	d.Abort()
	if _, err := d.Seal(t.Context()); err == nil {
		t.Fatal("an aborted draft was sealed")
	}
	if _, err := trySeal(t.Context(), s, id, 10); err != nil {
		t.Fatalf("the id of an aborted draft is free again: %v", err)
	}
	if _, err := s.Begin(t.Context(), id, storagetest.Table(), storage.DraftOptions{}); !errs.Is(err, errs.Conflict) {
		t.Fatalf("a draft of a sealed delivery: %v", err)
	}
}

func TestEmptyDelivery(t *testing.T) {
	s := open(t, storage.Config{})
	d, err := s.Begin(t.Context(), schema.NewID(), storagetest.Table(), storage.DraftOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Write(t.Context(), []schema.Value{schema.TextValue("H1")}, storagetest.Source()); err != nil {
		t.Fatal(err)
	}
	got, err := d.Seal(t.Context())
	if err != nil || got.Rows != 0 || len(got.Segments) != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestRemovedSegmentStaysReadableWhileOpen(t *testing.T) {
	s := open(t, storage.Config{})
	got := seal(t, s, 100)
	f, release, err := s.OpenSegment(t.Context(), &got.Segments[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveDelivery(got.Table, got.Delivery); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.HashColumns(t.Context(), 2); err != nil {
		t.Fatalf("an open segment became unreadable: %v", err)
	}
	closed := make(chan error)
	go func() { closed <- s.Close(context.Background()) }()
	release()
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.OpenSegment(t.Context(), &got.Segments[0]); !errs.Is(err, errs.Unavailable) {
		t.Fatalf("a closed store opens segments: %v", err)
	}
}

func TestOrphans(t *testing.T) {
	s := open(t, storage.Config{})
	a, b := seal(t, s, 10), seal(t, s, 10)
	known := func(id schema.ID) bool { return id == a.Delivery }
	young, err := s.Orphans(known, time.Now().Add(-24*time.Hour))
	if err != nil || len(young) != 0 {
		t.Fatalf("fresh deliveries are orphans: %v, %v", young, err)
	}
	old, err := s.Orphans(known, time.Now().Add(time.Hour))
	if err != nil || len(old) != 1 || old[0].Delivery != b.Delivery || old[0].Table != b.Table {
		t.Fatalf("orphans %v, %v; want %s", old, err, b.Delivery)
	}
	if err := s.RemoveDelivery(old[0].Table, old[0].Delivery); err != nil {
		t.Fatal(err)
	}
	readAll(t, s, a)
	if old, _ = s.Orphans(known, time.Now().Add(time.Hour)); len(old) != 0 {
		t.Fatalf("still there: %v", old)
	}
}

// shelf is a Fetcher that kept copies.
type shelf struct {
	segments map[schema.ID][]byte
	files    map[string][]byte
	fetched  int
}

func (h *shelf) Fetch(_ context.Context, s *schema.Segment, w io.Writer) error {
	h.fetched++
	return give(w, h.segments[s.ID])
}

func (h *shelf) FetchFile(_ context.Context, _ uint32, _ schema.ID, name string, w io.Writer) error {
	h.fetched++
	return give(w, h.files[name])
}

func give(w io.Writer, b []byte) error {
	if b == nil {
		return errs.New(errs.NotFound, "nowhere", "not on the shelf")
	}
	_, err := w.Write(b)
	return err
}

func keep(t *testing.T, s *storage.Store, got *storage.Sealed) *shelf {
	h := &shelf{segments: map[schema.ID][]byte{}, files: map[string][]byte{}}
	for i := range got.Segments {
		h.segments[got.Segments[i].ID] = read(t, s.SegmentPath(&got.Segments[i]))
	}
	for _, f := range got.Files {
		h.files[f.Name] = read(t, filepath.Join(filepath.Dir(s.SegmentPath(&got.Segments[0])), f.Name))
	}
	return h
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestHealOnOpen damages the local copy in every way that opening notices.
func TestHealOnOpen(t *testing.T) {
	for name, damage := range map[string]func(string) error{
		"missing": os.Remove,
		"short":   func(p string) error { return os.Truncate(p, 100) },
		"empty":   func(p string) error { return os.Truncate(p, 0) },
		"footer":  func(p string) error { return flip(p, -20) },
		"index":   func(p string) error { return flip(p, -1500) },
		"folder":  func(p string) error { return os.RemoveAll(filepath.Dir(p)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, storage.Config{Dir: dir})
			got := seal(t, s, 1000)
			h := keep(t, s, got)
			if err := damage(s.SegmentPath(&got.Segments[0])); err != nil {
				t.Fatal(err)
			}
			if _, _, err := s.OpenSegment(t.Context(), &got.Segments[0]); !errs.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), got.Segments[0].ID.String()) {
				t.Fatalf("without a mirror: %v, want Corrupt naming the file", err)
			}
			s.SetFetcher(h)
			readAll(t, s, got)
			if h.fetched == 0 {
				t.Fatal("nothing was fetched")
			}
			aside, err := s.Quarantined()
			if err != nil || (name == "missing" || name == "folder") != (len(aside) == 0) {
				t.Fatalf("set aside: %v, %v", aside, err)
			}
		})
	}
}

func flip(path string, at int64) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if at < 0 {
		at += int64(len(b))
	}
	b[at] ^= 0x10
	return os.WriteFile(path, b, 0o640)
}

func TestHealRefusesABadCopy(t *testing.T) {
	s := open(t, storage.Config{})
	got := seal(t, s, 100)
	h := keep(t, s, got)
	h.segments[got.Segments[0].ID] = bytes.ToUpper(h.segments[got.Segments[0].ID])
	s.SetFetcher(h)
	path := s.SegmentPath(&got.Segments[0])
	if err := flip(path, -20); err != nil {
		t.Fatal(err)
	}
	before := read(t, path)
	if _, _, err := s.OpenSegment(t.Context(), &got.Segments[0]); !errs.Is(err, errs.Corrupt) {
		t.Fatalf("got %v, want Corrupt", err)
	}
	if !bytes.Equal(before, read(t, path)) {
		t.Fatal("the damaged copy was given up for another damaged one")
	}
}

func TestReportAndVerify(t *testing.T) {
	s := open(t, storage.Config{})
	got := seal(t, s, 1000)
	s.SetFetcher(keep(t, s, got))
	seg := &got.Segments[1]
	if err := flip(s.SegmentPath(seg), 200); err != nil {
		t.Fatal(err)
	}
	var bad []*schema.Segment
	all := func(yield func(*schema.Segment) bool) {
		for i := range got.Segments {
			if !yield(&got.Segments[i]) {
				return
			}
		}
	}
	err := s.Verify(t.Context(), all, func(g *schema.Segment, err error) {
		if err != nil {
			bad = append(bad, g)
			if err := s.Report(t.Context(), g, err); err != nil {
				t.Error(err)
			}
		}
	})
	if err != nil || len(bad) != 1 || bad[0].ID != seg.ID {
		t.Fatalf("found %v, %v; want segment %s", bad, err, seg.ID)
	}
	if err := s.Verify(t.Context(), all, func(_ *schema.Segment, err error) {
		if err != nil {
			t.Error(err)
		}
	}); err != nil {
		t.Fatal(err)
	}
}

// TestVerifyCountsRows finds rows that the catalog counts otherwise than the footers have them, though every byte is in place.
func TestVerifyCountsRows(t *testing.T) {
	s := open(t, storage.Config{})
	got := seal(t, s, 1000)
	for what, change := range map[string]func(*schema.Segment){
		"a row more": func(g *schema.Segment) { g.Rows++ },
		"a share too small": func(g *schema.Segment) {
			g.Parts = []schema.Part{{Delivery: got.Delivery, Rows: g.Rows - 1, Live: true}}
		},
		"as the catalog has": func(*schema.Segment) {},
	} {
		seg := got.Segments[0]
		change(&seg)
		one := func(yield func(*schema.Segment) bool) { yield(&seg) }
		err := s.Verify(t.Context(), one, func(_ *schema.Segment, err error) {
			if errs.Is(err, errs.Corrupt) == (what == "as the catalog has") {
				t.Errorf("%s: %v", what, err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestSideFileHeals(t *testing.T) {
	s := open(t, storage.Config{})
	got := seal(t, s, 100)
	s.SetFetcher(keep(t, s, got))
	ref := got.Files[0]
	path := filepath.Join(filepath.Dir(s.SegmentPath(&got.Segments[0])), ref.Name)
	if err := flip(path, 0); err != nil {
		t.Fatal(err)
	}
	r, err := s.OpenFile(t.Context(), got.Table, got.Delivery, ref)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if b, err := io.ReadAll(r); err != nil || string(b) != `{"ok":true}` {
		t.Fatalf("%q, %v", b, err)
	}
}
