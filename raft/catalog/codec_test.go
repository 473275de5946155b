package catalog_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/zeebo/xxh3"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// samples holds one command of each kind, with every field set somewhere.
func samples() map[string]catalog.Command {
	full := commit(3, 40, "H0042", "2025-01", 20*day)
	full.Force, full.Delivery.Append = true, true
	full.Delivery.Replaced = []schema.ID{id(38), id(39)}
	full.Delivery.Superseded, full.Delivery.Added, full.Delivery.Removed = id(41), 5, 6
	full.Delivery.Rejected, full.Delivery.Blank, full.Delivery.Header = 1, 2, 1
	def := labs("labs")
	full.Table = &def
	wide := schema.DecimalType(30, 2)
	other := schema.Segment{
		ID: id(77), Table: 4, Delivery: id(78), Added: 1, Removed: 2, Location: "file:///data/x.parquet",
		Partition: []schema.Value{schema.NullValue(schema.TypeVarchar)},
		Bounds: []schema.Bound{
			{Column: 9, Min: schema.FloatValue(-1.5), Max: schema.FloatValue(2)},
			{Column: 10, Min: schema.WideValue(wide, decimal.FromInt64(-5)), Max: schema.WideValue(wide, decimal.Max), Nulls: 1},
			{Column: 11, Min: schema.NullValue(schema.TypeDate), Max: schema.NullValue(schema.TypeDate), Nulls: 12, Exact: true},
		},
		Parts: []schema.Part{{Delivery: id(70), Source: "a", Period: "b", Rows: 3, Live: true}, {Delivery: id(71), Rows: 9}},
	}
	full.Segments = append(full.Segments, other)
	attached := labs("outside")
	attached.Attached = schema.Attachment{Location: "file:///data/labs/", Format: schema.FormatParquet}
	attach := commit(7, 42, "", "", 21*day)
	attach.Table, attach.Replace, attach.Force = &attached, true, true
	for i := range attach.Segments {
		attach.Segments[i].Location = "file:///data/labs/part-0.parquet"
	}
	return map[string]catalog.Command{
		"put-table":       &catalog.PutTable{Table: labs("labs"), Expect: 2, At: day},
		"drop-table":      &catalog.DropTable{Name: "labs", Expect: 3, At: 2 * day},
		"commit-delivery": full,
		"commit-attached": attach,
		"revert-delivery": &catalog.RevertDelivery{Delivery: id(5), At: 3 * day},
		"put-member":      &catalog.PutMember{Member: catalog.Member{ID: "n1", Address: "127.0.0.1:7950", Role: "all"}},
		"remove-member":   &catalog.RemoveMember{ID: "n1"},
		"purge-expired":   &catalog.PurgeExpired{Now: 9 * day, Limit: 100},
		"set-retention":   &catalog.SetRetention{Micros: 30 * day},
		"put-document":    &catalog.PutDocument{Document: catalog.Document{Kind: "mapping", Table: 3, Name: "H0042", Body: `{"columns":{}}`}, At: 4 * day},

		"compact": compaction(3, 90, 660, map[int]int64{40: 10, 41: 5}),

		"hold-delivery":   &catalog.HoldDelivery{Commit: *amending(1, 50, 40), Reason: "rows: 10, 40 in the period before", At: 5 * day},
		"decide-delivery": &catalog.DecideDelivery{Delivery: id(50), Approve: true, Reason: "checked by phone", By: "ann", At: 6 * day},

		"put-table-v2":       putPolicy(),
		"commit-delivery-v2": amending(1, 50, 40),
	}
}

func putPolicy() catalog.Command {
	t := labs("labs")
	t.Policy = schema.Policy{Columns: schema.ColumnsIgnore, Widen: schema.WidenNo}
	return &catalog.PutTable{Table: t, Expect: 2, At: day}
}

// amending is a load of one segment of ten rows that corrects the rejects of another, its ledger kept.
func amending(table uint32, n, amends int) *catalog.CommitDelivery {
	c := commit(table, n, "H1", "2025-01", 9*day)
	c.Replace, c.Delivery.Append, c.Delivery.Amends = false, true, id(amends)
	c.Delivery.RecordsIn, c.Delivery.Rejected, c.Delivery.Header = 11, 1, 1
	c.Delivery.Ledger = catalog.Ledger{Text: 1<<20 + 3, Accepted: 1 << 20, Rejected: 1, Aside: 2, Preamble: 2, Trailer: 1}
	return c
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".hex")
	if *rewrite {
		if err := os.WriteFile(path, fmt.Appendf(nil, "%x\n", got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: the format changed: nodes of the last release could not read this\n got %x\nwant %x", name, got, want)
	}
}

func TestCommandsGolden(t *testing.T) {
	for name, c := range samples() {
		b := catalog.Encode(c)
		golden(t, "command-"+name, b)
		back, err := catalog.Decode(b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(back, c) {
			t.Errorf("%s: decoded to %+v, want %+v", name, back, c)
		}
	}
}

func TestEveryFlippedBitOfACommandIsFound(t *testing.T) {
	b := catalog.Encode(samples()["commit-delivery"])
	for i := range len(b) * 8 {
		b[i/8] ^= 1 << (i % 8)
		if _, err := catalog.Decode(b); !errs.Is(err, errs.Corrupt) {
			t.Fatalf("bit %d flipped: %v", i, err)
		}
		b[i/8] ^= 1 << (i % 8)
	}
}

func TestHostileCountsDoNotAllocate(t *testing.T) {
	b := catalog.Encode(samples()["put-table"])
	b = append(b[:2:2], 1, 1, 'x', 1, 0xff, 0xff, 0xff, 0xff, 0x7f) // a table of 34 billion columns
	b = binary.LittleEndian.AppendUint64(b, xxh3.Hash(b))
	if n := testing.AllocsPerRun(5, func() { _, _ = catalog.Decode(b) }); n > 40 {
		t.Fatalf("%v allocations", n)
	}
	if _, err := catalog.Decode(b); !errs.Is(err, errs.Corrupt) {
		t.Fatal(err)
	}
}

// FuzzDecode feeds any bytes with a right checksum: what decodes must encode to the same bytes.
func FuzzDecode(f *testing.F) {
	for _, c := range samples() {
		b := catalog.Encode(c)
		f.Add(b[:len(b)-8])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		b := binary.LittleEndian.AppendUint64(bytes.Clone(body), xxh3.Hash(body))
		c, err := catalog.Decode(b)
		if err != nil {
			return
		}
		if again := catalog.Encode(c); !bytes.Equal(again, b) {
			t.Fatalf("%x became %x", b, again)
		}
		m := catalog.New()
		_, _ = m.Apply(b) // refused or not, it must not panic
	})
}
