package storage

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/assaydb/assay/storage/errs"
)

// diskError classifies what the operating system said: a full disk or quota is the operator's to solve and keeps the node
// answering; an input/output error means the device lost something.
func diskError(doing, name string, err error) error {
	switch {
	case err == nil:
		return nil
	case errs.As(err) != nil:
		return fmt.Errorf("%s %s: %w", doing, name, err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return errs.New(errs.DiskFull, "disk-full", "%s %s: %w", doing, name, err).
			WithHint("free space on the data disk or raise the quota; queries go on, nothing acknowledged is lost")
	case errors.Is(err, syscall.EIO):
		return errs.New(errs.Internal, "disk-io", "%s %s: the device reports an input/output error: %w", doing, name, err).
			WithHint("check the disk and the kernel log")
	}
	return fmt.Errorf("%s %s: %w", doing, name, err)
}
