package encode

import (
	"io"
	"strconv"
	"strings"

	"github.com/assaydb/assay/storage/batch"
	"github.com/jedib0t/go-pretty/v6/text"
)

// tableSample is how many rows are held back to find the column widths; later rows that are wider stand out.
const tableSample = 1000

// tableWriter writes text for people: columns aligned, numbers to the right, NULL as NULL, control characters visible.
type tableWriter struct {
	sink
	fields []batch.Field
	widths []int
	held   [][]string
	open   bool // widths are fixed and the header is written
}

func newTable(w io.Writer, fields []batch.Field) *tableWriter {
	t := &tableWriter{sink: sink{w: w}, fields: fields, widths: make([]int, len(fields))}
	for i, f := range fields {
		t.widths[i] = text.StringWidth(printable(f.Name))
	}
	return t
}

func (t *tableWriter) Batch(b *batch.Batch) error {
	return t.rows(b, func(row int) {
		cells := make([]string, len(b.Cols))
		for i, v := range b.Cols {
			cells[i] = cellText(v, row)
		}
		if t.open {
			t.line(cells)
			return
		}
		t.held = append(t.held, cells)
		for i, c := range cells {
			t.widths[i] = max(t.widths[i], text.StringWidth(c))
		}
		if len(t.held) == tableSample {
			t.release()
		}
	})
}

func cellText(v *batch.Vector, row int) string {
	if v.IsNull(row) {
		return "NULL"
	}
	return printable(string(appendPlain(nil, v, row)))
}

// printable keeps one row on one line and terminals unharmed.
func printable(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 }) {
		return s
	}
	q := strconv.Quote(s)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}

// release writes the header and the rows held back.
func (t *tableWriter) release() {
	t.open = true
	if len(t.fields) == 0 {
		return
	}
	names := make([]string, len(t.fields))
	for i, f := range t.fields {
		names[i] = printable(f.Name)
	}
	t.line(names)
	for i, w := range t.widths {
		if i > 0 {
			t.buf = append(t.buf, '+')
		}
		t.buf = append(t.buf, strings.Repeat("-", w+2)...)
	}
	t.buf = append(t.buf, '\n')
	for _, cells := range t.held {
		t.line(cells)
	}
	t.held = nil
}

func (t *tableWriter) line(cells []string) {
	for i, c := range cells {
		if i > 0 {
			t.buf = append(t.buf, " |"...)
		}
		pad := strings.Repeat(" ", max(0, t.widths[i]-text.StringWidth(c)))
		t.buf = append(t.buf, ' ')
		switch {
		case t.fields[i].Type.IsNumeric():
			t.buf = append(append(t.buf, pad...), c...)
		case i == len(cells)-1:
			t.buf = append(t.buf, c...)
		default:
			t.buf = append(append(t.buf, c...), pad...)
		}
	}
	t.buf = append(t.buf, '\n')
}

func (t *tableWriter) Finish(f Footer) error {
	if !t.open {
		t.release()
	}
	if len(t.fields) > 0 {
		t.buf = strconv.AppendInt(append(t.buf, '('), f.Rows, 10)
		t.buf = append(t.buf, " row"...)
		if f.Rows != 1 {
			t.buf = append(t.buf, 's')
		}
		t.buf = append(t.buf, ')', '\n')
	}
	return t.flush()
}
