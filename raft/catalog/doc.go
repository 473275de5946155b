// Package catalog is the replicated state: tables, deliveries, segments, members. It is pure and deterministic: no clocks, no
// randomness, no input or output of its own, no goroutines.
//
// A Machine applies Commands, as bytes, one after another (raft/consensus feeds it; tests may). Readers take its newest Snapshot
// from any goroutine: an immutable view at one index, also of the past until retention ends. Encode and Decode are the commands'
// wire and disk form; Save and Load are the whole state's.
package catalog
