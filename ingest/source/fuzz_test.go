package source_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/assaydb/assay/ingest/source"
)

// FuzzOpen decodes uploads whose compression is anything: text within the limit or an error, never a panic.
func FuzzOpen(f *testing.F) {
	const most = 1 << 16
	f.Add(zip(f, []byte("a,b\n1,2\n")), uint8(0))
	f.Add(zip(f, zip(f, []byte("a,b\n1,2\n"))), uint8(1))
	f.Add([]byte("\x28\xb5\x2f\xfd\x04\x00\x09\x00\x00a"), uint8(2))
	encodings := []string{"", "gzip", "zstd"}
	f.Fuzz(func(t *testing.T, in []byte, which uint8) {
		r, err := source.Open(bytes.NewReader(in), encodings[int(which)%len(encodings)], source.Limits{MaxBytes: most, MaxRatio: 1000})
		if err != nil {
			return
		}
		defer r.Close()
		if n, err := io.Copy(io.Discard, r); n > most && err == nil {
			t.Fatalf("%d bytes came through a limit of %d", n, most)
		}
	})
}
