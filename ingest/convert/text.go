package convert

import (
	"encoding/json"

	"github.com/assaydb/assay/ingest/csvscan"
	"github.com/assaydb/assay/storage/batch"
)

// textColumn converts a VARCHAR or JSON column that is not coded.
func (c *Converter) textColumn(ch *csvscan.Chunk, rows []rowRef, j int, isJSON bool) (*batch.Vector, bool) {
	bad := isJSON && c.checkJSON(ch, rows, j)
	if c.watch != nil && c.news != nil && (c.ears == nil || c.ears[j].by != knowsAny) {
		c.news[c.plan.Fields[j]] = true
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

func (c *Converter) flat(ch *csvscan.Chunk, rows []rowRef, j int) *batch.Vector {
	field, total := uint32(c.plan.Fields[j]), 0
	for i := range rows {
		f := ch.Fields[rows[i].first+field]
		total += int(f.End() - f.Start)
	}
	v := &batch.Vector{Type: c.plan.Types[j], Len: len(rows), Off: again(c, len(rows)+1, func(o *batch.Vector) []uint32 { return o.Off }), Data: again(c, total, func(o *batch.Vector) []byte { return o.Data })[:0]}
	v.Off[0] = 0
	for i := range rows {
		b, null := c.cell(ch, ch.Fields[rows[i].first+field])
		if null {
			c.setNull(v, i)
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
