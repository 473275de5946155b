package aggregate

import (
	"github.com/assaydb/assay/storage/batch"
)

// State is one aggregate over many groups, numbered from 0. Grow must have admitted a group before rows name it.
type State interface {
	// Grow makes groups 0 to n-1 exist; new ones are empty.
	Grow(n int)
	// Update folds rows of the argument columns.
	Update(r *Rows, args []*batch.Vector) error
	// Merge folds partial states, one per row, from their columns.
	Merge(r *Rows, state []*batch.Vector) error
	// Absorb folds the groups from[i] of another state of the same Spec into the groups to[i]. The other is not used afterwards
	// except for further calls with other groups, which may come from several goroutines side by side.
	Absorb(other State, from, to []int32) error
	// AppendState appends the partial states of the listed groups, one row each, to the builders of the state columns.
	AppendState(out []*batch.Builder, groups []int32)
	// Result appends the results of the listed groups.
	Result(out *batch.Builder, groups []int32) error
	// Bytes is the memory that the state holds.
	Bytes() int64
}

// Splitter is a State whose groups may grow without bound (sets of distinct values). It can give its contents in disjoint parts
// by a hash of the values, so that one large group can be spilled and finished part by part.
type Splitter interface {
	State
	// AppendPart is AppendState restricted to the values of part p of n (n a power of two up to 256).
	AppendPart(out []*batch.Builder, groups []int32, p, n int)
	// Collapse replaces the sets by the partial states of the same aggregate without DISTINCT; the collapsed states of disjoint
	// parts merge to the answer of the whole.
	Collapse() (State, error)
}

// NumberTaker is a State that treats small numbers, and texts that come as numbers, apart from other values, unless it is told not to
// before the first row.
type NumberTaker interface {
	State
	TakeNoNumbers()
}

// Settler is a State that puts work off, in parts that different goroutines may do side by side. Whoever does not ask for it has it
// done, part after part, when an answer is first needed.
type Settler interface {
	State
	// Pending is how many parts there are to settle, 0 when all is done.
	Pending() int
	// SettlePart settles one part, once. SettleCounts follows when all parts are settled.
	SettlePart(p int)
	SettleCounts()
}

// Rows says which rows of the argument columns to fold and into which groups. In every form the k-th folded row is row Sel[k],
// or row k when Sel is nil.
//
// Exactly one of three forms holds: Groups gives the group of each folded row; or Runs gives consecutive stretches of folded rows
// that share a group; or both are nil and all go to group 0.
type Rows struct {
	Len    int     // folded rows: len(Sel) when Sel is not nil
	Sel    []int32 // ascending
	Groups []int32
	Runs   []Run
}

// Run is a stretch of folded rows, up to End (exclusive), of one group.
type Run struct {
	End   int32
	Group int32
}

// runs returns the rows as runs when they are few, nil when they are scattered.
func (r *Rows) runs(one *[1]Run) []Run {
	if r.Groups != nil {
		return nil
	}
	if r.Runs != nil {
		return r.Runs
	}
	one[0] = Run{End: int32(r.Len)}
	return one[:]
}

// Group returns the group of the k-th folded row; it is for slow paths: run is the caller's cursor into Runs.
func (r *Rows) Group(k int, run *int) int32 {
	if r.Groups != nil {
		return r.Groups[k]
	}
	if r.Runs == nil {
		return 0
	}
	for int32(k) >= r.Runs[*run].End {
		*run++
	}
	return r.Runs[*run].Group
}

// row returns the row of the k-th folded row.
func (r *Rows) row(k int) int {
	if r.Sel != nil {
		return int(r.Sel[k])
	}
	return k
}
