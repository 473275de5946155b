package encode

import (
	"io"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// jsonWriter writes one object: columns, rows as arrays, row_count, stats.
type jsonWriter struct {
	sink
	first bool
}

func newJSON(w io.Writer, fields []batch.Field) *jsonWriter {
	j := &jsonWriter{sink: sink{w: w}, first: true}
	j.buf = append(j.buf, `{"columns":[`...)
	for i, f := range fields {
		if i > 0 {
			j.buf = append(j.buf, ',')
		}
		j.buf = appendString(append(j.buf, `{"name":`...), []byte(f.Name))
		j.buf = appendString(append(j.buf, `,"type":`...), []byte(f.Type.String()))
		j.buf = append(j.buf, '}')
	}
	j.buf = append(j.buf, `],"rows":[`...)
	return j
}

func (j *jsonWriter) Batch(b *batch.Batch) error {
	return j.rows(b, func(row int) {
		if !j.first {
			j.buf = append(j.buf, ',')
		}
		j.first = false
		j.buf = append(j.buf, '\n', '[')
		for i, c := range b.Cols {
			if i > 0 {
				j.buf = append(j.buf, ',')
			}
			j.buf = appendJSON(j.buf, c, row)
		}
		j.buf = append(j.buf, ']')
	})
}

func (j *jsonWriter) Finish(f Footer) error {
	j.buf = append(j.buf, "],\n\"row_count\":"...)
	j.buf = strconv.AppendInt(j.buf, f.Rows, 10)
	if f.Warnings != nil {
		j.buf = append(append(j.buf, `,"warnings":`...), f.Warnings...)
	}
	j.buf = append(append(j.buf, `,"stats":`...), f.Stats...)
	j.buf = append(j.buf, '}', '\n')
	return j.flush()
}

// ndjsonWriter writes one object a row.
type ndjsonWriter struct {
	sink
	keys [][]byte // `{"a":`, `,"b":`, ...
}

func newNDJSON(w io.Writer, fields []batch.Field) *ndjsonWriter {
	n := &ndjsonWriter{sink: sink{w: w}}
	for i, name := range distinctNames(fields) {
		key := []byte{'{'}
		if i > 0 {
			key[0] = ','
		}
		n.keys = append(n.keys, append(appendString(key, []byte(name)), ':'))
	}
	return n
}

func (n *ndjsonWriter) Batch(b *batch.Batch) error {
	return n.rows(b, func(row int) {
		for i, c := range b.Cols {
			n.buf = append(n.buf, n.keys[i]...)
			n.buf = appendJSON(n.buf, c, row)
		}
		n.buf = append(n.buf, '}', '\n')
	})
}

func (n *ndjsonWriter) Finish(Footer) error { return n.flush() }

// exactDigits is how many significant digits every reader of JSON numbers keeps: those that parse to a double keep 15.
const exactDigits = 1_000_000_000_000_000

// appendJSON appends one cell. Integers and decimals of more than 15 significant digits, and doubles that JSON has no number for,
// are strings.
func appendJSON(dst []byte, v *batch.Vector, row int) []byte {
	if v.IsNull(row) {
		return append(dst, "null"...)
	}
	p, k := v.Index(row)
	switch v.Type.Class() {
	case schema.ClassBytes:
		text := p.Data[p.Off[k]:p.Off[k+1]]
		if v.Type.Kind == schema.Binary {
			return appendHex(dst, text)
		}
		return appendString(dst, text)
	case schema.ClassFloat64:
		return appendJSONDouble(dst, p.F[k])
	case schema.ClassInt128:
		return appendJSONWide(dst, p.W[k], int(v.Type.Scale))
	}
	return appendJSONInt(dst, v.Type, p.I[k])
}

func appendJSONInt(dst []byte, t schema.Type, x int64) []byte {
	switch t.Kind {
	case schema.Boolean:
		return strconv.AppendBool(dst, x != 0)
	case schema.Date, schema.Timestamp, schema.Time:
		return append(schema.IntValue(t, x).AppendText(append(dst, '"')), '"')
	}
	long := x >= exactDigits || x <= -exactDigits || t.Kind == schema.Uint64 && x < 0
	if long {
		dst = append(dst, '"')
	}
	switch t.Kind {
	case schema.Uint64:
		dst = strconv.AppendUint(dst, uint64(x), 10)
	case schema.Decimal:
		dst = decimal.AppendInt64(dst, x, int(t.Scale))
	default:
		dst = strconv.AppendInt(dst, x, 10)
	}
	if long {
		dst = append(dst, '"')
	}
	return dst
}

func appendJSONWide(dst []byte, w decimal.Int128, scale int) []byte {
	if x, ok := w.Int64(); ok && x < exactDigits && x > -exactDigits {
		return w.Append(dst, scale)
	}
	return append(w.Append(append(dst, '"'), scale), '"')
}

func appendJSONDouble(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	}
	return schema.AppendDouble(dst, f)
}

const hexDigits = "0123456789abcdef"

func appendHex(dst, b []byte) []byte {
	dst = append(dst, '"')
	for _, c := range b {
		dst = append(dst, hexDigits[c>>4], hexDigits[c&15])
	}
	return append(dst, '"')
}

// appendString appends a JSON string. Runs that need no escape are copied whole; bytes that are not UTF-8 become U+FFFD.
func appendString(dst, s []byte) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			if r, n := utf8.DecodeRune(s[i:]); r != utf8.RuneError || n != 1 {
				i += n
				continue
			}
		}
		dst = append(dst, s[start:i]...)
		dst = appendEscape(dst, c)
		i++
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	if c >= utf8.RuneSelf {
		return append(dst, "\ufffd"...)
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}
