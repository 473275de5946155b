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
	old, err := os.ReadFile("testdata/receipt-v1.json") // of before preambles, ledgers and amendments
	if err != nil {
		t.Fatal(err)
	}
	var first ingest.Receipt
	if err := json.Unmarshal(old, &first); err != nil || first.Accepted != 2 || first.Columns[2].Whole != 1 {
		t.Fatalf("%+v: %v", first, err)
	}
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
