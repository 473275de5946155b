package extsort

import (
	"bytes"
	"math"
	"math/bits"
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// radix orders a permutation by one key after the other, the least significant first: each pass is stable.
type radix struct {
	perm, spare []uint32
	count       [1 << digitBits]uint32
}

const digitBits = 11

// by sorts by an unsigned key per row.
func (r *radix) by(key []uint64) {
	if len(key) == 0 {
		return
	}
	lo, hi := slices.Min(key), slices.Max(key)
	for shift := 0; shift < bits.Len64(hi-lo); shift += digitBits {
		r.pass(key, lo, uint(shift))
	}
}

func (r *radix) pass(key []uint64, lo uint64, shift uint) {
	const mask = 1<<digitBits - 1
	clear(r.count[:])
	for _, k := range key {
		r.count[(k-lo)>>shift&mask]++
	}
	sum := uint32(0)
	for i, n := range r.count {
		r.count[i] = sum
		sum += n
	}
	for _, p := range r.perm {
		d := (key[p] - lo) >> shift & mask
		r.spare[r.count[d]] = p
		r.count[d]++
	}
	r.perm, r.spare = r.spare, r.perm
}

// sortBy applies the column as a key: its values, then NULLs to the front.
func (c *column) sortBy(r *radix) {
	key := make([]uint64, len(r.perm))
	switch {
	case c.dict == nil && c.typ.Class() == schema.ClassBytes:
		c.textRanks(key)
	case c.typ.Class() == schema.ClassInt128:
		c.each(func(i int, v *batch.Vector, k int) { key[i] = v.W[k].Lo })
		r.by(key)
		c.each(func(i int, v *batch.Vector, k int) { key[i] = uint64(v.W[k].Hi) ^ 1<<63 })
	default:
		at := 0
		for _, v := range c.parts {
			wordKeys(key[at:at+v.Len], v)
			at += v.Len
		}
	}
	r.by(key)
	if c.hasNulls() {
		clear(key)
		c.each(func(i int, v *batch.Vector, k int) { key[i] = 1 })
		r.by(key)
	}
}

func (c *column) hasNulls() bool {
	return slices.ContainsFunc(c.parts, func(v *batch.Vector) bool { return v.Valid != nil })
}

// each visits the rows that are not NULL.
func (c *column) each(f func(i int, v *batch.Vector, k int)) {
	i := 0
	for _, v := range c.parts {
		for k := range v.Len {
			if v.Valid == nil || v.Valid[k] != 0 {
				f(i, v, k)
			}
			i++
		}
	}
}

// wordKeys fills in keys that order like the values of a vector whose keys fit in 64 bits; NULLs get 0.
func wordKeys(key []uint64, v *batch.Vector) {
	switch {
	case v.Enc == batch.Dict:
		for i, code := range v.Codes {
			key[i] = uint64(code)
		}
	case v.Type.Class() == schema.ClassFloat64:
		for i, f := range v.F {
			key[i] = floatKey(f)
		}
	case v.Type.Kind == schema.Uint64:
		for i, x := range v.I {
			key[i] = uint64(x)
		}
	default:
		for i, x := range v.I {
			key[i] = uint64(x) ^ 1<<63
		}
	}
	for i, ok := range v.Valid {
		if ok == 0 {
			key[i] = 0
		}
	}
}

// floatKey orders doubles as unsigned numbers: -0 like 0, NaN last.
func floatKey(f float64) uint64 {
	switch {
	case f != f:
		return math.MaxUint64
	case f == 0:
		return 1 << 63
	}
	b := math.Float64bits(f)
	if b>>63 == 1 {
		return ^b
	}
	return b | 1<<63
}

// textRanks numbers flat text in its order.
func (c *column) textRanks(key []uint64) {
	type cell struct {
		text []byte
		row  int
	}
	cells := make([]cell, 0, len(key))
	c.each(func(i int, v *batch.Vector, k int) {
		cells = append(cells, cell{v.Data[v.Off[k]:v.Off[k+1]], i})
	})
	slices.SortFunc(cells, func(a, b cell) int { return bytes.Compare(a.text, b.text) })
	rank := uint64(0)
	for i, x := range cells {
		if i > 0 && !bytes.Equal(x.text, cells[i-1].text) {
			rank++
		}
		key[x.row] = rank
	}
}
