package operator

import (
	"context"
	"log/slog"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/batch"
)

// Stream is a running query or part of one. Next and Close are called from one goroutine; Stats from any.
type Stream interface {
	// Fields names and types the columns.
	Fields() []batch.Field
	// Next returns the next batch, never empty, valid until the following Next or Close; nil at the end, for ever after.
	Next(ctx context.Context) (*batch.Batch, error)
	// Close cancels what still runs, waits for it and releases files and memory. It may be called twice.
	Close() error
	// Stats returns a snapshot of the operator tree's counters.
	Stats() *Stats
}

// Scanner opens scans; *storage.Store is one.
type Scanner interface {
	Scan(ctx context.Context, req *storage.ScanRequest) (storage.Scan, error)
}

// Env is what a fragment may use on its node.
type Env struct {
	Storage     Scanner
	Memory      *Grant // the query's share of the node's memory; nil means unlimited
	TempDir     string // spill files go into a folder of the query's own below it; "" forbids spilling
	Parallelism int    // goroutines per pipeline; less than one means one
	Now         int64  // microseconds since 1970 that NOW() stands for
	Logger      *slog.Logger
	Debug       Debug
}

// Debug switches optimisations off, so that differential tests can compare on with off. The zero value is everything on.
type Debug struct {
	NoDirectGroups bool // group by hashing every row, never by dictionary codes
	KeyBits        int  // bits into which several key columns are packed before they become byte strings, 0 is 120
	NoTopN         bool // sort everything before a limit
	NoFusion       bool // run Partial and Final apart even where both are local
	NoTopScan      bool // do not tell scans that only the first rows of an order are wanted
	NoPrefilter    bool // do not drop rows below a top-N's threshold early
	NoJoinCodes    bool // look up every probe row of a join for itself and make all of its columns
	NoWindowParts  bool // sort all rows of window functions as one, never partition by partition
	NoWindowHash   bool // sort window functions' rows by their partition columns, not by the hash of those
	NoWindowFirst  bool // do not leave out rows past the first of each partition before they are sorted
	NoTextSpans    bool // texts of over 15 bytes never lie in a log's rows
	NoRowLogs      bool // fold every row of many groups at once, never partition by partition
	LogGroups      int  // from how many groups on rows are logged, 0 is logGroups
	NoNumbers      bool // take identifiers as texts, never as numbers
	NoLateGroups   bool // make rows of all groups, also where a HAVING or LIMIT above leaves few
	SpillAlways    bool // spill after every few batches
	BatchRows      int  // rows per output batch, 0 is batch.MaxRows
}

// Inputs are the streams of other stages by stage number.
type Inputs map[int]Stream

// Run builds the pipelines of a fragment. The returned stream owns the inputs and closes them.
func Run(ctx context.Context, env Env, f *fragment.Fragment, inputs Inputs) (Stream, error) {
	return start(ctx, env, f, inputs)
}
