package schema

import "github.com/assaydb/assay/storage/errs"

// Attachment says where the files of an attached table lie: Parquet that others wrote, read in place. The zero value is a table of
// our own.
type Attachment struct {
	Location string `json:"location"` // as it was given: a file or s3 URL of a file or folder
	Format   string `json:"format"`
}

// FormatParquet is the one format that can be attached.
const FormatParquet = "parquet"

// IsAttached reports whether the table's files are others'.
func (t *Table) IsAttached() bool { return t.Attached != Attachment{} }

// RefuseAttached is the error of whoever would change the rows or the definition of an attached table; nil for any other.
func (t *Table) RefuseAttached(what string) error {
	if !t.IsAttached() {
		return nil
	}
	return errs.New(errs.Conflict, "attached-table", "table %q is attached to %s, which others write: %s", t.Name, t.Attached.Location, what).
		WithHint("change the files there and attach them again, or load into another table")
}

// Describe says in words where an attached table's files are; empty for any other table.
func (t *Table) Describe() string {
	if !t.IsAttached() {
		return ""
	}
	return "attached in place: " + t.Attached.Format + " files of others at " + t.Attached.Location
}
