package aggregate

import (
	"encoding/binary"
	"math/big"
	"math/bits"

	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/errs"
)

// stateVersion is the first byte of every binary state.
const stateVersion = 1

// words holds one two's complement integer of width*64 bits per group, least significant word first.
type words struct {
	width int
	w     []uint64
}

func (a *words) grow(n int)          { a.w = grow(a.w, n*a.width) }
func (a *words) bytes() int64        { return int64(8 * cap(a.w)) }
func (a *words) at(g int32) []uint64 { return a.w[int(g)*a.width:][:a.width] }

// addWords adds an integer of the same width.
func (a *words) addWords(g int32, v []uint64) {
	d := a.at(g)
	var c uint64
	for i := range d {
		d[i], c = bits.Add64(d[i], v[i], c)
	}
}

// add128 adds a sign-extended 128-bit integer.
func (a *words) add128(g int32, v decimal.Int128) {
	d := a.at(g)
	ext := uint64(v.Hi >> 63)
	var c uint64
	d[0], c = bits.Add64(d[0], v.Lo, 0)
	d[1], c = bits.Add64(d[1], uint64(v.Hi), c)
	for i := 2; i < len(d); i++ {
		d[i], c = bits.Add64(d[i], ext, c)
	}
}

// addSquare128 adds v*v: up to 254 bits.
func (a *words) addSquare128(g int32, v decimal.Int128) {
	if v.Hi < 0 {
		lo, b := bits.Sub64(0, v.Lo, 0)
		hi, _ := bits.Sub64(0, uint64(v.Hi), b)
		v = decimal.Int128{Hi: int64(hi), Lo: lo}
	}
	h, l := uint64(v.Hi), v.Lo
	var p [5]uint64
	var c uint64
	p[1], p[0] = bits.Mul64(l, l)
	p[3], p[2] = bits.Mul64(h, h)
	mh, ml := bits.Mul64(h, l)
	for range 2 {
		p[1], c = bits.Add64(p[1], ml, 0)
		p[2], c = bits.Add64(p[2], mh, c)
		p[3], _ = bits.Add64(p[3], 0, c)
	}
	a.addWords(g, p[:a.width])
}

func (a *words) big(g int32) *big.Int {
	d := a.at(g)
	neg := int64(d[len(d)-1]) < 0
	out, word := new(big.Int), new(big.Int)
	for i := len(d) - 1; i >= 0; i-- {
		w := d[i]
		if neg {
			w = ^w
		}
		out.Lsh(out, 64).Or(out, word.SetUint64(w))
	}
	if neg {
		out.Not(out)
	}
	return out
}

// encode appends version, width and the words, little-endian.
func (a *words) encode(dst []byte, g int32) []byte {
	dst = append(dst, stateVersion, byte(a.width))
	for _, w := range a.at(g) {
		dst = binary.LittleEndian.AppendUint64(dst, w)
	}
	return dst
}

// decode adds an encoded integer.
func (a *words) decode(g int32, b []byte) error {
	if len(b) != 2+8*a.width || b[0] != stateVersion || int(b[1]) != a.width {
		return badState("integer sum")
	}
	var v [5]uint64
	for i := range a.width {
		v[i] = binary.LittleEndian.Uint64(b[2+8*i:])
	}
	a.addWords(g, v[:a.width])
	return nil
}

func badState(what string) error {
	return errs.New(errs.Corrupt, "bad-state", "the partial state of an aggregate (%s) has an unknown form", what).
		WithHint("the sending node may run another version")
}
