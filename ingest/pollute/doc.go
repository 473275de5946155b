// Package pollute writes CSV files as hospitals' systems write them, clean rows polluted in every way known, together with what a
// load must make of each: columns, types, rows, rejected lines and counts. What is expected comes from the logical rows that the file
// is written from and never from a scanner, so that the two can be held against each other.
//
// Corpus is the list of all cases, the same in every run: each kind of pollution alone, and kinds combined by seed. Objects is the same
// for JSON Lines. Mutate damages a
// file further, when nothing can be expected but that the books balance. For tests; no goroutines.
package pollute
