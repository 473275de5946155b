package planner_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/assaydb/assay/planner"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// memory is a catalog of one node without a log: the machine alone.
type memory struct{ m *catalog.Machine }

func (c memory) Snapshot() *catalog.Snapshot { return c.m.Snapshot() }

func (c memory) Propose(_ context.Context, cmd catalog.Command) (catalog.Result, error) {
	return c.m.Apply(catalog.Encode(cmd))
}

func (c memory) WaitIndex(ctx context.Context, index uint64) error {
	if c.m.Snapshot().Index() >= index {
		return nil
	}
	<-ctx.Done()
	return context.Cause(ctx)
}

func id(n int) schema.ID {
	var v schema.ID
	binary.BigEndian.PutUint64(v[8:], uint64(n))
	v[0] = 1
	return v
}

const month0 = 660 // 2025-01, months since 1970

// monthStart is the first microsecond of a month since 1970.
func monthStart(m int) int64 {
	return time.Date(1970, time.Month(1+m), 1, 0, 0, 0, 0, time.UTC).UnixMicro()
}

// labsTable is the shape of LabBench's table.
func labsTable() schema.Table {
	text, ts, num := schema.TypeVarchar, schema.TypeTimestamp, schema.DecimalType(12, 3)
	t := schema.Table{Name: "labs", Codec: schema.CodecZstd}
	for i, c := range []schema.Column{
		{Name: "hospital_id", Type: text},
		{Name: "patient_id", Type: text},
		{Name: "test_code", Type: text},
		{Name: "test_name", Type: text},
		{Name: "specimen", Type: text},
		{Name: "collected_at", Type: ts},
		{Name: "resulted_at", Type: ts},
		{Name: "value", Type: num},
		{Name: "unit", Type: text},
		{Name: "ref_low", Type: num},
		{Name: "ref_high", Type: num},
		{Name: "abnormal_flag", Type: text},
		{Name: "age", Type: schema.TypeInt32},
		{Name: "sex", Type: text},
		{Name: "status", Type: text},
		{Name: "comment", Type: text},
	} {
		c.ID = uint32(i + 1)
		t.Columns = append(t.Columns, c)
	}
	t.PartitionBy = []schema.Transform{{Kind: schema.Identity, Column: 1}, {Kind: schema.Month, Column: 6}}
	t.SortBy = []uint32{3, 6}
	return t
}

// delivery is one hospital's month: one segment of a thousand rows.
func delivery(table uint32, n, hospital, month int) *catalog.CommitDelivery {
	name := fmt.Sprintf("H%04d", hospital)
	d := catalog.Delivery{ID: id(n), Table: table, Source: name, Period: fmt.Sprintf("2025-%02d", month+1), Named: true, Rows: 1000, Accepted: 1000, RecordsIn: 1000}
	binary.BigEndian.PutUint64(d.SHA256[:], uint64(n))
	for c := uint32(1); c <= 16; c++ {
		d.ColumnBytes = append(d.ColumnBytes, catalog.ColumnBytes{Column: c, Bytes: int64(c) * 100})
	}
	lo, hi := monthStart(month0+month), monthStart(month0+month+1)-1
	text := schema.TextValue
	seg := schema.Segment{
		ID: id(1000 + n), Table: table, Delivery: d.ID, Rows: 1000, Bytes: 50_000,
		Partition: []schema.Value{text(name), schema.IntValue(schema.TypeInt32, int64(month0+month))},
		Bounds: []schema.Bound{
			{Column: 3, Min: text("1000-0"), Max: text("9999-9"), Exact: true},
			{Column: 6, Min: schema.IntValue(schema.TypeTimestamp, lo+5_000_000), Max: schema.IntValue(schema.TypeTimestamp, hi-5_000_000), Exact: true},
		},
	}
	binary.BigEndian.PutUint64(seg.SHA256[:], uint64(n))
	return &catalog.CommitDelivery{Delivery: d, Segments: []schema.Segment{seg}, Replace: true, Expect: 1, StartedAt: 1}
}

// labsCatalog holds three hospitals and four months of labs.
func labsCatalog(t testing.TB) memory {
	t.Helper()
	m := catalog.New()
	apply := func(c catalog.Command) {
		if _, err := m.Apply(catalog.Encode(c)); err != nil {
			t.Fatalf("apply %T: %v", c, err)
		}
	}
	apply(&catalog.PutTable{Table: labsTable()})
	n := 0
	for h := 1; h <= 3; h++ {
		for month := range 4 {
			n++
			apply(delivery(1, n, h, month))
		}
	}
	return memory{m}
}

// clock stands still, so that NOW() and plans repeat.
func clock() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// texts runs a statement and returns its rows as text.
func texts(ctx context.Context, e *planner.Engine, req *planner.Request) ([][]string, *planner.Result, error) {
	res, err := e.Query(ctx, req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Close()
	var out [][]string
	for {
		b, err := res.Next(ctx)
		if err != nil || b == nil {
			return out, res, err
		}
		b = b.Compact()
		for i := range b.Len {
			var row []string
			for _, c := range b.Cols {
				row = append(row, c.Value(i).String())
			}
			out = append(out, row)
		}
	}
}

func describe(err error) string {
	e := errs.As(err)
	if e == nil {
		return "unclassified: " + err.Error()
	}
	s := fmt.Sprintf("%s (%d): %s", e.Code, e.MySQL, e.Detail)
	if e.SQL != nil {
		s += fmt.Sprintf("\nat %d:%d+%d", e.SQL.Line, e.SQL.Column, e.SQL.Length)
	}
	if e.Hint != "" {
		s += "\nhint: " + e.Hint
	}
	if len(e.Suggestions) > 0 {
		s += fmt.Sprintf("\nsuggestions: %v", e.Suggestions)
	}
	return s
}
