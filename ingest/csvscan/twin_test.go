package csvscan_test

import (
	"strings"

	"github.com/assaydb/assay/ingest/csvscan"
)

// row is a record as the tests compare it.
type row struct {
	Offset, Line, Span int64
	Fault              csvscan.Fault
	Fields             []string // quoted ones behind a Q
}

// twin is the scanner written down byte by byte, with the whole input at hand: slow, and plain enough to be believed.
type twin struct {
	in    string
	d     csvscan.Dialect
	limit int
	rows  []row
	blank int64
	bytes int64 // of blank lines
}

func (t *twin) run() {
	if t.d.Escape == 0 {
		t.d.Escape = t.d.Quote
	}
	line := int64(1)
	for pos := 0; pos < len(t.in); {
		fields, end, fault := t.record(pos)
		if fault == csvscan.NoFault && end-pos > t.limit {
			fault = csvscan.FaultUnclosedQuote
		}
		if fault == csvscan.FaultStrayQuote {
			if end = t.lineEnd(end); end-pos > t.limit {
				fault = csvscan.FaultUnclosedQuote
			}
		}
		if fault == csvscan.FaultUnclosedQuote {
			if end = t.lineEnd(pos); end-pos > t.limit {
				fault = csvscan.FaultTooLong
			}
		}
		next := t.past(end)
		if end == pos {
			t.blank++
			t.bytes += int64(next - pos)
		} else {
			if fault != csvscan.NoFault {
				fields = nil
			}
			t.rows = append(t.rows, row{int64(pos), line, int64(next - pos), fault, fields})
		}
		line += t.lines(pos, end)
		pos = next
	}
}

// record returns the fields of the record at pos and where its content ends; for a stray quote, where the stray byte is.
func (t *twin) record(pos int) (fields []string, end int, fault csvscan.Fault) {
	for {
		if pos < len(t.in) && t.d.Quote != 0 && t.in[pos] == t.d.Quote {
			i := pos + 1
			for ; ; i++ {
				if i >= len(t.in) {
					return nil, i, csvscan.FaultUnclosedQuote
				}
				if t.in[i] == t.d.Escape && t.d.Escape != t.d.Quote {
					i++
					continue
				}
				if t.in[i] != t.d.Quote {
					continue
				}
				if t.d.Escape == t.d.Quote && i+1 < len(t.in) && t.in[i+1] == t.d.Quote {
					i++
					continue
				}
				break
			}
			fields = append(fields, "Q"+t.in[pos+1:i])
			pos = i + 1
			if pos < len(t.in) && !strings.ContainsRune(string(t.d.Delimiter)+"\r\n", rune(t.in[pos])) {
				return nil, pos, csvscan.FaultStrayQuote
			}
		} else {
			i := pos
			for i < len(t.in) && t.in[i] != t.d.Delimiter && t.in[i] != '\n' && t.in[i] != '\r' {
				i++
			}
			fields = append(fields, t.in[pos:i])
			pos = i
		}
		if pos < len(t.in) && t.in[pos] == t.d.Delimiter {
			pos++
			continue
		}
		return fields, pos, csvscan.NoFault
	}
}

func (t *twin) lineEnd(from int) int {
	for from < len(t.in) && t.in[from] != '\n' && t.in[from] != '\r' {
		from++
	}
	return from
}

func (t *twin) past(end int) int {
	if strings.HasPrefix(t.in[end:], "\r\n") {
		return end + 2
	}
	return min(end+1, len(t.in))
}

// lines counts the physical lines from pos to the record's end, its own line end included.
func (t *twin) lines(pos, end int) int64 {
	s := strings.ReplaceAll(t.in[pos:end], "\r\n", "\n")
	return 1 + int64(strings.Count(s, "\n")+strings.Count(s, "\r"))
}
