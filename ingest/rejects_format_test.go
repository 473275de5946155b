package ingest

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

var sampleRejects = []Reject{
	{Line: 4, ByteOffset: 57, Column: "value", Reason: "the cell is not a number (BIGINT)", Raw: `3,"n/a",`},
	{Line: 5, ByteOffset: 68, Reason: "not UTF-8", RawBase64: []byte{0xff}, RawBytes: 1 << 21},
}

const sampleRejectLines = rejectsVersion + `
{"line":4,"byte_offset":57,"column":"value","reason":"the cell is not a number (BIGINT)","raw":"3,\"n/a\","}
{"line":5,"byte_offset":68,"column":"","reason":"not UTF-8","raw_base64":"/w==","raw_bytes":2097152}
`

// TestRejectsGolden pins the rejects file: its lines as written now, and a compressed file of this version that must stay readable.
func TestRejectsGolden(t *testing.T) {
	var g ledger
	defer g.close()
	for _, r := range sampleRejects {
		if err := g.add(t.TempDir(), r); err != nil {
			t.Fatal(err)
		}
	}
	var file bytes.Buffer
	if err := g.copyTo(&file); err != nil {
		t.Fatal(err)
	}
	z, err := zstd.NewReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if got, err := io.ReadAll(z); err != nil || string(got) != sampleRejectLines {
		t.Errorf("a rejects file now holds\n%s\nit held\n%s\n%v: raise the version in its first line and keep reading the old form", got, sampleRejectLines, err)
	}
	kept, err := os.Open("testdata/rejects-v1.ndjson.zst")
	if err != nil {
		t.Fatal(err)
	}
	lines, err := newRejectLines(kept)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := lines.copyTo(&text, RejectsNDJSON); err != nil || rejectsVersion+"\n"+text.String() != sampleRejectLines {
		t.Fatalf("a rejects file that was written before reads as\n%s%v", text.String(), err)
	}
}

// FuzzRejects reads rejects files of the right version whose lines are anything.
func FuzzRejects(f *testing.F) {
	f.Add(strings.TrimPrefix(sampleRejectLines, rejectsVersion+"\n"))
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, lines string) {
		file := z.EncodeAll([]byte(rejectsVersion+"\n"+lines), nil)
		r, err := newRejectLines(io.NopCloser(bytes.NewReader(file)))
		if err != nil {
			t.Fatal(err)
		}
		_ = r.copyTo(io.Discard, RejectsCSV)
	})
}
