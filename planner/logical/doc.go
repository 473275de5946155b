// Package logical turns a parsed query into a typed tree of relational operators (bind) and improves the tree (rules).
//
// Every table of a query is resolved in one place, for a Principal: its scan comes with the row filter as a barrier, the masks
// and the limits that the policy gives. A tree knows nothing of segments, nodes or the wire; planner/physical does. The package
// has no goroutines and no state; trees are immutable once a rule has returned them.
package logical
