package storage

import (
	"context"
	"iter"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// ScanRequest asks for some columns of some segments of one table.
type ScanRequest struct {
	Table    *schema.Table // the version to read as: older segments are cast, missing columns are NULL
	Columns  []uint32      // column ids, virtual ones and schema.RowPositionID too
	Output   int           // only the first Output columns are filled in the batches; the rest serve Filter
	Filter   expr.Expr     // BOOLEAN over Columns by ordinal, nil for all rows
	Segments []schema.Segment
	Ordinal  []int32 // per segment, the high part of RowPositionID; nil counts from 0
	// Source gives further segments, which are unpacked as readers ask for them, at most SourceCount.
	Source      iter.Seq[*schema.Segment]
	SourceCount int64
	Zone        string   // time zone for expressions in Filter
	Top         *TopRows // only the first rows in the order of a column are wanted; nil: all rows
	Numbered    []int    // ordinals of text columns that may be given as batch.Numbered, page by page
	StandIns    StandIns // rows that may stand for several
}

// Scan is a running scan. Reader and Stats may be called from any goroutine.
type Scan interface {
	// Reader returns an independent reader; readers of one scan share a queue of row groups, so each row is read once.
	Reader() Reader
	// Stats returns what has been read and skipped so far.
	Stats() ScanStats
	// Close releases files and caches once every reader has stopped.
	Close() error
}

// Reader gives batches until the end, which is (nil, nil) for ever after. A batch is valid until the next call.
type Reader interface {
	Next(ctx context.Context) (*batch.Batch, error)
}

// ScanStats counts work done and saved. Bytes are compressed bytes of the column chunks touched.
type ScanStats struct {
	RowsScanned, BytesScanned       int64
	SegmentsTotal, SegmentsPruned   int64
	RowGroupsTotal, RowGroupsPruned int64
	PagesTotal, PagesPruned         int64
}
