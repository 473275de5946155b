package ingest_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/assaydb/assay/ingest"
)

// TestReceiptGolden reads a receipt file with every field and writes it back. Receipts are answered for as long as their delivery
// is in force, so a field may be added and none may be renamed or change its form.
func TestReceiptGolden(t *testing.T) {
	want, err := os.ReadFile("testdata/receipt.json")
	if err != nil {
		t.Fatal(err)
	}
	var r ingest.Receipt
	d := json.NewDecoder(bytes.NewReader(want))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		t.Fatalf("a receipt that was written before is no longer read: %v", err)
	}
	got, err := json.MarshalIndent(&r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if got = append(got, '\n'); !bytes.Equal(got, want) {
		t.Errorf("a receipt is now written as\n%s\nit was\n%s", got, want)
	}
}
