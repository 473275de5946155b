package storage

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// draftPartition is one partition's segments, and the one being written.
type draftPartition struct {
	values   []schema.Value
	segments []*draftSegment
	open     *draftSegment
	stats    FileRef // once settled
}

// writePartition streams batches into segments, beginning a new one at the limits and with every stream.
func (d *Draft) writePartition(ctx context.Context, values []schema.Value, streams []Stream) error {
	p, err := d.addPartition(values)
	if err != nil {
		return err
	}
	for _, next := range streams {
		if err := d.writeStream(ctx, p, values, next); err != nil {
			return err
		}
	}
	return d.settleStats(p)
}

func (d *Draft) writeStream(ctx context.Context, p *draftPartition, values []schema.Value, next Stream) error {
	for {
		b, err := next(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			return d.roll(p)
		}
		if err := d.writeBatch(ctx, p, b); err != nil {
			return fmt.Errorf("delivery %s, partition %q: %w", d.id, d.table.PartitionPath(values), err)
		}
	}
}

func (d *Draft) addPartition(values []schema.Value) (*draftPartition, error) {
	if len(values) != len(d.table.PartitionBy) {
		return nil, errs.New(errs.Internal, "bad-partition", "BUG: %d partition values for the %d of table %q", len(values), len(d.table.PartitionBy), d.table.Name)
	}
	key := schema.PartitionKey(values)
	if d.paths[key] {
		return nil, errs.New(errs.Internal, "bad-partition", "BUG: partition %q is written twice", d.table.PartitionPath(values))
	}
	d.paths[key] = true
	p := &draftPartition{values: slices.Clone(values)}
	d.parts = append(d.parts, p)
	return p, nil
}

// writeBatch writes the living rows of a batch, cutting it where a segment is full.
func (d *Draft) writeBatch(ctx context.Context, p *draftPartition, b *batch.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b = b.Compact()
	for lo := 0; lo < b.Len; {
		if p.open == nil {
			if err := d.openSegment(p); err != nil {
				return err
			}
		}
		hi := int(min(int64(b.Len), int64(lo)+d.store.cfg.RollRows-p.open.writer.Rows()))
		if err := p.open.write(slice(b, lo, hi)); err != nil {
			return err
		}
		if p.open.full(d.store.cfg) {
			if err := d.roll(p); err != nil {
				return err
			}
		}
		lo = hi
	}
	return nil
}

func slice(b *batch.Batch, lo, hi int) *batch.Batch {
	if lo == 0 && hi == b.Len {
		return b
	}
	out := &batch.Batch{Len: hi - lo, Cols: make([]*batch.Vector, len(b.Cols))}
	for i, c := range b.Cols {
		out.Cols[i] = c.Slice(lo, hi)
	}
	return out
}

func (d *Draft) openSegment(p *draftPartition) error {
	id := schema.NewID()
	out, err := d.store.create(filepath.Join(d.dir, SegmentFile(id)))
	if err != nil {
		return err
	}
	out.sum = nil
	p.open = newDraftSegment(d, id, out)
	return nil
}

// roll ends the partition's open segment, if it has one.
func (d *Draft) roll(p *draftPartition) error {
	if p.open == nil {
		return nil
	}
	seg := p.open
	p.open = nil
	if err := seg.close(); err != nil {
		return fmt.Errorf("write segment %s: %w", seg.id, err)
	}
	p.segments = append(p.segments, seg)
	if err := d.settle.add(seg.settle); err != nil { // another file failed first, so nobody will finish this one
		seg.out.abandon()
		return err
	}
	return nil
}

// abandon closes what is open.
func (d *Draft) abandon() {
	for _, p := range d.parts {
		if p.open != nil {
			p.open.out.abandon()
			p.open = nil
		}
	}
}
