package segment

import (
	"bytes"
	"math"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
	"github.com/zeebo/xxh3"
)

// interner gives codes to distinct values of one column of one row group, in the order of their first appearance. It is an
// open-addressing table over the entries themselves: no per-entry allocation.
type interner struct {
	entries *batch.Vector // Flat, no NULLs
	class   schema.Class
	hashes  []uint32 // of entries; only texts are dear enough to compare to need it
	slots   []int32  // code+1, 0 is empty
	mask    uint64
}

func newInterner(t schema.Type) *interner {
	n := &interner{class: t.Class()}
	n.reset(t)
	return n
}

// reset forgets all entries. The entries' memory is kept, since nobody holds it after a row group is written.
func (n *interner) reset(t schema.Type) {
	if n.entries == nil {
		n.entries = &batch.Vector{Type: t}
	}
	truncate(n.entries)
	n.hashes = n.hashes[:0]
	if n.slots == nil || len(n.slots) > 1<<12 {
		n.slots = make([]int32, minSlots)
	} else {
		clear(n.slots)
	}
	n.mask = uint64(len(n.slots) - 1)
}

// minSlots is small: a table may have ten thousand columns, and grow makes room fast.
const minSlots = 16

func (n *interner) len() int { return n.entries.Len }

const golden = 0x9E3779B97F4A7C15

func mix(x uint64) uint64 {
	x *= golden
	return x ^ x>>32
}

func (n *interner) int64(x int64) int32 {
	for h := mix(uint64(x)); ; h++ {
		c := n.slots[h&n.mask]
		if c == 0 {
			n.entries.I = append(n.entries.I, x)
			return n.claim(h, 0)
		}
		if n.entries.I[c-1] == x {
			return c - 1
		}
	}
}

func (n *interner) float64(x float64) int32 {
	bits := math.Float64bits(x)
	for h := mix(bits); ; h++ {
		c := n.slots[h&n.mask]
		if c == 0 {
			n.entries.F = append(n.entries.F, x)
			return n.claim(h, 0)
		}
		if math.Float64bits(n.entries.F[c-1]) == bits {
			return c - 1
		}
	}
}

func (n *interner) bytes(x []byte) int32 {
	hash := xxh3.Hash(x)
	for h := hash; ; h++ {
		c := n.slots[h&n.mask]
		if c == 0 {
			n.entries.Data = append(n.entries.Data, x...)
			n.entries.Off = append(n.entries.Off, uint32(len(n.entries.Data)))
			return n.claim(h, uint32(hash>>32))
		}
		if n.hashes[c-1] == uint32(hash>>32) && bytes.Equal(payloadBytes(n.entries, int(c-1)), x) {
			return c - 1
		}
	}
}

// value interns payload k of a vector of the same class.
func (n *interner) value(p *batch.Vector, k int) int32 {
	switch n.class {
	case schema.ClassInt64:
		return n.int64(p.I[k])
	case schema.ClassFloat64:
		return n.float64(canonical(p.F[k]))
	case schema.ClassBytes:
		return n.bytes(payloadBytes(p, k))
	}
	x := p.W[k]
	for h := mix(x.Lo ^ mix(uint64(x.Hi))); ; h++ {
		c := n.slots[h&n.mask]
		if c == 0 {
			n.entries.W = append(n.entries.W, x)
			return n.claim(h, 0)
		}
		if n.entries.W[c-1] == x {
			return c - 1
		}
	}
}

// claim gives the next code to the entry just appended, whose slot is h.
func (n *interner) claim(h uint64, hash uint32) int32 {
	if n.class == schema.ClassBytes {
		n.hashes = append(n.hashes, hash)
	}
	n.entries.Len++
	n.slots[h&n.mask] = int32(n.entries.Len)
	if 2*n.entries.Len > len(n.slots) {
		n.grow()
	}
	return int32(n.entries.Len - 1)
}

func (n *interner) grow() {
	n.slots = make([]int32, 4*len(n.slots))
	n.mask = uint64(len(n.slots) - 1)
	for k := range n.entries.Len {
		h := n.rehash(k)
		for n.slots[h&n.mask] != 0 {
			h++
		}
		n.slots[h&n.mask] = int32(k + 1)
	}
}

func (n *interner) rehash(k int) uint64 {
	switch n.class {
	case schema.ClassInt64:
		return mix(uint64(n.entries.I[k]))
	case schema.ClassFloat64:
		return mix(math.Float64bits(n.entries.F[k]))
	case schema.ClassBytes:
		return xxh3.Hash(payloadBytes(n.entries, k))
	}
	x := n.entries.W[k]
	return mix(x.Lo ^ mix(uint64(x.Hi)))
}

// canonical gives zero and NaN one form each: SQL cannot tell -0 from 0, so a file must not make rows differ by it.
func canonical(f float64) float64 {
	switch {
	case f == 0:
		return 0
	case f != f:
		return math.NaN()
	}
	return f
}

// payloadBytes returns payload k of a flat or dictionary vector of ClassBytes.
func payloadBytes(v *batch.Vector, k int) []byte { return v.Data[v.Off[k]:v.Off[k+1]:v.Off[k+1]] }

// truncate empties a flat vector and keeps its memory.
func truncate(v *batch.Vector) {
	v.Len, v.Valid = 0, nil
	v.I, v.W, v.F, v.Data = v.I[:0], v.W[:0], v.F[:0], v.Data[:0]
	if v.Type.Class() == schema.ClassBytes {
		v.Off = append(v.Off[:0], 0)
	}
}
