package segment

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// foreignFile is what a File knows of a file by another writer beyond its index.
type foreignFile struct {
	footer  schema.Digest
	refused []Refused
	sizes   []int64 // stored bytes per column
}

// Refused is a column that cannot be read, and why.
type Refused struct{ Name, Why string }

// OpenForeign opens a Parquet file that another program wrote. Its columns have no ids: Bind gives them those of a table. Nothing in it
// has a checksum that could be relied on, so every count and place is checked before it is used; what cannot be right is errs.Corrupt.
func OpenForeign(ctx context.Context, r io.ReaderAt, size int64, name string) (*File, error) {
	return openForeign(ctx, r, size, name, nil)
}

// openForeign takes the index of known where the footer is still that one's.
func openForeign(ctx context.Context, r io.ReaderAt, size int64, name string, known *File) (*File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f := &File{r: r, name: name, size: size, foreign: &foreignFile{}}
	if err := guard(f.whole(), func() error { return f.openForeign(known) }); err != nil {
		return nil, err
	}
	return f, nil
}

// whole is the file as the place of an error.
func (f *File) whole() place { return place{file: f.name, group: -1, foreign: f.foreign != nil} }

func (f *File) openForeign(known *File) error {
	if f.size < int64(2*len(parquetMagic)+4) {
		return fmt.Errorf("%d bytes are too few for a Parquet file", f.size)
	}
	tail, err := f.tail(f.size, tailBytes)
	if err != nil {
		return err
	}
	length, err := foreignFooterLength(tail, f.size)
	if err != nil {
		return err
	}
	if length > int64(len(tail)) {
		if tail, err = f.tail(f.size, length); err != nil {
			return err
		}
	}
	footer := tail[int64(len(tail))-length:]
	f.foreign.footer = sha256.Sum256(footer)
	if known != nil && known.size == f.size && known.foreign.footer == f.foreign.footer {
		f.x, f.foreign, f.memory = known.x, known.foreign, known.memory
		return nil
	}
	meta, err := decodeFooter(footer[:len(footer)-footerTailBytes])
	if err != nil {
		return err
	}
	if err := f.index(meta, f.size-length); err != nil {
		return err
	}
	f.memory = int64(len(f.x.groups)*len(f.x.columns))*chunkMemory + 1<<10
	return nil
}

// foreignFooterLength returns the bytes of the footer with its tail.
func foreignFooterLength(tail []byte, size int64) (int64, error) {
	switch magic := string(tail[len(tail)-len(parquetMagic):]); magic {
	case parquetMagic:
	case "PARE":
		return 0, fmt.Errorf("it is encrypted, which cannot be read")
	default:
		return 0, fmt.Errorf("it is no Parquet file: there is no Parquet magic at the end")
	}
	length := int64(binary.LittleEndian.Uint32(tail[len(tail)-footerTailBytes:])) + int64(footerTailBytes)
	if length > maxForeignFooter {
		return 0, fmt.Errorf("a footer of %d bytes: the limit max_footer_bytes is %d", length, maxForeignFooter)
	}
	if length > size-int64(len(parquetMagic)) {
		return 0, fmt.Errorf("a footer of %d bytes in a file of %d", length, size)
	}
	return length, nil
}

// Limits of files by other writers.
const (
	maxForeignLeaves = schema.MaxColumns
	maxForeignRows   = 1 << 40 // of a file: what a row position has room for
	maxForeignGroup  = 1 << 31 // rows of a row group
	maxForeignFooter = 64 << 20
	chunkMemory      = 640 // what is kept of a column chunk, about
)

// index builds the index from a footer. end is where the footer begins: all pages lie before it.
func (f *File) index(meta *foreignFooter, end int64) error {
	if meta.encrypted {
		return fmt.Errorf("it is encrypted, which cannot be read")
	}
	leaves, total, err := f.leaves(meta)
	if err != nil {
		return err
	}
	f.x = &index{}
	for _, l := range leaves {
		f.x.columns = append(f.x.columns, schema.Column{Name: l.name, Type: l.typ})
	}
	f.foreign.sizes = make([]int64, len(leaves))
	var raw int64
	for i := range meta.groups {
		g := &meta.groups[i]
		if g.rows < 0 || g.rows > maxForeignGroup || len(g.columns) != total {
			return fmt.Errorf("row group %d has %d rows and %d column chunks, the schema %d", i, g.rows, len(g.columns), total)
		}
		if g.rows == 0 {
			continue
		}
		group := rowGroup{rows: g.rows, chunks: make([]*chunk, len(leaves))}
		for k, l := range leaves {
			if group.chunks[k], err = l.newChunk(&g.columns[l.chunk], g.rows, end, writer(meta.createdBy)); err != nil {
				return fmt.Errorf("row group %d, column %q: %w", i, l.name, err)
			}
			f.foreign.sizes[k] += group.chunks[k].Bytes
			raw = max(raw, g.columns[l.chunk].raw/g.rows)
		}
		f.x.rows += g.rows
		f.x.groups = append(f.x.groups, group)
	}
	if f.x.rows != meta.rows || f.x.rows > maxForeignRows {
		return fmt.Errorf("the footer tells of %d rows, its row groups of %d", meta.rows, f.x.rows)
	}
	f.x.pageRows = pageRowsFor(raw)
	return nil
}

// pageRowsFor takes fewer rows at once where they are long, so that a page stays within some megabytes.
func pageRowsFor(rowBytes int64) int {
	rows := DefaultPageRows
	for rows > 64 && int64(rows)*rowBytes > 16<<20 {
		rows /= 2
	}
	return rows
}

// leaves lists the columns that can be read and counts all leaves. Groups and repeated columns are noted as refused.
func (f *File) leaves(meta *foreignFooter) (leaves []*leaf, total int, err error) {
	if len(meta.schema) == 0 {
		return nil, 0, fmt.Errorf("its footer has no schema")
	}
	at := 1
	for range meta.schema[0].children {
		if at >= len(meta.schema) {
			return nil, 0, fmt.Errorf("its schema ends early")
		}
		e := &meta.schema[at]
		below, next, err := countLeaves(meta.schema, at, 0)
		if err != nil {
			return nil, 0, err
		}
		switch l, why := plainLeaf(e, total); {
		case why != "":
			f.foreign.refused = append(f.foreign.refused, Refused{e.name, why})
		default:
			l.typed = total < len(meta.orders) && meta.orders[total]
			leaves = append(leaves, l)
		}
		at, total = next, total+below
	}
	if at != len(meta.schema) || total > maxForeignLeaves {
		return nil, 0, fmt.Errorf("its schema has %d nodes, of which %d hang together, and %d columns (at most %d can be read)", len(meta.schema), at, total, maxForeignLeaves)
	}
	return leaves, total, nil
}

// plainLeaf maps a column at the top of the schema, or says why it cannot be read.
func plainLeaf(e *foreignElement, chunk int) (*leaf, string) {
	switch {
	case e.physical < 0:
		what := "structure"
		if e.logical.kind == 2 || e.converted == 1 || e.converted == 2 {
			what = "map"
		} else if e.logical.kind == 3 || e.converted == 3 {
			what = "list"
		}
		return nil, "it is nested (a " + what + ")"
	case e.repetition == 2:
		return nil, "it is repeated (several values a row)"
	}
	l, err := newLeaf(e, chunk)
	if err != nil {
		return nil, err.Error()
	}
	return l, ""
}

// maxSchemaDepth bounds nesting.
const maxSchemaDepth = 64

// countLeaves counts the leaves below a node and returns the place behind it.
func countLeaves(nodes []foreignElement, at, depth int) (leaves, next int, err error) {
	if depth > maxSchemaDepth || at >= len(nodes) {
		return 0, 0, fmt.Errorf("its schema is nested too deeply or ends early")
	}
	e := &nodes[at]
	if e.physical >= 0 {
		return 1, at + 1, nil
	}
	next = at + 1
	for range e.children {
		var below int
		if below, next, err = countLeaves(nodes, next, depth+1); err != nil {
			return 0, 0, err
		}
		leaves += below
	}
	return leaves, next, nil
}

// newChunk checks what the footer says of a column chunk.
func (l *leaf) newChunk(m *foreignColumn, rows, end int64, by writer) (*chunk, error) {
	switch {
	case m.elsewhere:
		return nil, fmt.Errorf("it lies in another file or is encrypted")
	case m.physical != l.physical || m.name != l.name:
		return nil, fmt.Errorf("the column chunk is of %q with physical type %d, the schema has type %d", m.name, m.physical, l.physical)
	case m.values != rows:
		return nil, fmt.Errorf("%d values in %d rows", m.values, rows)
	case m.codec < parquetPlain || m.codec > parquetLZ4Raw || m.codec == parquetLZO:
		return nil, fmt.Errorf("%s", unknownCodec(m.codec))
	}
	start := m.data
	if m.dict > 0 && m.dict < start {
		start = m.dict
	}
	size := m.size
	if strings.HasPrefix(string(by), "parquet-mr version 1.2") {
		size = min(size+100, end-start) // it left the dictionary's header out (PARQUET-816)
	}
	if start < int64(len(parquetMagic)) || !inside(start, size, end) {
		return nil, fmt.Errorf("%d bytes at offset %d, the data ends at %d", m.size, start, end)
	}
	fc := &foreignChunk{leaf: l, codec: m.codec, start: start, end: start + size, rows: rows, bloomOffset: m.bloomOffset}
	if inside(m.offsetIndex, int64(m.offsetLength), end) {
		fc.offsetIndex, fc.offsetLength = m.offsetIndex, m.offsetLength
	}
	if inside(m.columnIndex, int64(m.columnBytes), end) {
		fc.columnIndex, fc.columnBytes = m.columnIndex, m.columnBytes
	}
	if !inside(m.bloomOffset, 1, end) {
		fc.bloomOffset = 0
	}
	c := &chunk{ChunkStats: l.chunkStats(&m.stats, rows, by), foreign: fc}
	c.Offset, c.Bytes = start, size
	return c, nil
}

// FooterDigest is the SHA-256 of a foreign file's footer, by which a changed file is known.
func (f *File) FooterDigest() schema.Digest { return f.foreign.footer }

// Refused lists the columns of a foreign file that cannot be read.
func (f *File) Refused() []Refused { return f.foreign.refused }

// ColumnBytes returns the stored bytes of each column of a foreign file.
func (f *File) ColumnBytes() []int64 { return f.foreign.sizes }

// Bind gives a view of a foreign file whose columns have the ids of a table's, by their names. What the table has and the file has not
// must be among its partition columns, whose values are the segment's: they came from the path.
func (f *File) Bind(t *schema.Table, seg *schema.Segment) (*File, error) {
	x := &index{segment: seg.ID, delivery: seg.Delivery, table: t.ID, version: t.Version, rows: f.x.rows, pageRows: f.x.pageRows, groups: f.x.groups}
	x.columns = make([]schema.Column, len(f.x.columns))
	for k, c := range f.x.columns {
		x.columns[k] = c
		i := t.Column(c.Name)
		if i < 0 || x.Column(t.Columns[i].ID) >= 0 {
			continue // left out of the table
		}
		if x.columns[k].ID = t.Columns[i].ID; t.Columns[i].Type != c.Type {
			return nil, errs.New(errs.Conflict, "attached-file-changed", "file %s: column %q is %s, table %q has it as %s", f.name, c.Name, c.Type, t.Name, t.Columns[i].Type).
				WithHint("attach the files again")
		}
	}
	for i, p := range t.PartitionBy {
		if p.Kind == schema.Identity && i < len(seg.Partition) && x.Column(p.Column) < 0 {
			x.addConstant(t.Columns[t.ColumnByID(p.Column)], seg.Partition[i])
		}
	}
	return &File{r: f.r, name: f.name, size: f.size, x: x, memory: f.memory, hot: f.hot, foreign: f.foreign}, nil
}

// InPagesOf gives a view of a foreign file that is read at most so many rows at once: of many columns, fewer fit in memory.
func (f *File) InPagesOf(rows int) *File {
	g, x := *f, *f.x
	x.pageRows = max(1, min(rows, x.pageRows))
	g.x, g.hot = &x, nil
	return &g
}

// ChunkPlace is where a column chunk of a foreign file lies.
func (f *File) ChunkPlace(group, column int) (offset, bytes int64) {
	c := f.x.groups[group].chunks[column]
	return c.Offset, c.Bytes
}

// Column returns the ordinal of the column with the id, -1 when there is none.
func (x *index) Column(id uint32) int {
	for i, c := range x.columns {
		if c.ID == id {
			return i
		}
	}
	return -1
}

// addConstant adds a column that has one value in every row.
func (x *index) addConstant(c schema.Column, v schema.Value) {
	x.columns = append(x.columns, c)
	groups := make([]rowGroup, len(x.groups))
	for i, g := range x.groups {
		k := &chunk{ChunkStats: ChunkStats{Min: v, Max: v, Exact: true}, foreign: &foreignChunk{rows: g.rows}}
		if v.Null {
			k.Nulls = g.rows
		}
		groups[i] = rowGroup{rows: g.rows, chunks: append(append(make([]*chunk, 0, len(g.chunks)+1), g.chunks...), k)}
	}
	x.groups = groups
}

// Bound merges what is known of a column of a foreign file over its row groups; false when one of them tells nothing.
func (f *File) Bound(column int) (schema.Bound, bool) {
	t := f.x.columns[column].Type
	b := schema.Bound{Column: uint32(column), Min: schema.NullValue(t), Max: schema.NullValue(t), Exact: true}
	for _, g := range f.x.groups {
		c := &g.chunks[column].ChunkStats
		if c.Nulls == Unknown || c.NaN {
			return b, false
		}
		b.Nulls += c.Nulls
		b.Exact = b.Exact && c.Exact
		if b.Min.Null || !c.Min.Null && c.Min.Compare(b.Min) < 0 {
			b.Min = c.Min
		}
		if b.Max.Null || !c.Max.Null && c.Max.Compare(b.Max) > 0 {
			b.Max = c.Max
		}
	}
	return b, len(f.x.groups) > 0
}
