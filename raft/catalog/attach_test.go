package catalog_test

import (
	"bytes"
	"testing"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// attachOf is the commit that attaches one file to a table.
func attachOf(name string, table uint32, delivery byte, rows int64) *catalog.CommitDelivery {
	def := schema.Table{
		Name: name, Codec: schema.CodecNone, Columns: []schema.Column{{ID: 1, Name: "a", Type: schema.TypeInt64}}, NextColumn: 2,
		Attached: schema.Attachment{Location: "file:///lake/", Format: schema.FormatParquet},
	}
	d := catalog.Delivery{ID: id(int(delivery)), Table: table, Named: true, SHA256: schema.Digest{delivery}, Accepted: rows, RecordsIn: rows, LoadedAt: day}
	seg := schema.Segment{ID: id(int(delivery) + 100), Table: table, Delivery: d.ID, Rows: rows, Bytes: 10, SHA256: schema.Digest{9, delivery}, Location: "file:///lake/a.parquet"}
	return &catalog.CommitDelivery{Delivery: d, Segments: []schema.Segment{seg}, Table: &def, Replace: true, Force: true, StartedAt: day}
}

func TestAttachedTables(t *testing.T) {
	m := catalog.New()
	if _, err := m.Apply(catalog.Encode(attachOf("lake", 0, 1, 5))); err != nil {
		t.Fatal(err)
	}
	table, ok := m.Snapshot().Table("lake")
	if !ok || !table.IsAttached() || table.Attached.Location != "file:///lake/" {
		t.Fatalf("%+v", table)
	}
	refused := map[string]catalog.Command{
		"alter":      &catalog.PutTable{Table: schema.Table{Name: "lake", Codec: schema.CodecZstd, Columns: []schema.Column{{Name: "b", Type: schema.TypeInt64}}}, Expect: 1},
		"revert":     &catalog.RevertDelivery{Delivery: id(1), At: day},
		"bare table": &catalog.PutTable{Table: *attachOf("other", 0, 1, 1).Table},
	}
	load := attachOf("lake", table.ID, 2, 5)
	load.Table, load.Expect, load.Segments[0].Location = nil, table.Version, ""
	refused["load"] = load
	mixed := attachOf("plain", 0, 3, 5)
	mixed.Table.Attached = schema.Attachment{}
	refused["files of others in a plain table"] = mixed
	before := m.Snapshot().StateHash()
	for name, c := range refused {
		if _, err := m.Apply(catalog.Encode(c)); errs.As(err) == nil || errs.KindOf(err) == errs.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
	if m.Snapshot().StateHash() != before {
		t.Error("a refused command changed the state")
	}
	again := attachOf("lake", table.ID, 4, 7)
	again.Expect = table.Version
	if _, err := m.Apply(catalog.Encode(again)); err != nil {
		t.Fatal(err)
	}
	checkAttached(t, m.Snapshot(), table.ID)
	var saved bytes.Buffer
	if err := m.Save(&saved); err != nil {
		t.Fatal(err)
	}
	back := catalog.New()
	if err := back.Load(&saved); err != nil {
		t.Fatal(err)
	}
	checkAttached(t, back.Snapshot(), table.ID)
	if back.Snapshot().StateHash() != m.Snapshot().StateHash() {
		t.Error("the state hash did not survive")
	}
}

func checkAttached(t *testing.T, snap *catalog.Snapshot, table uint32) {
	t.Helper()
	n := 0
	for seg := range snap.Segments(table) {
		if n++; seg.Location != "file:///lake/a.parquet" || seg.Rows != 7 || seg.ID != id(104) {
			t.Errorf("%+v", seg)
		}
	}
	if n != 1 {
		t.Errorf("%d segments in force", n)
	}
}
