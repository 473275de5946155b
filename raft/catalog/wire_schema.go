package catalog

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// nullBit marks a NULL in a value's type byte.
const nullBit = 0x80

func appendType(b []byte, t schema.Type, null bool) []byte {
	k := byte(t.Kind)
	if null {
		k |= nullBit
	}
	b = append(b, k)
	if t.Kind == schema.Decimal {
		b = append(b, t.Precision, t.Scale)
	}
	return b
}

func (r *reader) typ() (t schema.Type, null bool) {
	k := r.byte()
	t.Kind, null = schema.Kind(k&^nullBit), k&nullBit != 0
	if t.Kind > schema.Binary {
		r.fail("unknown type %d", t.Kind)
	}
	if t.Kind == schema.Decimal {
		t.Precision, t.Scale = r.byte(), r.byte()
		if t.Precision > 38 || t.Scale > t.Precision {
			r.fail("no type DECIMAL(%d,%d)", t.Precision, t.Scale)
		}
	}
	return t, null
}

func appendValue(b []byte, v schema.Value) []byte {
	b = appendType(b, v.Type, v.Null)
	if v.Null {
		return b
	}
	switch v.Type.Class() {
	case schema.ClassInt128:
		b = binary.LittleEndian.AppendUint64(b, v.W.Lo)
		return binary.LittleEndian.AppendUint64(b, uint64(v.W.Hi))
	case schema.ClassFloat64:
		return binary.LittleEndian.AppendUint64(b, math.Float64bits(v.F))
	case schema.ClassBytes:
		return appendString(b, v.S)
	}
	return binary.AppendVarint(b, v.I)
}

func (r *reader) value() schema.Value {
	t, null := r.typ()
	v := schema.Value{Type: t, Null: null}
	if null {
		return v
	}
	switch t.Class() {
	case schema.ClassInt128:
		lo := r.word()
		v.W = decimal.Int128{Lo: lo, Hi: int64(r.word())}
	case schema.ClassFloat64:
		v.F = math.Float64frombits(r.word())
	case schema.ClassBytes:
		v.S = r.string()
	default:
		v.I = r.varint()
	}
	return v
}

// appendValues writes the values one after another; their number is known from the context or written before.
func appendValues(b []byte, values []schema.Value) []byte {
	b = binary.AppendUvarint(b, uint64(len(values)))
	for _, v := range values {
		b = appendValue(b, v)
	}
	return b
}

func (r *reader) values(into []schema.Value) []schema.Value {
	n := r.count(1)
	for into = slices.Grow(into, n); n > 0; n-- {
		into = append(into, r.value())
	}
	return into
}

func appendBounds(b []byte, bounds []schema.Bound) []byte {
	b = binary.AppendUvarint(b, uint64(len(bounds)))
	for i := range bounds {
		x := &bounds[i]
		b = binary.AppendUvarint(b, uint64(x.Column))
		b = appendBool(b, x.Exact)
		b = appendValue(b, x.Min)
		b = appendValue(b, x.Max)
		b = binary.AppendVarint(b, x.Nulls)
	}
	return b
}

func (r *reader) bounds(into []schema.Bound) []schema.Bound {
	n := r.count(5)
	for into = slices.Grow(into, n); n > 0; n-- {
		x := schema.Bound{Column: r.uint32(), Exact: r.bool()}
		x.Min, x.Max = r.value(), r.value()
		x.Nulls = r.varint()
		into = append(into, x)
	}
	return into
}

func appendTable(b []byte, t *schema.Table) []byte {
	b = binary.AppendUvarint(b, uint64(t.ID))
	b = appendString(b, t.Name)
	b = binary.AppendUvarint(b, uint64(t.Version))
	b = binary.AppendUvarint(b, uint64(len(t.Columns)))
	for _, c := range t.Columns {
		b = binary.AppendUvarint(b, uint64(c.ID))
		b = appendString(b, c.Name)
		b = appendType(b, c.Type, false)
	}
	b = binary.AppendUvarint(b, uint64(len(t.PartitionBy)))
	for _, p := range t.PartitionBy {
		b = append(b, byte(p.Kind))
		b = binary.AppendUvarint(b, uint64(p.Column))
		b = binary.AppendUvarint(b, uint64(p.Buckets))
	}
	b = binary.AppendUvarint(b, uint64(len(t.SortBy)))
	for _, id := range t.SortBy {
		b = binary.AppendUvarint(b, uint64(id))
	}
	b = appendString(b, string(t.Codec))
	b = binary.AppendUvarint(b, uint64(t.NextColumn))
	b = append(b, boolByte(t.Inferred)|policyByte(t.Policy)|boolByte(t.IsAttached())*tableAttached)
	if t.IsAttached() {
		b = appendString(appendString(b, t.Attached.Location), t.Attached.Format)
	}
	return b
}

// tableAttached in a table's last byte says that its attachment follows.
const tableAttached = 1 << 5

// policyByte packs a policy into the bits of a table's last byte that version 1 had no use for.
func policyByte(p schema.Policy) byte { return byte(p.Columns)<<1 | byte(p.Widen)<<3 }

// tail reads a table's last byte and what it announces.
func (r *reader) tail(t *schema.Table) {
	b := r.byte()
	t.Inferred = b&1 == 1
	t.Policy = schema.Policy{Columns: schema.ColumnsPolicy(b >> 1 & 3), Widen: schema.WidenPolicy(b >> 3 & 3)}
	if b >= tableAttached<<1 || t.Policy.Widen > schema.WidenNo {
		r.fail("unknown flags %#x of a table", b)
	}
	if b&tableAttached != 0 {
		t.Attached = schema.Attachment{Location: strings.Clone(r.string()), Format: strings.Clone(r.string())}
		if !t.IsAttached() {
			r.fail("a table attached to nothing")
		}
	}
}

// table copies its strings: definitions outlive the command that brought them.
func (r *reader) table() *schema.Table {
	t := &schema.Table{ID: r.uint32(), Name: strings.Clone(r.string()), Version: r.uint32()}
	if n := r.count(3); n > 0 {
		t.Columns = make([]schema.Column, n)
	}
	for i := range t.Columns {
		c := &t.Columns[i]
		c.ID, c.Name = r.uint32(), strings.Clone(r.string())
		var null bool
		if c.Type, null = r.typ(); null {
			r.fail("a column's type is marked NULL")
		}
	}
	for n := r.count(3); n > 0; n-- {
		p := schema.Transform{Kind: schema.TransformKind(r.byte()), Column: r.uint32(), Buckets: r.uint32()}
		t.PartitionBy = append(t.PartitionBy, p)
	}
	for n := r.count(1); n > 0; n-- {
		t.SortBy = append(t.SortBy, r.uint32())
	}
	t.Codec, t.NextColumn = schema.Codec(strings.Clone(r.string())), r.uint32()
	r.tail(t)
	return t
}
