package convert

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"

	"github.com/assaydb/assay/ingest/csvscan"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// coder turns the cells of one column into codes. It remembers which bytes gave which code, so a cell that was met before is
// neither parsed nor checked nor hashed again, whatever its type. Different bytes may stand for one value and share its code.
type coder struct {
	dict  *dictionary
	slots []slot
	used  int
	data  []byte // of the longer cells
	off   []uint32
	code  func(cell []byte) (int32, Reason) // of a cell that was not met before
	sums  []schema.ColumnHash               // hashes of the entries behind the last vector
}

// slot is one cell that was met.
type slot struct {
	head, tail uint64 // its first and last eight bytes
	size       uint32 // its bytes, quotedCell if it stood in quotes; 0 is an empty slot
	code       int32
	long       int32 // where its bytes are kept when there are more than maxCachedCell
}

const (
	quotedCell = 1 << 31
	nullCode   = -2 // of a NULL word
	minSlots   = 4
	maxSlots   = 2 * maxEntries
)

// cellKey returns the first and last eight bytes of a cell; a shorter one is padded with zeros and has no last.
func cellKey(data []byte, start, end uint32) (head, tail uint64) {
	if int(start)+8 <= len(data) && end >= 8 {
		return cellKeyWithin(data, start, end)
	}
	return cellKeyAtEdge(data, start, end)
}

// cellKeyWithin is cellKey of a cell that has eight bytes of data on either side of where it would need them. Lengths differ from cell to
// cell, so no branch asks for them.
func cellKeyWithin(data []byte, start, end uint32) (head, tail uint64) {
	n := end - start
	head = binary.LittleEndian.Uint64(data[start:]) & (1<<(8*n) - 1) // all of it from eight bytes on
	tail = binary.LittleEndian.Uint64(data[end-8:]) & uint64((7-int64(n))>>63)
	return head, tail
}

func cellKeyAtEdge(data []byte, start, end uint32) (head, tail uint64) {
	if end-start >= 8 {
		return binary.LittleEndian.Uint64(data[start:]), binary.LittleEndian.Uint64(data[end-8:])
	}
	for i, c := range data[start:end] {
		head |= uint64(c) << (8 * i)
	}
	return head, 0
}

func mixKey(head, tail uint64, size uint32) uint64 {
	h := (head ^ tail*0x9E3779B97F4A7C15 ^ uint64(size)*0xC2B2AE3D27D4EB4F) * 0x9FB21C651E98DF25
	return h ^ h>>32
}

// find returns the slot of a cell: its own, or the empty one where it belongs.
func (c *coder) find(cell []byte, head, tail uint64, size uint32) *slot {
	mask := uint64(len(c.slots) - 1)
	for h := mixKey(head, tail, size); ; h++ {
		s := &c.slots[h&mask]
		if s.size == 0 || s.head == head && s.tail == tail && s.size == size && (len(cell) <= maxCachedCell || bytes.Equal(cell, c.kept(s))) {
			return s
		}
	}
}

func (c *coder) kept(s *slot) []byte { return c.data[c.off[s.long]:c.off[s.long+1]] }

// remember notes the code of a cell, while there is room.
func (c *coder) remember(s *slot, cell []byte, head, tail uint64, size uint32, code int32) {
	if c.used >= maxSlots/2 {
		return
	}
	*s = slot{head: head, tail: tail, size: size, code: code}
	if len(cell) > maxCachedCell {
		s.long = int32(len(c.off) - 1)
		c.data = append(c.data, cell...)
		c.off = append(c.off, uint32(len(c.data)))
	}
	if c.used++; 2*c.used > len(c.slots) {
		c.grow()
	}
}

func (c *coder) grow() {
	old := c.slots
	c.slots = make([]slot, 4*len(old))
	mask := uint64(len(c.slots) - 1)
	for _, s := range old {
		if s.size == 0 {
			continue
		}
		h := mixKey(s.head, s.tail, s.size)
		for c.slots[h&mask].size != 0 {
			h++
		}
		c.slots[h&mask] = s
	}
}

// coded converts a column to codes. ok is false when the dictionary takes no more, and the column is to be converted flat.
func (c *Converter) coded(ch *csvscan.Chunk, rows []rowRef, j int) (v *batch.Vector, bad, ok bool) {
	k, text := &c.coders[j], c.plan.Types[j].Class() == schema.ClassBytes
	if !k.dict.open() {
		k.slots, k.data, k.off = nil, nil, nil
		return nil, false, false
	}
	if k.slots == nil {
		k.slots, k.off = make([]slot, minSlots), []uint32{0}
	}
	v = &batch.Vector{Type: c.plan.Types[j], Enc: batch.Dict, Len: len(rows), Codes: again(c, len(rows), func(o *batch.Vector) []int32 { return o.Codes })}
	nulls := 0
	field, data, fields := uint32(c.plan.Fields[j]), ch.Data, ch.Fields
	for i := range rows {
		f := fields[rows[i].first+field]
		size := f.End() - f.Start
		if f.Quoted() {
			size |= quotedCell
		}
		if size == 0 || size == quotedCell && !text {
			v.Codes[i] = 0
			c.setNull(v, i)
			nulls++
			continue
		}
		var head, tail uint64
		start, end := f.Start, f.End()
		if int(start)+8 <= len(data) && end >= 8 { // as cellKey, which is too large to be inlined
			head, tail = cellKeyWithin(data, start, end)
		} else {
			head, tail = cellKeyAtEdge(data, start, end)
		}
		cell := data[start:end]
		s := &k.slots[mixKey(head, tail, size)&uint64(len(k.slots)-1)]
		if s.head != head || s.tail != tail || s.size != size || len(cell) > maxCachedCell {
			s = k.find(cell, head, tail, size)
		}
		if s.size == 0 {
			n, why := c.fresh(k, cell, f)
			if c.watch != nil && n != nullCode {
				c.hear(j, trim(cell), why)
			}
			if why != OK {
				c.fault(i, j, why)
				v.Codes[i], bad = 0, true
				continue
			}
			if n == -1 {
				return nil, false, false
			}
			k.remember(s, cell, head, tail, size, n)
			v.Codes[i] = n
		} else {
			v.Codes[i] = s.code
		}
		if v.Codes[i] == nullCode {
			v.Codes[i] = 0
			c.setNull(v, i)
			nulls++
		}
	}
	return k.finish(v, len(rows)-nulls), bad, true
}

// fresh converts a cell that was not met before.
func (c *Converter) fresh(k *coder, cell []byte, f csvscan.Field) (int32, Reason) {
	switch {
	case !f.Quoted() && len(c.plan.Rules.Null) > 0 && c.plan.Rules.isNull(cell):
		return nullCode, OK
	case f.Escaped() && k.dict.typ.Class() == schema.ClassBytes:
		c.buf = csvscan.Unescape(c.buf[:0], cell, c.plan.Rules.Escape)
		cell = c.buf
	}
	return k.code(cell)
}

// finish gives a coded vector its dictionary.
func (k *coder) finish(v *batch.Vector, values int) *batch.Vector {
	if v.Dict, k.sums = k.dict.take(values); v.Dict == nil {
		return batch.NewConst(schema.NullValue(v.Type), v.Len)
	}
	return v
}

// newCode returns what turns a new cell of a column into a code.
func (c *Converter) newCode(j int) func(cell []byte) (int32, Reason) {
	t, d, rules := c.plan.Types[j], c.coders[j].dict, c.plan.rules(j)
	switch t.Class() {
	case schema.ClassBytes:
		return func(cell []byte) (int32, Reason) {
			if t.Kind == schema.JSON && !json.Valid(cell) {
				return 0, NotJSON
			}
			return d.text(cell), OK
		}
	case schema.ClassFloat64:
		point := rules.point()
		parse := grouped(c, &rules, t, func(b []byte) (float64, Reason) { return ParseDouble(b, point) })
		return codeOf(parse, func(x float64) int32 { return d.word(canonicalBits(x)) })
	}
	return codeOf(grouped(c, &rules, t, parser64(&rules, t)), func(x int64) int32 { return d.word(uint64(x)) })
}

func codeOf[T any](parse func([]byte) (T, Reason), code func(T) int32) func([]byte) (int32, Reason) {
	return func(cell []byte) (int32, Reason) {
		if cell[0] <= ' ' || cell[len(cell)-1] <= ' ' {
			cell = trim(cell)
		}
		x, why := parse(cell)
		if why != OK {
			return 0, refine(why, cell)
		}
		return code(x), OK
	}
}

// canonicalBits gives zero and NaN one form each, as a dictionary's entries are distinct.
func canonicalBits(f float64) uint64 {
	switch {
	case f == 0:
		return 0
	case f != f:
		return math.Float64bits(math.NaN())
	}
	return math.Float64bits(f)
}
