// Package consensus replicates the catalog with hashicorp/raft. One node is a cluster of one voter: the same code path.
//
// A Log takes commands (Propose), tells when they are durable and applied, hands out the catalog's snapshots, and feeds the
// mirror's log shipping (Applied). Its own parts are the log and stable store on bbolt with a checksum in every entry, the wrapper
// that gives up on a disk that hangs, and the state machine that hands commands to catalog.Machine.
//
// Goroutines: those of hashicorp/raft, and one per store operation while it runs. All methods of Log may be called from any
// goroutine; Close ends everything and is called last.
package consensus
