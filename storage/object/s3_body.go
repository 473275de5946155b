package object

import (
	"io"
	"time"

	"github.com/assaydb/assay/storage/errs"
)

// body is an object being read; a failure in the middle is worth another attempt.
type body struct {
	s   *S3
	key string
	r   io.ReadCloser
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && err != io.EOF {
		err = errs.New(errs.Unavailable, "object-read", "read object %q from %s: %w", b.key, b.s, err)
	}
	return n, err
}

func (b *body) Close() error { return b.r.Close() }

// idleLimit is how long a body may stay silent. A server that stops sending in the middle would otherwise hold a reader for
// ever: the context alone knows no such limit, and a limit on the whole would cut slow but living transfers.
type idleLimit time.Duration

func (l idleLimit) watch(r io.ReadCloser) io.ReadCloser {
	w := &watched{r: r, limit: time.Duration(l)}
	w.timer = time.AfterFunc(w.limit, func() { r.Close() })
	return w
}

type watched struct {
	r     io.ReadCloser
	limit time.Duration
	timer *time.Timer
}

func (w *watched) Read(p []byte) (int, error) {
	w.timer.Reset(w.limit)
	n, err := w.r.Read(p)
	if !w.timer.Stop() && err != nil && err != io.EOF {
		err = errs.New(errs.Unavailable, "object-silent", "nothing came for %s: %w", w.limit, err)
	}
	return n, err
}

func (w *watched) Close() error {
	w.timer.Stop()
	return w.r.Close()
}
