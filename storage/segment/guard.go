package segment

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/assaydb/assay/storage/errs"
)

// place says which part of a file is being read, for errors.
type place struct {
	file   string
	group  int // -1: the file as a whole
	column string

	foreign bool // by another writer
}

func (p place) String() string {
	what := "segment"
	if p.foreign {
		what = "file"
	}
	if p.group < 0 {
		return fmt.Sprintf("%s %s", what, p.file)
	}
	return fmt.Sprintf("%s %s, row group %d, column %q", what, p.file, p.group, p.column)
}

// guard is the one recover around parquet-go: its decoders index and slice by what the bytes say, and damaged bytes that slip
// past the checksums must become an error that names the file, never end the process. Errors of fn are classified: a failed
// read stays what it is, everything else is damage.
func guard(p place, fn func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = p.corrupt(fmt.Errorf("decoder panicked: %v", r))
		}
	}()
	return p.classify(fn())
}

func (p place) classify(err error) error {
	switch {
	case err == nil:
		return nil
	case errs.As(err) != nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w", p, err)
	case isReadError(err):
		return errs.New(errs.Unavailable, "segment-unreadable", "%s cannot be read: %w", p, err)
	}
	return p.corrupt(err)
}

func (p place) corrupt(err error) error {
	if p.foreign {
		return errs.New(errs.Corrupt, "unreadable-file", "%s cannot be read: %w", p, err)
	}
	return errs.New(errs.Corrupt, "corrupt-segment", "%s is damaged: %w", p, err).
		WithHint("the copy is set aside and another one read, where there is one")
}

// readError marks failures of the file under us, as opposed to what its bytes say.
type readError struct{ error }

func (e readError) Unwrap() error { return e.error }

func isReadError(err error) bool { return errors.As(err, new(readError)) }

// readAt fills b from offset. A file shorter than its index says is damage.
func readAt(r io.ReaderAt, b []byte, offset int64) error {
	n, err := r.ReadAt(b, offset)
	switch {
	case n == len(b):
		return nil
	case err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the file ends %d bytes early at offset %d", len(b)-n, offset)
	}
	return readError{err}
}
