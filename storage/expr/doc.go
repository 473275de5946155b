// Package expr holds typed scalar expressions: their nodes, the function table that binds names to overloads, the evaluator, the
// wire codec and the pruning of row ranges by their bounds.
//
// Build expressions with NewCall, NewLogic, NewCase, NewIn and NewCast, which resolve overloads and insert the implicit casts;
// Fold reduces constants; Compile makes a Program, which evaluates batches. Expressions are immutable and safe to share; a
// Program keeps scratch memory and caches and belongs to one goroutine. The package starts no goroutines. The planner binds,
// storage scans filter and prune, operators project, ingest computes.
//
// The meaning is MySQL 8's in strict mode, apart from what DESIGN.md of this folder lists.
package expr
