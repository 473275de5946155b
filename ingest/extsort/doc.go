// Package extsort sorts batches by some of their columns in bounded memory, stably: rows with equal keys keep their order.
//
// A Sorter keeps batches until they fill half of its memory, then orders them by radix passes over normalised keys and writes them
// as a run: a file of narrowed, checksummed blocks of columns. Sort merges the runs and the rows still in memory. Dictionary-coded
// columns stay coded: codes of one family mean the same in all runs, other dictionaries are united, and keys are the ranks of entries.
//
// Goroutines: one run at a time is sorted and written beside the caller, and merged batches are made ahead of it; Close ends both
// and removes the files. Config.Serial does without. A Sorter and its Iterator belong to one goroutine.
package extsort
