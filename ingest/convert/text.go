package convert

import (
	"bytes"
	"encoding/json"
	"math/bits"

	"github.com/assaydb/assay/ingest/csvscan"
	"github.com/assaydb/assay/storage/batch"
	"github.com/zeebo/xxh3"
)

// Dictionaries of a chunk.
const (
	maxEntries   = 2048 // distinct values beyond which a chunk's column is kept flat
	probeRows    = 512  // rows after which a column with too many distinct values gives up
	retryChunks  = 16   // chunks that a column stays flat before it tries again
	minDictRatio = 4    // rows per entry that make a dictionary worth its while
)

// interner builds the dictionary of one text column, chunk by chunk, while its cells are read: later stages sort and write codes
// and need not hash the text again.
type interner struct {
	slots []slot
	epoch uint32
	off   []uint32
	data  []byte
	rest  int // chunks to stay flat
}

type slot struct {
	epoch uint32
	tag   uint32
	code  int32
}

// reset readies the table for a chunk. A file of thousands of columns has few rows in a chunk, and so gets small tables.
func (t *interner) reset(rows int) {
	if want := 4 << bits.Len(uint(min(rows, maxEntries)-1)); len(t.slots) < want { // a power of two, a quarter full at most
		t.slots, t.epoch = make([]slot, want), 0
	}
	if t.epoch++; t.epoch == 0 {
		clear(t.slots)
		t.epoch = 1
	}
	t.off, t.data = append(t.off[:0], 0), t.data[:0]
}

// code returns the code of a value, -1 when the dictionary is full.
func (t *interner) code(b []byte) int32 {
	h := xxh3.Hash(b)
	tag := uint32(h >> 32)
	mask := uint64(len(t.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		s := &t.slots[i]
		if s.epoch != t.epoch {
			if len(t.off) > maxEntries {
				return -1
			}
			*s = slot{t.epoch, tag, int32(len(t.off) - 1)}
			t.data = append(t.data, b...)
			t.off = append(t.off, uint32(len(t.data)))
			return s.code
		}
		if s.tag == tag && bytes.Equal(b, t.data[t.off[s.code]:t.off[s.code+1]]) {
			return s.code
		}
	}
}

// textColumn converts a VARCHAR or JSON column.
func (c *Converter) textColumn(ch *csvscan.Chunk, rows []rowRef, j int, isJSON bool) (*batch.Vector, bool) {
	bad := false
	if isJSON {
		bad = c.checkJSON(ch, rows, j)
	}
	in := &c.text[j]
	if in.rest > 0 {
		in.rest--
	} else if v := c.coded(ch, rows, j); v != nil {
		return v, bad
	} else {
		in.rest = retryChunks
	}
	return c.flat(ch, rows, j), bad
}

// cell returns a text cell, unescaped, and whether it is NULL.
func (c *Converter) cell(ch *csvscan.Chunk, f csvscan.Field) (b []byte, null bool) {
	b = ch.Bytes(f)
	if !f.Quoted() {
		return b, len(b) == 0 || len(c.plan.Rules.Null) > 0 && c.plan.Rules.isNull(b)
	}
	if f.Escaped() {
		c.buf = csvscan.Unescape(c.buf[:0], b, c.plan.Rules.Escape)
		b = c.buf
	}
	return b, false
}

// coded converts a column to codes; nil when its values are too many to be worth it.
func (c *Converter) coded(ch *csvscan.Chunk, rows []rowRef, j int) *batch.Vector {
	in, field := &c.text[j], uint32(c.plan.Fields[j])
	in.reset(max(1, len(rows)))
	v := &batch.Vector{Type: c.plan.Types[j], Enc: batch.Dict, Len: len(rows), Codes: make([]int32, len(rows))}
	var last []byte
	code := int32(-1)
	for i := range rows {
		b, null := c.cell(ch, ch.Fields[rows[i].first+field])
		if null {
			setNull(v, i)
			continue
		}
		if code < 0 || !bytes.Equal(b, last) {
			code = in.code(b)
			if code < 0 || i == probeRows && len(in.off) > probeRows/minDictRatio {
				return nil
			}
			last = in.data[in.off[code]:in.off[code+1]]
		}
		v.Codes[i] = code
	}
	if len(in.off)-1 > max(16, len(rows)/minDictRatio) {
		return nil
	}
	if len(in.off) == 1 {
		in.off = append(in.off, 0) // all NULL: a dictionary has an entry
	}
	values := &batch.Vector{Type: v.Type, Len: len(in.off) - 1, Off: append([]uint32(nil), in.off...), Data: append([]byte(nil), in.data...)}
	v.Dict = &batch.Dictionary{Values: values}
	return v
}

func (c *Converter) flat(ch *csvscan.Chunk, rows []rowRef, j int) *batch.Vector {
	field, total := uint32(c.plan.Fields[j]), 0
	for i := range rows {
		f := ch.Fields[rows[i].first+field]
		total += int(f.End() - f.Start)
	}
	v := &batch.Vector{Type: c.plan.Types[j], Len: len(rows), Off: make([]uint32, len(rows)+1), Data: make([]byte, 0, total)}
	for i := range rows {
		b, null := c.cell(ch, ch.Fields[rows[i].first+field])
		if null {
			setNull(v, i)
		} else {
			v.Data = append(v.Data, b...)
		}
		v.Off[i+1] = uint32(len(v.Data))
	}
	return v
}

func (c *Converter) checkJSON(ch *csvscan.Chunk, rows []rowRef, j int) (bad bool) {
	for i := range rows {
		b, null := c.cell(ch, ch.Fields[rows[i].first+uint32(c.plan.Fields[j])])
		if !null && !json.Valid(b) {
			c.fault(i, j, NotJSON)
			bad = true
		}
	}
	return bad
}
