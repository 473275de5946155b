package durable_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/assaydb/assay/storage/durable"
	"github.com/assaydb/assay/storage/errs"
)

// golden is the format on disk: a change of it needs a new version of whatever is kept.
const golden = "assay job 1 3c013f639095fdb7\n{\"id\":1}\n"

func TestRecord(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.job")
	if _, _, err := durable.Read(path, "job"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an absent record: %v", err)
	}
	if err := durable.Write(path, "job", 1, []byte("{\"id\":1}\n")); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil || string(raw) != golden {
		t.Errorf("on disk %q (%v), want %q", raw, err, golden)
	}
	if v, body, err := durable.Read(path, "job"); v != 1 || string(body) != "{\"id\":1}\n" || err != nil {
		t.Errorf("read version %d, %q, %v", v, body, err)
	}
	if _, _, err := durable.Read(path, "upload"); !errs.Is(err, errs.Corrupt) {
		t.Errorf("as another kind: %v", err)
	}
	if err := os.WriteFile(path+".tmp", []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if names, err := durable.Names(dir, ".job"); len(names) != 1 || names[0] != "a" || err != nil {
		t.Errorf("names %q, %v", names, err)
	}
	if _, err := os.Stat(path + ".tmp"); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the half-written record is still there")
	}
}

// TestRecordDamage cuts the record at every place and flips each of its bits.
func TestRecordDamage(t *testing.T) {
	for n := range len(golden) {
		if _, _, err := durable.Parse([]byte(golden[:n]), "job"); err == nil {
			t.Errorf("cut to %d bytes it is read", n)
		}
		for bit := range 8 {
			b := []byte(golden)
			b[n] ^= 1 << bit
			if _, body, err := durable.Parse(b, "job"); err == nil {
				t.Errorf("with bit %d of byte %d turned it is read as %q", bit, n, body)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(golden))
	f.Add([]byte("assay job 1 \n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, body, err := durable.Parse(raw, "job")
		if err == nil && !bytes.HasSuffix(raw, body) {
			t.Errorf("the body %q is not the end of %q", body, raw)
		}
	})
}
