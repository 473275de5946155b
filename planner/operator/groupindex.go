package operator

import (
	"math"

	"github.com/assaydb/assay/storage/batch"
)

// indexBits bounds the direct index; a larger one costs more misses of the cache than hashing does.
const indexBits = 20

// groupIndex finds groups without hashing: by the packed codes of several columns, or by the distance of a number from the low end
// of a narrow range. An index holds the number of the group plus one, 0 while unknown.
type groupIndex struct {
	at   []uint32
	lo   int64 // of numbers
	seen int   // rows that went without
	off  bool

	keys keySlots
}

func (x *groupIndex) bytes() int64 { return int64(4*cap(x.at) + 4*cap(x.keys.w)) }

// slots is how many keys the index can hold, more than any when there is none.
func (x *groupIndex) slots() int {
	if x.at == nil {
		return math.MaxInt
	}
	return len(x.at)
}

// drop forgets the index: keys have changed.
func (x *groupIndex) drop() { x.at = nil }

// worth reports whether an index of size entries pays: it does once about as many rows came by.
func (x *groupIndex) worth(size, rows int) bool {
	x.seen += rows
	return !x.off && x.seen >= size/8
}

// groups looks packed keys up; false when there is no index for them.
func (x *groupIndex) groups(t *groupTable, dst []int32, cols []*batch.Vector, b *batch.Batch) bool {
	p := t.packed
	if p.total > indexBits || x.at == nil && !x.worth(1<<p.total, len(dst)) {
		return false
	}
	if x.at == nil {
		x.at = make([]uint32, 1<<p.total)
		for g := range t.ids.Len() {
			x.at[t.ids.Key(uint32(g))[0]] = uint32(g) + 1
		}
	}
	x.keys.write(p, cols, b, len(dst))
	if x.keys.look(x.at, dst) < 0 {
		x.fill(t, dst)
	}
	return true
}

// fill numbers the keys that were not in the index.
func (x *groupIndex) fill(t *groupTable, dst []int32) {
	x.keys.finish()
	for i, slot := range x.keys.w[:len(dst)] {
		if dst[i] >= 0 {
			continue
		}
		if x.at[slot] == 0 {
			x.at[slot] = t.ids.InternKey([2]uint64{uint64(slot), 0}) + 1
		}
		dst[i] = int32(x.at[slot]) - 1
	}
	t.hashNew()
}

// numberSpan is the widest range of numbers that is indexed.
const numberSpan = 1 << 16

// numbers looks up a flat column of numbers of a narrow range without NULLs.
func (x *groupIndex) numbers(t *groupTable, dst []int32, v *batch.Vector, b *batch.Batch) bool {
	if v.Valid != nil {
		return false
	}
	lo, hi := extent(v, b)
	if x.at == nil || lo < x.lo || uint64(hi)-uint64(x.lo) >= uint64(len(x.at)) {
		if x.at != nil {
			lo, hi = min(lo, x.lo), max(hi, x.lo+int64(len(x.at)-1))
		}
		span := uint64(hi) - uint64(lo)
		if span >= numberSpan || !x.worth(int(span), len(dst)) {
			return false
		}
		x.lo, x.at = lo, make([]uint32, span+1)
	}
	missing := int32(0)
	for k := range dst {
		g := int32(x.at[v.I[rowOf(b, k)]-x.lo]) - 1
		dst[k] = g
		missing |= g
	}
	if missing < 0 {
		for k := range dst {
			if row := rowOf(b, k); dst[k] < 0 {
				g := t.value(v, row)
				x.at[v.I[row]-x.lo] = g + 1
				dst[k] = int32(g)
			}
		}
	}
	return true
}
