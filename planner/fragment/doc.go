// Package fragment holds the plan as it crosses the wire: relational nodes with typed expressions and segment descriptors, and the
// versioned codec for them.
//
// A Fragment is whole in itself; a Plan is the fragments of one query. The types are immutable once built. planner/physical makes
// them, planner/scatter sends them, planner/operator runs them.
package fragment
