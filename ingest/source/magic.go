package source

import (
	"bytes"

	"github.com/assaydb/assay/storage/errs"
)

// magicBytes is how much of a body shows what it is.
const magicBytes = 16

// foreign returns the formats that people send in place of one that can be loaded, by how their files begin. Each of these beginnings
// holds bytes that no header of a CSV has.
func foreign() []struct{ magic, what string } {
	return []struct{ magic, what string }{
		{"PK\x03\x04", "a ZIP archive or an Excel workbook (.xlsx)"},
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office file of the old kind (.xls, .doc)"},
		{"ARROW1\x00\x00", "an Arrow file"},
		{"Obj\x01", "an Avro file"},
		{"SQLite format 3\x00", "a SQLite database"},
		{"%PDF-", "a PDF document"},
		{"\x89PNG\r\n\x1a\n", "a PNG image"},
		{"\xff\xd8\xff", "a JPEG image"},
		{"BZh91AY&SY", "compressed with bzip2"},
		{"\xfd7zXZ\x00", "compressed with xz"},
		{"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"},
		{"\x04\x22\x4d\x18", "compressed with LZ4"},
	}
}

// notText refuses a body that is clearly something else, by its name rather than by thousands of rejected lines.
func notText(head []byte) error {
	for _, f := range foreign() {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return errs.New(errs.MediaType, "not-csv", "the upload is %s, not CSV, JSON Lines or Parquet", f.what).WithHint("export the table as one of these, plain or compressed with gzip or zstd")
		}
	}
	return nil
}
