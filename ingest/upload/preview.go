package upload

import (
	"context"
	"io"
	"os"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// PreviewBytes is how much of an upload must be there before Preview shows it, and how much it looks at, decoded.
const PreviewBytes = 1 << 20

// Preview says what the beginning of an upload looks like as a table.
func (s *Store) Preview(ctx context.Context, id schema.ID, opts ingest.Options) (*ingest.Sniffed, error) {
	s.mu.Lock()
	u, err := s.find(id)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	offset, length, spent := u.offset, u.Length, u.Commit.spent()
	s.mu.Unlock()
	if spent {
		return nil, errs.New(errs.Gone, "upload-loaded", "upload %s is loaded and its bytes are gone", id).WithHint("query the table")
	}
	if offset < min(PreviewBytes, length) {
		return nil, errs.New(errs.Conflict, "preview-too-early", "a preview needs the first %d bytes, %d are there", min(PreviewBytes, length), offset)
	}
	f, err := os.Open(s.path(id, dataSuffix))
	if err != nil {
		return nil, diskError("read the upload", err)
	}
	defer f.Close()
	return ingest.Preview(ctx, io.LimitReader(f, offset), offset == length, PreviewBytes, opts)
}

// whole reads a file of a known length and makes sure that it is as long.
type whole struct {
	r    io.Reader
	left int64
}

func (w *whole) Read(p []byte) (int, error) {
	if w.left == 0 {
		return 0, io.EOF
	}
	n, err := w.r.Read(p[:min(int64(len(p)), w.left)])
	w.left -= int64(n)
	if err == io.EOF && w.left > 0 {
		return n, errs.New(errs.Corrupt, "upload-cut", "%d bytes of the upload are missing on disk", w.left)
	}
	return n, err
}
