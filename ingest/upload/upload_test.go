package upload_test

import (
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/assaydb/assay/ingest/job"
	"github.com/assaydb/assay/ingest/upload"
	"github.com/assaydb/assay/storage/errs"
)

func open(t *testing.T, dir string, change ...func(*upload.Config)) *upload.Store {
	t.Helper()
	jobs, err := job.Open(job.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { jobs.Close() })
	cfg := upload.Config{Dir: dir, Jobs: jobs, Slots: make(chan struct{}, 1)}
	for _, f := range change {
		f(&cfg)
	}
	s, err := upload.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func piece(at int64, text string) upload.Piece {
	return upload.Piece{Offset: at, Body: strings.NewReader(text), Length: int64(len(text))}
}

func code(err error) string {
	if e := errs.As(err); e != nil {
		return e.Code
	}
	return ""
}

// TestOffsetsSurvive: what was acknowledged is there after a start, and what was not does not count.
func TestOffsetsSurvive(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	u, err := s.Create(100, "")
	if err != nil {
		t.Fatal(err)
	}
	if u, err = s.Append(t.Context(), u.ID, piece(0, "0123456789")); err != nil || u.Offset != 10 {
		t.Fatalf("%+v %v", u, err)
	}
	cut := upload.Piece{Offset: 10, Length: -1, Body: io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(errors.New("gone")))}
	if u, err = s.Append(t.Context(), u.ID, cut); err == nil || u.Offset != 13 {
		t.Errorf("a piece that breaks off: %+v %v", u, err)
	}
	sum := sha256.Sum256([]byte("right"))
	wrong := piece(13, "wrong")
	wrong.Sum, wrong.Want = sha256.New(), sum[:]
	if u, err = s.Append(t.Context(), u.ID, wrong); !errors.Is(err, upload.ErrChecksum) || u.Offset != 13 {
		t.Errorf("a damaged piece: %+v %v", u, err)
	}
	// A crash between the bytes and the note of them leaves bytes that nobody was told of.
	f, err := os.OpenFile(filepath.Join(dir, u.ID.String()+".data"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("never acknowledged"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	s = open(t, dir)
	if u, err = s.Get(u.ID); err != nil || u.Offset != 13 {
		t.Fatalf("after a start: %+v %v", u, err)
	}
	if u, err = s.Append(t.Context(), u.ID, piece(13, strings.Repeat("z", 87))); err != nil || !u.Complete {
		t.Fatalf("the rest: %+v %v", u, err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, u.ID.String()+".data"))
	if err != nil || string(raw[:100]) != "0123456789abc"+strings.Repeat("z", 87) {
		t.Errorf("the bytes: %q %v", raw, err)
	}
}

// TestLeftovers: files without a record are of an upload that never was.
func TestLeftovers(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"01a20516-7796-720c-b38f-72fd1bcabb3f.data", "01a20516-7796-720c-b38f-72fd1bcabb3f.offset", "01a20516-7796-720c-b38f-72fd1bcabb3f.upload.tmp"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, dir)
	if left, _ := os.ReadDir(dir); len(left) != 0 || len(s.List()) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestLimits(t *testing.T) {
	s := open(t, t.TempDir(), func(c *upload.Config) { c.MaxBytes, c.MaxOpen, c.Space = 100, 2, 150 })
	for _, c := range []struct {
		length   int64
		metadata string
		code     string
	}{
		{101, "", "upload-too-large"},
		{-1, "", "bad-upload-length"},
		{1, strings.Repeat("a", 10_000), "metadata-too-large"},
		{100, "", ""},
		{51, "", "upload-space"},
		{50, "", ""},
		{0, "", "too-many-uploads"},
	} {
		if _, err := s.Create(c.length, c.metadata); code(err) != c.code {
			t.Errorf("%d bytes: %v, want %s", c.length, err, c.code)
		}
	}
}

func TestExpiry(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, func(c *upload.Config) { c.Expiry = time.Hour })
	u, err := s.Create(10, "")
	if err != nil {
		t.Fatal(err)
	}
	s.Sweep(time.Now().Add(50 * time.Minute))
	if _, err := s.Get(u.ID); err != nil {
		t.Fatal(err)
	}
	s.Sweep(time.Now().Add(2 * time.Hour))
	if _, err := s.Append(t.Context(), u.ID, piece(0, "x")); code(err) != "unknown-upload" {
		t.Errorf("append to what has expired: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}
