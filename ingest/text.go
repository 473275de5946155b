package ingest

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/assaydb/assay/ingest/convert"
	"github.com/assaydb/assay/ingest/csvscan"
	"github.com/assaydb/assay/ingest/source"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// headBytes is how much of a file is looked at for its dialect and header. Types never rest on it.
const headBytes = 1 << 20

// text is a file whose dialect is known, ready to be scanned.
type text struct {
	dialect  Dialect
	header   bool
	names    []string // of the fields, made unique
	width    int
	base     int64 // offset of the text's first byte in the decoded bytes
	scanner  *csvscan.Scanner
	ahead    *ahead
	warnings []string
	// guessed16: the charset is UTF-16 by the look of it
	guessed16 bool
}

func (t *text) close() {
	if t.ahead != nil {
		t.ahead.close()
	}
}

// openText finds charset, dialect and header. table, which may be nil, helps to recognise a header. It closes a on error.
func openText(a *ahead, charset source.Charset, opts *Options, table *schema.Table) (*text, error) {
	t := &text{ahead: a}
	if err := t.open(a, charset, opts, table); err != nil {
		a.close()
		return nil, err
	}
	return t, nil
}

func (t *text) open(r io.Reader, charset source.Charset, opts *Options, table *schema.Table) error {
	raw := bufio.NewReaderSize(r, headBytes)
	head, err := raw.Peek(headBytes)
	if err != nil && err != io.EOF {
		return err
	}
	if charset == "" {
		if charset, err = t.pickCharset(head, opts.Charset); err != nil {
			return err
		}
	}
	chars, err := source.NewText(raw, charset)
	if err != nil {
		return err
	}
	t.base = chars.Skipped
	buffered := bufio.NewReaderSize(chars, headBytes)
	head, err = buffered.Peek(headBytes)
	if err != nil && err != io.EOF {
		return err
	}
	whole := err == io.EOF
	if len(head) == 0 {
		return errs.New(errs.Invalid, "empty-file", "the file is empty")
	}
	t.dialect, err = opts.dialect(detectDialect(head, whole, opts))
	if err != nil {
		return err
	}
	t.dialect.Charset = string(chars.Charset)
	if err := t.readHeader(head, whole, opts, table); err != nil {
		return err
	}
	t.scanner = csvscan.New(buffered, t.dialect.scan(), 0)
	return nil
}

// pickCharset takes what is declared or marked. Otherwise a head that is no UTF-8 at all and could be Windows-1252 is taken as
// that, with a warning; single bad bytes in UTF-8 reject their rows instead.
func (t *text) pickCharset(head []byte, declared string) (source.Charset, error) {
	c, err := source.ParseCharset(declared)
	if err != nil || c != "" {
		return c, err
	}
	if len(head) >= 2 && (head[0] == 0xff && head[1] == 0xfe || head[0] == 0xfe && head[1] == 0xff) {
		return "", nil
	}
	if c := source.LooksUTF16(head); c != "" {
		t.guessed16 = true
		t.warnings = append(t.warnings, warnUTF16)
		return c, nil
	}
	if !utf8.Valid(wholeRunes(head)) && source.LooksWindows1252(head) {
		t.warnings = append(t.warnings, warnGuessed)
		return source.Windows1252, nil
	}
	return "", nil
}

// wholeRunes drops a character that the head cuts in two.
func wholeRunes(b []byte) []byte {
	for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
		if c := b[len(b)-i]; utf8.RuneStart(c) {
			if c >= 0x80 && !utf8.FullRune(b[len(b)-i:]) {
				return b[:len(b)-i]
			}
			break
		}
	}
	return b
}

// scan returns what the scanner needs of a dialect that is decided.
func (d *Dialect) scan() csvscan.Dialect {
	s := csvscan.Dialect{Delimiter: d.Delimiter[0]}
	if d.Quote != "" {
		s.Quote, s.Escape = d.Quote[0], d.Escape[0]
	}
	return s
}

// rules returns what the conversion needs.
func (d *Dialect) rules() (convert.Rules, error) {
	r := convert.Rules{Null: d.Null, Point: d.Decimal[0], Escape: d.scan().Escape}
	var err error
	if d.DateFormat != "" {
		if r.DateFormat, err = convert.ParsePattern(d.DateFormat); err != nil {
			return r, err
		}
	}
	if d.TimestampFormat != "" {
		r.TimestampFormat, err = convert.ParsePattern(d.TimestampFormat)
	}
	return r, err
}

// cells returns a record's fields as text.
func cells(ch *csvscan.Chunk, rec *csvscan.Record, escape byte) []string {
	out := make([]string, 0, rec.Fields)
	for _, f := range ch.Row(rec) {
		b := ch.Bytes(f)
		if f.Escaped() {
			b = csvscan.Unescape(nil, b, escape)
		}
		out = append(out, strings.ToValidUTF8(string(b), "\uFFFD"))
	}
	return out
}
