package object

import "github.com/assaydb/assay/storage/errs"

// cut fits a range into an object of size bytes. A range that begins past the end is a mistake, not an empty answer.
func cut(key string, off, n, size int64) (int64, int64, error) {
	if off < 0 || n < 0 || off > size {
		return 0, 0, errs.New(errs.Invalid, "bad-range", "object %q has %d bytes, none at offset %d", key, size, off)
	}
	return off, min(n, size-off), nil
}
