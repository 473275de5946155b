package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

// attachedHandle keeps beside an open file of others what it looked like when it was opened.
type attachedHandle struct {
	io.Closer
	stamp attachStamp
}

// openAttached opens a file that others wrote. Whether it is still the one that was attached is looked at every time: by its size and
// time, and where these differ from when it was opened, by its footer.
func (s *Store) openAttached(ctx context.Context, seg *schema.Segment) (*segment.File, func(), error) {
	p, err := s.place(ctx, seg.Location)
	if err != nil {
		return nil, nil, err
	}
	now, err := s.stampOf(ctx, p, seg)
	if err != nil {
		s.forget(seg.ID)
		return nil, nil, err
	}
	for range 3 {
		f, err := s.open.acquire(ctx, seg.ID, func() (io.Closer, *segment.File, error) { return s.loadAttached(p, seg) })
		if err != nil {
			return nil, nil, missing(err, seg)
		}
		if h, ok := f.handle.(*attachedHandle); ok && h.stamp.equal(now) {
			return f.file, func() { s.open.release(f) }, nil
		}
		s.forget(seg.ID)
		s.open.release(f)
		if now, err = s.stampOf(ctx, p, seg); err != nil {
			return nil, nil, err
		}
	}
	return nil, nil, changed(seg, "it changes all the time")
}

// stampOf looks at a file and compares its size with what was attached.
func (s *Store) stampOf(ctx context.Context, p attachPlace, seg *schema.Segment) (attachStamp, error) {
	now, err := p.stamp(ctx)
	if err != nil {
		return now, missing(err, seg)
	}
	if now.bytes != seg.Bytes {
		return now, changed(seg, fmt.Sprintf("it has %d bytes, when it was attached it had %d", now.bytes, seg.Bytes))
	}
	return now, nil
}

func (s *Store) loadAttached(p attachPlace, seg *schema.Segment) (io.Closer, *segment.File, error) {
	ctx := context.Background() // others wait for the same result
	now, err := s.stampOf(ctx, p, seg)
	if err != nil {
		return nil, nil, err
	}
	h, err := p.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	file, err := s.indexes.OpenForeign(ctx, h, now.bytes, seg.Location, seg.ID)
	if err == nil && (file.FooterDigest() != seg.SHA256 || file.Rows() != seg.Rows) {
		err = changed(seg, "its footer is another than when it was attached")
	}
	if err != nil {
		h.Close()
		return nil, nil, err
	}
	return &attachedHandle{h, now}, file.WithHot(s.hot), nil
}

// changed is the error of a file that is not the one that was attached.
func changed(seg *schema.Segment, why string) error {
	return errs.New(errs.Conflict, "attached-file-changed", "the attached file %s was changed since: %s", seg.Location, why).
		WithHint("attach the table's files again to take them as they are now")
}

// missing names a file that cannot be found; other failures stay what they are.
func missing(err error, seg *schema.Segment) error {
	switch {
	case errors.Is(err, fs.ErrNotExist) || errs.Is(err, errs.NotFound):
		return errs.New(errs.Conflict, "attached-file-missing", "the attached file %s is not there any more: %w", seg.Location, err).
			WithHint("put it back, or attach the table's files again without it")
	case errors.Is(err, fs.ErrPermission):
		return errs.New(errs.Unavailable, "attached-file-unreadable", "the attached file %s may not be read: %w", seg.Location, err)
	}
	if errs.As(err) != nil {
		return err
	}
	return fmt.Errorf("attached file %s: %w", seg.Location, err)
}

// verifyAttached compares a file with what was attached: its size and its footer. Its pages have checksums only where their writer gave
// them some.
func (s *Store) verifyAttached(ctx context.Context, seg *schema.Segment) error {
	s.forget(seg.ID)
	_, release, err := s.openAttached(ctx, seg)
	if err == nil {
		release()
	}
	return err
}
