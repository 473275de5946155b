package fragment

import (
	"iter"

	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/schema"
)

// Fragment is the piece of a plan that one node runs, whole in itself: it names no catalog object that the receiver would have
// to look up.
type Fragment struct {
	Query        schema.ID
	Stage        int    // its stage in the Plan
	CatalogIndex uint64 // the snapshot that the query took
	Zone         string // IANA time zone of the request; "" is UTC
	MemoryLimit  int64  // bytes granted on this node before it must spill
	Root         Node
	Output       Distribution
}

// Distribution says where a fragment's rows go.
type Distribution struct {
	Kind DistributionKind
	Keys []int // output ordinals, for Hash and Range
}

// DistributionKind is one of the four.
type DistributionKind uint8

// The distributions, in their order on the wire: append only.
const (
	Single DistributionKind = iota // all rows to one consumer
	Broadcast
	Hash
	Range
)

// Plan is a query cut into stages. Stage 0 runs on the coordinator and gives the result; the others run where their scans'
// segments are, and stage k's rows reach the Receive nodes that name k.
type Plan struct {
	Stages []Fragment
	Fields []batch.Field // of the result
}

// Node is a relational operator on the wire. Its output columns are ordinals 0..n-1; expressions refer to its inputs by
// ordinal (the second input's columns follow the first's).
type Node interface {
	// Inputs returns the operators it reads.
	Inputs() []Node
	// Fields returns its output columns.
	Fields() []batch.Field
}

// Scan reads segments of one table. Filter refers to Columns by ordinal and may refer to columns that are read for it alone:
// only the first Output columns are passed on.
type Scan struct {
	Table    *schema.Table
	Columns  []uint32 // column ids, virtual ones too
	Output   int
	Filter   expr.Expr // BOOLEAN or nil
	Segments []schema.Segment
	Ordinal  []int32 // per segment: its ordinal among all segments of the query, for RowPositionID
	Source   Source  // of the segments where they are not listed; the wire lists them
	StandIns storage.StandIns
}

// Source is the segments of a scan in a form that need not be unpacked before the scan asks for them. It may be walked more than once,
// from any goroutine.
type Source interface {
	// Count bounds how many there are.
	Count() int64
	All() iter.Seq[*schema.Segment]
}

// Listed returns the scan with its segments listed.
func (n *Scan) Listed() *Scan {
	if n.Source == nil {
		return n
	}
	out := *n
	out.Source = nil
	for seg := range n.Source.All() {
		out.Segments = append(out.Segments, *seg)
	}
	return &out
}

// Filter keeps the rows for which Cond is true.
type Filter struct {
	Input Node
	Cond  expr.Expr
}

// Project computes expressions.
type Project struct {
	Input Node
	Exprs []expr.Expr
	Names []string
}

// AggregateMode says which half of an aggregation a node does.
type AggregateMode uint8

// The modes, in their order on the wire: append only. Partial puts out keys and states; Final reads those; Complete does both.
const (
	Partial AggregateMode = iota
	Final
	Complete
)

// AggregateCall is one aggregate over columns of the input.
type AggregateCall struct {
	Spec   aggregate.Spec
	Args   []int // input ordinals; for Final the state columns follow from the position
	Filter int   // input ordinal of a BOOLEAN that admits rows, -1 for none
	Name   string
}

// Aggregate groups by the input columns Keys. Its output is the keys, then per call its result (Complete, Final) or its state
// columns (Partial). Final's input is the output of Partial. Without keys it gives one row, also over no input.
type Aggregate struct {
	Input Node
	Keys  []int
	Calls []AggregateCall
	Mode  AggregateMode
	// Weight is one more than the ordinal of the input column that tells for how many rows each stands; 0: each for itself. Final has
	// none.
	Weight int
}

// SortKey is one ordering column. NULL is smallest.
type SortKey struct {
	Column int
	Desc   bool
}

// Sort orders its input; Limit < 0 means all rows, else it is a top-N that keeps Offset+Limit rows. With Ties above 0 it keeps the
// rows after those, too, that are equal to the last in so many leading keys.
type Sort struct {
	Input  Node
	Keys   []SortKey
	Limit  int64
	Offset int64
	Ties   int
}

// Limit passes Count rows after skipping Offset; Count < 0 means all.
type Limit struct {
	Input  Node
	Count  int64
	Offset int64
}

// Values gives constant rows.
type Values struct {
	Rows  [][]schema.Value
	Names []string
	Types []schema.Type

	// Feed gives further rows where they are too many to be laid out; nil for none. It does not cross the wire: a fragment that leaves the
	// process has its rows read out first, up to MaxFed of them.
	Feed schema.Feed
}

// Limits of the rows that a fragment takes along instead of a feed.
const (
	MaxFed      = 1_000_000
	MaxFedBytes = 256 << 20
)

// Receive gives the rows of another stage. Keys, when set, says that every sender's rows arrive sorted so and are merged.
type Receive struct {
	Stage  int
	Output []batch.Field
	Keys   []SortKey
}
