package planner

import (
	"context"
	"time"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// Result is an accepted statement: its columns are known and its rows come from Next. It belongs to one goroutine. Close must be
// called; it cancels what still runs.
type Result struct {
	QueryID      schema.ID
	Fields       []batch.Field
	CatalogIndex uint64 // the snapshot the statement ran on, or the index after the change it made
	Estimate     Estimate
	Warnings     []Warning
	Changed      bool // the statement changed the catalog

	run rows
}

// rows is what stands behind a Result.
type rows interface {
	next(ctx context.Context) (*batch.Batch, error)
	stats() Stats
	close() error
}

// Estimate is what planning knows before anything is read.
type Estimate struct {
	Bytes         int64 // compressed bytes of the columns and segments that will be read, at most
	Segments      int64 // segments to read
	SegmentsTotal int64 // live segments of the tables named
}

// Warning tells of something legal that is probably not what was meant.
type Warning struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
}

// Stats is what a query has done so far; it is final once Next has returned the end.
type Stats struct {
	RowsScanned, BytesScanned       int64
	SegmentsTotal, SegmentsPruned   int64
	RowGroupsTotal, RowGroupsPruned int64
	RowsReturned                    int64
	Elapsed                         time.Duration
	Nodes                           int
	Cache                           string // "hit", "miss" or "bypass"
}

// Next returns the next rows, valid until the following call, and (nil, nil) at the end and ever after. After an error the
// result is over and the rows that came before it are not the whole answer.
func (r *Result) Next(ctx context.Context) (*batch.Batch, error) { return r.run.next(ctx) }

// Stats may be called at any time.
func (r *Result) Stats() Stats { return r.run.stats() }

// Close stops the query if it still runs and frees what it holds. It may be called twice.
func (r *Result) Close() error { return r.run.close() }
