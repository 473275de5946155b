package expr

import (
	"encoding/binary"
	"math"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// The wire form: a version byte, then the nodes in prefix order, each a tag and its fields. Counts, lengths and ordinals are
// unsigned varints; types are three bytes; see testdata/wire.golden.
const (
	wireVersion  = 1
	maxWireBytes = 16 << 20
)

// The tags, fixed on the wire.
const (
	tagColumn byte = iota + 1
	tagLiteral
	tagCall
	tagLogic
	tagCase
	tagIn
	tagCast
)

// Append appends the wire form of e.
func Append(dst []byte, e Expr) []byte { return appendExpr(append(dst, wireVersion), e) }

func appendExpr(dst []byte, e Expr) []byte {
	switch x := e.(type) {
	case *Column:
		dst = appendType(append(dst, tagColumn), x.Typ)
		return appendText(binary.AppendUvarint(dst, uint64(x.Index)), x.Name)
	case *Literal:
		return appendValue(appendType(append(dst, tagLiteral), x.Value.Type), x.Value)
	case *Call:
		dst = appendText(appendType(append(dst, tagCall), x.Typ), x.Name)
		return appendAll(dst, x.Operands)
	case *Logic:
		return appendAll(append(dst, tagLogic, byte(x.Op)), x.Operands)
	case *Case:
		dst = append(appendType(append(dst, tagCase), x.Typ), byte(boolInt(x.Else != nil)))
		return appendAll(dst, x.Args())
	case *In:
		return appendIn(dst, x)
	case *Cast:
		dst = append(appendType(append(dst, tagCast), x.To), byte(boolInt(x.Try)))
		return appendExpr(dst, x.Operand)
	}
	panic("BUG: expr: unknown node")
}

func appendIn(dst []byte, x *In) []byte {
	dst = append(dst, tagIn, byte(boolInt(x.HasNull)|boolInt(x.Negate)<<1))
	dst = appendExpr(dst, x.Operand)
	dst = binary.AppendUvarint(dst, uint64(len(x.List)))
	for _, v := range x.List {
		dst = appendValue(dst, v)
	}
	return dst
}

func appendAll(dst []byte, list []Expr) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(list)))
	for _, e := range list {
		dst = appendExpr(dst, e)
	}
	return dst
}

func appendType(dst []byte, t schema.Type) []byte {
	return append(dst, byte(t.Kind), t.Precision, t.Scale)
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// appendValue writes a null byte and the payload; the type is known from before.
func appendValue(dst []byte, v schema.Value) []byte {
	if v.Null {
		return append(dst, 1)
	}
	dst = append(dst, 0)
	switch v.Type.Class() {
	case schema.ClassInt64:
		return binary.AppendVarint(dst, v.I)
	case schema.ClassInt128:
		return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(dst, v.W.Lo), uint64(v.W.Hi))
	case schema.ClassFloat64:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.F))
	}
	return appendText(dst, v.S)
}

// Decode reads what Append wrote and returns the bytes after it. It checks types and arities, so that what it returns can be
// compiled; nesting beyond MaxDepth is refused. Errors are errs.Invalid.
func Decode(b []byte) (Expr, []byte, error) {
	if len(b) == 0 || b[0] != wireVersion {
		return nil, nil, errs.New(errs.Invalid, "bad-expression", "the encoded expression has an unknown version")
	}
	if len(b) > maxWireBytes {
		b = b[:maxWireBytes:maxWireBytes]
	}
	d := decoder{b: b[1:]}
	e := d.expr(0)
	if d.err != nil {
		return nil, nil, d.err
	}
	return e, d.b, nil
}

// decoder reads prefix order; after the first error it yields zero values.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) fail(why string) {
	if d.err == nil {
		d.err = errs.New(errs.Invalid, "bad-expression", "the encoded expression %s", why)
	}
	d.b = nil
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.fail("is cut short")
		return 0
	}
	c := d.b[0]
	d.b = d.b[1:]
	return c
}

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail("is cut short")
		return 0
	}
	d.b = d.b[n:]
	return v
}

// count reads a length that the remaining bytes must be able to hold.
func (d *decoder) count() int {
	v := d.uint()
	if v > uint64(len(d.b)) {
		d.fail("states a length beyond its end")
		return 0
	}
	return int(v)
}

func (d *decoder) take(n int) []byte {
	if n > len(d.b) {
		d.fail("is cut short")
		return make([]byte, n)
	}
	p := d.b[:n]
	d.b = d.b[n:]
	return p
}

func (d *decoder) text() string { return string(d.take(d.count())) }

func (d *decoder) flag() bool { return d.byte() != 0 }

func (d *decoder) typ() schema.Type {
	t := schema.Type{Kind: schema.Kind(d.byte()), Precision: d.byte(), Scale: d.byte()}
	decimalOK := t.Precision >= 1 && t.Precision <= 38 && t.Scale <= t.Precision
	if t.Kind > schema.Binary || t.Kind == schema.Decimal != decimalOK || t.Kind != schema.Decimal && (t.Precision != 0 || t.Scale != 0) {
		d.fail("has an unknown type")
		return schema.TypeNull
	}
	return t
}

func (d *decoder) value(t schema.Type) schema.Value {
	v := schema.Value{Type: t}
	if d.flag() {
		return schema.NullValue(t)
	}
	switch t.Class() {
	case schema.ClassInt64:
		x, n := binary.Varint(d.b)
		if n <= 0 {
			d.fail("is cut short")
			return v
		}
		d.b, v.I = d.b[n:], x
	case schema.ClassInt128:
		p := d.take(16)
		v.W.Lo, v.W.Hi = binary.LittleEndian.Uint64(p), int64(binary.LittleEndian.Uint64(p[8:]))
	case schema.ClassFloat64:
		v.F = math.Float64frombits(binary.LittleEndian.Uint64(d.take(8)))
	case schema.ClassBytes:
		v.S = d.text()
	}
	return v
}
