package consensus

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/assaydb/assay/storage/errs"
	"go.etcd.io/bbolt"
	bolterrs "go.etcd.io/bbolt/errors"
)

// boltPageBytes is fixed, so that the file means the same on every machine and its two heads can be found.
const boltPageBytes = 4096

// Where things are in a head: magic, version, page size, flags (4 bytes each), root and its sequence, free list, high water,
// transaction, checksum (8 each).
const (
	metaMagic     = 0xED0CDAED
	metaRoot      = 16
	metaHighWater = 40
	metaTx        = 48
	metaBytes     = 64
)

// openBolt opens the file, making it whole or not at all.
func openBolt(path string) (*bbolt.DB, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if err := createBolt(path); err != nil {
			return nil, err
		}
	}
	if err := checkHeads(path); err != nil {
		return nil, err
	}
	if err := checkPages(path); err != nil {
		return nil, err
	}
	return boltOpen(path)
}

func boltOpen(path string) (db *bbolt.DB, err error) {
	// The list of free pages is found again by walking the tree: one thing less that a flipped bit can spoil.
	opts := &bbolt.Options{Timeout: time.Second, PageSize: boltPageBytes, NoFreelistSync: true, FreelistType: bbolt.FreelistMapType}
	err = guard(path, func() error {
		db, err = bbolt.Open(path, 0o600, opts)
		return err
	})
	if errors.Is(err, bolterrs.ErrTimeout) {
		return nil, errs.New(errs.Conflict, "in-use", "open %s: another process holds it", path).WithHint("stop the node that runs on this folder")
	}
	if err != nil && errs.KindOf(err) == errs.Internal {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return db, err
}

// createBolt makes the file under another name first: a power cut must not leave half a file that cannot be told from a torn one.
func createBolt(path string) error {
	tmp := path + ".new"
	if err := os.RemoveAll(tmp); err != nil {
		return err
	}
	db, err := boltOpen(tmp)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket(logBucket)
		if err == nil {
			_, err = tx.CreateBucket(confBucket)
		}
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("create %s: %w", path, err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// checkHeads checks both of bbolt's meta pages. bbolt takes the older when the newer is damaged, which would silently undo the
// last acknowledged write; a head is far smaller than a disk sector, so a crash does not tear it and damage means damage.
func checkHeads(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for page := range int64(2) {
		var meta [metaBytes]byte
		if _, err := f.ReadAt(meta[:], page*boltPageBytes+pageHead); err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read %s: %w", path, err)
		}
		h := fnv.New64a()
		_, _ = h.Write(meta[:metaBytes-8])
		if binary.NativeEndian.Uint32(meta[:]) != metaMagic || h.Sum64() != binary.NativeEndian.Uint64(meta[metaBytes-8:]) {
			return corruptLog(path, "page %d, a head of the file, does not match its checksum", page)
		}
		// A file cut short would end the process when the missing part is touched in memory.
		if info, err := f.Stat(); err != nil || int64(binary.NativeEndian.Uint32(meta[8:])) != boltPageBytes || info.Size() < usedBytes(meta[:]) {
			return corruptLog(path, "it is shorter than its head says, or has another page size")
		}
	}
	return nil
}

// usedBytes is the end of the pages in use; those between the newest transaction's end and the file's are spare.
func usedBytes(meta []byte) int64 {
	return int64(binary.NativeEndian.Uint64(meta[metaHighWater:])) * boltPageBytes
}

func corruptLog(path, format string, args ...any) error {
	return errs.New(errs.Corrupt, "corrupt-log", "raft log %s is damaged: %s", path, fmt.Sprintf(format, args...)).
		WithHint("set the folder aside and restore this node from the mirror (assay restore) or let it join the others again")
}

// guard turns what bbolt does on damaged pages, panics and faults in mapped memory, into an error that names the file.
func guard(path string, fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = corruptLog(path, "%v", p)
		}
	}()
	return fn()
}
