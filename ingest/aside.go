package ingest

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/assaydb/assay/ingest/csvscan"
	"github.com/assaydb/assay/storage/schema"
)

// Limits of what a dialect sets aside.
const (
	// MaxPreamble is the most lines before the header.
	MaxPreamble = 1000
	// MaxTrailer is the most records behind the last one that counts.
	MaxTrailer = 20

	preambleRecords = 50 // looked at for a preamble
	trailerRecords  = 3  // looked at for a trailer that is not declared
	maxAsideLines   = 20 // kept in a receipt
	maxAsideBytes   = 256
)

// AsideLine is a line that the dialect set aside: neither header nor record.
type AsideLine struct {
	Line int64  `json:"line"`
	Text string `json:"text"`
}

func asideLine(line int64, raw []byte) AsideLine {
	return AsideLine{Line: line, Text: strings.ToValidUTF8(string(raw[:min(len(raw), maxAsideBytes)]), "\uFFFD")}
}

// skipLines cuts the first n lines off a head; false when it does not hold them.
func skipLines(head []byte, n int) (lines []AsideLine, bytes int, ok bool) {
	for i := range n {
		end := lineEndAt(head[bytes:])
		if end.next == 0 {
			return lines, bytes, false
		}
		if len(lines) < maxAsideLines {
			lines = append(lines, asideLine(int64(i+1), head[bytes:bytes+end.at]))
		}
		bytes += end.next
	}
	return lines, bytes, true
}

type endOfLine struct{ at, next int }

// lineEndAt finds the first line end of b, zero when there is none.
func lineEndAt(b []byte) endOfLine {
	i := bytes.IndexAny(b, "\r\n")
	switch {
	case i < 0:
		return endOfLine{}
	case b[i] == '\r' && i+1 < len(b) && b[i+1] == '\n':
		return endOfLine{i, i + 2}
	}
	return endOfLine{i, i + 1}
}

// lineEnds names the line ends of a head: lf, crlf, cr or mixed; "" when there is none.
func lineEnds(head []byte) string {
	crlf := bytes.Count(head, []byte("\r\n"))
	lf, cr := bytes.Count(head, []byte{'\n'})-crlf, bytes.Count(head, []byte{'\r'})-crlf
	switch {
	case lf > 0 && crlf == 0 && cr == 0:
		return "lf"
	case crlf > 0 && lf == 0 && cr <= 1: // the head may end within one
		return "crlf"
	case cr > 0 && lf == 0 && crlf == 0:
		return "cr"
	case lf+crlf+cr == 0:
		return ""
	}
	return "mixed"
}

// detectPreamble returns how many lines stand before the header: those before the first record of the file's width, when they are
// clearly something else. A line is that when it has at most half the fields, or is cut into as many but nearly empty while the
// line behind is full of distinct names; or when a later line names the columns of the table.
func (t *text) detectPreamble(head []byte, whole bool, g *guess, table *schema.Table) int {
	d, err := t.dialect, error(nil)
	if _, ok := sepLine(head); ok {
		g.note("preamble", "1", sure, 1, "the line announces the delimiter")
		return 1
	}
	var ch csvscan.Chunk
	s := csvscan.New(headReader(head, whole), d.scan(), t.limits.LineBytes)
	for len(ch.Records) == 0 && err == nil {
		err = s.Next(&ch)
	}
	width := g.best.width
	if err != nil || width < 2 || 2*g.best.agree < g.best.records {
		return 0
	}
	for i := range ch.Records[:min(len(ch.Records), preambleRecords)] {
		rec := &ch.Records[i]
		names := cells(&ch, rec, d.scan().Escape)
		full := filled(names)
		switch {
		case rec.Fault == csvscan.NoFault && (int(rec.Fields) == width || int(rec.Fields) == width-1 && headerLike(names)) && t.startsTable(&ch, i, names, table):
			if i == 0 {
				return 0
			}
			g.note("preamble", lineCount(rec.Line-1), 0.9, rec.Line, "the first line of %d fields is line %d; before it stand %d lines that are not of the table", width, rec.Line, rec.Line-1)
			return int(rec.Line - 1)
		case rec.Fault != csvscan.NoFault || full > max(1, width/2):
			return 0 // it may be a header that is too narrow, or a row: that is not to be passed over
		}
	}
	return 0
}

// startsTable reports whether record i of the head, which has the file's width, is where the table begins: it names columns of the
// table, or it is more than a title padded with delimiters.
func (t *text) startsTable(ch *csvscan.Chunk, i int, names []string, table *schema.Table) bool {
	if namesColumns(names, table) {
		return true
	}
	full := filled(names)
	if full > max(1, len(names)/2) || len(names) < 4 || full > 2 {
		return true
	}
	// Nearly empty: a title if the next record of this width is a header by its looks, else a row of NULLs.
	for j := i + 1; j < min(len(ch.Records), preambleRecords); j++ {
		next := cells(ch, &ch.Records[j], t.dialect.scan().Escape)
		if int(ch.Records[j].Fields) == len(names) && filled(next) > 2 {
			return !namesOnly(next)
		}
	}
	return true
}

// headerLike reports whether cells are all there, all different and none of them begins like a number.
func headerLike(names []string) bool {
	seen := map[string]bool{}
	for _, n := range names {
		n = strings.TrimSpace(n)
		if n == "" || seen[n] || strings.ContainsRune("0123456789-+.", rune(n[0])) {
			return false
		}
		seen[n] = true
	}
	return true
}

// namesOnly reports whether most cells are filled and none begins like a number, so that they can be a header, good or bad.
func namesOnly(cells []string) bool {
	for _, c := range cells {
		if c = strings.TrimSpace(c); c != "" && strings.ContainsRune("0123456789-+.", rune(c[0])) {
			return false
		}
	}
	return 2*filled(cells) > len(cells)
}

func filled(names []string) (n int) {
	for _, s := range names {
		if strings.TrimSpace(s) != "" {
			n++
		}
	}
	return n
}

// trailerPattern is how the lines begin that systems put behind the last record.
func trailerPattern() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^\W{0,4}(total|totals|grand total|subtotal|sum|summe|gesamt|totaal|somme|suma|end|eof|end of (file|report|data|export)|ende|fin|einde|records?|rows?|row count|record count|count|checksum|number of (rows|records))\b|^\W{0,2}\d+ (rows?|records?|lines?|zeilen|lignes|rijen)\b|^[-=*_#]{3,}\W*$|^#`)
}

// trailerWords are what the first cell of a full row is when the row is a total.
func trailerWord(s string) bool {
	switch strings.ToLower(strings.Trim(s, " \t:*-")) {
	case "total", "totals", "grand total", "sum", "summe", "gesamt", "totaal", "somme", "eof", "end of file", "end of report":
		return true
	}
	return false
}

// trails finds out whether the last record of a file is a trailer.
type trails struct {
	width   int
	escape  byte
	pattern *regexp.Regexp
}

func (x *trails) is(ch *csvscan.Chunk, rec *csvscan.Record) bool {
	if rec.Fault != csvscan.NoFault || rec.End-rec.Start > 4<<10 {
		return false
	}
	row := cells(ch, rec, x.escape)
	if int(rec.Fields) == x.width {
		return x.total(row)
	}
	return int(rec.Fields) < x.width && filled(row) <= max(2, x.width/2) && x.pattern.MatchString(strings.Join(row, " "))
}

// total recognises a row of totals that has every field: its first filled cell is such a word, another is empty, and the rest
// are numbers.
func (x *trails) total(row []string) bool {
	if len(row) < 2 || filled(row) == len(row) {
		return false
	}
	word := false
	for _, cell := range row {
		cell = strings.TrimSpace(cell)
		switch {
		case cell == "":
		case !word:
			if word = trailerWord(cell); !word {
				return false
			}
		case strings.Trim(cell, "0123456789.,' -+%") != "":
			return false
		}
	}
	return word
}
