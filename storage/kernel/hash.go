package kernel

import (
	"math/bits"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
	"github.com/zeebo/xxh3"
)

// The multipliers of wyhash's final mix, fixed so that every node hashes alike.
const (
	mix1     = 0xa0761d6478bd642f
	mix2     = 0xe7037ed1a0b428db
	nullHash = 0x9e3779b97f4a7c15
)

// HashUint64 mixes one 64-bit payload.
func HashUint64(x uint64) uint64 {
	hi, lo := bits.Mul64(x^mix1, x^mix2)
	return (hi ^ lo) * nullHash
}

// HashBytes hashes one text.
func HashBytes(s []byte) uint64 { return xxh3.Hash(s) }

// Combine adds the hash of one more column to the hash of a row.
func Combine(h, column uint64) uint64 {
	hi, lo := bits.Mul64(h^mix1, column^mix2)
	return hi ^ lo
}

// Hasher hashes rows over any number of columns. Equal rows hash alike whatever the encoding of their vectors, on every node
// and in every process; it is no defence against chosen keys. It is for one goroutine: it keeps the hashes of the last
// dictionaries it saw.
type Hasher struct {
	dicts [8]dictHashes
	next  int
	tmp   []uint64
}

type dictHashes struct {
	dict   *batch.Dictionary
	hashes []uint64
}

// Hash writes the hash of each listed row (nil: all) of v to dst[row]; with combine it is mixed into what dst[row] holds.
func (h *Hasher) Hash(dst []uint64, v *batch.Vector, rows []int32, combine bool) {
	if cap(h.tmp) < v.Len {
		h.tmp = make([]uint64, max(v.Len, batch.MaxRows))
	}
	out := dst
	if combine {
		out = h.tmp[:v.Len]
	}
	h.column(out, v, rows)
	if !combine {
		return
	}
	if rows == nil {
		for i, x := range out[:v.Len] {
			dst[i] = Combine(dst[i], x)
		}
	}
	for _, r := range rows {
		dst[r] = Combine(dst[r], out[r])
	}
}

func (h *Hasher) column(out []uint64, v *batch.Vector, rows []int32) {
	switch v.Enc {
	case batch.Const:
		x := uint64(nullHash)
		if !v.IsNull(0) {
			x = hashPayload(v, 0)
		}
		fill(out, x, rows, v.Len)
		return
	case batch.Runs:
		h.runs(out, v)
		return
	case batch.Dict:
		table := h.entries(v.Dict)
		if rows == nil {
			for i, c := range v.Codes {
				out[i] = table[c]
			}
		}
		for _, r := range rows {
			out[r] = table[v.Codes[r]]
		}
	default:
		hashFlat(out, v, rows)
	}
	if v.Valid != nil {
		hashNulls(out, v.Valid, rows)
	}
}

func hashNulls(out []uint64, valid []byte, rows []int32) {
	if rows == nil {
		for i, ok := range valid {
			if ok == 0 {
				out[i] = nullHash
			}
		}
	}
	for _, r := range rows {
		if valid[r] == 0 {
			out[r] = nullHash
		}
	}
}

func (h *Hasher) runs(out []uint64, v *batch.Vector) {
	lo := int32(0)
	for k, hi := range v.Ends {
		x := uint64(nullHash)
		if v.Valid == nil || v.Valid[k] == 1 {
			x = hashPayload(v, k)
		}
		for i := lo; i < hi; i++ {
			out[i] = x
		}
		lo = hi
	}
}

// entries returns the hashes of a dictionary's values, computed once while it is among the last ones seen.
func (h *Hasher) entries(d *batch.Dictionary) []uint64 {
	for i := range h.dicts {
		if h.dicts[i].dict == d {
			return h.dicts[i].hashes
		}
	}
	slot := &h.dicts[h.next]
	h.next = (h.next + 1) % len(h.dicts)
	slot.dict, slot.hashes = d, make([]uint64, d.Values.Len)
	hashFlat(slot.hashes, d.Values, nil)
	return slot.hashes
}

func fill(out []uint64, x uint64, rows []int32, n int) {
	if rows == nil {
		for i := range n {
			out[i] = x
		}
	}
	for _, r := range rows {
		out[r] = x
	}
}

func hashFlat(out []uint64, v *batch.Vector, rows []int32) {
	if v.Type.Class() == schema.ClassInt64 && rows == nil {
		for i, x := range v.I[:v.Len] {
			out[i] = HashUint64(uint64(x))
		}
		return
	}
	if rows == nil {
		for i := range v.Len {
			out[i] = hashPayload(v, i)
		}
	}
	for _, r := range rows {
		out[r] = hashPayload(v, int(r))
	}
}

// hashPayload hashes payload k of a vector: a DECIMAL hashes alike in 64 and in 128 bits.
func hashPayload(v *batch.Vector, k int) uint64 {
	switch v.Type.Class() {
	case schema.ClassInt128:
		w := v.W[k]
		if x, ok := w.Int64(); ok {
			return HashUint64(uint64(x))
		}
		return Combine(HashUint64(w.Lo), uint64(w.Hi))
	case schema.ClassFloat64:
		return HashUint64(uint64(FloatKey(v.F[k])))
	case schema.ClassBytes:
		return xxh3.Hash(v.Data[v.Off[k]:v.Off[k+1]])
	}
	return HashUint64(uint64(v.I[k]))
}
