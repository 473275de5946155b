package segment

import (
	"encoding/binary"

	"github.com/assaydb/assay/storage/schema"
	"github.com/zeebo/xxh3"
)

// index is what a File knows of its contents: everything that the query reader needs to find, check and decode pages. It is
// stored in front of the Parquet footer in our own checksummed form, since neither the footer nor page headers nor the page
// index have a checksum in Parquet.
type index struct {
	segment, delivery schema.ID
	table, version    uint32
	pageRows          int
	footer            xxh3.Uint128 // of the Parquet footer with its length and magic
	columns           []schema.Column
	optional          []bool
	rows              int64
	groups            []rowGroup
}

// IndexVersion is the version of the index's form. Version 2 added sums and the rows per dictionary entry; version 1 is read.
const (
	IndexVersion       = 2
	oldestIndexVersion = 1
)

// The index ends with its length (4 bytes), the XXH3 of its body (8) and the magic, so it can be found from the footer.
const (
	indexMagic     = "ASYX"
	indexTailBytes = 4 + 8 + len(indexMagic)
)

func (x *index) append(dst []byte) []byte {
	start := len(dst)
	dst = append(dst, IndexVersion)
	dst = append(dst, x.segment[:]...)
	dst = append(dst, x.delivery[:]...)
	dst = appendUint(dst, x.table)
	dst = appendUint(dst, x.version)
	dst = appendUint(dst, x.pageRows)
	dst = binary.LittleEndian.AppendUint64(dst, x.footer.Lo)
	dst = binary.LittleEndian.AppendUint64(dst, x.footer.Hi)
	dst = appendUint(dst, len(x.columns))
	for i, c := range x.columns {
		dst = appendUint(dst, c.ID)
		dst = appendType(dst, c.Type)
		dst = append(dst, flags(x.optional[i]))
		dst = appendText(dst, c.Name)
	}
	dst = appendUint(dst, len(x.groups))
	for _, g := range x.groups {
		dst = appendUint(dst, g.rows)
		for _, c := range g.chunks {
			dst = c.append(dst)
		}
	}
	body := dst[start:]
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(body)))
	dst = binary.LittleEndian.AppendUint64(dst, xxh3.Hash(body))
	return append(dst, indexMagic...)
}

func (c *chunk) append(dst []byte) []byte {
	dst = append(dst, byte(c.encoding), byte(c.codec), flags(c.Exact, c.NaN, c.dict.size > 0, c.bloom.size > 0, c.counts.size > 0, c.summed))
	dst = appendValue(appendValue(dst, c.Min), c.Max)
	dst = appendUint(dst, c.Nulls)
	dst = appendUint(dst, c.Offset)
	dst = appendUint(dst, c.Bytes)
	dst = appendUint(dst, c.raw)
	if c.dict.size > 0 {
		dst = appendUint(dst, c.Entries)
		dst = binary.LittleEndian.AppendUint64(dst, c.Digest)
		dst = c.dict.appendPlace(dst)
	}
	if c.bloom.size > 0 {
		dst = appendUint(dst, c.bloom.offset)
		dst = appendUint(appendUint(dst, c.bloom.size), c.bloom.header)
		dst = binary.LittleEndian.AppendUint64(dst, c.bloom.sum)
	}
	if c.counts.size > 0 {
		dst = appendUint(appendUint(dst, c.counts.offset), c.counts.size)
		dst = binary.LittleEndian.AppendUint64(dst, c.counts.sum)
	}
	if c.summed {
		dst = binary.LittleEndian.AppendUint64(dst, c.sum.Lo)
		dst = binary.LittleEndian.AppendUint64(dst, uint64(c.sum.Hi))
	}
	var dir []byte
	for i := range c.pages {
		p := &c.pages[i]
		dir = p.appendPlace(dir)
		dir = appendUint(dir, p.nulls)
		dir = append(dir, flags(false, p.nan))
		dir = appendValue(appendValue(dir, p.min), p.max)
	}
	dst = appendUint(dst, len(c.pages))
	return append(appendUint(dst, len(dir)), dir...)
}

// appendPlace appends a page's cut and checksum; pages of a chunk lie one after another, so offsets follow.
func (p *page) appendPlace(dst []byte) []byte {
	for _, n := range [...]uint32{p.size, p.header, p.levels, p.raw, p.rows} {
		dst = appendUint(dst, n)
	}
	return binary.LittleEndian.AppendUint64(dst, p.sum)
}
