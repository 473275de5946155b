package storage

import (
	"context"

	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

// SegmentOpener opens segments for a scan. The release function is called once, when the scan needs the file no more.
type SegmentOpener interface {
	OpenSegment(ctx context.Context, s *schema.Segment) (f *segment.File, release func(), err error)
}

// ScanOptions switch parts of the scan off, so that tests can show that the answer does not depend on them. The zero value is
// what queries use.
type ScanOptions struct {
	NoPruning     bool // read every row group and page, whatever the statistics and bloom filters say
	NoLateColumns bool // decode all columns before the filter
	NoHot         bool // decode every page, even one that is kept decoded
	NoTop         bool // give rows beyond ScanRequest.Top too
	NoRuns        bool // give dictionary codes without telling where they run
	NoFilterOrder bool // evaluate the conjuncts of the filter one by one as they stand, also where a page's statistics answer them
	NoStandIns    bool // give every row by itself, whatever ScanRequest.StandIns allows
	NoDictionary  bool // give values instead of dictionary codes and constants
}
