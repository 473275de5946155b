package storage

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

// scanQueue hands out row groups. A reader that finds none opens the next segment and puts its row groups in; meanwhile the
// others wait, or open further segments themselves, so a single large segment is still shared by all.
type scanQueue struct {
	scan *tableScan
	open SegmentOpener

	mu      sync.Mutex
	order   []int // in which segments are opened, by ordinal
	next    int   // the next of order
	source  *segmentSource
	units   []*scanUnit
	opening int
	changed chan struct{} // closed when units arrive or opening ends
	files   map[*scanFile]bool
	err     error // of the first segment that failed to open: every reader gets it
	closed  bool
}

// scanFile is one open segment; the last row group to finish releases it.
type scanFile struct {
	*segment.File
	seg     *schema.Segment
	ordinal int64
	parts   []schema.Part
	release func()
	left    int
	all     bool // every row of the segment passes the filter, by its statistics
}

// scanUnit is one row group to read.
type scanUnit struct {
	file  *scanFile
	group int
	first int64 // its first row within the segment
	all   bool  // every row passes the filter

	promise uint64 // with ScanRequest.Top: the least prefix that a row can have
}

func newScanQueue(s *tableScan, open SegmentOpener) *scanQueue {
	return &scanQueue{scan: s, open: open, order: s.openingOrder(), source: newSegmentSource(s), changed: make(chan struct{}), files: map[*scanFile]bool{}}
}

// openingOrder is the order given, save that segments go first that may hold the rows wanted first.
func (s *tableScan) openingOrder() []int {
	order := make([]int, len(s.req.Segments))
	for i := range order {
		order[i] = i
	}
	if s.top == nil || s.opt.NoPruning {
		return order
	}
	promises := make([]uint64, len(order))
	for i := range order {
		promises[i] = s.top.promise(s.segmentBound(&s.req.Segments[i]))
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(promises[a], promises[b]) })
	return order
}

// take returns the next row group, nil when there is none left.
func (q *scanQueue) take(ctx context.Context) (*scanUnit, error) {
	q.mu.Lock()
	for {
		if err := q.refusal(ctx); err != nil {
			q.mu.Unlock()
			return nil, err
		}
		if n := len(q.units); n > 0 {
			u := q.units[0]
			q.units = q.units[1:]
			q.mu.Unlock()
			return u, nil
		}
		seg, ordinal := q.nextSegment()
		switch {
		case seg != nil:
			q.opening++
			q.mu.Unlock()
			units, err := q.expandHealed(ctx, seg, ordinal)
			q.mu.Lock()
			q.opening--
			q.units = append(q.units, units...)
			if err != nil && q.err == nil {
				q.err = err
			}
			close(q.changed)
			q.changed = make(chan struct{})
		case q.opening == 0:
			q.mu.Unlock()
			return nil, nil
		default:
			q.wait(ctx)
		}
	}
}

func (q *scanQueue) refusal(ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case q.closed:
		return errs.New(errs.Internal, "scan-closed", "BUG: the scan is closed")
	}
	return q.err
}

// wait gives up the lock until something changed.
func (q *scanQueue) wait(ctx context.Context) {
	changed := q.changed
	q.mu.Unlock()
	select {
	case <-changed:
	case <-ctx.Done():
	}
	q.mu.Lock()
}

// nextSegment returns the next segment to open and its ordinal, nil when there is none. mu is held.
func (q *scanQueue) nextSegment() (*schema.Segment, int64) {
	req := q.scan.req
	if q.next == len(q.order) {
		return q.source.next()
	}
	i := q.order[q.next]
	q.next++
	if req.Ordinal != nil {
		return &req.Segments[i], int64(req.Ordinal[i])
	}
	return &req.Segments[i], int64(i)
}

// expand opens a segment that may hold rows and lists its row groups that may.
func (q *scanQueue) expand(ctx context.Context, seg *schema.Segment, ordinal int64) ([]*scanUnit, error) {
	s := q.scan
	f := &scanFile{seg: seg, ordinal: ordinal, parts: partsOf(seg)}
	verdict := s.judgeSegment(f)
	if verdict == keepNone || seg.Rows == 0 {
		s.counts.segmentsPruned.Add(1)
		return nil, nil
	}
	f.all = verdict == keepAll
	if err := q.openFile(ctx, f); err != nil {
		return nil, err
	}
	units, err := s.judgeGroups(f)
	if err != nil {
		f.release()
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	f.left = len(units)
	if f.left == 0 || q.closed {
		f.release()
		return nil, nil
	}
	q.files[f] = true
	return units, nil
}

func (q *scanQueue) openFile(ctx context.Context, f *scanFile) error {
	file, release, err := q.open.OpenSegment(ctx, f.seg)
	if err != nil {
		return err
	}
	if f.seg.Location != "" {
		if file, err = file.Bind(q.scan.req.Table, f.seg); err != nil {
			release()
			return err
		}
	}
	if err := file.Check(f.seg); err != nil {
		release()
		return err
	}
	f.File, f.release = file, release
	return nil
}

// done tells that a row group has been read to its end.
func (q *scanQueue) done(u *scanUnit) {
	q.mu.Lock()
	u.file.left--
	last := u.file.left == 0 && q.files[u.file]
	if last {
		delete(q.files, u.file)
	}
	q.mu.Unlock()
	if last {
		u.file.release()
	}
}

func (q *scanQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.source.close()
	for f := range q.files {
		f.release()
	}
	clear(q.files)
	q.units = nil
}

// partsOf returns the deliveries of a segment; one that names none holds its own.
func partsOf(seg *schema.Segment) []schema.Part {
	if len(seg.Parts) > 0 {
		return seg.Parts
	}
	return []schema.Part{{Delivery: seg.Delivery, Rows: seg.Rows, Live: true}}
}

// anyLive and anyDead look at a segment's deliveries.
func anyLive(parts []schema.Part) bool { return somePart(parts, true) }
func anyDead(parts []schema.Part) bool { return somePart(parts, false) }

func somePart(parts []schema.Part, live bool) bool {
	for _, p := range parts {
		if p.Live == live {
			return true
		}
	}
	return false
}
