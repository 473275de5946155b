// Package aggregate is the table of SQL aggregate functions and the vectorised states that compute them for many groups at once.
//
// Resolve turns a name and argument types into a Spec (coerced argument types, result type); New makes a State from it. A State
// holds every group of one aggregate: Update folds rows, Absorb merges another state of the same process, AppendState and Merge
// carry it over a wire or a disk, Result gives the answer. A State belongs to one goroutine at a time and starts none.
//
// Every answer is independent of the order of the rows and of how they were spread over states: integers and decimals are summed
// exactly in 128 bits and more, doubles in an exact superaccumulator that is rounded once (R. M. Neal, "Fast exact summation
// using small and large superaccumulators", 2015), and where SQL leaves a choice (ANY_VALUE) the smallest value is taken.
package aggregate
