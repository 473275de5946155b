package source_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/assaydb/assay/ingest/source"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func zip(t testing.TB, data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstandard(t testing.TB, data []byte) []byte {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return w.EncodeAll(data, nil)
}

func read(body []byte, encoding string, l source.Limits) ([]byte, *source.Reader, error) {
	r, err := source.Open(bytes.NewReader(body), encoding, l)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	return b, r, err
}

func TestDecode(t *testing.T) {
	text := []byte(strings.Repeat("a,b\n1,2\n", 1000))
	for name, c := range map[string]struct {
		body     []byte
		encoding string
	}{
		"plain": {text, ""}, "identity": {text, "identity"},
		"gzip declared": {zip(t, text), "gzip"}, "gzip by magic": {zip(t, text), ""},
		"zstd declared": {zstandard(t, text), "zstd"}, "zstd by magic": {zstandard(t, text), ""},
		"gz file sent as zstd": {zstandard(t, zip(t, text)), "zstd"},
		"gzip members":         {append(zip(t, text[:4000]), zip(t, text[4000:])...), "gzip"},
	} {
		got, r, err := read(c.body, c.encoding, source.Limits{})
		if err != nil || !bytes.Equal(got, text) {
			t.Fatalf("%s: %d bytes, %v", name, len(got), err)
		}
		if r.Digest() != schema.Digest(sha256.Sum256(text)) || r.Bytes() != int64(len(text)) {
			t.Fatalf("%s: digest or count is wrong", name)
		}
	}
}

func TestRefusals(t *testing.T) {
	text := []byte(strings.Repeat("a,b\n1,2\n", 1000))
	z := zip(t, text)
	bent := bytes.Clone(z)
	bent[len(bent)-6] ^= 1 // the CRC
	for name, c := range map[string]struct {
		body     []byte
		encoding string
		limits   source.Limits
		code     string
	}{
		"truncated gzip": {z[:len(z)-12], "gzip", source.Limits{}, "truncated"},
		"truncated zstd": {zstandard(t, text)[:20], "zstd", source.Limits{}, "truncated"},
		"bent gzip":      {bent, "gzip", source.Limits{}, "damaged"},
		"not gzip":       {text, "gzip", source.Limits{}, "bad-encoding"},
		"unknown":        {text, "br", source.Limits{}, "bad-encoding"},
		"too large":      {text, "", source.Limits{MaxBytes: 100}, "upload-too-large"},
		"bomb":           {zip(t, make([]byte, source.RatioFree+10<<20)), "gzip", source.Limits{}, "decompression-ratio"},
	} {
		_, _, err := read(c.body, c.encoding, c.limits)
		if e := errs.As(err); e == nil || e.Code != c.code {
			t.Errorf("%s: %v, want code %s", name, err, c.code)
		}
	}
	broken := errors.New("connection reset")
	r, err := source.Open(io.MultiReader(bytes.NewReader(z[:40]), iotest.ErrReader(broken)), "gzip", source.Limits{})
	if err == nil {
		_, err = io.ReadAll(r)
	}
	if !errors.Is(err, broken) {
		t.Errorf("a lost connection gives %v", err)
	}
}

func textOf(t *testing.T, in []byte, declared source.Charset) (string, *source.Text) {
	x, err := source.NewText(iotest.OneByteReader(bytes.NewReader(in)), declared)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(x)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), x
}

func encode16(s string, big, mark bool) (out []byte) {
	if mark {
		s = "\ufeff" + s
	}
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

func TestCharsets(t *testing.T) {
	s := "Größe,µmol/l,😀\n"
	for name, c := range map[string]struct {
		in       []byte
		declared source.Charset
		want     string
	}{
		"utf-8": {[]byte(s), "", s}, "utf-8 marked": {[]byte("\ufeff" + s), "", s},
		"utf-16le marked": {encode16(s, false, true), "", s}, "utf-16be marked": {encode16(s, true, true), "", s},
		"utf-16le declared":               {encode16(s, false, false), source.UTF16LE, s},
		"utf-16be marked but declared le": {encode16(s, true, true), source.UTF16LE, s},
		"latin-1":                         {[]byte("Gr\xf6\xdfe \x80"), source.Latin1, "Größe \u0080"},
		"windows-1252":                    {[]byte("Gr\xf6\xdfe \x80"), source.Windows1252, "Größe €"},
		"empty":                           {nil, "", ""}, "one byte": {[]byte("a"), "", "a"},
	} {
		if got, _ := textOf(t, c.in, c.declared); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		// A reader may ask for less than a character takes.
		txt, err := source.NewText(bytes.NewReader(c.in), c.declared)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(iotest.OneByteReader(txt)); err != nil || string(got) != c.want {
			t.Errorf("%s in single bytes: %q, %v; want %q", name, got, err, c.want)
		}
	}
	for name, c := range map[string]struct {
		in       []byte
		declared source.Charset
	}{
		"lone surrogate": {[]byte{'a', 0, 0x00, 0xd8, 'b', 0}, source.UTF16LE}, "odd byte": {[]byte{'a', 0, 'b'}, source.UTF16LE},
		"unassigned": {[]byte("a\x81b"), source.Windows1252},
	} {
		if got, _ := textOf(t, c.in, c.declared); utf8.ValidString(got) {
			t.Errorf("%s: %q came out valid", name, got)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add([]byte("\xff\xfea\x00"), uint8(0))
	f.Add([]byte("Gr\xf6\xdfe"), uint8(4))
	all := []source.Charset{"", source.UTF16LE, source.UTF16BE, source.Latin1, source.Windows1252}
	f.Fuzz(func(t *testing.T, in []byte, c uint8) {
		whole, err := source.NewText(bytes.NewReader(in), all[int(c)%len(all)])
		if err != nil {
			t.Fatal(err)
		}
		a, _ := io.ReadAll(whole)
		b, _ := textOf(t, in, all[int(c)%len(all)])
		if string(a) != b {
			t.Fatalf("%q gives %q whole and %q byte by byte", in, a, b)
		}
	})
}
