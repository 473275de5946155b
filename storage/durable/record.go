package durable

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/failpoint"
	"github.com/zeebo/xxh3"
)

// pending ends the name of a record that is being written. A file of that name is a leftover of a crash.
const pending = ".tmp"

// maxHeadBytes bounds a record's first line.
const maxHeadBytes = 128

// Write puts a record in place of any other under path. When it returns nil, the record survives a power cut.
func Write(path, kind string, version int, body []byte) error {
	f, err := os.OpenFile(path+pending, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return fmt.Errorf("write the %s record: %w", kind, err)
	}
	_, err = f.Write(append([]byte(head(kind, version, body)), body...))
	failpoint.Hit("record/written")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write the %s record: %w", kind, err)
	}
	failpoint.Hit("record/synced")
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("write the %s record: %w", kind, err)
	}
	failpoint.Hit("record/renamed")
	err = SyncFolder(filepath.Dir(path))
	failpoint.Hit("record/durable")
	return err
}

func head(kind string, version int, body []byte) string {
	what := fmt.Sprintf("assay %s %d", kind, version)
	return fmt.Sprintf("%s %016x\n", what, xxh3.HashSeed(body, xxh3.HashString(what)))
}

// Read returns a record's version and body. An absent file is fs.ErrNotExist; one that is damaged or of another kind is Corrupt.
func Read(path, kind string) (version int, body []byte, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return 0, nil, fmt.Errorf("read the %s record: %w", kind, err)
	}
	version, body, err = Parse(raw, kind)
	if err != nil {
		return 0, nil, errs.New(errs.Corrupt, "bad-record", "%s: %w", path, err)
	}
	return version, body, nil
}

// Parse takes a record's bytes apart.
func Parse(raw []byte, kind string) (version int, body []byte, err error) {
	line, body, ok := bytes.Cut(raw, []byte{'\n'})
	if !ok || len(line) > maxHeadBytes {
		return 0, nil, errors.New("the record has no first line")
	}
	found := ""
	if _, err := fmt.Sscanf(string(line), "assay %s %d", &found, &version); err != nil || found != kind {
		return 0, nil, fmt.Errorf("it is no %s record", kind)
	}
	if string(line)+"\n" != head(kind, version, body) {
		return 0, nil, errors.New("its checksum does not match")
	}
	return version, body, nil
}

// Names lists the records in a folder that have a suffix, without it, and removes what a crash left half written.
func Names(dir, suffix string) ([]string, error) {
	all, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	var out []string
	for _, e := range all {
		if strings.HasSuffix(e.Name(), suffix+pending) {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return nil, fmt.Errorf("remove a leftover: %w", err)
			}
			continue
		}
		if name, ok := strings.CutSuffix(e.Name(), suffix); ok {
			out = append(out, name)
		}
	}
	return out, nil
}

// SyncFolder makes the names in a folder durable.
func SyncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync folder %s: %w", path, err)
	}
	return nil
}

// MakeFolder makes a folder and those above it, durably.
func MakeFolder(path string) error {
	if err := os.MkdirAll(path, 0o750); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	return SyncFolder(filepath.Dir(path))
}
