package node

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/assaydb/assay/storage/errs"
)

// InUse reports as a conflict that a node runs on a data folder; a folder that is not there is free.
func InUse(data string) error {
	if _, err := os.Stat(filepath.Join(data, lockFile)); err != nil {
		return nil //nolint:nilerr // without a lock there was never a node
	}
	lock, err := lockFolder(filepath.Join(data, lockFile))
	if err != nil {
		return err
	}
	return lock.Close()
}

// lockFolder takes the lock that a data folder has. The kernel frees it when the process ends, however that happens.
func lockFolder(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the lock of the data folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, errs.New(errs.Conflict, "folder-in-use", "the data folder is in use by another process (%s): %w", name, err)
	}
	return f, nil
}
