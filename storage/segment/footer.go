package segment

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"github.com/assaydb/assay/storage/schema"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// FormatVersion is the version of a segment's layout as a whole, in the footer's key-value metadata.
const FormatVersion = 1

// createdBy must not change with releases: it is part of the bytes that the format promises.
const createdBy = "assay version 1"

const parquetMagic = "PAR1"

// footerBuilder makes what Parquet readers look at: page indexes and the footer.
type footerBuilder struct {
	x        *index
	protocol thrift.CompactProtocol
	groups   []format.RowGroup
}

// pageIndexes writes the column index and the offset index of every chunk and remembers where they lie.
func (b *footerBuilder) pageIndexes(w *output) error {
	b.groups = make([]format.RowGroup, len(b.x.groups))
	for i := range b.x.groups {
		b.groups[i] = b.rowGroup(i)
	}
	for i, g := range b.x.groups {
		for k, c := range g.chunks {
			if ci, ok := columnIndex(c); ok {
				if err := b.write(w, &ci, &b.groups[i].Columns[k].ColumnIndexOffset, &b.groups[i].Columns[k].ColumnIndexLength); err != nil {
					return err
				}
			}
		}
	}
	for i, g := range b.x.groups {
		for k, c := range g.chunks {
			oi := offsetIndex(c)
			if err := b.write(w, &oi, &b.groups[i].Columns[k].OffsetIndexOffset, &b.groups[i].Columns[k].OffsetIndexLength); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *footerBuilder) write(w *output, v any, offset *int64, length *int32) error {
	raw, err := thrift.Marshal(&b.protocol, v)
	if err != nil {
		return fmt.Errorf("encode page index: %w", err)
	}
	*offset, *length = w.n, int32(len(raw))
	_, err = w.Write(raw)
	return err
}

// footer returns the Parquet footer with its length and the closing magic.
func (b *footerBuilder) footer() ([]byte, error) {
	meta := format.FileMetaData{Version: 2, NumRows: b.x.rows, RowGroups: b.groups, CreatedBy: createdBy}
	meta.Schema = append(meta.Schema, format.SchemaElement{Name: "assay", NumChildren: thrift.New(int32(len(b.x.columns)))})
	for i, c := range b.x.columns {
		meta.Schema = append(meta.Schema, schemaElement(c, b.x.optional[i]))
		meta.ColumnOrders = append(meta.ColumnOrders, format.ColumnOrder{Value: &format.TypeDefinedOrder{}})
	}
	for _, kv := range [...][2]string{
		{"assay.format", strconv.Itoa(FormatVersion)},
		{"assay.table", strconv.FormatUint(uint64(b.x.table), 10)},
		{"assay.table_version", strconv.FormatUint(uint64(b.x.version), 10)},
		{"assay.segment", b.x.segment.String()},
		{"assay.delivery", b.x.delivery.String()},
	} {
		meta.KeyValueMetadata = append(meta.KeyValueMetadata, format.KeyValue{Key: kv[0], Value: kv[1]})
	}
	raw, err := thrift.Marshal(&b.protocol, &meta)
	if err != nil {
		return nil, fmt.Errorf("encode footer: %w", err)
	}
	raw = binary.LittleEndian.AppendUint32(raw, uint32(len(raw)))
	return append(raw, parquetMagic...), nil
}

func (b *footerBuilder) rowGroup(i int) format.RowGroup {
	g := &b.x.groups[i]
	out := format.RowGroup{NumRows: g.rows, Ordinal: int16(i), FileOffset: g.chunks[0].Offset, Columns: make([]format.ColumnChunk, 0, len(g.chunks))}
	for k, c := range g.chunks {
		out.Columns = append(out.Columns, b.columnChunk(g, b.x.columns[k], c))
		out.TotalByteSize += c.raw
		out.TotalCompressedSize += c.Bytes
	}
	return out
}

func (b *footerBuilder) columnChunk(g *rowGroup, col schema.Column, c *chunk) format.ColumnChunk {
	m := format.ColumnMetaData{
		Type: physicalOf(col.Type).parquetType(), PathInSchema: []string{col.Name},
		Encoding: []format.Encoding{format.RLE, c.encoding.format()},
		Codec:    c.codec.format(), NumValues: g.rows, TotalUncompressedSize: c.raw, TotalCompressedSize: c.Bytes,
		DataPageOffset: c.Offset + int64(c.dict.size), Statistics: statistics(c),
		BloomFilterOffset: c.bloom.offset, BloomFilterLength: int32(c.bloom.size),
		EncodingStats: []format.PageEncodingStats{{PageType: format.DataPageV2, Encoding: c.encoding.format(), Count: int32(len(c.pages))}},
	}
	if c.dict.size > 0 {
		m.DictionaryPageOffset = c.dict.offset
		m.Encoding = append(m.Encoding, format.Plain)
		m.EncodingStats = append(m.EncodingStats, format.PageEncodingStats{PageType: format.DictionaryPage, Encoding: format.Plain, Count: 1})
	}
	return format.ColumnChunk{FileOffset: c.Offset, MetaData: m}
}

// statistics gives Parquet's readers the chunk's bounds, where they are true minima and maxima: readers answer MIN and MAX
// from them. DECIMALs in fixed arrays have none, since writers and readers have disagreed on their order.
func statistics(c *chunk) format.Statistics {
	s := format.Statistics{NullCount: c.Nulls}
	if physicalOf(c.Min.Type) == physFixed16 || c.Min.Null || !c.Exact {
		return s
	}
	s.MinValue, s.MaxValue = boundBytes(c.Min, -1), boundBytes(c.Max, 1)
	return s
}

// boundBytes encodes a bound; a zero of a double gets the sign that covers both zeros, as the specification asks.
func boundBytes(v schema.Value, sign float64) []byte {
	if v.Type.Kind == schema.Double && v.F == 0 {
		v.F = math.Copysign(0, sign)
	}
	if b := plainBytes(v); b != nil {
		return b
	}
	return []byte{}
}

// columnIndex is left out where a page has no bounds to give.
func columnIndex(c *chunk) (ci format.ColumnIndex, ok bool) {
	if physicalOf(c.Min.Type) == physFixed16 {
		return ci, false
	}
	for i := range c.pages {
		p := &c.pages[i]
		null := p.nulls == p.rows
		if !null && p.min.Null {
			return ci, false // nothing but NaN
		}
		ci.NullPages = append(ci.NullPages, null)
		ci.NullCounts = append(ci.NullCounts, int64(p.nulls))
		if null {
			ci.MinValues, ci.MaxValues = append(ci.MinValues, []byte{}), append(ci.MaxValues, []byte{})
			continue
		}
		ci.MinValues, ci.MaxValues = append(ci.MinValues, boundBytes(p.min, -1)), append(ci.MaxValues, boundBytes(p.max, 1))
	}
	if ascending(c.pages) {
		ci.BoundaryOrder = format.Ascending
	}
	return ci, true
}

func ascending(pages []page) bool {
	var last *page
	for i := range pages {
		p := &pages[i]
		if p.min.Null {
			continue
		}
		if last != nil && (last.min.Compare(p.min) > 0 || last.max.Compare(p.max) > 0) {
			return false
		}
		last = p
	}
	return true
}

func offsetIndex(c *chunk) (oi format.OffsetIndex) {
	row := int64(0)
	for i := range c.pages {
		p := &c.pages[i]
		oi.PageLocations = append(oi.PageLocations, format.PageLocation{Offset: p.offset, CompressedPageSize: int32(p.size), FirstRowIndex: row})
		row += int64(p.rows)
	}
	return oi
}
