package storage

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/failpoint"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
	"golang.org/x/sync/errgroup"
)

// draftSegment is one segment file being written, then read back.
type draftSegment struct {
	id     schema.ID
	draft  *Draft
	out    *outFile
	writer *segment.Writer
	info   segment.Info        // once closed
	hashes []schema.ColumnHash // as read back
	parts  map[string]int64    // rows by delivery, when the batches name it
}

func newDraftSegment(d *Draft, id schema.ID, out *outFile) *draftSegment {
	opt := segment.Options{
		Table: d.table, ID: id, Delivery: d.id, RowGroupRows: d.store.cfg.RowGroupRows, PageRows: d.store.cfg.PageRows,
		Parallel: d.store.parallel(),
	}
	if d.writer == nil {
		d.writer = segment.NewWriter(out, opt)
	} else {
		d.writer.Reset(out, id)
	}
	return &draftSegment{id: id, draft: d, out: out, writer: d.writer}
}

// full tells whether the segment has reached a limit.
func (s *draftSegment) full(c Config) bool {
	return s.writer.Rows() >= c.RollRows || s.out.n >= c.RollBytes || s.writer.Laden()
}

func (s *draftSegment) write(b *batch.Batch) error {
	if n := len(s.draft.table.Columns); len(b.Cols) > n {
		s.count(b.Cols[n])
	}
	return s.writer.Write(b)
}

// close completes the file; settle is left to do.
func (s *draftSegment) close() (err error) {
	if s.info, err = s.writer.Close(); err != nil {
		s.out.abandon()
		return err
	}
	s.writer = nil
	return nil
}

// settle makes the content durable and reads it back.
func (s *draftSegment) settle(ctx context.Context) error {
	if err := s.out.finish(); err != nil {
		return fmt.Errorf("write segment %s: %w", s.id, err)
	}
	if err := s.readBack(ctx); err != nil {
		return fmt.Errorf("read back segment %s: %w", s.id, err)
	}
	failpoint.Hit("draft/segment-settled")
	return nil
}

// readBack opens the file anew, decodes every value through the query reader and compares rows, hashes and the whole file's
// digest with what the writer believes it wrote.
func (s *draftSegment) readBack(ctx context.Context) error {
	f, err := s.draft.store.fs.Open(s.out.name)
	if err != nil {
		return diskError("open", s.out.name, err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return diskError("stat", s.out.name, err)
	}
	if st.Size() != s.info.Bytes {
		return errs.New(errs.Corrupt, "read-back", "%s has %d bytes, %d were written", filepath.Base(s.out.name), st.Size(), s.info.Bytes)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return segment.Verify(ctx, f, st.Size(), s.id.String(), s.info.SHA256) })
	var hashes []schema.ColumnHash
	var rows int64
	group.Go(func() error {
		file, err := segment.Open(ctx, f, st.Size(), s.id.String())
		if err == nil {
			hashes, rows, err = file.HashColumns(ctx, s.draft.store.parallel())
		}
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	return s.compare(hashes, rows)
}

func (s *draftSegment) compare(hashes []schema.ColumnHash, rows int64) error {
	if rows != s.info.Rows {
		return errs.New(errs.Corrupt, "read-back", "segment %s has %d rows, %d were written", s.id, rows, s.info.Rows)
	}
	for i := range s.info.Columns { // the hash alone: slim may clear the sketches meanwhile
		if hashes[i] != s.info.Columns[i].Hash {
			return errs.New(errs.Corrupt, "read-back", "segment %s: column %q does not read back as it was written", s.id, s.draft.table.Columns[i].Name)
		}
	}
	s.hashes = hashes[:len(s.info.Columns)]
	return nil
}

// slim drops what only the statistics file needs: an upload may make thousands of segments.
func (s *draftSegment) slim() {
	s.info.RowGroups = nil
	for i := range s.info.Columns {
		s.info.Columns[i].Distinct = segment.Sketch{}
	}
}

// addTo counts the segment into its delivery's totals.
func (s *draftSegment) addTo(r *Sealed) {
	r.Rows += s.info.Rows
	r.Bytes += s.info.Bytes
	for i, c := range s.info.Columns {
		r.Hashes[i].Add(s.hashes[i])
		r.Nulls[i] += c.Nulls
		r.ColumnBytes[c.Column] += c.Bytes
	}
}
