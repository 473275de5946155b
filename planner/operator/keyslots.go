package operator

import "github.com/assaydb/assay/storage/batch"

// keySlots are the packed codes of a batch's keys where they fit the direct index. What is constant, or comes in stretches, is left out
// of the rows' words and added once per stretch when they are looked up.
type keySlots struct {
	w    []uint32
	cut  stretches
	base []uint32 // per stretch

	fixed []*batch.Vector
	loose []looseKey
}

// looseKey is a key column whose rows differ.
type looseKey struct {
	space *codeSpace
	at    uint
	v     *batch.Vector
}

// stretchWorth is the mean length from which columns are added per stretch.
const stretchWorth = 64

// write packs the living rows of a batch that was learned.
func (s *keySlots) write(p *packedKeys, cols []*batch.Vector, b *batch.Batch, n int) {
	s.fixed, s.loose = s.fixed[:0], s.loose[:0]
	for _, v := range cols {
		if inStretches(v) {
			s.fixed = append(s.fixed, v)
		}
	}
	apart := s.cut.cut(b, s.fixed, stretchWorth)
	if !apart {
		s.cut.heads, s.cut.upto = append(s.cut.heads[:0], 0), append(s.cut.upto[:0], int32(n))
	}
	s.base = sizedCodes(s.base, len(s.cut.heads))
	clear(s.base)
	for i, v := range cols {
		if at := p.fields[i].at; apart && inStretches(v) {
			writeCodes(&p.cols[i], s.base, at, v, &batch.Batch{Len: b.Len, Sel: s.cut.heads})
		} else {
			s.loose = append(s.loose, looseKey{&p.cols[i], at, v})
		}
	}
	s.w = sizedCodes(s.w, max(n, batch.MaxRows))[:n]
	s.writeLoose(b)
}

// writeLoose packs what differs row by row, two dictionaries at a time.
func (s *keySlots) writeLoose(b *batch.Batch) {
	written := false
	var first *looseKey
	for i := range s.loose {
		switch k := &s.loose[i]; {
		case k.v.Enc != batch.Dict || k.v.Valid != nil || k.v.Codes == nil:
			continue
		case first == nil:
			first = k
		case !written:
			writePair(s.w, first, k, b.Sel)
			first.v, k.v = nil, nil
			written = true
		}
	}
	if !written {
		clear(s.w)
	}
	for _, k := range s.loose {
		if k.v != nil {
			writeCodes(k.space, s.w, k.at, k.v, b)
		}
	}
}

// writePair sets the words to the codes of two columns of dictionaries without NULL.
func writePair(w []uint32, a, b *looseKey, sel []int32) {
	ta, tb, shiftA, shiftB := a.space.trans, b.space.trans, a.at&31, b.at&31
	if sel == nil {
		codesA, codesB := a.v.Codes[:len(w)], b.v.Codes[:len(w)]
		for k := range w {
			w[k] = ta[codesA[k]]<<shiftA | tb[codesB[k]]<<shiftB
		}
		return
	}
	codesA := a.v.Codes
	codesB := b.v.Codes[:len(codesA)]
	for k, row := range sel[:len(w)] {
		w[k] = ta[codesA[row]]<<shiftA | tb[codesB[row]]<<shiftB
	}
}

// look writes the groups that an index has for the rows, -1 for those that it does not know, and returns a negative number when there
// are such.
func (s *keySlots) look(at []uint32, dst []int32) (missing int32) {
	lo := int32(0)
	for i, hi := range s.cut.upto {
		base, out := s.base[i], dst[lo:hi]
		for k, slot := range s.w[lo:hi] {
			g := int32(at[slot|base]) - 1
			out[k] = g
			missing |= g
		}
		lo = hi
	}
	return missing
}

// finish makes the words whole.
func (s *keySlots) finish() {
	lo := int32(0)
	for i, hi := range s.cut.upto {
		for k := range s.w[lo:hi] {
			s.w[int(lo)+k] |= s.base[i]
		}
		lo = hi
	}
}
