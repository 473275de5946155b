package ingest

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/assaydb/assay/ingest/convert"
	"github.com/assaydb/assay/ingest/csvscan"
	"github.com/assaydb/assay/ingest/jsonscan"
	"github.com/assaydb/assay/ingest/parquetscan"
	"github.com/assaydb/assay/ingest/source"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// headBytes is how much of a file is looked at for its dialect and header. Types never rest on it.
const headBytes = 1 << 20

// scanner cuts a file into records.
type scanner interface {
	// Next fills a chunk; io.EOF at the end.
	Next(c *csvscan.Chunk) error
	// Offset is the bytes of what was returned.
	Offset() int64
}

// text is a file whose dialect is known, ready to be scanned.
type text struct {
	dialect  Dialect
	header   bool
	names    []string // of the fields, made unique
	width    int
	base     int64 // offset of the first byte scanned: behind a mark of UTF-8 and the preamble
	lines    int64 // lines before it
	mark     int64 // bytes of a mark
	preamble []AsideLine
	topLine  string // the header as it stands in the file
	evidence []Evidence
	trails   *trails // nil: the trailer is declared
	ignored  []bool  // fields that are left out; nil for none
	mapping  *Mapping
	mapped   bool // the mapping named the fields, header or not
	ends     bool // records end with a delimiter, the header does not
	limits   TextLimits
	point    bool // the decimal point is declared: columns prove none
	amends   bool // the lines are corrected rejects: a field "error" may stand before theirs
	scanner  scanner
	head     []byte               // what the scanner reads first; until it does
	whole    bool                 // that is all
	table    *schema.Table        // that the lines go into, where the nesting of values depends on it
	objects  *jsonscan.Scanner    // the scanner, of JSON Lines
	parquet  *parquetscan.Scanner // the scanner, of a Parquet file
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

// open finds charset, dialect and header. table, which may be nil, helps to recognise a header.
func (t *text) open(r io.Reader, charset source.Charset, opts *Options, table *schema.Table) error {
	chars, begun, err := t.characters(r, charset, opts)
	if err != nil {
		return err
	}
	head, whole := begun.head, begun.whole()
	if len(head) == 0 {
		return errs.New(errs.Invalid, "empty-file", "the file is empty")
	}
	if head, err = t.settle(head, whole, begun, opts, table); err != nil {
		return err
	}
	t.noteCharset(chars, opts)
	t.dialect.Charset = string(chars.Charset)
	if err := t.readHeader(head, whole, opts, table); err != nil {
		return err
	}
	if t.dialect.Trailer == nil {
		t.trails = &trails{width: t.width, escape: t.dialect.scan().Escape, pattern: trailerPattern()}
	}
	t.scanner, t.head, t.whole = csvscan.New(begun, t.dialect.scan(), t.limits.LineBytes), head, whole
	return nil
}

// characters finds the charset and gives the text behind its mark.
func (t *text) characters(r io.Reader, charset source.Charset, opts *Options) (*source.Text, *peeker, error) {
	raw, err := newPeeker(r, headBytes)
	if err != nil {
		return nil, nil, err
	}
	if charset == "" {
		if charset, err = t.pickCharset(raw.head, opts.Charset); err != nil {
			return nil, nil, err
		}
	}
	chars, err := source.NewText(raw, charset)
	if err != nil {
		return nil, nil, err
	}
	t.base, t.mark = chars.Skipped, chars.Skipped
	begun, err := newPeeker(chars, headBytes)
	return chars, begun, err
}

// named tells that the fields have names, from a header, a mapping or the format.
func (t *text) named() bool { return t.header || t.mapped || t.dialect.Format != "" }

// settle decides on the dialect and passes over the preamble.
func (t *text) settle(head []byte, whole bool, r *peeker, opts *Options, table *schema.Table) (rest []byte, err error) {
	g := detectDialect(head, whole, opts)
	if t.dialect, err = opts.dialect(g.dialect); err != nil {
		return nil, err
	}
	t.point = opts.Decimal != ""
	if t.dialect.LineEnd = lineEnds(head); t.dialect.LineEnd != "" {
		g.note("line_end", t.dialect.LineEnd, sure, 0, "counted in the first %d bytes", len(head))
	}
	if opts.Skip == "" {
		t.dialect.Skip = t.detectPreamble(head, whole, g, table)
	} else {
		g.note("preamble", opts.Skip, sure, 0, "declared")
	}
	t.evidence = append(t.evidence, g.evidence...)
	if t.dialect.Skip == 0 {
		return head, nil
	}
	lines, n, ok := skipLines(head, t.dialect.Skip)
	if !ok {
		return nil, errs.New(errs.Meaning, "skip-too-far", "skip=%d: the file's first %d bytes hold fewer lines", t.dialect.Skip, len(head)).WithHint("skip fewer lines")
	}
	r.discard(n)
	t.preamble, t.base, t.lines = lines, t.base+int64(n), int64(t.dialect.Skip)
	if opts.Skip == "" {
		t.warnings = append(t.warnings, fmt.Sprintf("the first %s no part of the table and set aside; declare skip=0 if that is wrong", lineCountAre(t.dialect.Skip)))
	}
	return head[n:], nil
}

func lineCountAre(n int) string {
	if n == 1 {
		return "line is"
	}
	return strconv.Itoa(n) + " lines are"
}

func lineCount(n int64) string { return strconv.FormatInt(n, 10) }

// noteCharset says why the characters are read as they are.
func (t *text) noteCharset(chars *source.Text, opts *Options) {
	e := Evidence{What: "encoding", Value: string(chars.Charset), Confidence: 0.95, Why: "every byte looked at is valid UTF-8"}
	switch {
	case opts.Charset != "":
		e.Confidence, e.Why = sure, "declared"
	case chars.Marked:
		e.Confidence, e.Why, e.Line = sure, "the file begins with its byte order mark", 1
	case t.guessed16:
		e.Confidence, e.Why = 0.9, "there is no byte order mark, and every second byte is zero"
	case chars.Charset == source.Windows1252:
		e.Confidence, e.Why = 0.7, "some bytes are no UTF-8, and all of them are letters or signs of Windows-1252"
	}
	t.evidence = append([]Evidence{e}, t.evidence...)
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
func (t *text) rules() (convert.Rules, error) {
	d := &t.dialect
	r := convert.Rules{MaxCell: t.limits.CellBytes}
	if t.parquet != nil {
		return r, nil // its values are no text of someone's making
	}
	r.Null, r.Ends = d.Null, t.ends
	if d.Format == "" {
		r.Escape = d.scan().Escape
	}
	if t.point {
		r.Point = d.Decimal[0]
	}
	if d.Thousands != "" {
		r.Point, r.Thousands = d.Decimal[0], d.Thousands[0]
	}
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
