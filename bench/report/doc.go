// Package report is what a run of the benchmark leaves behind: a versioned JSON result, the scores computed from it, a table for
// people, a plot, and the page of bench/README.md in which both stand. It is pure but for the files that it is told to write.
package report
