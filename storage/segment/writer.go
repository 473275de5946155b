package segment

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"math"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/zeebo/xxh3"
)

// Writer makes one segment. It holds at most one row group in memory.
type Writer struct {
	opt      Options
	out      *output
	columns  []*column // the table's, then _delivery
	x        *index
	encoders []*chunkEncoder // at least one
	err      error           // the first failure; the file is useless after it
}

// Info is what a Writer knows of the file it made.
type Info struct {
	Rows      int64
	Bytes     int64
	SHA256    schema.Digest
	Columns   []ColumnStats   // one per table column, in the table's order
	RowGroups []RowGroupStats // none of a table of more than manyColumns: the segment's own index has them
}

// RowGroupStats is what is known of one row group.
type RowGroupStats struct {
	Rows   int64
	Chunks []ChunkStats // one per table column, in the table's order
}

// output counts and hashes what goes to the file.
type output struct {
	w   io.Writer
	n   int64
	sum hash.Hash
}

func (o *output) Write(b []byte) (int, error) {
	n, err := o.w.Write(b)
	o.n += int64(n)
	o.sum.Write(b[:n])
	return n, err
}

// NewWriter returns a writer of one segment to w. Nothing is written before the first row group is full or Close.
func NewWriter(w io.Writer, opt Options) *Writer {
	opt = opt.withDefaults()
	t := opt.Table
	s := &Writer{opt: opt, out: &output{w: w, sum: sha256.New()}}
	s.x = &index{segment: opt.ID, delivery: opt.Delivery, table: t.ID, version: t.Version, pageRows: opt.PageRows}
	for _, c := range t.Columns {
		s.addColumn(c, true)
		s.columns[len(s.columns)-1].sorted = len(t.SortBy) > 0 && t.SortBy[0] == c.ID
	}
	if !opt.Bare {
		s.addColumn(deliveryColumn(), false)
	}
	for range min(opt.Parallel, len(s.columns)) {
		s.encoders = append(s.encoders, &chunkEncoder{values: newValueEncoder(), codecs: sharedCodecs, codec: codecOf(t.Codec), pageRows: opt.PageRows})
	}
	return s
}

// Reset readies a closed or failed writer for another segment of the same table and delivery; its memory is used again.
func (s *Writer) Reset(w io.Writer, id schema.ID) {
	s.opt.ID, s.err = id, nil
	s.out = &output{w: w, sum: sha256.New()}
	s.x = &index{
		segment: id, delivery: s.x.delivery, table: s.x.table, version: s.x.version, pageRows: s.x.pageRows,
		columns: s.x.columns, optional: s.x.optional,
	}
	for _, c := range s.columns {
		c.plainFor, c.summary = 0, &columnSummary{many: c.summary.many}
		c.reset()
	}
}

func (s *Writer) addColumn(c schema.Column, optional bool) {
	s.columns = append(s.columns, newColumn(c, optional, len(s.opt.Table.Columns) > manyColumns))
	s.x.columns, s.x.optional = append(s.x.columns, c), append(s.x.optional, optional)
}

// Write appends the living rows of a batch. Its columns are the table's in order; a further one, when there, is the rows'
// _delivery (compaction needs that). The batch is not kept.
func (s *Writer) Write(b *batch.Batch) error {
	if s.err != nil {
		return s.err
	}
	b = b.Compact()
	cols, err := s.inputs(b)
	if err != nil {
		return err
	}
	for lo := 0; lo < b.Len; {
		hi := s.take(cols, lo, b.Len)
		for i, v := range cols {
			s.columns[i].appendRows(v, lo, hi)
		}
		lo = hi
		if s.columns[0].rows >= s.opt.RowGroupRows || s.memBytes() >= s.opt.RowGroupBytes {
			if s.err = s.flush(); s.err != nil {
				return s.err
			}
		}
	}
	return nil
}

// inputs checks the batch against the table and supplies _delivery.
func (s *Writer) inputs(b *batch.Batch) ([]*batch.Vector, error) {
	n := len(s.opt.Table.Columns)
	if len(b.Cols) != n && (s.opt.Bare || len(b.Cols) != n+1) {
		return nil, errs.New(errs.Internal, "segment-columns", "segment %s: a batch has %d columns, table %q has %d", s.opt.ID, len(b.Cols), s.opt.Table.Name, n)
	}
	cols := make([]*batch.Vector, 0, n+1)
	for i, v := range b.Cols {
		if v.Type.Class() != s.columns[i].Type.Class() || v.Len != b.Len {
			return nil, errs.New(errs.Internal, "segment-columns", "segment %s: column %q has type %s and %d rows in a batch, want %s and %d",
				s.opt.ID, s.columns[i].Name, v.Type, v.Len, s.columns[i].Type, b.Len)
		}
		if v.Enc == batch.Runs {
			v = v.Flatten()
		}
		cols = append(cols, v)
	}
	if len(cols) == n && !s.opt.Bare {
		cols = append(cols, batch.NewConst(schema.TextValue(s.opt.Delivery.String()), b.Len))
	}
	return cols, nil
}

// takeRows is how many rows are added between two looks at the row group's size.
const takeRows = 1024

// take returns the end of the rows from lo that are added in one step: fewer when long texts would carry the row group far
// past its bytes, but at least one.
func (s *Writer) take(cols []*batch.Vector, lo, n int) int {
	hi := min(n, lo+takeRows, lo+s.opt.RowGroupRows-s.columns[0].rows)
	for _, v := range cols {
		if v.Enc != batch.Flat || v.Off == nil {
			continue
		}
		for hi > lo+1 && int64(v.Off[hi]-v.Off[lo]) > s.opt.RowGroupBytes {
			hi = lo + (hi-lo)/2
		}
	}
	return hi
}

func (s *Writer) memBytes() (n int64) {
	for _, c := range s.columns {
		n += c.memBytes()
	}
	return n
}

// Rows returns the rows written so far.
func (s *Writer) Rows() int64 { return s.x.rows + int64(s.columns[0].rows) }

// Laden reports that what is known of the chunks written so far takes about as much memory as it should: a table of many columns has
// many, and few rows in each.
func (s *Writer) Laden() bool {
	return len(s.opt.Table.Columns) > manyColumns && len(s.x.groups)*len(s.columns) >= maxChunks
}

// Bytes estimates the size of the file so far: what is written plus what is gathered, uncompressed.
func (s *Writer) Bytes() int64 { return s.out.n + s.memBytes() }

// maxRowGroups is what Parquet's ordinal of a row group can count.
const maxRowGroups = math.MaxInt16

func (s *Writer) begin() error {
	if s.out.n > 0 {
		return nil
	}
	if _, err := io.WriteString(s.out, parquetMagic); err != nil {
		return fmt.Errorf("write segment %s: %w", s.opt.ID, err)
	}
	return nil
}

// Close writes the last row group, the indexes and the footer. It does not close the underlying writer.
func (s *Writer) Close() (Info, error) {
	if s.err != nil {
		return Info{}, s.err
	}
	s.err = errs.New(errs.Internal, "segment-closed", "segment %s is closed", s.opt.ID)
	if s.columns[0].rows > 0 {
		if err := s.flush(); err != nil {
			return Info{}, err
		}
	}
	if err := s.finish(); err != nil {
		return Info{}, fmt.Errorf("write segment %s: %w", s.opt.ID, err)
	}
	return s.info(), nil
}

func (s *Writer) finish() error {
	if err := s.begin(); err != nil {
		return err
	}
	b := &footerBuilder{x: s.x}
	if err := b.pageIndexes(s.out); err != nil {
		return err
	}
	footer, err := b.footer()
	if err != nil {
		return err
	}
	s.x.footer = xxh3.Hash128(footer)
	if _, err := s.out.Write(s.x.append(nil)); err != nil {
		return err
	}
	_, err = s.out.Write(footer)
	return err
}

func (s *Writer) info() Info {
	in := Info{Rows: s.x.rows, Bytes: s.out.n}
	s.out.sum.Sum(in.SHA256[:0])
	n := len(s.opt.Table.Columns)
	for _, c := range s.columns[:n] {
		st := c.summary.ColumnStats
		st.Column = c.ID
		if !c.summary.seen {
			st.Min, st.Max, st.Exact = schema.NullValue(c.Type), schema.NullValue(c.Type), true
		}
		in.Columns = append(in.Columns, st)
	}
	if n > manyColumns {
		return in
	}
	for _, g := range s.x.groups {
		r := RowGroupStats{Rows: g.rows, Chunks: make([]ChunkStats, 0, n)}
		for _, c := range g.chunks[:n] {
			r.Chunks = append(r.Chunks, c.ChunkStats)
		}
		in.RowGroups = append(in.RowGroups, r)
	}
	return in
}

// Bounds returns the columns' bounds in the catalog's form, for the listed column ids; all columns when ids is nil. A column
// with NaN has none: NaN orders after every number and lies outside Min and Max.
func (in *Info) Bounds(ids ...uint32) []schema.Bound {
	var out []schema.Bound
	for _, c := range in.Columns {
		if c.NaN || !wanted(ids, c.Column) {
			continue
		}
		out = append(out, schema.Bound{Column: c.Column, Min: c.Min, Max: c.Max, Nulls: c.Nulls, Exact: c.Exact})
	}
	return out
}

func wanted(ids []uint32, id uint32) bool {
	for _, x := range ids {
		if x == id {
			return true
		}
	}
	return ids == nil
}
