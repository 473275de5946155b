package segment

import (
	"encoding/binary"
	"fmt"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// foreignReader gives the rows of a chunk by another writer in pages of our size, whatever the sizes of its own: a page of the file
// is unpacked once and then decoded piece by piece. It belongs to one ChunkReader.
type foreignReader struct {
	pages foreignPages
	leaf  *leaf
	dict  *foreignDictionary
	begun bool // the chunk's first page was looked at

	index   *foreignIndex
	indexed bool // index was looked for

	// The page under way.
	first  int64 // its first row
	rows   int   // 0: none
	taken  int
	coded  bool
	nulls  int
	levels hybrid
	values foreignValues

	// What is being gathered.
	valid []byte
	codes []int32
	flat  payload
	vec   batch.Vector
}

// HeldBytes is the memory that the reader of a chunk by another writer holds between pages.
func (r *ChunkReader) HeldBytes() int64 {
	x := r.foreign
	if x == nil {
		return 0
	}
	n := int64(cap(x.pages.window)+cap(x.pages.body)+cap(x.valid)) + 4*int64(cap(x.codes)) + x.vec.MemBytes()
	if x.dict != nil {
		n += x.dict.values.MemBytes() + 4*int64(len(x.dict.remap))
	}
	return n
}

// foreignReader returns the reader of a chunk by another writer, reset to it.
func (r *ChunkReader) foreignReader() *foreignReader {
	if r.foreign == nil {
		r.foreign = &foreignReader{}
	}
	x := r.foreign
	if !r.listed { // since Reset
		x.pages.reset(r, r.c.foreign)
		x.leaf, x.dict, x.begun, x.rows, x.indexed = r.c.foreign.leaf, nil, false, 0, false
		r.listed = true
	}
	return x
}

// foreignPage decodes one of our pages into r.vec.
func (r *ChunkReader) foreignPage(i int) error {
	first := int64(i) * int64(r.f.x.pageRows)
	n := int(min(int64(r.f.x.pageRows), r.f.x.groups[r.group].rows-first))
	if r.c.foreign.leaf == nil { // a partition's value, from the path
		r.vec = *batch.NewConst(r.c.Min, n)
		return nil
	}
	x := r.foreignReader()
	if err := x.begin(); err != nil {
		return err
	}
	if err := x.seek(first); err != nil {
		return err
	}
	v, err := x.read(r, n)
	if err == nil {
		r.vec = *v
	}
	return err
}

// foreignTouch counts a page that is kept as read: its share of the chunk, since the file's own pages have other sizes.
func (r *ChunkReader) foreignTouch(v *batch.Vector) {
	if v.Dict != nil {
		r.dict = v.Dict
	}
	r.read += r.c.Bytes * int64(v.Len) / max(r.c.foreign.rows, 1)
}

// begin reads the dictionary, if there is one, which comes first.
func (x *foreignReader) begin() error {
	if x.begun {
		return nil
	}
	p := &x.pages
	if p.fc.start == p.fc.end {
		return fmt.Errorf("the column chunk has no bytes")
	}
	h, err := p.header()
	if err == nil && h.kind == pageDict {
		if x.dict, err = readDictionary(p, &h); err == nil {
			p.pass(&h)
			x.share()
		}
	}
	x.begun = err == nil
	return err
}

// share makes all readers of the chunk give one dictionary, where there is a place to keep it.
func (x *foreignReader) share() {
	hot := x.pages.r.hot
	if x.dict == nil || hot == nil {
		return
	}
	known := hot.dict.Load()
	if known == nil {
		d := inOrder(x.dict.shared)
		keep(hot, &hot.dict, d, d.Values.MemBytes()+int64(4*len(d.remap)))
		known = hot.dict.Load()
	}
	if known.Dictionary != x.dict.shared {
		x.dict.adopt(known)
	}
}

// row is the next row to be read.
func (x *foreignReader) row() int64 { return x.first + int64(x.taken) }

// seek goes to a row, backwards from the chunk's start.
func (x *foreignReader) seek(row int64) error {
	if x.rows > 0 && row < x.row() || x.rows == 0 && row < x.pages.first {
		x.rows = 0
		x.pages.at, x.pages.first = x.pages.fc.start, 0
	}
	for x.rows == 0 || row >= x.first+int64(x.rows) {
		if err := x.nextPage(row); err != nil {
			return err
		}
	}
	return x.skip(int(row - x.row()))
}

// nextPage loads the next page that holds a row at or after the given one.
func (x *foreignReader) nextPage(row int64) error {
	p := &x.pages
	x.rows = 0
	for {
		if p.first < row {
			p.jump(row)
		}
		if p.at >= p.fc.end {
			return fmt.Errorf("the pages end after %d of %d rows", p.first, p.fc.rows)
		}
		h, err := p.header()
		if err != nil {
			return err
		}
		data := h.kind == pageData || h.kind == pageDataV2
		if data && (h.rows < 0 || h.kind == pageDataV2 && h.rows != h.values || int64(h.rows) > p.fc.rows-p.first) {
			return fmt.Errorf("a page of %d rows and %d values, %d rows are left", h.rows, h.values, p.fc.rows-p.first)
		}
		if data && p.first+int64(h.rows) > row {
			x.first = p.first
			if err := x.load(&h); err != nil {
				return fmt.Errorf("page at offset %d: %w", p.at, err)
			}
			p.pass(&h)
			return nil
		}
		p.pass(&h)
	}
}

// load unpacks a page.
func (x *foreignReader) load(h *foreignHeader) error {
	stored, err := x.pages.stored(h)
	if err != nil {
		return err
	}
	var levels, body []byte
	if h.kind == pageDataV2 {
		levels, body, err = x.cutV2(h, stored)
	} else {
		levels, body, err = x.cutV1(h, stored)
	}
	if err != nil {
		return err
	}
	if err := x.countNulls(h, levels); err != nil {
		return err
	}
	if err := x.values.begin(x.leaf, h.encoding, body, int(h.rows)-x.nulls); err != nil {
		return err
	}
	x.coded = x.values.kind == valueCodes
	if x.coded && x.dict == nil && int(h.rows) > x.nulls {
		return fmt.Errorf("codes without a dictionary")
	}
	x.rows, x.taken = int(h.rows), 0
	return nil
}

// countNulls looks through the levels once, so that pages without NULL need not look again.
func (x *foreignReader) countNulls(h *foreignHeader, levels []byte) error {
	x.nulls = 0
	if x.leaf.optional && (len(levels) > 0 || h.nulls != 0) {
		x.levels.reset(levels, 1)
		ones, err := x.levels.ones(int(h.rows))
		if err != nil {
			return fmt.Errorf("levels: %w", err)
		}
		x.levels.reset(levels, 1)
		x.nulls = int(h.rows) - ones
	}
	if h.nulls >= 0 && int(h.nulls) != x.nulls {
		return fmt.Errorf("levels tell of %d NULLs, the header of %d", x.nulls, h.nulls)
	}
	return nil
}

// cutV2 separates levels, which are never compressed, from values.
func (x *foreignReader) cutV2(h *foreignHeader, stored []byte) (levels, body []byte, err error) {
	before := int64(h.levels) + int64(h.repeats)
	if before > int64(len(stored)) || before > int64(h.raw) {
		return nil, nil, fmt.Errorf("levels of %d bytes in a page of %d", before, len(stored))
	}
	body, err = x.pages.expand(stored[before:], int64(h.raw)-before, h.compressed)
	return stored[h.repeats:before], body, err
}

// cutV1 unpacks the page, in which levels come before the values.
func (x *foreignReader) cutV1(h *foreignHeader, stored []byte) (levels, body []byte, err error) {
	body, err = x.pages.expand(stored, int64(h.raw), true)
	if err != nil || !x.leaf.optional {
		return nil, body, err
	}
	if h.levelsAs == parquetEncBitPacked {
		return cutBitPacked(body, int(h.rows))
	}
	if len(body) < 4 || uint64(binary.LittleEndian.Uint32(body)) > uint64(len(body)-4) {
		return nil, nil, fmt.Errorf("levels end early in a page of %d bytes", len(body))
	}
	n := 4 + int(binary.LittleEndian.Uint32(body))
	return body[4:n], body[n:], nil
}

// cutBitPacked turns levels of the old encoding, packed from the highest bit on, into a run as the newer one has it.
func cutBitPacked(body []byte, rows int) (levels, rest []byte, err error) {
	n := (rows + 7) / 8
	if n > len(body) {
		return nil, nil, fmt.Errorf("levels of %d rows in %d bytes", rows, len(body))
	}
	levels = binary.AppendUvarint(make([]byte, 0, n+10+unpackSlack), uint64(n)<<1|1)
	for _, b := range body[:n] {
		var r byte
		for i := range 8 {
			r |= b >> (7 - i) & 1 << i
		}
		levels = append(levels, r)
	}
	return levels, body[n:], nil
}

// skip passes over rows of the page under way.
func (x *foreignReader) skip(n int) error {
	if n == 0 {
		return nil
	}
	x.taken += n
	present := n
	if x.nulls > 0 {
		var err error
		if present, err = x.levels.ones(n); err != nil {
			return fmt.Errorf("levels: %w", err)
		}
	}
	return x.values.skip(present)
}

// read gathers the next n rows over as many pages as they take.
func (x *foreignReader) read(r *ChunkReader, n int) (*batch.Vector, error) {
	x.vec = batch.Vector{Type: x.leaf.typ, Len: n}
	if v := x.constant(n); v != nil && !r.FlatCodes {
		return v, x.skip(n)
	}
	x.valid, x.codes = x.valid[:0], x.codes[:0]
	x.flat.reset()
	done, coded := 0, true // so far nothing but codes
	for done < n {
		if x.taken == x.rows {
			if err := x.nextPage(x.first + int64(x.rows)); err != nil {
				return nil, err
			}
		}
		k := min(n-done, x.rows-x.taken)
		present, err := x.readLevels(done, k)
		if err != nil {
			return nil, err
		}
		if coded && !x.coded && present > 0 {
			coded = false
			if len(x.codes) > 0 {
				x.flat.appendCodes(x.dict.values, x.codes)
			}
		}
		if err := x.readValues(coded, present); err != nil {
			return nil, err
		}
		x.taken += k
		done += k
	}
	x.finish(r, coded)
	return &x.vec, nil
}

// constant looks whether the next n rows are one run of one code, or of NULL.
func (x *foreignReader) constant(n int) *batch.Vector {
	if x.rows-x.taken < n {
		return nil
	}
	if x.nulls == x.rows {
		return batch.NewConst(schema.NullValue(x.leaf.typ), n)
	}
	if !x.coded || x.nulls > 0 || x.dict == nil {
		return nil
	}
	code, one := x.values.codes.single(n)
	if !one || uint32(code) >= uint32(x.dict.stored) {
		return nil
	}
	return batch.NewConst(x.dict.values.Value(int(x.dict.code(code))), n)
}

// readLevels appends the validity of k rows to what done rows have, and counts the values among them.
func (x *foreignReader) readLevels(done, k int) (present int, err error) {
	if x.nulls == 0 {
		if len(x.valid) > 0 {
			x.valid = ones(x.valid, k)
		}
		return k, nil
	}
	if len(x.valid) == 0 {
		x.valid = ones(x.valid, done)
	}
	if x.valid, present, err = x.levels.appendLevels(x.valid, k); err != nil {
		return 0, fmt.Errorf("levels: %w", err)
	}
	return present, nil
}

// readValues appends values as codes or as themselves.
func (x *foreignReader) readValues(coded bool, n int) error {
	if n == 0 {
		return nil
	}
	if !x.coded {
		return x.values.append(&x.flat, n)
	}
	at := len(x.codes)
	if !coded {
		at = 0
	}
	if n > x.values.left {
		return fmt.Errorf("%d codes where %d are left", n, x.values.left)
	}
	var err error
	x.values.left -= n
	if x.codes, err = x.values.codes.append(x.codes[:at], n); err != nil {
		return err
	}
	if err := below(x.codes[at:], x.dict.stored); err != nil {
		return err
	}
	x.dict.translate(x.codes[at:])
	if !coded {
		x.flat.appendCodes(x.dict.values, x.codes)
	}
	return nil
}

// finish makes the vector of what was gathered.
func (x *foreignReader) finish(r *ChunkReader, coded bool) {
	v := &x.vec
	if len(x.valid) > 0 {
		v.Valid = x.valid
	}
	if coded && x.dict == nil { // not one value
		*v = *batch.NewConst(schema.NullValue(v.Type), v.Len)
		return
	}
	if coded {
		r.dict = x.dict.shared
		v.Enc, v.Dict, v.Codes = batch.Dict, x.dict.shared, x.codes
		if v.Valid != nil {
			x.codes = spreadRows(x.codes, v.Valid)
			v.Codes = x.codes
		}
		return
	}
	x.flat.fill(v)
	x.flat.spread(v)
}
