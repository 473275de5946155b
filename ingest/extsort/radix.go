package extsort

import (
	"bytes"
	"cmp"
	"encoding/binary"
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

// column applies a column as a key: its values, then NULLs to the front.
func (r *radix) column(v *batch.Vector) {
	key := make([]uint64, v.Len)
	switch {
	case v.Enc == batch.Dict:
		wordKeys(key, v, ranks(v.Dict))
	case v.Type.Class() == schema.ClassBytes:
		textRanks(key, v)
	case v.Type.Class() == schema.ClassInt128:
		for i, w := range v.W {
			key[i] = w.Lo
		}
		clearNulls(key, v)
		r.by(key)
		for i, w := range v.W {
			key[i] = uint64(w.Hi) ^ 1<<63
		}
		clearNulls(key, v)
	default:
		wordKeys(key, v, nil)
	}
	r.by(key)
	if v.Valid != nil {
		for i, ok := range v.Valid {
			key[i] = uint64(ok)
		}
		r.by(key)
	}
}

// wordKeys fills in keys that order like the values of a vector whose keys fit in 64 bits; NULLs get 0. rank is of the entries of
// its dictionary.
func wordKeys(key []uint64, v *batch.Vector, rank []uint64) {
	switch {
	case v.Enc == batch.Dict:
		for i, code := range v.Codes {
			key[i] = rank[code]
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
	clearNulls(key, v)
}

func clearNulls(key []uint64, v *batch.Vector) {
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

// textRanks numbers flat text in its order. The first bytes decide nearly always, and are compared as one number.
func textRanks(key []uint64, v *batch.Vector) {
	type cell struct {
		head uint64
		row  uint32
	}
	text := func(row uint32) []byte { return v.Data[v.Off[row]:v.Off[row+1]] }
	cells := make([]cell, 0, len(key))
	for i := range v.Len {
		if v.Valid == nil || v.Valid[i] != 0 {
			cells = append(cells, cell{textHead(text(uint32(i))), uint32(i)})
		}
	}
	slices.SortFunc(cells, func(a, b cell) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return bytes.Compare(text(a.row), text(b.row))
	})
	rank := uint64(0)
	for i, x := range cells {
		if i > 0 && (x.head != cells[i-1].head || !bytes.Equal(text(x.row), text(cells[i-1].row))) {
			rank++
		}
		key[x.row] = rank
	}
}

// textHead is the first eight bytes as a number that orders like them.
func textHead(b []byte) uint64 {
	if len(b) >= 8 {
		return binary.BigEndian.Uint64(b)
	}
	var head [8]byte
	copy(head[:], b)
	return binary.BigEndian.Uint64(head[:])
}
