// Package coverage says which deliveries are expected and which are there.
//
// An Expectation belongs to a table and is kept in the catalog as a document: who delivers, which periods, and by when. Report compares
// it with the deliveries of a snapshot, slot by slot. Everything is a function of its arguments; no goroutines.
package coverage
