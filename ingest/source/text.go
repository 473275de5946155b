package source

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/assaydb/assay/storage/errs"
)

// Charset is how bytes stand for characters.
type Charset string

// The charsets.
const (
	UTF8        Charset = "utf-8"
	UTF16LE     Charset = "utf-16le"
	UTF16BE     Charset = "utf-16be"
	Latin1      Charset = "latin-1"
	Windows1252 Charset = "windows-1252"
)

// ParseCharset reads a declared charset. "" and "utf-16" stand for what the byte order mark says ("utf-16" without one is
// little endian).
func ParseCharset(s string) (Charset, error) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "":
		return "", nil
	case "utf-8", "utf8":
		return UTF8, nil
	case "utf-16", "utf16", "utf-16le", "utf16le":
		return UTF16LE, nil
	case "utf-16be", "utf16be":
		return UTF16BE, nil
	case "latin-1", "latin1", "iso-8859-1":
		return Latin1, nil
	case "windows-1252", "cp1252", "windows1252":
		return Windows1252, nil
	}
	return "", errs.New(errs.Invalid, "bad-charset", "encoding %q is not known", s).WithHint("use utf-8, utf-16, utf-16le, utf-16be, latin-1 or windows-1252")
}

// mark returns the charset and length of a byte order mark.
func mark(head []byte) (Charset, int) {
	switch {
	case bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}):
		return UTF8, 3
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return UTF16LE, 2
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return UTF16BE, 2
	}
	return "", 0
}

// Text is a body as UTF-8.
type Text struct {
	Charset Charset
	Marked  bool  // it began with a byte order mark
	Skipped int64 // bytes of UTF-8 text before the first one that Read gives: the mark of a UTF-8 file
	r       io.Reader
	src     []byte // read and not yet converted
	eof     error
	few     [utf8.UTFMax]byte
	spare   []byte // of few, not yet given
	decode  func(dst, src []byte, final bool) (nd, ns int)
}

// NewText reads the byte order mark and returns the characters behind it. declared "" means the mark's charset, else UTF-8.
func NewText(r io.Reader, declared Charset) (*Text, error) {
	head := make([]byte, 3)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	head = head[:n]
	t := &Text{Charset: declared, r: r}
	marked, length := mark(head)
	if marked != "" && (declared == "" || declared == marked || isUTF16(declared) && isUTF16(marked)) {
		t.Charset, t.Marked = marked, true
		if marked == UTF8 {
			t.Skipped = int64(length)
		}
		head = head[length:]
	}
	switch t.Charset {
	case UTF16LE:
		t.decode = utf16Decoder(0)
	case UTF16BE:
		t.decode = utf16Decoder(1)
	case Latin1:
		t.decode = func(dst, src []byte, _ bool) (int, int) { return decodeBytes(dst, src, nil) }
	case Windows1252:
		t.decode = func(dst, src []byte, _ bool) (int, int) { return decodeBytes(dst, src, &windows1252) }
	default:
		t.Charset = UTF8
		t.r = io.MultiReader(bytes.NewReader(head), r)
		return t, nil
	}
	t.src = append(make([]byte, 0, 32<<10), head...)
	return t, nil
}

func isUTF16(c Charset) bool { return c == UTF16LE || c == UTF16BE }

// Read gives UTF-8.
func (t *Text) Read(p []byte) (int, error) {
	if t.decode == nil {
		return t.r.Read(p)
	}
	if len(t.spare) == 0 && len(p) < utf8.UTFMax { // a character may not fit: it is handed out in parts
		n, err := t.convert(t.few[:])
		if err != nil {
			return 0, err
		}
		t.spare = t.few[:n]
	}
	if len(t.spare) > 0 {
		n := copy(p, t.spare)
		t.spare = t.spare[n:]
		return n, nil
	}
	return t.convert(p)
}

// convert fills p, which has room for a character.
func (t *Text) convert(p []byte) (int, error) {
	for {
		nd, ns := t.decode(p, t.src, t.eof != nil)
		t.src = t.src[:copy(t.src, t.src[ns:])]
		if nd > 0 {
			return nd, nil
		}
		if t.eof != nil {
			return 0, t.eof
		}
		n, err := t.r.Read(t.src[len(t.src):cap(t.src)])
		t.src = t.src[:len(t.src)+n]
		t.eof = err
	}
}

// utf16Decoder returns a decoder whose high byte stands at offset 1-big of each pair. A lone surrogate comes out as its three
// bytes, and an odd last byte as 0xFF: neither is valid UTF-8.
func utf16Decoder(big int) func(dst, src []byte, final bool) (int, int) {
	unit := func(b []byte) rune { return rune(b[1-big])<<8 | rune(b[big]) }
	return func(dst, src []byte, final bool) (nd, ns int) {
		for len(src)-ns >= 2 && len(dst)-nd >= utf8.UTFMax {
			r, size := unit(src[ns:]), 2
			if r >= 0xd800 && r < 0xdc00 {
				if len(src)-ns < 4 && !final {
					break
				}
				if len(src)-ns >= 4 {
					if low := unit(src[ns+2:]); low >= 0xdc00 && low < 0xe000 {
						r, size = 0x10000+(r-0xd800)<<10+(low-0xdc00), 4
					}
				}
			}
			nd += putRune(dst[nd:], r)
			ns += size
		}
		if final && len(src)-ns == 1 && len(dst) > nd {
			dst[nd] = 0xff
			nd, ns = nd+1, ns+1
		}
		return nd, ns
	}
}

// putRune encodes r, surrogates too (utf8.EncodeRune would replace those).
func putRune(dst []byte, r rune) int {
	if r >= 0xd800 && r < 0xe000 {
		dst[0], dst[1], dst[2] = 0xe0|byte(r>>12), 0x80|byte(r>>6)&0x3f, 0x80|byte(r)&0x3f
		return 3
	}
	return utf8.EncodeRune(dst, r)
}

// windows1252 is what 0x80 to 0x9f stand for; 0 where nothing is assigned, which comes out as the bare byte: no valid UTF-8.
var windows1252 = [32]rune{
	0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0,
	0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
}

func decodeBytes(dst, src []byte, table *[32]rune) (nd, ns int) {
	for ns < len(src) && len(dst)-nd >= utf8.UTFMax {
		b := src[ns]
		ns++
		switch {
		case b < 0x80:
			dst[nd] = b
			nd++
		case b < 0xa0 && table != nil && table[b-0x80] == 0:
			dst[nd] = b
			nd++
		case b < 0xa0 && table != nil:
			nd += utf8.EncodeRune(dst[nd:], table[b-0x80])
		default:
			nd += utf8.EncodeRune(dst[nd:], rune(b))
		}
	}
	return nd, ns
}

// LooksWindows1252 reports whether bytes that are not UTF-8 are clearly Windows-1252: none of their high bytes begin a valid UTF-8
// character, every one is assigned there, and each that is a letter stands beside a letter.
func LooksWindows1252(b []byte) bool {
	high := false
	for i, c := range b {
		if c < 0x80 {
			continue
		}
		high = true
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case r != utf8.RuneError || n > 1:
			return false
		case c < 0xa0 && windows1252[c-0x80] == 0:
			return false
		case c >= 0xc0 && c != 0xd7 && c != 0xf7 && !(i > 0 && letter(b[i-1])) && !(i+1 < len(b) && letter(b[i+1])):
			return false
		}
	}
	return high
}

// LooksUTF16 returns the charset of text that has no byte order mark and is clearly UTF-16 of a Latin script: nearly every second
// byte is zero, and no other.
func LooksUTF16(b []byte) Charset {
	b = b[:min(len(b), 4096)&^1]
	var zeros [2]int
	for i, c := range b {
		if c == 0 {
			zeros[i&1]++
		}
	}
	pairs := len(b) / 2
	switch {
	case pairs >= 4 && zeros[0] == 0 && 4*zeros[1] > 3*pairs:
		return UTF16LE
	case pairs >= 4 && zeros[1] == 0 && 4*zeros[0] > 3*pairs:
		return UTF16BE
	}
	return ""
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0xc0 }
