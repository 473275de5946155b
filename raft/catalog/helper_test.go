package catalog_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/schema"
)

const day = int64(24 * 3600 * 1_000_000)

// id returns a fixed id, so that golden bytes and failures repeat.
func id(n int) schema.ID {
	var v schema.ID
	binary.BigEndian.PutUint64(v[8:], uint64(n))
	v[0] = 1
	return v
}

func digest(n int) schema.Digest {
	var d schema.Digest
	binary.BigEndian.PutUint64(d[:], uint64(n))
	return d
}

// labs is a table by hospital and month, sorted by test code.
func labs(name string) schema.Table {
	return schema.Table{
		Name: name, Codec: schema.CodecZstd, Inferred: true,
		Columns: []schema.Column{
			{ID: 1, Name: "hospital_id", Type: schema.TypeVarchar},
			{ID: 2, Name: "collected_at", Type: schema.TypeTimestamp},
			{ID: 3, Name: "test_code", Type: schema.TypeVarchar},
			{ID: 4, Name: "value", Type: schema.DecimalType(12, 3)},
		},
		PartitionBy: []schema.Transform{{Kind: schema.Identity, Column: 1}, {Kind: schema.Month, Column: 2}},
		SortBy:      []uint32{3, 2},
	}
}

// segment is number n of a delivery, in a partition of hospital and month.
func segment(d *catalog.Delivery, n int, hospital string, month int64, rows int64) schema.Segment {
	lo := 1_700_000_000_000_000 + month*30*day
	return schema.Segment{
		ID: id(n), Table: d.Table, Delivery: d.ID, Rows: rows, Bytes: rows * 11, SHA256: digest(n),
		Partition: []schema.Value{schema.TextValue(hospital), schema.IntValue(schema.TypeInt32, month)},
		Bounds: []schema.Bound{
			{Column: 3, Min: schema.TextValue(fmt.Sprintf("%04d-1", n%400)), Max: schema.TextValue(fmt.Sprintf("%04d-9", n%400+9)), Exact: true},
			{Column: 2, Min: schema.IntValue(schema.TypeTimestamp, lo), Max: schema.IntValue(schema.TypeTimestamp, lo+30*day-1), Exact: true},
			{Column: 4, Min: schema.IntValue(schema.DecimalType(12, 3), 0), Max: schema.IntValue(schema.DecimalType(12, 3), 9), Nulls: 3},
		},
	}
}

// delivery is content n from a source for a period.
func delivery(table uint32, n int, source, period string, clock int64) catalog.Delivery {
	return catalog.Delivery{
		ID: id(n), Table: table, Source: source, Period: period, Named: source != "" || period != "",
		SHA256: digest(n), Options: digest(7), BytesIn: 1 << 20, RecordsIn: 10, Accepted: 10, LoadedAt: clock,
		ColumnBytes: []catalog.ColumnBytes{{Column: 1, Bytes: 10}, {Column: 4, Bytes: 300}},
		Files:       []catalog.File{{Name: "receipt.json", Bytes: 812, SHA256: digest(n + 1)}},
	}
}

// commit is a load of one segment of ten rows.
func commit(table uint32, n int, source, period string, clock int64) *catalog.CommitDelivery {
	c := &catalog.CommitDelivery{Delivery: delivery(table, n, source, period, clock), Replace: true, Expect: 1, StartedAt: clock}
	c.Segments = []schema.Segment{segment(&c.Delivery, n, "H"+source, 660, 10)}
	return c
}

func apply(t testing.TB, m *catalog.Machine, c catalog.Command) catalog.Result {
	t.Helper()
	res, err := m.Apply(catalog.Encode(c))
	if err != nil {
		t.Fatalf("apply %T: %v", c, err)
	}
	return res
}

// compaction puts one segment in place of those of some deliveries in a partition of month, given the rows of each.
func compaction(table uint32, n int, month int64, rows map[int]int64) *catalog.Compact {
	seg := segment(&catalog.Delivery{ID: id(n), Table: table}, n+1, "HH1", month, 0)
	c := &catalog.Compact{
		ID: id(n), Table: table, Partition: seg.Partition, StartedAt: 9 * day, At: 9 * day,
		ColumnBytes: []catalog.ColumnBytes{{Column: 1, Bytes: 7}}, Files: []catalog.File{{Name: schema.StatsName(seg.Partition), Bytes: 40, SHA256: digest(n)}},
	}
	for d := range 100 {
		if rows[d] > 0 {
			c.Inputs = append(c.Inputs, id(d))
			seg.Rows += rows[d]
			seg.Bytes += rows[d] * 11
			seg.Parts = append(seg.Parts, schema.Part{Delivery: id(d), Rows: rows[d]})
		}
	}
	if seg.Rows > 0 {
		c.Segments = []schema.Segment{seg}
	} else {
		c.Partition[0] = schema.TextValue("H")
	}
	return c
}
