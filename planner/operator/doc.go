// Package operator runs one fragment on one node: it turns the fragment's tree of nodes into pipelines of vectorised operators
// over storage scans and gives a Stream of batches.
//
// Run starts nothing until the first Next. From then on up to Env.Parallelism goroutines read, filter, project and aggregate
// side by side, each with its own state; blocking operators (aggregation, sort) merge those states. Every goroutine ends before
// Close returns. Memory is reserved from Env.Memory before it grows; aggregation, sort, join and windows spill to Env.TempDir when the grant
// refuses, and fail with errs.Limit when spilling cannot help.
//
// The same fragment gives the same rows with any parallelism, batch cut or grant; without a Sort, in any order.
// planner/scatter calls this package; nobody else does.
package operator
