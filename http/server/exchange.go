package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/assaydb/assay/storage/errs"
)

// exchange is one request's response writer: it counts, and it pushes the connection's deadline ahead of every write, so that a
// slow result may take hours and a client that reads nothing may not.
type exchange struct {
	http.ResponseWriter
	control *http.ResponseController
	idle    time.Duration
	status  int
	bytes   int64
	query   *query
	queryID string // for the access log
	who     string
}

func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

func (x *exchange) WriteHeader(status int) {
	if status >= 200 && x.status == 0 {
		x.status = status
	}
	x.ResponseWriter.WriteHeader(status)
}

func (x *exchange) Write(p []byte) (int, error) {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	x.control.SetWriteDeadline(time.Now().Add(x.idle)) //nolint:errcheck // a connection without deadlines is a test's
	n, err := x.ResponseWriter.Write(p)
	x.bytes += int64(n)
	return n, err
}

// patientBody reads a request body under a deadline for each read instead of one for all: uploads may take hours, silence may not.
// The deadline is lifted at the body's end, since net/http then reads on in the background and would take its passing for the client's
// leaving. It stays after any other failure, and holds from the start for a body that no handler reads: net/http itself reads what
// is left before it answers, and would wait for a silent client for ever.
type patientBody struct {
	io.ReadCloser
	control *http.ResponseController
	idle    time.Duration
}

func (b *patientBody) Read(p []byte) (int, error) {
	b.control.SetReadDeadline(time.Now().Add(b.idle)) //nolint:errcheck // as above
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		b.control.SetReadDeadline(time.Time{}) //nolint:errcheck // as above
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return n, errs.New(errs.Timeout, "upload-stalled", "nothing of the body arrived for %s", b.idle)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return n, errs.New(errs.Invalid, "body-cut", "the connection ended before the body did: %w", err)
	}
	return n, err
}

type exchangeKey struct{}

// exchangeOf finds the exchange of a running request.
func exchangeOf(r *http.Request) *exchange {
	x, _ := r.Context().Value(exchangeKey{}).(*exchange)
	return x
}

func withExchange(r *http.Request, x *exchange) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
}
