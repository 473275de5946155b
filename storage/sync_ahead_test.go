package storage_test

import (
	"context"
	"io"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/storagetest"
	"github.com/assaydb/assay/storage/vfs"
)

// lossy fails one sync of files, the failing-th, and none after it, as a kernel does that has dropped what it could not write.
type lossy struct {
	vfs.FS
	failing int64
	syncs   atomic.Int64
}

func (l *lossy) Create(name string) (vfs.File, error) {
	f, err := l.FS.Create(name)
	return &lossyFile{f, l}, err
}

type lossyFile struct {
	vfs.File
	of *lossy
}

func (f *lossyFile) Sync() error {
	if f.of.syncs.Add(1) == f.of.failing {
		return syscall.EIO
	}
	return f.File.Sync()
}

// TestSyncAhead: a large file is synced while it is written, and a sync that fails then fails the draft though the last one succeeds.
func TestSyncAhead(t *testing.T) {
	for failing := range int64(4) {
		disk := &lossy{FS: vfs.OS{}, failing: failing}
		s := open(t, storage.Config{FS: disk})
		d, err := s.Begin(context.Background(), schema.NewID(), storagetest.Table(), storage.DraftOptions{})
		if err != nil {
			t.Fatal(err)
		}
		disk.syncs.Store(0)
		err = d.File("large", func(w io.Writer) error {
			block := make([]byte, 1<<20)
			for range 64 {
				if _, err := w.Write(block); err != nil {
					return err
				}
			}
			return nil
		})
		n := disk.syncs.Load()
		if n < 2 && err == nil {
			t.Errorf("%d syncs of a file of 64 MiB", n)
		}
		if failed := err != nil; failed != (failing > 0 && failing <= n) {
			t.Errorf("sync %d of %d failed: %v", failing, n, err)
		}
		d.Abort()
	}
}
