package pollute

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode/utf16"
)

// file is a file under way: what it holds and how it is written.
type file struct {
	r    *rand.Rand
	cols []column

	delimiter, quote, escape string
	lineEnd                  func(i int) string
	header                   bool
	quoteAll                 bool
	ends                     bool // records end with a delimiter
	noFinalEnd               bool
	charset                  string
	mark                     bool
	top, bottom              []string
	bad                      map[int]func(text string) string // by row: makes its line one that must be rejected
	blanks                   map[int]int                      // blank lines before a row
	declared                 bool
	options                  map[string]string
}

// Case is one file and what a load of it must give.
type Case struct {
	Name     string
	Data     []byte
	Options  map[string]string // parameters of the upload
	Declared string            // the columns of a table that is there before, "" for none
	Table    string            // columns and types afterwards
	Rows     []string          // cells joined by |, in order
	Bad      []int64           // lines rejected
	Blank    int64
	Header   int64
	Preamble int64
	Trailer  int64
}

// build writes the file and what is expected of it, side by side.
func (f *file) build(name string) Case {
	c := Case{Name: name, Options: f.options, Preamble: int64(len(f.top)), Trailer: int64(len(f.bottom))}
	var b strings.Builder
	line, ends := int64(1), 0
	end := func() string { ends++; return f.lineEnd(ends) }
	put := func(text string) {
		b.WriteString(text)
		line += 1 + int64(strings.Count(text, "\n"))
	}
	for _, t := range f.top {
		put(t)
		b.WriteString(end())
	}
	if f.header {
		c.Header = 1
		put(f.record(f.headers()))
		b.WriteString(end())
	}
	for i := range f.cols[0].cells {
		for range f.blanks[i] {
			c.Blank++
			line++
			b.WriteString(end())
		}
		fields, wants := f.row(i)
		text := f.record(fields)
		if f.ends {
			text += f.delimiter
		}
		if spoil := f.bad[i]; spoil != nil {
			c.Bad = append(c.Bad, line)
			text = spoil(text)
		} else {
			c.Rows = append(c.Rows, strings.Join(wants, "|"))
		}
		put(text)
		if i < len(f.cols[0].cells)-1 || len(f.bottom) > 0 || !f.noFinalEnd {
			b.WriteString(end())
		}
	}
	for _, t := range f.bottom {
		put(t)
		b.WriteString(end())
	}
	c.Table = f.table()
	if f.declared {
		c.Declared = c.Table
		f.reorder(&c)
	}
	c.Data = f.encode(b.String())
	return c
}

func (f *file) headers() []field {
	out := make([]field, len(f.cols))
	for i, c := range f.cols {
		out[i] = field{c.header, false}
	}
	return out
}

type field struct {
	text string
	bare bool
}

func (f *file) row(i int) (fields []field, wants []string) {
	for _, c := range f.cols {
		fields = append(fields, field{c.cells[i].text, c.cells[i].bare || c.cells[i].want == "NULL"})
		wants = append(wants, c.cells[i].want)
	}
	return fields, wants
}

func (f *file) table() string {
	var out []string
	for i, c := range f.cols {
		name := c.name
		if !f.header {
			name = fmt.Sprintf("col_%d", i+1)
		}
		out = append(out, name+" "+c.typ)
	}
	return strings.Join(out, ", ")
}

// reorder expects the declared table's columns in their own order: the file has them the other way round.
func (f *file) reorder(c *Case) {
	flip := func(s, sep string) string {
		parts := strings.Split(s, sep)
		for i, j := 0, len(parts)-1; i < j; i, j = i+1, j-1 {
			parts[i], parts[j] = parts[j], parts[i]
		}
		return strings.Join(parts, sep)
	}
	c.Table = flip(c.Table, ", ")
	c.Declared = c.Table
	for i := range c.Rows {
		c.Rows[i] = flip(c.Rows[i], "|")
	}
}

// record writes fields with as many quotes as they need.
func (f *file) record(fields []field) string {
	out := make([]string, len(fields))
	for i, x := range fields {
		out[i] = f.write(x)
	}
	return strings.Join(out, f.delimiter)
}

func (f *file) write(x field) string {
	if x.bare || f.quote == "" || !f.quoteAll && !strings.ContainsAny(x.text, f.delimiter+"\r\n") && !strings.HasPrefix(x.text, f.quote) {
		return x.text
	}
	text := x.text
	if f.escape != f.quote {
		text = strings.ReplaceAll(text, f.escape, f.escape+f.escape)
	}
	return f.quote + strings.ReplaceAll(text, f.quote, f.escape+f.quote) + f.quote
}

// encode gives the text its bytes.
func (f *file) encode(text string) []byte {
	switch f.charset {
	case "utf-16le", "utf-16be":
		var out []byte
		if f.mark {
			text = "\ufeff" + text
		}
		for _, u := range utf16.Encode([]rune(text)) {
			if f.charset == "utf-16le" {
				out = append(out, byte(u), byte(u>>8))
			} else {
				out = append(out, byte(u>>8), byte(u))
			}
		}
		return out
	case "windows-1252":
		var out []byte
		for _, r := range text {
			out = append(out, byte(r)) // letters of Latin-1 alone
		}
		return out
	}
	if f.mark {
		text = "\ufeff" + text
	}
	return []byte(text)
}

// Mutate damages a file in one to four places: bytes flipped, cut, doubled, moved, and the bytes that structure it put where they do
// not belong.
func Mutate(data []byte, r *rand.Rand) []byte {
	out := bytes.Clone(data)
	for range 1 + r.IntN(4) {
		if len(out) == 0 {
			return out
		}
		at := r.IntN(len(out))
		n := min(len(out)-at, 1+r.IntN(64))
		switch r.IntN(8) {
		case 0:
			out[at] ^= 1 << r.IntN(8)
		case 1:
			out = append(out[:at], out[at+n:]...)
		case 2:
			out = append(out[:at+n], append(bytes.Clone(out[at:at+n]), out[at+n:]...)...)
		case 3:
			out = out[:at]
		case 4, 5:
			const structure = "\"\"',;\t|\n\r\\\x00\xff\xfe"
			out = append(out[:at], append([]byte{structure[r.IntN(len(structure))]}, out[at:]...)...)
		case 6:
			piece := bytes.Repeat([]byte{out[at]}, 1+r.IntN(5000))
			out = append(out[:at], append(piece, out[at:]...)...)
		case 7:
			b := r.IntN(len(out))
			out[at], out[b] = out[b], out[at]
		}
	}
	return out
}
