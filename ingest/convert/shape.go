package convert

import "math/bits"

// datePatterns are the ways to write dates that a column can prove by its cells alone: all that a pattern reads and no other
// order of day, month and year does. Years have four digits; with two, any part could be the year.
var datePatterns = [...]string{
	"%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d",
	"%d.%m.%Y", "%m.%d.%Y", "%Y.%m.%d",
	"%d-%m-%Y", "%m-%d-%Y", "%Y-%m-%d",
	"%d-%b-%Y", "%d %b %Y", "%d/%b/%Y", "%b %d, %Y", "%b %d %Y", "%d.%b.%Y",
}

// timePatterns may follow a date. The first is none: the column holds dates.
var timePatterns = [...]string{"", " %H:%i:%s", " %H:%i", " %H:%i:%s.%f", " %h:%i:%s %p", " %h:%i %p"}

const shapeCount = len(datePatterns) * len(timePatterns)

// shapes is a set of patterns: bit t*len(datePatterns)+d.
type shapes [2]uint64

func (s *shapes) empty() bool { return s[0]|s[1] == 0 }

func (s *shapes) each(fn func(i int) (keep bool)) {
	for w := range s {
		for rest := s[w]; rest != 0; rest &= rest - 1 {
			if i := w*64 + bits.TrailingZeros64(rest); !fn(i) {
				s[w] &^= 1 << (i % 64)
			}
		}
	}
}

func allShapes() shapes { return shapes{^uint64(0), 1<<(shapeCount-64) - 1} }

// shapePatterns compiles the patterns of the set.
func shapePatterns() []*Pattern {
	out := make([]*Pattern, 0, shapeCount)
	for _, t := range timePatterns {
		for _, d := range datePatterns {
			p, err := ParsePattern(d + t)
			if err != nil {
				panic("BUG: convert: " + err.Error())
			}
			out = append(out, p)
		}
	}
	return out
}

// shaped is what the cells of a column say about the form of its dates.
type shaped struct {
	seen bool
	left shapes
}

// date narrows the patterns by a cell; false when none reads it.
func (s *shaped) date(cell []byte, patterns []*Pattern) bool {
	if len(cell) < 8 || len(cell) > 40 {
		return false
	}
	left := s.left
	if !s.seen {
		left = allShapes()
	}
	left.each(func(i int) bool {
		_, _, why := patterns[i].Parse(cell, NotTimestamp)
		return why == OK
	})
	if left.empty() {
		return false
	}
	s.seen, s.left = true, left
	return true
}

// decided returns the one pattern that reads every cell.
func (s *shaped) decided(patterns []*Pattern) (p *Pattern, time, ok bool) {
	if bits.OnesCount64(s.left[0])+bits.OnesCount64(s.left[1]) != 1 {
		return nil, false, false
	}
	s.left.each(func(i int) bool {
		p, time = patterns[i], i >= len(datePatterns)
		return true
	})
	return p, time, true
}
