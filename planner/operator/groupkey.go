package operator

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// shortKey is a group key packed into 16 bytes. Keys that do not fit are byte strings.
type shortKey [2]uint64

// packer turns rows of key columns into packed keys and back. Equal keys have equal packings: NULLs are one value, -0 is 0, and
// every NaN is one. A single 64-bit column and a single short text have layouts of their own; the general form is, column after
// column, a tag byte (0 NULL, else one plus the number of payload bytes, 255 when a uvarint length follows) and the payload
// (integers zigzag, least significant byte first, without leading zeros).
type packer struct {
	types []schema.Type
	one   oneColumn
	buf   []byte
}

type oneColumn uint8

const (
	several oneColumn = iota
	oneInt
	oneText
)

func newPacker(types []schema.Type) *packer {
	p := &packer{types: types}
	if len(types) == 1 {
		switch types[0].Class() {
		case schema.ClassInt64, schema.ClassFloat64:
			p.one = oneInt
		case schema.ClassBytes:
			p.one = oneText
		}
	}
	return p
}

// maxShortText leaves a byte for the length.
const maxShortText = 15

// row packs one row: ok tells that it fits short, else long holds it until the next call.
func (p *packer) row(cols []*batch.Vector, row int) (k shortKey, long []byte, ok bool) {
	switch p.one {
	case oneInt:
		if cols[0].IsNull(row) {
			return shortKey{0, 2}, nil, true
		}
		return shortKey{uint64(bits64(cols[0], row)), 1}, nil, true
	case oneText:
		if cols[0].IsNull(row) {
			return shortKey{}, nil, true
		}
		b := cols[0].Bytes(row)
		if len(b) <= maxShortText {
			return shortText(b), nil, true
		}
		return k, b, false
	}
	p.buf = p.buf[:0]
	for _, v := range cols {
		p.buf = appendKey(p.buf, v, row)
	}
	if len(p.buf) <= 16 {
		return short(p.buf), nil, true
	}
	return k, p.buf, false
}

// bits64 is the payload of a 64-bit or double column as an integer that is equal for equal values.
func bits64(v *batch.Vector, row int) int64 {
	if v.Type.Class() == schema.ClassFloat64 {
		return doubleBits(v.Float64(row))
	}
	return v.Int64(row)
}

func doubleBits(f float64) int64 {
	switch {
	case f == 0:
		return 0
	case f != f:
		return int64(math.Float64bits(math.NaN()))
	}
	return int64(math.Float64bits(f))
}

func shortText(b []byte) (k shortKey) {
	switch n := len(b); {
	case n >= 8:
		k[0] = binary.LittleEndian.Uint64(b)
		if n > 8 {
			k[1] = binary.LittleEndian.Uint64(b[n-8:]) >> (8 * uint(16-n))
		}
	case n >= 4:
		k[0] = uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<(8*uint(n-4))
	default:
		for i, c := range b {
			k[0] |= uint64(c) << (8 * i)
		}
	}
	k[1] |= uint64(len(b)+1) << 56
	return k
}

func short(b []byte) (k shortKey) {
	var a [16]byte
	copy(a[:], b)
	return shortKey{binary.LittleEndian.Uint64(a[:]), binary.LittleEndian.Uint64(a[8:])}
}

func appendKey(dst []byte, v *batch.Vector, row int) []byte {
	if v.IsNull(row) {
		return append(dst, 0)
	}
	switch v.Type.Class() {
	case schema.ClassBytes:
		b := v.Bytes(row)
		if len(b) < 254 {
			dst = append(dst, byte(len(b)+1))
		} else {
			dst = binary.AppendUvarint(append(dst, 255), uint64(len(b)))
		}
		return append(dst, b...)
	case schema.ClassInt128:
		w := v.Int128(row)
		dst = binary.LittleEndian.AppendUint64(append(dst, 17), w.Lo)
		return binary.LittleEndian.AppendUint64(dst, uint64(w.Hi))
	}
	x := bits64(v, row)
	u := uint64(x<<1) ^ uint64(x>>63)
	n := (bits.Len64(u) + 7) / 8
	dst = append(dst, byte(n+1))
	for range n {
		dst = append(dst, byte(u))
		u >>= 8
	}
	return dst
}

// emit appends a packed key to the builders of the key columns.
func (p *packer) emit(out []*batch.Builder, k shortKey, long []byte) {
	switch {
	case p.one == oneInt && k[1] == 2, p.one == oneText && long == nil && k == shortKey{}:
		out[0].Null()
	case p.one == oneInt:
		p.number(out[0], p.types[0], int64(k[0]))
	case p.one == oneText && long != nil:
		out[0].Bytes(long)
	default:
		var a [16]byte
		binary.LittleEndian.PutUint64(a[:], k[0])
		binary.LittleEndian.PutUint64(a[8:], k[1])
		if p.one == oneText {
			out[0].Bytes(a[:a[15]-1])
			return
		}
		if long == nil {
			long = a[:]
		}
		p.unpack(out, long)
	}
}

func (p *packer) number(out *batch.Builder, t schema.Type, x int64) {
	if t.Class() == schema.ClassFloat64 {
		out.Float64(math.Float64frombits(uint64(x)))
		return
	}
	out.Int64(x)
}

func (p *packer) unpack(out []*batch.Builder, b []byte) {
	for i, t := range p.types {
		tag := b[0]
		b = b[1:]
		if tag == 0 {
			out[i].Null()
			continue
		}
		n := int(tag) - 1
		if tag == 255 {
			u, w := binary.Uvarint(b)
			n, b = int(u), b[w:]
		}
		p.value(out[i], t, b[:n])
		b = b[n:]
	}
}

func (p *packer) value(out *batch.Builder, t schema.Type, b []byte) {
	switch t.Class() {
	case schema.ClassBytes:
		out.Bytes(b)
	case schema.ClassInt128:
		out.Int128(decimal.Int128{Lo: binary.LittleEndian.Uint64(b), Hi: int64(binary.LittleEndian.Uint64(b[8:]))})
	default:
		var u uint64
		for i, c := range b {
			u |= uint64(c) << (8 * i)
		}
		p.number(out, t, int64(u>>1)^-int64(u&1))
	}
}
