// Package catalog is the replicated state: tables, deliveries, segments, members. It is pure and deterministic: no clocks, no
// randomness, no input or output, no goroutines. raft/consensus feeds it commands; readers take immutable snapshots.
package catalog
