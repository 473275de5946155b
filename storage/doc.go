// Package storage is one node's store of segments: it writes them so that an acknowledgement holds through a power cut, reads
// them for queries, notices damage and heals it from the mirror, and tells which files nobody needs.
//
// Store is opened once per data folder. Begin gives a Draft, which takes the rows of one delivery partition by partition and is
// sealed (whole, durable, read back) or aborted. Scan reads segments; OpenSegment, OpenFile and Verify serve it and others.
// Object stores live in storage/object, Parquet in storage/segment; node/mirror puts the two together.
//
// The package runs no goroutine of its own outside a call, apart from a scan's readers, which end with it. A Store may be used
// from any goroutine; a Draft from one at a time. Importers: ingest, planner/operator, node and cmd.
package storage
