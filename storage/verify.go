package storage

import (
	"context"
	"iter"
	"path/filepath"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

// Verify reads every byte of the given segments and compares the SHA-256 with the catalog's, then opens the Parquet footer and holds its
// rows against those that the catalog counts, in all and by delivery. Each result, nil for a sound one, goes to found; Report heals what is not. Verify itself changes nothing and stops only when the context ends.
func (s *Store) Verify(ctx context.Context, segments iter.Seq[*schema.Segment], found func(*schema.Segment, error)) error {
	for seg := range segments {
		if err := ctx.Err(); err != nil {
			return err
		}
		if seg.Location != "" {
			found(seg, s.verifyAttached(ctx, seg))
			continue
		}
		err := s.check(s.SegmentPath(seg), seg.Bytes, seg.SHA256)
		if err == nil {
			err = s.verifyRows(ctx, seg)
		}
		found(seg, diskError("verify segment", seg.ID.String(), err))
	}
	return nil
}

// verifyRows opens a segment anew, past every cache: its own index, and the Parquet footer as any other program would read it. Both must
// have the rows that the catalog counts.
func (s *Store) verifyRows(ctx context.Context, seg *schema.Segment) error {
	h, err := s.fs.Open(s.SegmentPath(seg))
	if err != nil {
		return err
	}
	defer h.Close()
	file, err := segment.Open(ctx, h, seg.Bytes, seg.ID.String())
	if err != nil {
		return err
	}
	if err := file.Check(seg); err != nil {
		return err
	}
	footer, err := segment.OpenForeign(ctx, h, seg.Bytes, seg.ID.String())
	if err != nil {
		return err
	}
	parts := int64(0)
	for i := range seg.Parts {
		parts += seg.Parts[i].Rows
	}
	if footer.Rows() != seg.Rows || len(seg.Parts) > 0 && parts != seg.Rows {
		return errs.New(errs.Corrupt, "segment-rows", "segment %s: its Parquet footer has %d rows, the catalog counts %d, of its deliveries %d", seg.ID, footer.Rows(), seg.Rows, parts)
	}
	return nil
}

// VerifyFile does the same for a side file of a delivery.
func (s *Store) VerifyFile(table uint32, delivery schema.ID, ref FileRef) error {
	name := filepath.Join(s.deliveryDir(table, delivery), ref.Name)
	return diskError("verify", name, s.check(name, ref.Bytes, ref.SHA256))
}

// Ensure makes sure that a segment's local copy is there and whole, fetching it if it is not: what a restore does for all.
func (s *Store) Ensure(ctx context.Context, seg *schema.Segment) error {
	if seg.Location != "" {
		return nil // others keep it
	}
	err := s.check(s.SegmentPath(seg), seg.Bytes, seg.SHA256)
	if err != nil && healable(err) {
		err = s.healSegment(ctx, seg, err)
	}
	return diskError("ensure segment", seg.ID.String(), err)
}

// EnsureFile does the same for a side file.
func (s *Store) EnsureFile(ctx context.Context, table uint32, delivery schema.ID, ref FileRef) error {
	f, err := s.OpenFile(ctx, table, delivery, ref)
	if err == nil {
		err = f.Close()
	}
	return err
}
