package segment

import (
	"bytes"
	"unicode/utf8"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// maxBoundBytes is where a text bound is cut.
const maxBoundBytes = 64

// extremes finds the payload indexes of the smallest and largest value; NaN is left out and reported. lo is -1 when there is
// no value at all.
type extremes struct {
	lo, hi int
	nan    bool
}

// comparePayload orders two payloads of one flat vector.
func comparePayload(v *batch.Vector, a, b int) int {
	switch v.Type.Class() {
	case schema.ClassInt128:
		return v.W[a].Cmp(v.W[b])
	case schema.ClassFloat64:
		return schema.CompareFloat(v.F[a], v.F[b])
	case schema.ClassBytes:
		return bytes.Compare(payloadBytes(v, a), payloadBytes(v, b))
	}
	x, y := v.I[a], v.I[b]
	if v.Type.Kind == schema.Uint64 {
		x, y = x^-1<<63, y^-1<<63 // order of the bit patterns as unsigned numbers
	}
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

func (e *extremes) see(v *batch.Vector, k int) {
	if k == e.lo || k == e.hi {
		return
	}
	if v.F != nil && v.F[k] != v.F[k] {
		e.nan = true
		return
	}
	if e.lo < 0 {
		e.lo, e.hi = k, k
		return
	}
	if comparePayload(v, k, e.lo) < 0 {
		e.lo = k
	} else if comparePayload(v, k, e.hi) > 0 {
		e.hi = k
	}
}

// codeMarks remembers which entries a page has shown already, so that each is compared once.
type codeMarks struct {
	page []uint32 // per entry: the last page it was seen on
	turn uint32
}

// extremesOfCodes looks at the entries that codes name.
func (m *codeMarks) extremesOfCodes(entries *batch.Vector, codes []int32) extremes {
	if len(m.page) < entries.Len {
		m.page, m.turn = make([]uint32, max(entries.Len, 2*len(m.page))), 0
	}
	m.turn++
	e := extremes{lo: -1, hi: -1}
	for _, c := range codes {
		if m.page[c] != m.turn {
			m.page[c] = m.turn
			e.see(entries, int(c))
		}
	}
	return e
}

// extremesOfRange looks at payloads from to to (exclusive).
func extremesOfRange(v *batch.Vector, from, to int) extremes {
	if v.Type.Class() == schema.ClassInt64 && v.Type.Kind != schema.Uint64 && from < to {
		return extremesOfInts(v.I, from, to)
	}
	if v.Type.Class() == schema.ClassFloat64 {
		return extremesOfFloats(v.F, from, to)
	}
	e := extremes{lo: -1, hi: -1}
	for k := from; k < to; k++ {
		e.see(v, k)
	}
	return e
}

func extremesOfInts(x []int64, from, to int) extremes {
	lo, hi := from, from
	for k := from + 1; k < to; k++ {
		if x[k] < x[lo] {
			lo = k
		}
		if x[k] > x[hi] {
			hi = k
		}
	}
	return extremes{lo: lo, hi: hi}
}

func extremesOfFloats(x []float64, from, to int) extremes {
	e := extremes{lo: -1, hi: -1}
	for k := from; k < to; k++ {
		switch {
		case x[k] != x[k]:
			e.nan = true
		case e.lo < 0:
			e.lo, e.hi = k, k
		case x[k] < x[e.lo]:
			e.lo = k
		case x[k] > x[e.hi]:
			e.hi = k
		}
	}
	return e
}

// bounds turns payload indexes into values, text cut to maxBoundBytes. Without values both are NULL.
func (e extremes) bounds(v *batch.Vector) (lo, hi schema.Value, exact bool) {
	if e.lo < 0 {
		return schema.NullValue(v.Type), schema.NullValue(v.Type), !e.nan
	}
	lo, hi = v.Value(e.lo), v.Value(e.hi)
	exact = !e.nan
	if v.Type.Class() != schema.ClassBytes {
		return lo, hi, exact
	}
	if len(lo.S) > maxBoundBytes {
		lo.S, exact = cutDown(lo.S), false
	}
	if len(hi.S) > maxBoundBytes {
		hi.S, exact = cutUp(hi.S), false
	}
	return lo, hi, exact
}

// cutDown shortens a lower bound to a prefix, which orders before it, at a character's edge where there is one.
func cutDown(s string) string {
	n := maxBoundBytes
	for n > maxBoundBytes-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// cutUp shortens an upper bound to something that orders after it: the prefix with its last character raised. A prefix of
// nothing but the last character of all stays whole.
func cutUp(s string) string {
	p := []rune(cutDown(s))
	if !utf8.ValidString(s) {
		return s
	}
	for i := len(p) - 1; i >= 0; i-- {
		if r := nextRune(p[i]); r > 0 {
			p[i] = r
			return string(p[:i+1])
		}
	}
	return s
}

// nextRune returns the character after r, 0 when r is the last; surrogates are not characters.
func nextRune(r rune) rune {
	switch r {
	case utf8.MaxRune:
		return 0
	case 0xD7FF:
		return 0xE000
	}
	return r + 1
}
