package fragment

import (
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
)

// JoinKind says which rows a join gives.
type JoinKind uint8

// The joins, in their order on the wire: append only.
const (
	InnerJoin JoinKind = iota // pairs
	LeftJoin                  // pairs, and probe rows without a partner beside NULLs
	SemiJoin                  // probe rows with a partner
	AntiJoin                  // probe rows without a partner
	NotInJoin                 // AntiJoin by the rule of NOT IN: a NULL on either side leaves the answer open, so the row is dropped; one key, no Cond
)

// String names the join as EXPLAIN does.
func (k JoinKind) String() string {
	return [...]string{"inner", "left", "semi", "anti", "not in"}[k]
}

// Pairs reports whether the output holds the build side's columns.
func (k JoinKind) Pairs() bool { return k == InnerJoin || k == LeftJoin }

// HashJoin holds the rows of Build in memory (on disk when the grant is too small) by their keys and passes the rows of Probe
// along them. Rows match when all keys are equal and Cond is true; without keys every pair is tried. ProbeKeys and BuildKeys are
// expressions over their own side, pairwise of one type. The output is the probe's columns, then, when the kind gives pairs, the
// build's; Cond refers to both in any case.
type HashJoin struct {
	Kind                 JoinKind
	Probe, Build         Node
	ProbeKeys, BuildKeys []expr.Expr
	Cond                 expr.Expr // nil: none
}

// Inputs returns the probe, then the build side.
func (n *HashJoin) Inputs() []Node { return []Node{n.Probe, n.Build} }

// Fields are the probe's, then the build's where the join gives pairs.
func (n *HashJoin) Fields() []batch.Field {
	if !n.Kind.Pairs() {
		return n.Probe.Fields()
	}
	return slices.Concat(n.Probe.Fields(), n.Build.Fields())
}
