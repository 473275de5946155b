package catalog

import "github.com/assaydb/assay/storage/schema"

// Delivery is one file (or one upload) from one source for one period, as the catalog keeps it: counts and digests. Its details
// (column hashes, warnings, rejects) lie in the files that Files names.
type Delivery struct {
	ID      schema.ID
	Table   uint32
	Source  string // "" with an empty Period: the slot is the content's own hash
	Period  string
	Named   bool          // source or period was given: the slot can be replaced
	SHA256  schema.Digest // of the decoded bytes
	Options schema.Digest // of the parse options that change the outcome
	Append  bool          // mode=append

	BytesIn                                      int64 // decoded
	RecordsIn, Accepted, Rejected, Blank, Header int64
	ColumnBytes                                  []ColumnBytes // stored bytes per column, for estimates

	Files    []File      // statistics, rejects, receipt
	Replaced []schema.ID // deliveries this one took out of force
	Segments int32
	Rows     int64
	Bytes    int64

	LoadedAt   int64 // microseconds since 1970, from the loader's clock
	Added      uint64
	Removed    uint64    // 0 while in force
	Superseded schema.ID // the delivery that took its place; zero when reverted or in force
	Purged     bool      // past retention: its segments and files are gone, only this record is left
}

// Slot names what a delivery can replace: a source's period when Named, else its own content.
type Slot struct {
	Source, Period string
	Named          bool
}

// Slot returns the delivery's slot.
func (d *Delivery) Slot() Slot { return Slot{Source: d.Source, Period: d.Period, Named: d.Named} }

// ColumnBytes is the compressed size of one column over a delivery.
type ColumnBytes struct {
	Column uint32
	Bytes  int64
}

// File is a side file of a delivery: its name within the delivery's folder and its digest.
type File struct {
	Name   string
	Bytes  int64
	SHA256 schema.Digest
}

// LiveAt reports whether the delivery is in force at a catalog index.
func (d *Delivery) LiveAt(index uint64) bool {
	return d.Added <= index && (d.Removed == 0 || d.Removed > index)
}
