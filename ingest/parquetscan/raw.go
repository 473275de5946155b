package parquetscan

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"github.com/assaydb/assay/ingest/csvscan"
	"github.com/assaydb/assay/storage/schema"
)

// Raw writes a record as one line of JSON, in which it can be corrected and sent back. Text that is no UTF-8 stays as it is, which makes
// the whole no UTF-8 and is to be seen as that.
func (s *Scanner) Raw(c *csvscan.Chunk, rec *csvscan.Record) []byte {
	out := []byte{'{'}
	for k, f := range c.Row(rec) {
		if k > 0 {
			out = append(out, ',')
		}
		out = appendJSON(out, []byte(s.columns[k].Name))
		out = append(out, ':')
		out = s.appendValue(out, c.Bytes(f), f.Quoted(), s.columns[k].Type)
	}
	return append(out, '}')
}

func (s *Scanner) appendValue(out, cell []byte, some bool, t schema.Type) []byte {
	switch {
	case !some:
		return append(out, "null"...)
	case t.Kind == schema.JSON && json.Valid(cell):
		var line bytes.Buffer
		if json.Compact(&line, cell) == nil {
			cell = line.Bytes()
		}
		return append(out, cell...)
	case t.Class() == schema.ClassBytes || t.Kind == schema.Date || t.Kind == schema.Timestamp:
		return appendJSON(out, cell)
	case t.Kind == schema.Double && (string(cell) == "NaN" || cell[len(cell)-1] == 'f'): // infinities as well are no JSON number
		return appendJSON(out, cell)
	}
	return append(out, cell...)
}

// appendJSON writes a string. Bytes that are no UTF-8 are kept.
func appendJSON(out, text []byte) []byte {
	out = append(out, '"')
	for len(text) > 0 {
		c := text[0]
		if c >= utf8.RuneSelf {
			_, n := utf8.DecodeRune(text)
			out, text = append(out, text[:n]...), text[n:]
			continue
		}
		switch {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c < ' ':
			out = append(out, `\u00`...)
			if c < 16 {
				out = append(out, '0')
			}
			out = strconv.AppendUint(out, uint64(c), 16)
		default:
			out = append(out, c)
		}
		text = text[1:]
	}
	return append(out, '"')
}
