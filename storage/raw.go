package storage

import (
	"io"
	"path/filepath"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/vfs"
)

// RawFile is a local file's bytes, unchecked: for copying to where they will be checked.
type RawFile struct {
	*io.SectionReader
	file vfs.File
}

// Close closes the file.
func (r *RawFile) Close() error { return r.file.Close() }

// OpenRaw opens a segment's local file without a look inside.
func (s *Store) OpenRaw(seg *schema.Segment) (*RawFile, error) {
	if seg.Location != "" {
		return nil, errs.New(errs.Invalid, "attached-file", "%s is attached: it is read where it lies and never copied", seg.Location)
	}
	return s.openRaw(s.SegmentPath(seg))
}

// OpenRawFile opens a side file the same way.
func (s *Store) OpenRawFile(table uint32, delivery schema.ID, name string) (*RawFile, error) {
	if err := checkFileName(name); err != nil {
		return nil, err
	}
	return s.openRaw(filepath.Join(s.deliveryDir(table, delivery), name))
}

func (s *Store) openRaw(name string) (*RawFile, error) {
	f, err := s.fs.Open(name)
	if err != nil {
		return nil, diskError("open", name, err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, diskError("stat", name, err)
	}
	return &RawFile{io.NewSectionReader(f, 0, info.Size()), f}, nil
}
