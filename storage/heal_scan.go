package storage

import (
	"context"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// SegmentHealer is a SegmentOpener that can do something about damage met while reading. When Report returns nil the segment
// is worth opening again.
type SegmentHealer interface {
	SegmentOpener
	Report(ctx context.Context, s *schema.Segment, cause error) error
}

var _ SegmentHealer = (*Store)(nil)

// Scan reads segments. Damage met on the way, even in the middle of a row group, is healed from the mirror and the scan goes
// on where it was; without a sound copy anywhere it fails with Corrupt, naming the file.
func (s *Store) Scan(_ context.Context, req *ScanRequest) (Scan, error) {
	return NewScan(s, req, s.cfg.Scan)
}

// retry prepares another attempt at the window that failed, once per row group. It is sound because a healed file has the
// SHA-256 of the catalog, so its pages hold the same rows in the same places: what was given before the damage stays given,
// nothing of the failed window was.
func (r *scanReader) retry(ctx context.Context, cause error) error {
	if r.unit == nil || r.retried == r.unit {
		return cause
	}
	if err := r.scan.queue.report(ctx, r.unit.file.seg, cause); err != nil {
		return err
	}
	u, err := r.scan.queue.reopen(ctx, r.unit)
	if err != nil {
		return err
	}
	r.unit, r.retried = u, u
	r.resetSources()
	return nil
}

// report passes damage on to whoever opened the segment; any other failure is final.
func (q *scanQueue) report(ctx context.Context, seg *schema.Segment, cause error) error {
	h, ok := q.open.(SegmentHealer)
	if !ok || !errs.Is(cause, errs.Corrupt) {
		return cause
	}
	return h.Report(ctx, seg, cause)
}

// reopen gives a row group a file of its own, opened anew, and gives its share of the old one back.
func (q *scanQueue) reopen(ctx context.Context, old *scanUnit) (*scanUnit, error) {
	f := *old.file
	f.left = 1
	if err := q.openFile(ctx, &f); err != nil {
		return nil, err
	}
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		f.release()
		return nil, errs.New(errs.Internal, "scan-closed", "BUG: the scan is closed")
	}
	q.files[&f] = true
	q.mu.Unlock()
	u := *old
	u.file = &f
	q.done(old)
	return &u, nil
}

// expandHealed is expand with a second attempt after damage was healed.
func (q *scanQueue) expandHealed(ctx context.Context, seg *schema.Segment, ordinal int64) ([]*scanUnit, error) {
	units, err := q.expand(ctx, seg, ordinal)
	if err == nil {
		return units, nil
	}
	if err := q.report(ctx, seg, err); err != nil {
		return nil, err
	}
	return q.expand(ctx, seg, ordinal)
}
