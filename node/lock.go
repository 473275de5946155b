package node

import (
	"fmt"
	"os"
	"syscall"

	"github.com/assaydb/assay/storage/errs"
)

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
