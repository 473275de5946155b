// Package kernel holds the vectorised loops that expressions, pruning, ingest and operators share: comparisons and selections,
// checked arithmetic, merging of NULLs, hashes of vectors and calendar fields.
//
// A kernel works on plain slices of one class, without interfaces, allocation or error values in its loop; what can overflow
// reports it for the whole slice, and the caller finds the row. Kernels run on the caller's goroutine and keep no state.
// Each has a plain twin in the tests, and a benchmark that states bytes a second.
package kernel
