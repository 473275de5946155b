package storage

import (
	"context"
	"io"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
	"github.com/assaydb/assay/storage/vfs"
)

// OpenSegment opens a segment for reading; release gives it back. Size, index and footer are checked at once, pages as they are
// read. A local copy that is missing or fails the check is fetched back from the mirror. A segment that is removed meanwhile
// stays readable until its release.
func (s *Store) OpenSegment(ctx context.Context, seg *schema.Segment) (*segment.File, func(), error) {
	if seg.Location != "" {
		return s.openAttached(ctx, seg)
	}
	f, err := s.acquire(ctx, seg)
	if err != nil && healable(err) {
		if err = s.healSegment(ctx, seg, err); err == nil {
			s.forget(seg.ID)
			f, err = s.acquire(ctx, seg)
		}
	}
	if err != nil {
		return nil, nil, diskError("open segment", seg.ID.String(), err)
	}
	return f.file, func() { s.open.release(f) }, nil
}

func (s *Store) acquire(ctx context.Context, seg *schema.Segment) (*openFile, error) {
	return s.open.acquire(ctx, seg.ID, func() (io.Closer, *segment.File, error) { return s.load(seg) })
}

// load opens and checks the local file. It is not bound to one caller's context: others wait for the same result.
func (s *Store) load(seg *schema.Segment) (io.Closer, *segment.File, error) {
	name := s.SegmentPath(seg)
	h, err := s.fs.Open(name)
	if err != nil {
		return nil, nil, err
	}
	file, err := s.checkSegment(h, name, seg)
	if err != nil {
		h.Close()
		return nil, nil, err
	}
	return h, file, nil
}

func (s *Store) checkSegment(h vfs.File, name string, seg *schema.Segment) (*segment.File, error) {
	st, err := h.Stat()
	if err != nil {
		return nil, err
	}
	if st.Size() != seg.Bytes {
		return nil, errs.New(errs.Corrupt, "size-mismatch", "%s has %d bytes, the catalog says %d", name, st.Size(), seg.Bytes)
	}
	file, err := s.indexes.Open(context.Background(), h, st.Size(), name, seg.ID)
	if err != nil {
		return nil, err
	}
	return file.WithHot(s.hot), file.Check(seg)
}

// Report tells the store that reading a segment met damage. When it returns nil the segment is worth opening again: the local
// copy was bad and has been replaced from the mirror, or is sound by now. Otherwise the error says why it cannot be read.
// Callers must bound their attempts.
func (s *Store) Report(ctx context.Context, seg *schema.Segment, cause error) error {
	if !healable(cause) || seg.Location != "" {
		return cause // nobody but its owner can mend an attached file
	}
	err := s.check(s.SegmentPath(seg), seg.Bytes, seg.SHA256)
	if err != nil && healable(err) {
		err = s.healSegment(ctx, seg, cause)
	}
	s.forget(seg.ID) // whoever opened it before the change holds the old file
	return err
}

// Close refuses new work and waits until every scan has given its files back, or until the context ends.
func (s *Store) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	return s.open.shut(ctx)
}
