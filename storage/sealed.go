package storage

import "github.com/assaydb/assay/storage/schema"

// FileRef names a side file of a delivery and its digest, as the catalog keeps it.
type FileRef struct {
	Name   string
	Bytes  int64
	SHA256 schema.Digest
}

// Sealed is what a draft became: durable, read back, in its final place, not yet in the catalog.
type Sealed struct {
	Delivery    schema.ID
	Table       uint32
	Segments    []schema.Segment    // complete but for Added and Removed; Parts has the one delivery, live
	Files       []FileRef           // statistics, rejects, receipt and the like
	Hashes      []schema.ColumnHash // per table column, of the values read back from disk through the query reader
	Nulls       []int64             // per table column
	Rows        int64
	Bytes       int64            // of the segments
	ColumnBytes map[uint32]int64 // stored bytes by column id
}
