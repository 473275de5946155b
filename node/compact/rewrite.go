package compact

import (
	"context"
	"fmt"
	"slices"

	"github.com/assaydb/assay/ingest/convert"
	"github.com/assaydb/assay/ingest/extsort"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// rewrite is one job: it reads the segments of some shares of a partition and writes their rows anew.
type rewrite struct {
	c         *Compactor
	table     *schema.Table
	partition []schema.Value
	inputs    []schema.ID
	segments  []schema.Segment
	pause     func(context.Context) error // asked for leave before every batch

	copier copier
	hashes []schema.ColumnHash // of what was read, per table column
	nulls  []int64
	rows   int64
	read   int64 // bytes of the inputs
}

// newRewrite finds the segments of the shares as they are in a view.
func newRewrite(c *Compactor, snap *catalog.Snapshot, t *schema.Table, partition []schema.Value, shares []catalog.Share) *rewrite {
	n := len(t.Columns)
	w := &rewrite{c: c, table: t, partition: partition, hashes: make([]schema.ColumnHash, n), nulls: make([]int64, n)}
	key := schema.PartitionKey(partition)
	for _, s := range shares {
		w.inputs = append(w.inputs, s.Entry)
		for seg := range snap.SegmentsOf(s.Entry) {
			if seg.Removed == 0 && schema.PartitionKey(seg.Partition) == key {
				w.segments = append(w.segments, *seg)
				w.read += seg.Bytes
			}
		}
	}
	return w
}

// foreign reports whether a segment lies outside the store: those are others' files.
func (w *rewrite) foreign() bool {
	return slices.ContainsFunc(w.segments, func(s schema.Segment) bool { return s.Location != "" })
}

// write fills the draft: the rows in force, sorted, then those of each delivery out of force that a revert may bring back.
func (w *rewrite) write(ctx context.Context, snap *catalog.Snapshot, draft *storage.Draft) error {
	streams := []storage.Stream{w.stream(func(p schema.Part) bool { return p.Live })}
	for _, id := range w.asleep(snap) {
		streams = append(streams, w.stream(func(p schema.Part) bool { return p.Delivery == id }))
	}
	return draft.WriteApart(ctx, w.partition, streams)
}

// asleep lists the deliveries that are out of force but not past retention.
func (w *rewrite) asleep(snap *catalog.Snapshot) (ids []schema.ID) {
	for _, seg := range w.segments {
		for _, p := range seg.Parts {
			if d, ok := snap.Delivery(p.Delivery); !p.Live && ok && !d.Purged && !slices.Contains(ids, p.Delivery) {
				ids = append(ids, p.Delivery)
			}
		}
	}
	return ids
}

// stream gives the rows of the chosen parts by the table's sort key. Nothing is read before it is asked.
func (w *rewrite) stream(want func(schema.Part) bool) storage.Stream {
	var src source
	return func(ctx context.Context) (*batch.Batch, error) {
		if src == nil {
			var err error
			if src, err = w.open(ctx, want); err != nil {
				return nil, err
			}
		}
		b, err := src.Next(ctx)
		if b == nil || err != nil {
			src.Close()
		}
		return b, err
	}
}

// source gives batches until nil.
type source interface {
	Next(ctx context.Context) (*batch.Batch, error)
	Close()
}

// open reads everything into a sorter, or, for a table without a sort key, one segment after another.
func (w *rewrite) open(ctx context.Context, want func(schema.Part) bool) (source, error) {
	in := &reading{w: w, want: want}
	if len(w.table.SortBy) == 0 {
		return in, nil
	}
	cfg := extsort.Config{MemoryBytes: w.c.cfg.MemoryBytes, Dir: w.c.cfg.TempDir}
	for _, c := range w.table.Columns {
		cfg.Types = append(cfg.Types, c.Type)
	}
	cfg.Types = append(cfg.Types, schema.TypeVarchar)
	for _, id := range w.table.SortBy {
		cfg.Keys = append(cfg.Keys, w.table.ColumnByID(id))
	}
	out := &sorting{sorter: extsort.New(cfg)}
	for {
		b, err := in.Next(ctx)
		if err == nil && b != nil {
			err = out.sorter.Add(b)
		}
		if err == nil && b == nil {
			out.Iterator, err = out.sorter.Sort()
		}
		if err != nil || b == nil {
			in.Close()
			if err != nil {
				out.Close()
			}
			return out, err
		}
	}
}

// sorting is a sorter that has all its rows.
type sorting struct {
	*extsort.Iterator
	sorter *extsort.Sorter
}

func (s *sorting) Close() { s.sorter.Close() }

// reading reads the segments one after another through the query reader, and keeps the books of what it gave.
type reading struct {
	w    *rewrite
	want func(schema.Part) bool
	at   int
	scan storage.Scan
	rd   storage.Reader
}

// Next implements source.
func (r *reading) Next(ctx context.Context) (*batch.Batch, error) {
	for {
		if r.scan == nil {
			if more, err := r.begin(ctx); !more {
				return nil, err
			}
		}
		if err := r.w.pause(ctx); err != nil {
			return nil, err
		}
		b, err := r.rd.Next(ctx)
		if err != nil {
			return nil, err
		}
		if b != nil {
			own := r.w.copier.batch(b)
			r.w.note(own)
			return own, nil
		}
		r.Close()
	}
}

// begin opens the next segment that has wanted rows.
func (r *reading) begin(ctx context.Context) (more bool, err error) {
	for ; r.at < len(r.w.segments); r.at++ {
		seg := r.w.segments[r.at]
		seg.Parts = slices.Clone(seg.Parts)
		some := false
		for i := range seg.Parts {
			seg.Parts[i].Live = r.want(seg.Parts[i])
			some = some || seg.Parts[i].Live
		}
		if !some {
			continue
		}
		r.at++
		req := &storage.ScanRequest{Table: r.w.table, Segments: []schema.Segment{seg}}
		for _, c := range r.w.table.Columns {
			req.Columns = append(req.Columns, c.ID)
		}
		req.Columns = append(req.Columns, schema.VirtualDeliveryID)
		req.Output = len(req.Columns)
		if r.scan, err = r.w.c.cfg.Store.Scan(ctx, req); err != nil {
			return false, fmt.Errorf("read segment %s: %w", seg.ID, err)
		}
		r.rd = r.scan.Reader()
		return true, nil
	}
	return false, nil
}

// Close implements source.
func (r *reading) Close() {
	if r.scan != nil {
		_ = r.scan.Close() // releases files that were only read
		r.scan, r.rd = nil, nil
	}
}

// note adds a batch to the sums that the result must have.
func (w *rewrite) note(b *batch.Batch) {
	for i := range w.hashes {
		sum, nulls := convert.Hash(b.Cols[i])
		w.hashes[i].Add(sum)
		w.nulls[i] += nulls
	}
	w.rows += int64(b.Len)
}

// check compares what was read with what reads back from disk.
func (w *rewrite) check(s *storage.Sealed) error {
	if s.Rows != w.rows {
		return errs.New(errs.Internal, "not-conserved", "BUG: compaction read %d rows and wrote %d", w.rows, s.Rows)
	}
	for i, c := range w.table.Columns {
		if s.Hashes[i] != w.hashes[i] || s.Nulls[i] != w.nulls[i] {
			return errs.New(errs.Corrupt, "not-conserved", "compaction of table %q: column %q does not read back as it was read", w.table.Name, c.Name)
		}
	}
	return nil
}
