package storage

import (
	"context"
	"io"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// draftSegment is one segment file being written, then read back.
type draftSegment struct {
	id     schema.ID
	rows   int64
	out    *outFile
	hashes []schema.ColumnHash // as read back
}

type columnInfo struct{ Nulls, Bytes int64 }

func newDraftSegment(d *Draft, id schema.ID, values []schema.Value, out *outFile) (*draftSegment, error) {
	return nil, errs.New(errs.Unavailable, "no-format", "the segment format is not linked yet")
}
func (s *draftSegment) write(b *batch.Batch) error         { s.rows += int64(b.Len); return nil }
func (s *draftSegment) full(c Config) bool                 { return s.rows >= c.RollRows || s.out.n >= c.RollBytes }
func (s *draftSegment) close() error                       { return s.out.finish() }
func (s *draftSegment) readBack(ctx context.Context) error { return nil }
func (s *draftSegment) bounds() []schema.Bound             { return nil }
func (s *draftSegment) columns() []columnInfo              { return nil }
func (p *draftPartition) writeStats(w io.Writer) error     { return nil }
