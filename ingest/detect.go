package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/assaydb/assay/ingest/csvscan"
)

// Evidence says what was found out about a file, how sure that is, and which line decided it.
type Evidence struct {
	What       string  `json:"what"`  // "encoding", "delimiter", "quote", "escape", "line_end", "preamble", "header", "trailer"
	Value      string  `json:"value"` // in the words of the upload's parameters
	Confidence float64 `json:"confidence"`
	Line       int64   `json:"line,omitempty"` // that decided, 0 when no single one did
	Why        string  `json:"why"`
}

// sure is the confidence of what was declared or marked.
const sure = 1.0

// guess is a dialect found in a file's head, and why.
type guess struct {
	dialect  Dialect
	evidence []Evidence
	best     consistency
}

func (g *guess) note(what, value string, confidence float64, line int64, why string, args ...any) {
	c := math.Round(min(max(confidence, 0), 1)*100) / 100
	g.evidence = append(g.evidence, Evidence{What: what, Value: value, Confidence: c, Line: line, Why: fmt.Sprintf(why, args...)})
}

// delimiters are those that are tried, the likeliest first: it wins where two fit alike.
func delimiters() []string { return []string{",", ";", "\t", "|", "~", "^"} }

// detectDialect finds delimiter, quote and escape in a file's head: the delimiter under which most records have the same number of
// fields, and more than one. Declared options narrow the choice.
func detectDialect(head []byte, whole bool, opts *Options) *guess {
	g := &guess{dialect: Dialect{Delimiter: ",", Quote: `"`, Escape: `"`, Decimal: "."}}
	declared, err := opts.dialect(g.dialect)
	if err != nil {
		return g
	}
	second := g.pickDelimiter(head, whole, opts, declared)
	if opts.Delimiter != "" {
		g.note("delimiter", declared.Delimiter, sure, 0, "declared")
	} else {
		g.noteDelimiter(second)
	}
	g.pickQuote(head, whole, opts, declared)
	g.pickEscape(head, whole, opts, declared)
	return g
}

// pickDelimiter returns the runner-up.
func (g *guess) pickDelimiter(head []byte, whole bool, opts *Options, declared Dialect) (second consistency) {
	for _, delimiter := range delimiters() {
		try := declared
		if opts.Delimiter == "" {
			try.Delimiter = delimiter
		}
		if try.Quote == try.Delimiter {
			continue
		}
		if opts.Delimiter == "" && g.best.records > 0 && bytes.IndexByte(head, delimiter[0]) < 0 {
			continue
		}
		c := measure(head, whole, &try)
		if c.better(g.best) {
			second = g.best
			g.best, g.dialect.Delimiter = c, try.Delimiter
		} else if c.better(second) {
			second = c
		}
		if opts.Delimiter != "" {
			break
		}
	}
	if s, ok := sepLine(head); ok && opts.Delimiter == "" {
		try := declared
		try.Delimiter = s
		g.dialect.Delimiter, g.best = s, measure(head, whole, &try)
	}
	return second
}

func (g *guess) noteDelimiter(second consistency) {
	b := g.best
	switch {
	case b.width < 2:
		g.note("delimiter", g.dialect.Delimiter, 0.5, 0, "no delimiter cuts the records alike: one column")
	case second.score() > 0:
		g.note("delimiter", g.dialect.Delimiter, b.score()*(1-0.5*second.score()*float64(second.width)/float64(b.width+second.width)), b.line,
			"%d of %d records have %d fields; the next best delimiter cuts %d of them into %d", b.agree, b.records, b.width, second.agree, second.width)
	default:
		g.note("delimiter", g.dialect.Delimiter, b.score(), b.line, "%d of %d records have %d fields, and no other delimiter cuts them", b.agree, b.records, b.width)
	}
}

// sepLine reads the line by which spreadsheets announce their delimiter: sep=;
func sepLine(head []byte) (string, bool) {
	end := bytes.IndexAny(head, "\r\n")
	if end < 0 || end > 8 {
		return "", false
	}
	line, ok := strings.CutPrefix(strings.Trim(string(head[:end]), `"`), "sep=")
	if !ok || len(line) != 1 || !strings.Contains(strings.Join(delimiters(), "")+": ", line) {
		return "", false
	}
	return line, true
}

// pickQuote takes an apostrophe for the quote where that explains fields which begin and end with one, and nothing speaks for ".
func (g *guess) pickQuote(head []byte, whole bool, opts *Options, declared Dialect) {
	if opts.Quote != "" {
		g.note("quote", declared.Quote, sure, 0, "declared")
		return
	}
	switch {
	case g.best.quoted > 0 && g.best.faults == 0:
		g.note("quote", `"`, sure, g.best.quotedLine, "%d fields stand in quotes, and all of them close", g.best.quoted)
	case g.best.quoted > 0:
		g.note("quote", `"`, 1-float64(g.best.faults)/float64(g.best.records), g.best.quotedLine, "%d fields stand in quotes; %d quotes do not close as they must", g.best.quoted, g.best.faults)
	case g.apostrophes(head, whole, opts, declared):
	default:
		g.note("quote", `"`, 0.8, 0, "no field stands in quotes: the usual one is taken")
	}
}

func (g *guess) apostrophes(head []byte, whole bool, opts *Options, declared Dialect) bool {
	if !bytes.Contains(head, []byte(g.dialect.Delimiter+"'")) && !bytes.HasPrefix(head, []byte("'")) && !bytes.Contains(head, []byte("\n'")) {
		return false
	}
	found := false
	for _, delimiter := range delimiters() {
		try := declared
		try.Quote, try.Escape, try.Delimiter = "'", "'", delimiter
		if opts.Delimiter != "" {
			try.Delimiter = declared.Delimiter
		}
		c := measure(head, whole, &try)
		if c.quoted >= 2 && 20*c.faults <= c.records && c.width > 1 && c.score() >= g.best.score() && (!found || c.better(g.best)) {
			found = true
			g.best, g.dialect.Quote, g.dialect.Escape, g.dialect.Delimiter = c, "'", "'", try.Delimiter
		}
	}
	if found {
		g.note("quote", "'", 0.9, g.best.quotedLine, "%d fields begin and end with an apostrophe, and none stands in double quotes", g.best.quoted)
	}
	return found
}

func (g *guess) pickEscape(head []byte, whole bool, opts *Options, declared Dialect) {
	quote := g.dialect.Quote
	if opts.Quote != "" {
		quote = declared.Quote
	}
	if quote == "" {
		return
	}
	if opts.Escape != "" {
		g.note("escape", declared.Escape, sure, 0, "declared")
		return
	}
	g.dialect.Escape = quote
	if at := bytes.Index(head, []byte(`\`+quote)); at >= 0 && g.dialect.Delimiter != `\` {
		try := declared
		try.Delimiter, try.Quote, try.Escape = g.dialect.Delimiter, quote, `\`
		if c := measure(head, whole, &try); c.faults < g.best.faults {
			g.dialect.Escape = `\`
			g.note("escape", `\`, 1-float64(c.faults)/float64(max(1, g.best.faults)), csvscan.Lines(head[:at]),
				"with doubled quotes %d records are faulty, with backslashes %d", g.best.faults, c.faults)
			g.best = c
		}
	}
}

// consistency says how well a dialect fits.
type consistency struct {
	records, faults int
	width           int   // the most frequent number of fields
	agree           int   // records that have it
	line            int64 // of the first of them
	quoted          int   // fields in quotes
	quotedLine      int64 // line of the first
}

func (c consistency) score() float64 {
	if c.records == 0 || c.width < 2 {
		return 0
	}
	return float64(c.agree) / float64(c.records)
}

// weight is the score, more for many fields: every row of a file of ten columns may hold one decimal comma, and some rows of it may
// be ragged, and the comma is no delimiter for that.
func (c consistency) weight() float64 {
	if s := c.score(); s >= 0.5 {
		return s * (1 + 0.15*math.Log2(float64(c.width)))
	}
	return c.score()
}

// better prefers agreement over many fields; where two delimiters agree alike, the one that cuts more.
func (c consistency) better(best consistency) bool {
	if best.records == 0 {
		return c.records > 0
	}
	a, b := c.weight(), best.weight()
	return a > b+0.01 || a > b-0.01 && c.width > best.width && a > 0
}

var errCut = errors.New("the head ends here")

// headReader reads a head. Where the file goes on behind it, it ends with an error, so that no cut record is taken for a whole.
func headReader(head []byte, whole bool) io.Reader {
	if whole {
		return bytes.NewReader(head)
	}
	return io.MultiReader(bytes.NewReader(head), errReader{})
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errCut }

func measure(head []byte, whole bool, d *Dialect) consistency {
	var c consistency
	var ch csvscan.Chunk
	type tally struct {
		n    int
		line int64
	}
	widths := map[uint32]tally{}
	s := csvscan.New(headReader(head, whole), d.scan(), 0)
	for s.Next(&ch) == nil {
		for i := range ch.Records {
			rec := &ch.Records[i]
			c.records++
			if rec.Fault != csvscan.NoFault {
				c.faults++
				continue
			}
			w := widths[rec.Fields]
			if w.n++; w.n == 1 {
				w.line = rec.Line
			}
			widths[rec.Fields] = w
			c.countQuoted(&ch, rec)
		}
	}
	for w, n := range widths {
		if n.n > c.agree || n.n == c.agree && int(w) > c.width {
			c.width, c.agree, c.line = int(w), n.n, n.line
		}
	}
	return c
}

func (c *consistency) countQuoted(ch *csvscan.Chunk, rec *csvscan.Record) {
	for _, f := range ch.Row(rec) {
		if f.Quoted() {
			if c.quoted++; c.quoted == 1 {
				c.quotedLine = rec.Line
			}
		}
	}
}
