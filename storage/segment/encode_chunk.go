package segment

import (
	"fmt"
	"hash/crc32"

	"github.com/assaydb/assay/storage/schema"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/zeebo/xxh3"
)

// chunkEncoder turns a gathered column into the pages of one chunk. Each chunk chooses its own encoding and codec, which
// parquet-go's column writers cannot: they fix both for the whole file.
type chunkEncoder struct {
	values   *valueEncoder
	codecs   *codecs
	codec    codecKind // the table's
	pageRows int
	protocol thrift.CompactProtocol

	marks   codeMarks
	drafts  []draftPage
	arena   []byte // uncompressed levels and values of all drafts
	scratch []byte
	out     []byte   // the chunk being finished: a column's
	trials  []trial  // pages that were compressed to choose the codec
	spare   [][]byte // memory of trials
}

// trial is a page compressed to see whether that pays, by where its bytes begin.
type trial struct {
	of     *byte
	packed []byte
}

// draftPage is a data page before compression.
type draftPage struct {
	page
	found         extremes
	begin, values int // offsets in the arena: levels begin, values begin
}

// encode makes the chunk, with places counted from its own beginning, and leaves its bytes in the column.
func (e *chunkEncoder) encode(c *column) (*chunk, error) {
	if c.coded && !c.worthwhile() {
		c.giveUp()
	}
	ch := &chunk{encoding: e.choose(c)}
	ch.Nulls = int64(c.rows - c.present())
	if err := e.draft(c, ch); err != nil {
		return nil, fmt.Errorf("column %q: %w", c.Name, err)
	}
	e.describe(c, ch)
	e.out = c.out[:0]
	if err := e.finish(c, ch); err != nil {
		return nil, fmt.Errorf("column %q: %w", c.Name, err)
	}
	c.out, e.out = e.out, nil
	ch.Bytes = int64(len(c.out))
	return ch, nil
}

// moveTo sets the chunk's place in the file.
func (c *chunk) moveTo(base int64) {
	c.Offset += base
	c.dict.offset += base
	for i := range c.pages {
		c.pages[i].offset += base
	}
}

// choose picks the encoding. DELTA_BINARY_PACKED is never much larger than PLAIN and packs whatever is clustered; texts
// without a dictionary keep their lengths apart from their bytes, which both packs and decodes better.
func (e *chunkEncoder) choose(c *column) encodingKind {
	if c.coded {
		return encodingDictionary
	}
	switch physicalOf(c.Type) {
	case physInt32, physInt64:
		return encodingDelta
	case physBytes:
		return encodingDeltaLength
	}
	return encodingPlain
}

// describe fills the chunk's bounds: those of its pages together.
func (e *chunkEncoder) describe(c *column, ch *chunk) {
	values, x := c.values(), extremes{lo: -1, hi: -1}
	for i := range e.drafts {
		p := &e.drafts[i].found
		x.nan = x.nan || p.nan
		if p.lo >= 0 {
			x.see(values, p.lo)
			x.see(values, p.hi)
		}
	}
	ch.Min, ch.Max, ch.Exact = x.bounds(values)
	ch.NaN = x.nan
	if c.coded {
		ch.Entries = values.Len
	}
}

// draft encodes the data pages into the arena.
func (e *chunkEncoder) draft(c *column, ch *chunk) error {
	e.drafts, e.arena = e.drafts[:0], e.arena[:0]
	dense := 0
	for row := 0; row < c.rows; row += e.pageRows {
		end := min(row+e.pageRows, c.rows)
		present := end - row
		if c.valid != nil {
			present = countOnes(c.valid[row:end])
		}
		if err := e.draftPage(c, ch.encoding, row, end, dense, dense+present); err != nil {
			return err
		}
		dense += present
	}
	return nil
}

func (e *chunkEncoder) draftPage(c *column, kind encodingKind, row, end, from, to int) error {
	p := draftPage{begin: len(e.arena)}
	p.rows, p.nulls = uint32(end-row), uint32(end-row-(to-from))
	if c.optional {
		levels, err := e.levels(c, row, end)
		if err != nil {
			return err
		}
		e.arena = append(e.arena, levels...)
		p.levels = uint32(len(levels))
	}
	p.values = len(e.arena)
	out, x, err := e.pageValues(c, kind, from, to)
	if err != nil {
		return err
	}
	e.arena = append(e.arena, out...)
	p.raw = uint32(len(out))
	p.min, p.max, _ = x.bounds(c.values())
	p.nan, p.found = x.nan, x
	e.drafts = append(e.drafts, p)
	return nil
}

func (e *chunkEncoder) pageValues(c *column, kind encodingKind, from, to int) ([]byte, extremes, error) {
	if kind == encodingDictionary {
		out, err := e.values.encodeCodes(c.codes[from:to])
		return out, e.marks.extremesOfCodes(c.dict.entries, c.codes[from:to]), err
	}
	out, err := e.values.encode(kind, c.flat, from, to)
	return out, extremesOfRange(c.flat, from, to), err
}

func (e *chunkEncoder) levels(c *column, row, end int) ([]byte, error) {
	if c.valid != nil {
		return e.values.encodeLevels(c.valid[row:end])
	}
	e.scratch = ones(e.scratch[:0], end-row)
	return e.values.encodeLevels(e.scratch)
}

func countOnes(valid []byte) (n int) {
	for _, v := range valid {
		n += int(v)
	}
	return n
}

// finish writes the dictionary page and the data pages, compressed when that shrinks them.
func (e *chunkEncoder) finish(c *column, ch *chunk) error {
	var dict []byte
	if c.coded {
		out, err := e.values.encode(encodingPlain, c.dict.entries, 0, c.dict.len())
		if err != nil {
			return err
		}
		dict = out
		ch.Digest = xxh3.Hash(dict)
	}
	if err := e.chooseCodec(ch, dict); err != nil {
		return err
	}
	if c.coded {
		if err := e.finishDictionary(c, ch, dict); err != nil {
			return err
		}
	}
	ch.pages = make([]page, len(e.drafts))
	for i := range e.drafts {
		if err := e.finishPage(c, ch, &e.drafts[i]); err != nil {
			return err
		}
		ch.pages[i] = e.drafts[i].page
	}
	return nil
}

// minGain is the share that compression must save to be worth its time on every read.
const minGain = 0.1

// chooseCodec tries the table's codec on the dictionary and on two of the pages.
func (e *chunkEncoder) chooseCodec(ch *chunk, dict []byte) error {
	e.trials = e.trials[:0]
	if e.codec == codecNone || len(e.drafts) == 0 {
		return nil
	}
	raw, packed := 0.0, 0.0
	try := func(src []byte, weight float64) error {
		if len(src) == 0 {
			return nil
		}
		out, err := e.try(src)
		raw += weight * float64(len(src))
		packed += weight * float64(len(out))
		return err
	}
	if err := try(dict, 1); err != nil {
		return err
	}
	n := len(e.drafts)
	picks := []int{0, n / 2}
	if n == 1 {
		picks = picks[:1]
	}
	for _, i := range picks {
		if err := try(e.valuesOf(&e.drafts[i]), float64(n)/float64(len(picks))); err != nil {
			return err
		}
	}
	if packed < raw*(1-minGain) {
		ch.codec = e.codec
	}
	return nil
}

// try compresses a page and keeps what comes of it.
func (e *chunkEncoder) try(src []byte) ([]byte, error) {
	var into []byte
	if n := len(e.trials); n < len(e.spare) {
		into = e.spare[n]
	} else {
		e.spare = append(e.spare, nil)
	}
	out, err := e.codecs.compress(e.codec, into, src)
	e.spare[len(e.trials)] = out
	e.trials = append(e.trials, trial{&src[0], out})
	return out, err
}

func (e *chunkEncoder) valuesOf(p *draftPage) []byte { return e.arena[p.values : p.values+int(p.raw)] }

func (e *chunkEncoder) packed(ch *chunk, raw []byte) ([]byte, error) {
	if ch.codec == codecNone {
		return raw, nil
	}
	for _, t := range e.trials {
		if len(raw) > 0 && t.of == &raw[0] {
			return t.packed, nil
		}
	}
	out, err := e.codecs.compress(ch.codec, e.scratch, raw)
	e.scratch = out
	return out, err
}

func (e *chunkEncoder) finishDictionary(c *column, ch *chunk, raw []byte) error {
	body, err := e.packed(ch, raw)
	if err != nil {
		return err
	}
	ch.dict = page{raw: uint32(len(raw)), rows: uint32(c.dict.len())}
	return e.emit(ch, &ch.dict, nil, body, format.PageHeader{
		Type:                 format.DictionaryPage,
		DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{NumValues: int32(c.dict.len()), Encoding: format.Plain}),
	})
}

func (e *chunkEncoder) finishPage(c *column, ch *chunk, p *draftPage) error {
	body, err := e.packed(ch, e.valuesOf(p))
	if err != nil {
		return err
	}
	return e.emit(ch, &p.page, e.arena[p.begin:p.values], body, format.PageHeader{
		Type: format.DataPageV2,
		DataPageHeaderV2: thrift.New(format.DataPageHeaderV2{
			NumValues: int32(p.rows), NumNulls: int32(p.nulls), NumRows: int32(p.rows),
			Encoding:                   ch.encoding.format(),
			DefinitionLevelsByteLength: int32(p.levels),
			IsCompressed:               thrift.New(ch.codec != codecNone),
		}),
	})
}

// emit appends one page to the chunk and fills in where it lies.
func (e *chunkEncoder) emit(ch *chunk, p *page, levels, body []byte, h format.PageHeader) error {
	h.UncompressedPageSize = int32(p.levels + p.raw)
	h.CompressedPageSize = int32(len(levels) + len(body))
	h.CRC = int32(crc32.Update(crc32.ChecksumIEEE(levels), crc32.IEEETable, body))
	head, err := thrift.Marshal(&e.protocol, &h)
	if err != nil {
		return fmt.Errorf("encode page header: %w", err)
	}
	start := len(e.out)
	e.out = append(append(append(e.out, head...), levels...), body...)
	p.offset, p.header = int64(start), uint32(len(head))
	p.size = uint32(len(e.out) - start)
	p.sum = xxh3.Hash(e.out[start:])
	ch.raw += int64(len(head)) + int64(p.levels) + int64(p.raw)
	return nil
}

// format returns Parquet's name of the encoding.
func (k encodingKind) format() format.Encoding {
	return [...]format.Encoding{format.Plain, format.RLEDictionary, format.DeltaBinaryPacked, format.DeltaLengthByteArray}[k]
}

// plainBytes is the PLAIN form of a bound, for Parquet's own statistics; nil when there is none.
func plainBytes(v schema.Value) []byte {
	if v.Null {
		return nil
	}
	return appendPlain(nil, v)
}
