package parquetscan

import (
	"context"
	"io"
	"math"

	"github.com/assaydb/assay/ingest/csvscan"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

// Limits.
const (
	// MaxPageMemory is the most that the pages under way may take unpacked, of all columns together.
	MaxPageMemory = 256 << 20

	maxFields    = 128 << 10 // of a chunk
	maxDataBytes = 1 << 20   // of a chunk, but for one record
)

// Scanner reads rows. Make one with Open.
type Scanner struct {
	ctx     context.Context
	f       *segment.File
	size    int64
	columns []schema.Column
	readers []segment.ChunkReader
	vectors []*batch.Vector
	group   int   // under way
	first   int64 // row of the group that the vectors begin with
	rows    int   // of the vectors
	at      int   // the next of them
	row     int64 // of the file, the next
	start   int64 // of the group in the file
	bytes   int64 // of the group
	done    int64 // bytes of the records given out
	all     int64 // bytes of all records
}

// Open reads the footer of a file. What is wrong with it is the sender's: errs.Invalid.
func Open(ctx context.Context, r io.ReaderAt, size int64) (*Scanner, error) {
	f, err := segment.OpenForeign(ctx, r, size, "the upload")
	if err != nil {
		return nil, damaged(err)
	}
	columns := f.Columns()
	s := &Scanner{ctx: ctx, size: size, columns: columns, readers: make([]segment.ChunkReader, len(columns)), vectors: make([]*batch.Vector, len(columns)), group: -1}
	s.f = f.InPagesOf(min(csvscan.MaxRecords, maxFields/max(1, len(columns))))
	for i := range s.readers {
		s.readers[i].FlatCodes = true // statistics are not to be relied on
	}
	for g := range s.f.RowGroups() {
		_, n := s.place(g)
		s.all += n
	}
	if s.all > size {
		return nil, errs.New(errs.Invalid, "bad-parquet", "the Parquet file's footer tells of %d bytes of rows in a file of %d", s.all, size)
	}
	return s, nil
}

func damaged(err error) error {
	if errs.Is(err, errs.Corrupt) {
		return errs.New(errs.Invalid, "bad-parquet", "the Parquet file cannot be read; nothing was loaded: %w", err).WithHint("write the file again and send it anew")
	}
	return err
}

// place is where a row group begins and how many bytes its column chunks take.
func (s *Scanner) place(group int) (start, bytes int64) {
	start = math.MaxInt64
	for i := range s.columns {
		at, n := s.f.ChunkPlace(group, i)
		start, bytes = min(start, at), bytes+n
	}
	return start, bytes
}

// Columns lists the columns with the types that the file's schema gives them.
func (s *Scanner) Columns() []schema.Column { return s.columns }

// Refused lists the columns that cannot be read, and why.
func (s *Scanner) Refused() []segment.Refused { return s.f.Refused() }

// Aside is how many bytes of the file are of no row: magic, footer, indexes, filters, and columns that are not read.
func (s *Scanner) Aside() int64 { return s.size - s.all }

// Rows is how many rows the file has by its footer.
func (s *Scanner) Rows() int64 { return s.f.Rows() }

// Offset is how many bytes the records returned stand for.
func (s *Scanner) Offset() int64 { return s.done }

// RowGroup is the row group, counted from 1, in which a row of the file lies.
func (s *Scanner) RowGroup(row int64) int64 {
	for g := range s.f.RowGroups() {
		if row -= s.f.RowGroupRows(g); row <= 0 {
			return int64(g + 1)
		}
	}
	return int64(s.f.RowGroups())
}

// Next fills c with the next rows. It returns io.EOF, and an empty chunk, at the end for ever.
func (s *Scanner) Next(c *csvscan.Chunk) error {
	c.Data, c.Fields, c.Records = c.Data[:0], c.Fields[:0], c.Records[:0]
	c.Blank, c.BlankBytes, c.High, c.NUL = 0, 0, true, true
	if s.at == s.rows {
		if err := s.load(); err != nil {
			return err
		}
	}
	for n := s.f.RowGroupRows(s.group); s.at < s.rows && len(c.Data) < maxDataBytes; s.at++ {
		i := s.first + int64(s.at)
		rec := csvscan.Record{Offset: s.start, Line: s.row + 1, Start: uint32(len(c.Data)), First: uint32(len(c.Fields)), Fields: uint32(len(s.columns))}
		rec.Span = share(s.bytes, i+1, n) - share(s.bytes, i, n)
		for k, v := range s.vectors {
			s.cell(c, v, k)
		}
		if len(c.Data) > math.MaxInt32/2 {
			return errs.New(errs.Limit, "line-too-long", "row %d is longer than %d bytes", rec.Line, math.MaxInt32/2)
		}
		rec.End = uint32(len(c.Data))
		c.Records = append(c.Records, rec)
		s.row++
		s.done += rec.Span
	}
	return nil
}

// share is how many of the bytes of n rows belong to the first i.
func share(bytes, i, n int64) int64 {
	return bytes/n*i + bytes%n*i/n
}

// cell appends a value as text.
func (s *Scanner) cell(c *csvscan.Chunk, v *batch.Vector, k int) {
	from := len(c.Data)
	if v.IsNull(s.at) {
		c.Fields = append(c.Fields, csvscan.NewField(from, from, false))
		return
	}
	switch t := s.columns[k].Type; {
	case t.Class() == schema.ClassBytes:
		c.Data = append(c.Data, v.Bytes(s.at)...)
	case t.Kind == schema.Double:
		c.Data = appendDouble(c.Data, v.Float64(s.at))
	default:
		c.Data = v.Value(s.at).AppendText(c.Data)
	}
	c.Fields = append(c.Fields, csvscan.NewField(from, len(c.Data), true)) // quoted: no NULL word is meant
}

func appendDouble(dst []byte, f float64) []byte {
	if math.IsInf(f, 1) {
		return append(dst, "Inf"...)
	}
	return schema.AppendDouble(dst, f)
}

// load decodes the next rows of every column.
func (s *Scanner) load() error {
	if err := s.ctx.Err(); err != nil {
		return context.Cause(s.ctx)
	}
	s.first += int64(s.rows)
	s.at, s.rows = 0, 0
	if s.group < 0 || s.first == s.f.RowGroupRows(s.group) {
		if s.group+1 >= s.f.RowGroups() {
			return s.end()
		}
		s.group++
		s.first = 0
		s.start, s.bytes = s.place(s.group)
		for k := range s.readers {
			s.readers[k].Reset(s.f, s.group, k)
		}
	}
	page, held := int(s.first/int64(s.f.PageRows())), int64(0)
	for k := range s.readers {
		r := &s.readers[k]
		v, err := r.Page(page)
		if err != nil {
			return damaged(err)
		}
		s.vectors[k] = v
		if held += r.HeldBytes(); held > MaxPageMemory {
			return errs.New(errs.Limit, "parquet-memory", "the pages of row group %d take more than %d bytes unpacked (max-parquet-memory)", s.group+1, MaxPageMemory).
				WithHint("write the file with smaller pages, or with fewer columns")
		}
	}
	s.rows = int(min(int64(s.f.PageRows()), s.f.RowGroupRows(s.group)-s.first))
	return nil
}

// end is the end of the rows, of which there must be as many as the footer says.
func (s *Scanner) end() error {
	if s.row != s.f.Rows() {
		return errs.New(errs.Internal, "not-conserved", "BUG: %d rows were read, the footer tells of %d", s.row, s.f.Rows())
	}
	return io.EOF
}
