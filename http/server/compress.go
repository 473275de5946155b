package server

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/assaydb/assay/storage/errs"
	kgzip "github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// acceptedEncoding picks how to compress a response: zstd before gzip, nothing unless the client asks.
func acceptedEncoding(header string) string {
	best, bestQ := "", 0.0
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		name, q := strings.ToLower(strings.TrimSpace(name)), 1.0
		if text, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			q, _ = strconv.ParseFloat(text, 64)
		}
		if (name == "zstd" && q >= bestQ || name == "gzip" && q > bestQ) && q > 0 {
			best, bestQ = name, q
		}
	}
	return best
}

// flushCloser is a compressor, or nothing in its place.
type flushCloser interface {
	io.Writer
	Flush() error
	Close() error
}

type plain struct{ io.Writer }

func (plain) Flush() error { return nil }
func (plain) Close() error { return nil }

// compressTo announces the encoding and returns what to write to. Close ends the compressed stream and leaves w open; a response that
// fails must not be closed.
func compressTo(w http.ResponseWriter, encoding string) (flushCloser, error) {
	w.Header().Add("Vary", "Accept-Encoding")
	switch encoding {
	case "zstd":
		w.Header().Set("Content-Encoding", "zstd")
		return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
	case "gzip":
		w.Header().Set("Content-Encoding", "gzip")
		return kgzip.NewWriterLevel(w, kgzip.BestSpeed)
	}
	return plain{w}, nil
}

// decoded undoes the Content-Encoding of a small request body; limit bounds what comes out, so a bomb gives 413.
func decoded(r *http.Request, limit int64) (io.Reader, error) {
	var body io.Reader = r.Body
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
	case "gzip":
		g, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, errs.New(errs.Invalid, "bad-gzip", "the body is not gzip: %w", err)
		}
		body = g
	case "zstd":
		z, err := zstd.NewReader(r.Body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
		if err != nil {
			return nil, errs.New(errs.Invalid, "bad-zstd", "the body is not zstd: %w", err)
		}
		body = z.IOReadCloser()
	default:
		return nil, errs.New(errs.MediaType, "bad-encoding", "Content-Encoding %q is not known", encoding).WithHint("use gzip, zstd or none")
	}
	return &bounded{r: body, left: limit, limit: limit}, nil
}

// bounded fails once more than limit bytes have come.
type bounded struct {
	r           io.Reader
	left, limit int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n, errs.New(errs.TooLarge, "body-too-large", "the body is larger than the limit of %d bytes", b.limit)
	}
	if err != nil && !errors.Is(err, io.EOF) && errs.As(err) == nil {
		err = errs.New(errs.Invalid, "bad-body", "the body cannot be read: %w", err)
	}
	return n, err
}
