package storage

import (
	"iter"
	"slices"

	"github.com/assaydb/assay/storage/schema"
)

// segmentSource draws segments from ScanRequest.Source as readers ask for them. The queue's lock guards it.
type segmentSource struct {
	scan  *tableScan
	pull  func() (*schema.Segment, bool) // nil at the end
	stop  func()
	drawn int64
}

func newSegmentSource(s *tableScan) *segmentSource {
	src := &segmentSource{scan: s}
	if s.req.Source != nil {
		src.pull, src.stop = iter.Pull(s.req.Source)
	}
	return src
}

// next returns a segment and its ordinal, nil at the end. What the source left out counts as pruned.
func (s *segmentSource) next() (*schema.Segment, int64) {
	if s.pull == nil {
		return nil, 0
	}
	seg, ok := s.pull()
	if !ok {
		s.scan.counts.segmentsPruned.Add(max(0, s.scan.req.SourceCount-s.drawn))
		s.close()
		return nil, 0
	}
	s.drawn++
	return seg, int64(len(s.scan.req.Segments)) + s.drawn - 1
}

func (s *segmentSource) close() {
	if s.pull != nil {
		s.stop()
	}
	s.pull = nil
}

// listed returns the request with every segment listed, for scans that open them in an order of their own.
func (r *ScanRequest) listed() *ScanRequest {
	out := *r
	out.Source, out.SourceCount, out.Segments = nil, 0, slices.Clone(r.Segments)
	for seg := range r.Source {
		out.Segments = append(out.Segments, *seg)
	}
	return &out
}
