// Package window is the table of SQL window functions and the loops that compute them over sorted rows.
//
// A Spec is a resolved function with its frame; a Block is complete partitions, one after another, each in the order of its
// window; Eval gives the function's column over a Block. Sorting, partitioning, memory and parallelism are the caller's.
//
// What each costs for n rows: numbering, LAG, LEAD and the VALUE functions n; frames n, bounds by value too, since they move in
// one direction; COUNT, and SUM and AVG of 64-bit integers and decimals, n by running totals; MIN, MAX and ANY_VALUE n with a
// queue of candidates. Every other aggregate goes by the states of package aggregate: n when frames only grow or only shrink, the
// sum of the frames' lengths when they are short, and n times the logarithm of the frame with a tree of states when they are long.
// All are exact, so the way of computing cannot be seen in the answer.
package window
