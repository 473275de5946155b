package storage

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// OpenFile opens a side file of a delivery after checking its digest. A missing or damaged one is fetched back first.
func (s *Store) OpenFile(ctx context.Context, table uint32, delivery schema.ID, ref FileRef) (io.ReadCloser, error) {
	if err := checkFileName(ref.Name); err != nil {
		return nil, err
	}
	name := filepath.Join(s.deliveryDir(table, delivery), ref.Name)
	f, err := s.openChecked(name, ref.Bytes, ref.SHA256)
	if err == nil {
		return f, nil
	}
	if !healable(err) {
		return nil, diskError("open", name, err)
	}
	if err := s.healFile(ctx, table, delivery, ref, err); err != nil {
		return nil, err
	}
	return s.openChecked(name, ref.Bytes, ref.SHA256)
}

// openChecked opens a file whose size and digest must match.
func (s *Store) openChecked(name string, bytes int64, sum schema.Digest) (io.ReadCloser, error) {
	if err := s.check(name, bytes, sum); err != nil {
		return nil, err
	}
	return s.fs.Open(name)
}

// check reads a whole file and compares.
func (s *Store) check(name string, bytes int64, sum schema.Digest) error {
	f, err := s.fs.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	got, n, err := digestOf(f)
	if err != nil {
		return err
	}
	return mismatch(name, n, bytes, got, sum)
}

func mismatch(name string, n, bytes int64, got, sum schema.Digest) error {
	if n != bytes {
		return errs.New(errs.Corrupt, "size-mismatch", "%s has %d bytes, the catalog says %d", name, n, bytes)
	}
	if got != sum {
		return errs.New(errs.Corrupt, "checksum-mismatch", "%s does not match the SHA-256 in the catalog", name)
	}
	return nil
}

// healable tells whether another copy would help.
func healable(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errs.Is(err, errs.Corrupt)
}
