// Package compact merges small segments of a partition into larger ones, across deliveries, in the background or on demand.
//
// A Compactor looks at what changed in the catalog, chooses shares (what one delivery or earlier compaction has in a partition), sorts
// their rows anew by the table's sort key in bounded memory, and puts the result in their place by one compare-and-swap command. Rows
// that are out of force but within retention go into segments of their own, so that a revert still finds them and a plain reader of the
// mirror never counts them; rows of deliveries past retention are left out.
//
// Nothing is changed in place: until the command is applied the result is an orphan like an unfinished load's, afterwards the inputs
// stay until retention lets them go. Conservation is shown twice: the hashes of all columns of what was read equal those of what
// is read back from disk, and the catalog counts every delivery's rows in and out.
//
// Run is one goroutine, started by node; Table may be called from any. One job runs at a time. In a cluster the node that may propose
// compactions of a table is decided by who calls, not here: the command refuses whoever comes second.
package compact
