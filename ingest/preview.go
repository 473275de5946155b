package ingest

import (
	"bytes"
	"context"
	"io"

	"github.com/assaydb/assay/ingest/source"
)

// Preview says what the first bytes of a file look like as a table: what Sniff says of a whole one. head is what has arrived, and
// whole that it is all there is; at most limit decoded bytes are looked at, up to the last line that ends among them.
func Preview(ctx context.Context, head io.Reader, whole bool, limit int64, opts Options) (*Sniffed, error) {
	body, err := source.Open(head, "", source.Limits{})
	if err != nil {
		return nil, err
	}
	defer body.Close()
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
