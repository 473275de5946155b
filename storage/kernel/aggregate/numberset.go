package aggregate

import "math/bits"

// numberSet is a set of numbers of 32 bits: a list while they are few, else a bitmap of pages, of which only those exist that hold
// a number. New ones are appended to the list and told apart now and then, all at once.
type numberSet struct {
	list  []uint32 // distinct up to clean
	clean int
	pages []*numberPage // not nil: the list is empty
	from  []*numberSet  // sets of other states that are to be added
	n     int64         // distinct numbers, once settled
}

// numberPage holds the numbers of one high half.
type numberPage [1 << 10]uint64

const (
	pageBits  = 16
	pageBytes = 1 << (pageBits - 3)
	// listLeast is from how many numbers on a list is looked through for equal ones.
	listLeast = 512
	// listMost is how long a list may get without a bitmap being worth it; such sets are for the tables of distinctPart.
	listMost = 4 << 20
)

// numberSpace is what sets share: what it takes to tell equal numbers apart, the rule for bitmaps, and the bytes held by all.
type numberSpace struct {
	slots []uint32
	worth int // numbers that a page of a bitmap must stand for
	bytes int64

	sparse bool // some list is longer than it may get
}

// room makes room for n more numbers in a list, or turns it into a bitmap.
func (s *numberSet) room(sp *numberSpace, n int) {
	if len(s.list)+n <= cap(s.list) {
		return
	}
	if len(s.list) >= 4*s.clean+listLeast {
		s.dedup(sp)
		if s.spread(sp) || len(s.list)+n <= cap(s.list)/2 {
			return
		}
	}
	sp.sparse = sp.sparse || len(s.list) > listMost
	sp.bytes -= int64(4 * cap(s.list))
	more := make([]uint32, len(s.list), max(8, 2*cap(s.list), len(s.list)+n))
	copy(more, s.list)
	s.list = more
	sp.bytes += int64(4 * cap(s.list))
}

// add adds numbers.
func (s *numberSet) add(sp *numberSpace, numbers []uint32) {
	if s.pages == nil {
		s.room(sp, len(numbers))
	}
	if s.pages == nil {
		s.list = append(s.list, numbers...)
		return
	}
	for _, x := range numbers {
		at := x >> pageBits
		if int(at) >= len(s.pages) || s.pages[at] == nil {
			s.page(sp, at)
		}
		s.pages[at][x>>6&1023] |= 1 << (x & 63)
	}
}

// page makes a page of the bitmap.
func (s *numberSet) page(sp *numberSpace, at uint32) *numberPage {
	if old := len(s.pages); int(at) >= old {
		s.pages = grow(s.pages, int(at)+1)
		sp.bytes += int64(8 * (len(s.pages) - old))
	}
	if s.pages[at] == nil {
		s.pages[at] = new(numberPage)
		sp.bytes += pageBytes
	}
	return s.pages[at]
}

// dedup drops the equal numbers of a list.
func (s *numberSet) dedup(sp *numberSpace) {
	if s.clean == len(s.list) {
		return
	}
	size := max(bits.Len(uint(len(s.list)))+1, 6)
	if len(sp.slots) < 1<<size {
		sp.bytes += int64(4 * (1<<size - len(sp.slots)))
		sp.slots = make([]uint32, 1<<size)
	}
	slots := sp.slots[:1<<size]
	clear(slots)
	shift, mask := 32-uint(size), uint32(len(slots)-1)
	kept, zero := 0, false
	for i, x := range s.list {
		if x == 0 { // stands for an empty slot
			if zero {
				continue
			}
			zero = true
		} else {
			at := x * 0x9e3779b1 >> shift
			for slots[at] != 0 && slots[at] != x {
				at = (at + 1) & mask
			}
			if slots[at] == x {
				continue
			}
			slots[at] = x
		}
		s.list[kept] = s.list[i]
		kept++
	}
	s.list, s.clean = s.list[:kept], kept
}

// spread turns a list of distinct numbers into a bitmap when they lie close enough together.
func (s *numberSet) spread(sp *numberSpace) bool {
	if len(s.list) < sp.worth {
		return false
	}
	var seen [1 << pageBits / 64]uint64
	pages := 0
	for _, x := range s.list {
		at := x >> pageBits
		pages += int(^seen[at/64] >> (at % 64) & 1)
		seen[at/64] |= 1 << (at % 64)
	}
	if pages*sp.worth > len(s.list) {
		return false
	}
	s.toPages(sp)
	return true
}

func (s *numberSet) toPages(sp *numberSpace) {
	list := s.list
	sp.bytes -= int64(4 * cap(list))
	s.list, s.clean, s.pages = nil, 0, make([]*numberPage, 0, 1)
	s.add(sp, list)
}

// union adds another set, which is only read.
func (s *numberSet) union(sp *numberSpace, o *numberSet) {
	if o.pages == nil {
		s.add(sp, o.list)
		return
	}
	if s.pages == nil {
		s.toPages(sp)
	}
	for at, p := range o.pages {
		if p == nil {
			continue
		}
		into := s.page(sp, uint32(at))
		for i, w := range p {
			into[i] |= w
		}
	}
}

// settle adds what was put off and counts.
func (s *numberSet) settle(sp *numberSpace) {
	for _, o := range s.from {
		s.union(sp, o)
		sp.bytes -= o.held() + 8
	}
	s.from = nil
	if s.pages == nil {
		s.dedup(sp)
		s.n = int64(len(s.list))
		return
	}
	s.n = 0
	for _, p := range s.pages {
		if p == nil {
			continue
		}
		for _, w := range p {
			s.n += int64(bits.OnesCount64(w))
		}
	}
}

// held is the memory of the set.
func (s *numberSet) held() int64 {
	n := int64(4*cap(s.list) + 8*cap(s.pages))
	for _, p := range s.pages {
		if p != nil {
			n += pageBytes
		}
	}
	return n
}

// each gives the numbers of a settled set.
func (s *numberSet) each(f func(x uint32)) {
	for _, x := range s.list {
		f(x)
	}
	for at, p := range s.pages {
		if p == nil {
			continue
		}
		for i, w := range p {
			for ; w != 0; w &= w - 1 {
				f(uint32(at)<<pageBits | uint32(i)<<6 | uint32(bits.TrailingZeros64(w)))
			}
		}
	}
}
