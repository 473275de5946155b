package encode

import (
	"bytes"
	"io"
	"strconv"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// csvWriter writes RFC 4180 with a header row and LF line ends: NULL is an empty cell, the empty string is "".
type csvWriter struct {
	sink
	defuse bool
}

func newCSV(w io.Writer, fields []batch.Field, opts Options) *csvWriter {
	c := &csvWriter{sink: sink{w: w}, defuse: opts.Defuse}
	for i, f := range fields {
		if i > 0 {
			c.buf = append(c.buf, ',')
		}
		c.buf = appendQuoted(c.buf, []byte(f.Name), c.defuse)
	}
	c.buf = append(c.buf, '\n')
	return c
}

func (c *csvWriter) Batch(b *batch.Batch) error {
	return c.rows(b, func(row int) {
		for i, v := range b.Cols {
			if i > 0 {
				c.buf = append(c.buf, ',')
			}
			switch {
			case v.IsNull(row):
			case v.Type.Class() == schema.ClassBytes:
				c.buf = appendQuoted(c.buf, v.Bytes(row), c.defuse)
			default:
				c.buf = appendPlain(c.buf, v, row)
			}
		}
		c.buf = append(c.buf, '\n')
	})
}

func (c *csvWriter) Finish(Footer) error { return c.flush() }

// formulaStart reports whether a spreadsheet could run the cell as a formula.
func formulaStart(s []byte) bool {
	return len(s) > 0 && bytes.IndexByte([]byte("=+-@\t\r"), s[0]) >= 0
}

// appendQuoted appends text as a CSV cell. Defused cells begin with an apostrophe, which spreadsheets take to mean "text"; numbers
// and times never need it.
func appendQuoted(dst, s []byte, defuse bool) []byte {
	risky := defuse && formulaStart(s)
	if len(s) > 0 && !risky && !bytes.ContainsAny(s, ",\"\r\n") {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	if risky {
		dst = append(dst, '\'')
	}
	for {
		i := bytes.IndexByte(s, '"')
		if i < 0 {
			return append(append(dst, s...), '"')
		}
		dst = append(append(dst, s[:i+1]...), '"')
		s = s[i+1:]
	}
}

// appendPlain appends a value that is not text and not NULL.
func appendPlain(dst []byte, v *batch.Vector, row int) []byte {
	p, k := v.Index(row)
	switch v.Type.Class() {
	case schema.ClassFloat64:
		return schema.AppendDouble(dst, p.F[k])
	case schema.ClassInt128:
		return p.W[k].Append(dst, int(v.Type.Scale))
	case schema.ClassBytes:
		return append(dst, p.Data[p.Off[k]:p.Off[k+1]]...)
	}
	switch {
	case v.Type.Kind == schema.Decimal:
		return decimal.AppendInt64(dst, p.I[k], int(v.Type.Scale))
	case v.Type.IsInteger() && v.Type.Kind != schema.Uint64:
		return strconv.AppendInt(dst, p.I[k], 10)
	}
	return schema.IntValue(v.Type, p.I[k]).AppendText(dst)
}

// tsvWriter writes a header and rows with tabs between; TAB, LF, CR and backslash are escaped with a backslash and NULL is \N, as
// MySQL's and ClickHouse's tools read it.
type tsvWriter struct {
	sink
	defuse bool
}

func newTSV(w io.Writer, fields []batch.Field, opts Options) *tsvWriter {
	t := &tsvWriter{sink: sink{w: w}, defuse: opts.Defuse}
	for i, f := range fields {
		if i > 0 {
			t.buf = append(t.buf, '\t')
		}
		t.text([]byte(f.Name))
	}
	t.buf = append(t.buf, '\n')
	return t
}

func (t *tsvWriter) text(s []byte) {
	if t.defuse && formulaStart(s) {
		t.buf = append(t.buf, '\'')
	}
	t.buf = appendBackslashed(t.buf, s)
}

func appendBackslashed(dst, s []byte) []byte {
	for {
		i := bytes.IndexAny(s, "\t\n\r\\")
		if i < 0 {
			return append(dst, s...)
		}
		dst = append(append(dst, s[:i]...), '\\')
		switch s[i] {
		case '\t':
			dst = append(dst, 't')
		case '\n':
			dst = append(dst, 'n')
		case '\r':
			dst = append(dst, 'r')
		default:
			dst = append(dst, '\\')
		}
		s = s[i+1:]
	}
}

func (t *tsvWriter) Batch(b *batch.Batch) error {
	return t.rows(b, func(row int) {
		for i, v := range b.Cols {
			if i > 0 {
				t.buf = append(t.buf, '\t')
			}
			switch {
			case v.IsNull(row):
				t.buf = append(t.buf, '\\', 'N')
			case v.Type.Class() == schema.ClassBytes:
				t.text(v.Bytes(row))
			default:
				t.buf = appendPlain(t.buf, v, row)
			}
		}
		t.buf = append(t.buf, '\n')
	})
}

func (t *tsvWriter) Finish(Footer) error { return t.flush() }
