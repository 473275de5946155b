package aggregate

import "math/bits"

// idSet is a set of (group, number of a text) pairs in one word each: open addressing with linear probing over a power of two of
// slots, at most three quarters full.
type idSet struct {
	slots []uint64 // group+1 << 32 | id, 0 when empty
	n     int

	at, first []uint64 // of the batch in hand
}

func hashWord(x uint64) uint64 {
	hi, lo := bits.Mul64(x^0x9e3779b97f4a7c15, 0xe7037ed1a0b428db)
	return hi ^ lo
}

func idWord(id uint32, group int32) uint64 { return uint64(group+1)<<32 | uint64(id) }

// insert adds pairs and counts the new ones per group.
func (s *idSet) insert(ids []uint32, groups []int32, counts []int64) {
	s.reserve(len(ids))
	s.at, s.first = room(s.at, len(ids)), room(s.first, len(ids))
	mask := uint64(len(s.slots) - 1)
	for i, id := range ids {
		s.at[i] = hashWord(idWord(id, groups[i])) & mask
	}
	for i, at := range s.at { // apart, so that the slots are fetched side by side
		s.first[i] = s.slots[at]
	}
	for i, id := range ids {
		if x := idWord(id, groups[i]); s.first[i] != x && s.add(x, s.at[i]) {
			counts[groups[i]]++
		}
	}
}

func (s *idSet) add(x, at uint64) bool {
	mask := uint64(len(s.slots) - 1)
	for ; s.slots[at] != 0; at = (at + 1) & mask {
		if s.slots[at] == x {
			return false
		}
	}
	s.slots[at] = x
	s.n++
	return true
}

// reserve makes room for n more pairs.
func (s *idSet) reserve(n int) {
	want := max(16, len(s.slots))
	for 3*want < 4*(s.n+n) {
		want *= 2
	}
	if want == len(s.slots) {
		return
	}
	old := s.slots
	s.slots, s.n = make([]uint64, want), 0
	for _, x := range old {
		if x != 0 {
			s.add(x, hashWord(x)&uint64(want-1))
		}
	}
}

func (s *idSet) bytes() int64 { return int64(8*cap(s.slots) + 16*cap(s.at)) }
