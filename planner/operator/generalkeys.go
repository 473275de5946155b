package operator

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/kernel/intern"
	"github.com/assaydb/assay/storage/schema"
)

// Keys that fit no other form are byte strings: column after column, a tag byte (0 NULL, else one plus the number of payload
// bytes, 255 when a uvarint length follows) and the payload (integers zigzag, least significant byte first, without leading
// zeros). Equal keys have equal strings: NULLs are one value, -0 is 0, and every NaN is one.

func appendKey(dst []byte, v *batch.Vector, row int) []byte {
	if v.IsNull(row) {
		return append(dst, 0)
	}
	switch v.Type.Class() {
	case schema.ClassBytes:
		return appendKeyText(dst, v.Bytes(row))
	case schema.ClassInt128:
		return appendKeyText(dst, appendWide(nil, v.Int128(row)))
	}
	return appendKeyNumber(dst, bits64(v, row))
}

func appendKeyText(dst, b []byte) []byte {
	if len(b) < 254 {
		dst = append(dst, byte(len(b)+1))
	} else {
		dst = binary.AppendUvarint(append(dst, 255), uint64(len(b)))
	}
	return append(dst, b...)
}

func appendKeyNumber(dst []byte, x int64) []byte {
	u := uint64(x<<1) ^ uint64(x>>63)
	n := (bits.Len64(u) + 7) / 8
	dst = append(dst, byte(n+1))
	for range n {
		dst = append(dst, byte(u))
		u >>= 8
	}
	return dst
}

func appendWide(dst []byte, w decimal.Int128) []byte {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(dst, w.Lo), uint64(w.Hi))
}

// eachPart cuts a key into the payloads of its columns; nil is NULL.
func eachPart(b []byte, f func(column int, payload []byte)) {
	for i := 0; len(b) > 0; i++ {
		tag := b[0]
		b = b[1:]
		if tag == 0 {
			f(i, nil)
			continue
		}
		n := int(tag) - 1
		if tag == 255 {
			u, w := binary.Uvarint(b)
			n, b = int(u), b[w:]
		}
		f(i, b[:n:n])
		b = b[n:]
	}
}

func keyNumber(payload []byte) int64 {
	var u uint64
	for i, c := range payload {
		u |= uint64(c) << (8 * i)
	}
	return int64(u>>1) ^ -int64(u&1)
}

func isNumber(t schema.Type) bool {
	c := t.Class()
	return c == schema.ClassInt64 || c == schema.ClassFloat64
}

// keySeed begins the hash of several columns.
const keySeed = 0x8ebc6af09c88c6e3

// mixHash adds the hash of one more column.
func mixHash(h, column uint64) uint64 {
	hi, lo := bits.Mul64(h^0xa0761d6478bd642f, column^0xe7037ed1a0b428db)
	return hi ^ lo
}

// hashGeneral hashes the values of a key as packedKeys.hash does.
func hashGeneral(types []schema.Type, key []byte) uint64 {
	h := uint64(keySeed)
	eachPart(key, func(i int, payload []byte) {
		switch {
		case payload == nil:
			h = mixHash(h, 0)
		case isNumber(types[i]):
			h = mixHash(h, intern.Number(keyNumber(payload)).Hash())
		default:
			h = mixHash(h, intern.KeyOf(payload).Hash())
		}
	})
	return h
}

func emitGeneral(out []*batch.Builder, types []schema.Type, key []byte) {
	eachPart(key, func(i int, payload []byte) {
		switch {
		case payload == nil:
			out[i].Null()
		case isNumber(types[i]):
			emitNumber(out[i], types[i], keyNumber(payload))
		default:
			emitText(out[i], types[i], payload)
		}
	})
}

func emitNumber(out *batch.Builder, t schema.Type, x int64) {
	if t.Class() == schema.ClassFloat64 {
		out.Float64(math.Float64frombits(uint64(x)))
		return
	}
	out.Int64(x)
}

func emitText(out *batch.Builder, t schema.Type, b []byte) {
	if t.Class() == schema.ClassInt128 {
		out.Int128(decimal.Int128{Lo: binary.LittleEndian.Uint64(b), Hi: int64(binary.LittleEndian.Uint64(b[8:]))})
		return
	}
	out.Bytes(b)
}

// emitKey appends an interned value; the zero Key is NULL.
func emitKey(out *batch.Builder, t schema.Type, ids *intern.Table, id uint32) {
	k := ids.Key(id)
	switch {
	case k == intern.Key{}:
		out.Null()
	case isNumber(t):
		emitNumber(out, t, int64(k[0]))
	default:
		var buf [16]byte
		emitText(out, t, ids.Text(id, &buf))
	}
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
