// Package extsort sorts batches by some of their columns in bounded memory, stably: rows with equal keys keep their order.
//
// A Sorter keeps batches until they fill its memory, then orders them by radix passes over normalised keys and writes them as a
// run: a file of compressed, checksummed blocks of columns. Sort merges the runs, or gives the rows straight from memory when
// they all fitted. Dictionary-coded columns stay coded: the dictionaries of all runs become one, in order, so that codes compare
// like the values they stand for. A Sorter and its Iterator belong to one goroutine; Close removes the files.
package extsort
