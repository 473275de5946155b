package aggregate

import "math/bits"

// pairSet is a set of (group, key) pairs: open addressing with linear probing over a power of two of slots, at most half full.
type pairSet struct {
	slots []pair
	n     int
}

// pair is one slot; group is the group's number plus one, 0 when the slot is empty.
type pair struct {
	key   int64
	group int32
}

const pairBytes = 16

// hashPair spreads a key and a group over 64 bits (the multiply-and-fold step of wyhash).
func hashPair(key int64, group int32) uint64 {
	hi, lo := bits.Mul64(uint64(key)^0x9e3779b97f4a7c15, uint64(uint32(group))^0xe7037ed1a0b428db)
	hi, lo = bits.Mul64(hi^lo^0x8ebc6af09c88c6e3, 0x589965cc75374cc3)
	return hi ^ lo
}

// insert adds the pair and reports whether it was new.
func (s *pairSet) insert(key int64, group int32) bool {
	if 2*s.n >= len(s.slots) {
		s.resize(max(16, 2*len(s.slots)))
	}
	mask := uint64(len(s.slots) - 1)
	group++
	for i := hashPair(key, group) & mask; ; i = (i + 1) & mask {
		p := &s.slots[i]
		if p.group == 0 {
			*p = pair{key: key, group: group}
			s.n++
			return true
		}
		if p.key == key && p.group == group {
			return false
		}
	}
}

func (s *pairSet) resize(n int) {
	old := s.slots
	s.slots = make([]pair, n)
	mask := uint64(n - 1)
	for _, p := range old {
		if p.group == 0 {
			continue
		}
		i := hashPair(p.key, p.group) & mask
		for s.slots[i].group != 0 {
			i = (i + 1) & mask
		}
		s.slots[i] = p
	}
}

func (s *pairSet) bytes() int64 { return int64(pairBytes * cap(s.slots)) }
