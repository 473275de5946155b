// Package batch holds the columnar rows that operators pass on: Batch, Vector and the selection of rows that are alive.
//
// A Vector is one column in one of four encodings (flat, dictionary, constant, runs) and one of four classes
// (schema.Class). Kernels take the fast encodings apart; everyone else uses the row accessors, which work on all of them.
//
// Ownership: a batch returned by a Next is valid until the following Next of the same source and must not be changed by
// the receiver; who wants to keep rows copies them. Vectors hold no locks; sharing read-only is safe.
package batch
