package scale

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/assaydb/assay/bench/workload"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/raft/consensus"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"golang.org/x/sync/errgroup"
)

// Shape says how many segments there are and how they came.
type Shape struct {
	Segments    int `json:"segments"`
	PerDelivery int `json:"segments_per_delivery"`
}

// The spread of the segments: LabBench's hospitals and months.
const (
	hospitals  = 200
	months     = 24
	firstMonth = (2025 - 1970) * 12
	proposers  = 64 // commands on their way at once: they share syncs
)

// Fill makes a new node's catalog in its data folder: LabBench's table, partitioned by hospital and month, and the segments.
func Fill(ctx context.Context, data string, s Shape) (err error) {
	if s.Segments < 1 || s.PerDelivery < 1 {
		return errs.New(errs.Invalid, "bad-shape", "%d segments, %d a delivery: at least one is needed", s.Segments, s.PerDelivery)
	}
	log, err := consensus.Open(consensus.Config{Dir: filepath.Join(data, "raft"), NodeID: "n1"})
	if err != nil {
		return fmt.Errorf("open the catalog: %w", err)
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	if err := log.Ready(ctx); err != nil {
		return err
	}
	list, err := tables()
	if err != nil {
		return err
	}
	for _, t := range list {
		if _, err := log.Propose(ctx, &catalog.PutTable{Table: t}); err != nil {
			return fmt.Errorf("make table %s: %w", t.Name, err)
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(proposers)
	now := time.Now().UnixMicro()
	for first := 0; first < s.Segments && ctx.Err() == nil; first += s.PerDelivery {
		c := commit(first, min(s.PerDelivery, s.Segments-first), now)
		g.Go(func() error {
			_, err := log.Propose(ctx, c)
			return err
		})
	}
	return g.Wait()
}

// tables are LabBench's, as a node defines them: the first gets the segments, the others, that it is joined with, stay empty.
func tables() (list []schema.Table, err error) {
	for _, w := range workload.Labs().Tables {
		t := schema.Table{Name: w.Name, Codec: schema.CodecZstd}
		for i, c := range w.Columns {
			typ, err := schema.ParseType(c.Type)
			if err != nil {
				return nil, err
			}
			t.Columns = append(t.Columns, schema.Column{ID: uint32(i + 1), Name: c.Name, Type: typ})
		}
		list = append(list, t)
	}
	list[0].PartitionBy = []schema.Transform{{Kind: schema.Identity, Column: 1}, {Kind: schema.Month, Column: 6}}
	list[0].SortBy = []uint32{3, 6}
	return list, nil
}

// commit is the command of a delivery of so many segments, numbered from first: a hospital's file over some months.
func commit(first, segments int, now int64) *catalog.CommitDelivery {
	const rows, bytes = 1_000_000, 25 << 20
	hospital := fmt.Sprintf("H%04d", first/months%hospitals)
	d := catalog.Delivery{
		ID: id(1, first), Table: 1, Source: hospital, Period: fmt.Sprintf("part-%d", first), Named: true, LoadedAt: now,
		Rows: int64(segments) * rows, Accepted: int64(segments) * rows, RecordsIn: int64(segments) * rows,
	}
	binary.BigEndian.PutUint64(d.SHA256[:], uint64(first)+1)
	for c := range uint32(16) {
		d.ColumnBytes = append(d.ColumnBytes, catalog.ColumnBytes{Column: c + 1, Bytes: int64(segments) * bytes / 16})
	}
	c := &catalog.CommitDelivery{Delivery: d, Replace: true, Expect: 1, StartedAt: now}
	for i := range segments {
		c.Segments = append(c.Segments, segment(d.ID, hospital, first+i, rows, bytes))
	}
	return c
}

func segment(delivery schema.ID, hospital string, n int, rows, bytes int64) schema.Segment {
	month := firstMonth + n%months
	begin := func(month int) int64 {
		return time.Date(1970, time.Month(1+month), 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	}
	at := func(micros int64) schema.Value { return schema.IntValue(schema.TypeTimestamp, micros) }
	seg := schema.Segment{
		ID: id(2, n), Table: 1, Delivery: delivery, Rows: rows, Bytes: bytes,
		Partition: []schema.Value{schema.TextValue(hospital), schema.IntValue(schema.TypeInt32, int64(month))},
		Bounds: []schema.Bound{
			{Column: 3, Min: schema.TextValue("10000-0"), Max: schema.TextValue("15187-3"), Exact: true},
			{Column: 6, Min: at(begin(month) + 5_000_000), Max: at(begin(month+1) - 5_000_000), Exact: true},
		},
	}
	binary.BigEndian.PutUint64(seg.SHA256[:], uint64(n)+1)
	return seg
}

// id is a UUID of version 7 that is the same in every run.
func id(kind byte, n int) schema.ID {
	var v schema.ID
	v[5], v[6], v[8] = kind, 0x70, 0x80
	binary.BigEndian.PutUint32(v[12:], uint32(n))
	return v
}
