package ingest

import (
	"bytes"
	"context"
	"io"

	"github.com/assaydb/assay/ingest/source"
	"github.com/assaydb/assay/storage/errs"
)

// Preview says what the first bytes of a file look like as a table: what Sniff says of a whole one. head is what has arrived, and
// whole that it is all there is; at most limit decoded bytes are looked at, up to the last line that ends among them. A Parquet file, which is read from its end, is looked at when all of it is there.
func Preview(ctx context.Context, head io.Reader, whole bool, limit int64, opts Options) (*Sniffed, error) {
	body, err := source.Open(head, "", source.Limits{})
	if err != nil {
		return nil, err
	}
	defer body.Close()
	if format, err := body.Format(); err == nil && format == source.Parquet {
		if !whole {
			return nil, errs.New(errs.Conflict, "preview-too-early", "a Parquet file is read from its end: the preview needs all of it")
		}
		return Sniff(ctx, body, opts)
	}
	text, err := io.ReadAll(io.LimitReader(body, limit+1))
	cut := !whole
	switch {
	case int64(len(text)) > limit:
		cut = true
	case err != nil && (whole || len(text) == 0):
		return nil, err // a compressed file that breaks off is only what has arrived so far
	}
	if cut {
		text = lastLine(text[:min(int64(len(text)), limit)])
	}
	return Sniff(ctx, bytes.NewReader(text), opts)
}

// lastLine cuts a head behind its last line end. UTF-16, whose line ends are two bytes, is cut between characters.
func lastLine(b []byte) []byte {
	if bytes.IndexByte(b[:min(len(b), 256)], 0) >= 0 || bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff}) {
		return b[:len(b)&^1]
	}
	if at := bytes.LastIndexAny(b, "\r\n"); at >= 0 {
		return b[:at+1]
	}
	return b
}
