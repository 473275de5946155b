package encode

import (
	"io"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
)

// Format is the name of a response format, as in format=.
type Format string

// The formats.
const (
	JSON    Format = "json"
	NDJSON  Format = "ndjson"
	CSV     Format = "csv"
	TSV     Format = "tsv"
	Arrow   Format = "arrow"
	Parquet Format = "parquet"
	Table   Format = "table"
)

// Formats lists all of them.
func Formats() []Format { return []Format{JSON, NDJSON, CSV, TSV, Arrow, Parquet, Table} }

// ContentType is the media type that a format is sent as.
func (f Format) ContentType() string {
	switch f {
	case JSON:
		return "application/json"
	case NDJSON:
		return "application/x-ndjson"
	case CSV:
		return "text/csv; charset=utf-8; header=present"
	case TSV:
		return "text/tab-separated-values; charset=utf-8"
	case Arrow:
		return "application/vnd.apache.arrow.stream"
	case Parquet:
		return "application/vnd.apache.parquet"
	}
	return "text/plain; charset=utf-8"
}

// Extension is the file name extension of a format, with its dot.
func (f Format) Extension() string {
	if f == Table {
		return ".txt"
	}
	return "." + string(f)
}

// Writer encodes one result. Batch is called for each batch and Finish once after the last; a result that fails in the middle
// gets no Finish.
type Writer interface {
	Batch(b *batch.Batch) error
	Finish(Footer) error
}

// Footer is what is known at the end; formats without room for it leave it out.
type Footer struct {
	Rows     int64
	Stats    []byte // a JSON object
	Warnings []byte // a JSON array, nil when there is none
}

// Options of a Writer.
type Options struct {
	Defuse bool // csv and tsv: make cells that a spreadsheet would run as a formula plain text
}

// New returns a writer of a format to w. The caller closes w.
func New(f Format, w io.Writer, fields []batch.Field, opts Options) (Writer, error) {
	switch f {
	case JSON:
		return newJSON(w, fields), nil
	case NDJSON:
		return newNDJSON(w, fields), nil
	case CSV:
		return newCSV(w, fields, opts), nil
	case TSV:
		return newTSV(w, fields, opts), nil
	case Table:
		return newTable(w, fields), nil
	case Arrow:
		return newArrow(w, fields), nil
	case Parquet:
		return newParquet(w, fields), nil
	}
	return nil, errs.New(errs.Invalid, "bad-format", "there is no format %q", f).WithHint("use json, ndjson, csv, tsv, arrow, parquet or table")
}

// flushBytes is how much text is gathered before it is written.
const flushBytes = 64 << 10

// sink gathers appended text and writes it in large pieces.
type sink struct {
	w   io.Writer
	buf []byte
}

func (s *sink) full() bool { return len(s.buf) >= flushBytes }

func (s *sink) flush() error {
	if len(s.buf) == 0 {
		return nil
	}
	_, err := s.w.Write(s.buf)
	s.buf = s.buf[:0]
	return err
}

// rows calls row for every living row of b and flushes as the buffer fills and at the end.
func (s *sink) rows(b *batch.Batch, row func(i int)) error {
	if b.Sel != nil {
		for _, i := range b.Sel {
			if row(int(i)); s.full() {
				if err := s.flush(); err != nil {
					return err
				}
			}
		}
		return s.flush()
	}
	for i := range b.Len {
		if row(i); s.full() {
			if err := s.flush(); err != nil {
				return err
			}
		}
	}
	return s.flush()
}
