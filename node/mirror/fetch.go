package mirror

import (
	"context"
	"io"
	"time"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/object"
	"github.com/assaydb/assay/storage/schema"
)

// Reader gives segments and side files back from a mirror. It needs the catalog only to know where a segment lies.
type Reader struct {
	Objects object.Store
	View    func() *catalog.Snapshot
}

var _ storage.Fetcher = (*Reader)(nil)

// Reader returns a reader of this mirror.
func (m *Mirror) Reader() *Reader { return &Reader{m.cfg.Objects, m.cfg.Catalog.Snapshot} }

// Fetch implements storage.Fetcher for the store to heal from.
func (m *Mirror) Fetch(ctx context.Context, s *schema.Segment, w io.Writer) error {
	return m.Reader().Fetch(ctx, s, w)
}

// FetchFile implements storage.Fetcher.
func (m *Mirror) FetchFile(ctx context.Context, table uint32, delivery schema.ID, name string, w io.Writer) error {
	return m.Reader().FetchFile(ctx, table, delivery, name, w)
}

// Fetch writes a segment's bytes to w, from wherever in the mirror it lies.
func (r *Reader) Fetch(ctx context.Context, s *schema.Segment, w io.Writer) error {
	for _, key := range r.places(s) {
		info, err := r.head(ctx, key)
		if errs.Is(err, errs.NotFound) || err == nil && info.Bytes != s.Bytes {
			continue
		}
		if err != nil {
			return err
		}
		return r.download(ctx, key, s.Bytes, w)
	}
	return errs.New(errs.NotFound, "segment-not-mirrored", "segment %s is not in the mirror %s", s.ID, r.Objects)
}

// places lists where a segment may lie, the likeliest first.
func (r *Reader) places(s *schema.Segment) []string {
	var keys []string
	if t, ok := r.View().TableByID(s.Table); ok {
		keys = append(keys, liveKey(t, s))
	}
	return append(keys, keptKey(s), stagingKey(s))
}

// FetchFile writes a side file's bytes to w.
func (r *Reader) FetchFile(ctx context.Context, _ uint32, delivery schema.ID, name string, w io.Writer) error {
	key := fileKey(delivery, name)
	info, err := r.head(ctx, key)
	if err != nil {
		return err
	}
	return r.download(ctx, key, info.Bytes, w)
}

// Attempts of a download that makes no progress, and the longest wait between two.
const (
	fetchAttempts   = 8
	fetchMaxBackoff = 2 * time.Second
)

func (r *Reader) head(ctx context.Context, key string) (info object.Info, err error) {
	err = retry(ctx, func() error { info, err = r.Objects.Head(ctx, key); return err })
	return info, err
}

// retry repeats what failed for a reason that may pass.
func retry(ctx context.Context, fn func() error) error {
	backoff := 10 * time.Millisecond
	for attempt := 1; ; attempt++ {
		err := fn()
		if err == nil || !errs.Is(err, errs.Unavailable) || attempt == fetchAttempts {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(jitter(backoff)):
		}
		backoff = min(2*backoff, fetchMaxBackoff)
	}
}

// download writes an object of known size to w, going on where a cut connection left off.
func (r *Reader) download(ctx context.Context, key string, bytes int64, w io.Writer) error {
	for at := int64(0); at < bytes; {
		before := at
		if err := retry(ctx, func() error { return r.piece(ctx, key, &at, bytes, w) }); err != nil {
			return err
		}
		if at == before {
			return errs.New(errs.Unavailable, "object-short", "object %q ends at %d of %d bytes", key, at, bytes)
		}
	}
	return nil
}

// piece reads on from *at for as long as it goes.
func (r *Reader) piece(ctx context.Context, key string, at *int64, bytes int64, w io.Writer) error {
	body, err := r.Objects.GetRange(ctx, key, *at, bytes-*at)
	if err != nil {
		return err
	}
	defer body.Close()
	n, err := io.Copy(w, body)
	*at += n
	return err
}
