package segment

import (
	"fmt"

	"github.com/assaydb/assay/storage/schema"
)

// decodeIndex reads the body of an index. dataEnd is where the index begins in the file: everything it names lies before.
func decodeIndex(body []byte, dataEnd int64) (*index, error) {
	w := &wire{b: body}
	version := w.byte("version")
	if version < oldestIndexVersion || version > IndexVersion {
		return nil, fmt.Errorf("index version %d, this build reads %d to %d", version, oldestIndexVersion, IndexVersion)
	}
	x := &index{segment: w.id("segment id"), delivery: w.id("delivery id"), table: w.uint32("table"), version: w.uint32("table version")}
	rows := w.uint32("page rows")
	if rows == 0 || rows > 1<<30 {
		w.fail("page rows")
	}
	x.pageRows = int(rows)
	x.footer.Lo, x.footer.Hi = w.uint64("footer digest"), w.uint64("footer digest")
	for range w.count("columns", 6) {
		c := schema.Column{ID: w.uint32("column id"), Type: w.typ("column type")}
		x.optional = append(x.optional, w.byte("column flags")&1 != 0)
		c.Name = w.text("column name")
		x.columns = append(x.columns, c)
	}
	x.decodeGroups(w, version, dataEnd)
	if w.err == nil && len(w.b) > 0 {
		w.fail("end of index")
	}
	return x, w.err
}

func (x *index) decodeGroups(w *wire, version byte, dataEnd int64) {
	for range w.count("row groups", 1+8*max(1, len(x.columns))) {
		g := rowGroup{rows: w.int64("rows"), chunks: make([]*chunk, len(x.columns))}
		if g.rows == 0 || g.rows > 1<<30 {
			w.fail("rows of a row group")
		}
		for i, c := range x.columns {
			g.chunks[i] = decodeChunk(w, version, c.Type, dataEnd)
			if w.err != nil {
				return
			}
		}
		x.rows += g.rows
		x.groups = append(x.groups, g)
	}
}

func decodeChunk(w *wire, version byte, t schema.Type, dataEnd int64) *chunk {
	c := &chunk{encoding: encodingKind(w.byte("encoding")), codec: codecKind(w.byte("codec"))}
	f := w.byte("flags")
	c.Exact, c.NaN = f&flagExact != 0, f&flagNaN != 0
	c.Min, c.Max = w.value("min", t), w.value("max", t)
	c.Nulls, c.Offset, c.Bytes, c.raw = w.int64("nulls"), w.int64("offset"), w.int64("bytes"), w.int64("raw bytes")
	if c.encoding > encodingDeltaLength || c.codec > codecLZ4 || !inside(c.Offset, c.Bytes, dataEnd) {
		w.fail("chunk")
	}
	if f&flagDictionary != 0 {
		c.Entries = int(w.uint32("entries"))
		c.Digest = w.uint64("dictionary digest")
		c.dict.decodePlace(w, c.Offset, c.Offset+c.Bytes)
		if int64(c.Entries) != int64(c.dict.rows) {
			w.fail("entries")
		}
	} else if c.encoding == encodingDictionary {
		w.fail("dictionary")
	}
	if f&flagBloom != 0 {
		c.bloom = bloomRef{offset: w.int64("bloom"), size: w.uint32("bloom"), header: w.uint32("bloom"), sum: w.uint64("bloom")}
		if !inside(c.bloom.offset, int64(c.bloom.size), dataEnd) || c.bloom.header > c.bloom.size || (c.bloom.size-c.bloom.header)%32 != 0 || c.bloom.size == c.bloom.header {
			w.fail("bloom")
		}
	}
	if version >= 2 {
		c.decodeTotals(w, f, dataEnd)
	}
	n := w.uint32("pages")
	c.directory = w.bytes("page directory", w.count("page directory", 1))
	c.npages = int(n)
	if int64(n)*minPageEntry > int64(len(c.directory)) {
		w.fail("pages")
	}
	return c
}

// decodeTotals reads what version 2 added.
func (c *chunk) decodeTotals(w *wire, f byte, dataEnd int64) {
	if f&flagCounts != 0 {
		c.counts = countsRef{offset: w.int64("counts"), size: w.uint32("counts"), sum: w.uint64("counts")}
		if !inside(c.counts.offset, int64(c.counts.size), dataEnd) || int64(c.counts.size) < int64(c.Entries) || c.counts.size == 0 {
			w.fail("counts")
		}
	}
	if c.summed = f&flagSum != 0; c.summed {
		c.sum.Lo = w.uint64("sum")
		c.sum.Hi = int64(w.uint64("sum"))
	}
}

// minPageEntry is the least bytes of a page in the directory.
const minPageEntry = 5 + 8 + 1 + 1 + 2

// inside reports whether offset to offset+n lies before end.
func inside(offset, n, end int64) bool {
	return offset >= 0 && n >= 0 && offset <= end && n <= end-offset
}

func (p *page) decodePlace(w *wire, offset, end int64) {
	p.offset = offset
	for _, f := range [...]*uint32{&p.size, &p.header, &p.levels, &p.raw, &p.rows} {
		*f = w.uint32("page")
	}
	p.sum = w.uint64("page checksum")
	if !inside(p.offset, int64(p.size), end) || int64(p.header)+int64(p.levels) > int64(p.size) {
		w.fail("page")
	}
}

// decodePages reads the chunk's page directory into dst.
func (c *chunk) decodePages(dst []page, t schema.Type, rows int64, pageRows int) ([]page, error) {
	w := &wire{b: c.directory}
	offset, end := c.Offset+int64(c.dict.size), c.Offset+c.Bytes
	for i := range c.npages {
		var p page
		p.decodePlace(w, offset, end)
		p.nulls = w.uint32("nulls")
		p.nan = w.byte("flags")&flagNaN != 0
		p.min, p.max = w.value("min", t), w.value("max", t)
		if want := min(int64(pageRows), rows-int64(i)*int64(pageRows)); want <= 0 || int64(p.rows) != want || p.nulls > p.rows {
			w.fail("rows of a page")
		}
		if w.err != nil {
			return nil, w.err
		}
		offset += int64(p.size)
		dst = append(dst, p)
	}
	if len(w.b) > 0 || (rows+int64(pageRows)-1)/int64(pageRows) != int64(c.npages) {
		w.fail("pages")
	}
	return dst, w.err
}
