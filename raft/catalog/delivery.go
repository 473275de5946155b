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

	// Compaction marks the record of a compaction: it has no slot and is no delivery to anyone but those who look after files. Replaced
	// names its inputs until they are past retention.
	Compaction bool

	BytesIn                                      int64 // decoded
	RecordsIn, Accepted, Rejected, Blank, Header int64
	Ledger                                       Ledger        // where the text's bytes went; zero in deliveries of before version 2
	Amends                                       schema.ID     // the delivery whose rejects this one brings corrected; zero for none
	ColumnBytes                                  []ColumnBytes // stored bytes per column, for estimates

	Files    []File      // statistics, rejects, receipt
	Replaced []schema.ID // deliveries this one took out of force
	Segments int32       // in its own folder, those included that a compaction put others in place of, until retention lets them go
	Rows     int64
	Bytes    int64 // of Segments

	LoadedAt   int64 // microseconds since 1970, from the loader's clock
	Added      uint64
	Removed    uint64    // 0 while in force
	Superseded schema.ID // the delivery that took its place; zero when reverted or in force
	Purged     bool      // past retention: its segments and files are gone, only this record is left
}

// Ledger accounts for every byte of a delivery's text, which is its decoded bytes as UTF-8 with a UTF-8 mark: Text = Accepted +
// Rejected + Aside. Line ends count with their record. Preamble and Trailer count the lines that the dialect sets aside before
// the header and behind the last record; they are no records, and their bytes are among Aside with those of marks, headers and blank lines.
type Ledger struct {
	Text, Accepted, Rejected, Aside int64 // bytes
	Preamble, Trailer               int64 // lines
}

// IsZero reports whether nothing was accounted for.
func (l Ledger) IsZero() bool { return l == Ledger{} }

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
