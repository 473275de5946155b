// Package mirror keeps an object store in step with the catalog: every segment and side file, the catalog's log and
// snapshots, in a layout that other engines can read without Assay.
//
// Mirror is reconciled, not queued: what should be there follows from the catalog, what is there from a listing at the start,
// kept in memory afterwards. So the backlog survives restarts by construction, and a lost reply costs one more look.
//
// Run is the one goroutine that changes live/ and kept/; Stage, Fetch, WaitIndex and Status may be called from any goroutine.
// Restore rebuilds a node from a mirror. cmd starts and stops it; ingest and storage see it through their own interfaces.
// DESIGN.md tells the layout and why.
package mirror
