package operator

import (
	"math/bits"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/intern"
	"github.com/assaydb/assay/storage/schema"
)

// codeSpace gives the values of one key column small codes that stay the same over all batches: 0 for NULL; for numbers of a
// narrow range one plus the distance from its low end; for everything else one plus the number under which the value is interned.
// The entries of a dictionary are looked up once and not once per row.
type codeSpace struct {
	typ      schema.Type
	interned bool
	lo       int64 // of a range
	top      uint64
	ids      intern.Table

	dict    *batch.Dictionary
	trans   []uint32 // code by entry of dict, 0 while unknown
	unknown int
	rows    []uint32 // code by living row, of a flat interned column
	text    []byte

	// What happened since the codes were last written into keys.
	shift    uint64 // added to every code
	switched bool   // the range became interned
}

// rangeBits bounds the codes of a range; numbers that lie wider apart are interned.
const rangeBits = 32

func newCodeSpace(t schema.Type) codeSpace {
	return codeSpace{typ: t, interned: t.Class() != schema.ClassInt64}
}

// max is the largest code in use.
func (s *codeSpace) max() uint64 {
	if s.interned {
		return uint64(s.ids.Len())
	}
	return s.top
}

func (s *codeSpace) width() uint { return uint(bits.Len64(s.max())) }

func (s *codeSpace) bytes() int64 {
	return s.ids.Bytes() + int64(4*cap(s.trans)+4*cap(s.rows))
}

// learn gives codes to all that the living rows of a column hold.
func (s *codeSpace) learn(v *batch.Vector, b *batch.Batch, n int) {
	if v.AllNull() {
		return
	}
	switch v.Enc {
	case batch.Const:
		if !s.interned {
			s.admit(v.I[0], v.I[0])
		}
		s.code(v, 0)
	case batch.Dict:
		s.enter(v.Dict)
		s.learnEntries(v, b, n)
	default:
		if !s.interned {
			s.admit(extent(v, b))
		}
		if s.interned {
			s.internRows(v, b, n)
		}
	}
}

// admit widens the range, to the multiple of what it was so that widening is rare.
func (s *codeSpace) admit(lo, hi int64) {
	if lo > hi || s.top > 0 && lo >= s.lo && uint64(hi)-uint64(s.lo) < s.top {
		return
	}
	if s.top > 0 {
		lo, hi = min(lo, s.lo), max(hi, s.lo+int64(s.top-1))
	}
	if span := uint64(hi) - uint64(lo); span >= 1<<rangeBits {
		s.giveUpRange()
		return
	}
	if s.top > 0 {
		s.shift += uint64(s.lo) - uint64(lo)
	}
	s.lo, s.top = lo, uint64(hi)-uint64(lo)+1
	s.dict = nil
}

// giveUpRange goes over to interned values. Codes given before are translated by recode.
func (s *codeSpace) giveUpRange() {
	if s.interned {
		return
	}
	s.interned, s.switched, s.dict = true, true, nil
}

// recode turns a code written before the last changes into the one of now.
func (s *codeSpace) recode(code uint64) uint64 {
	switch {
	case code == 0:
		return 0
	case s.switched:
		return 1 + uint64(s.ids.InternKey(intern.Number(s.lo+int64(code+s.shift-1))))
	}
	return code + s.shift
}

// settled forgets the changes: every key was written anew.
func (s *codeSpace) settled() { s.shift, s.switched = 0, false }

func (s *codeSpace) changed() bool { return s.shift != 0 || s.switched }

// extent is the range of the living rows that are not NULL; lo is above hi when there are none.
func extent(v *batch.Vector, b *batch.Batch) (lo, hi int64) {
	if b.Sel == nil && v.Valid == nil {
		lo, hi = v.I[0], v.I[0]
		for _, x := range v.I[:b.Len] {
			lo, hi = min(lo, x), max(hi, x)
		}
		return lo, hi
	}
	lo, hi = 1, 0
	for k := range b.Alive() {
		row := rowOf(b, k)
		if v.Valid != nil && v.Valid[row] == 0 {
			continue
		}
		if x := v.I[row]; lo > hi {
			lo, hi = x, x
		} else {
			lo, hi = min(lo, x), max(hi, x)
		}
	}
	return lo, hi
}

// enter takes a dictionary into use.
func (s *codeSpace) enter(d *batch.Dictionary) {
	if s.dict == d {
		return
	}
	n := d.Values.Len
	if !s.interned {
		lo, hi := d.Values.I[0], d.Values.I[0]
		for _, x := range d.Values.I[:n] {
			lo, hi = min(lo, x), max(hi, x)
		}
		s.admit(lo, hi)
	}
	if cap(s.trans) < n {
		s.trans = make([]uint32, n)
	}
	s.trans = s.trans[:n]
	clear(s.trans)
	s.dict, s.unknown = d, n
}

// learnEntries looks up the entries that rows use: all at once when there are few.
func (s *codeSpace) learnEntries(v *batch.Vector, b *batch.Batch, n int) {
	if s.unknown == 0 {
		return
	}
	if len(s.trans) <= n {
		for e := range s.trans {
			s.entry(e)
		}
		return
	}
	for k := range n {
		row := rowOf(b, k)
		if v.Valid == nil || v.Valid[row] != 0 {
			s.entry(int(v.Codes[row]))
		}
	}
}

func (s *codeSpace) entry(e int) {
	if s.trans[e] == 0 {
		s.trans[e] = uint32(s.code(s.dict.Values, e))
		s.unknown--
	}
}

// code looks one value up that is not NULL; that of a range was admitted before.
func (s *codeSpace) code(v *batch.Vector, row int) uint64 {
	if !s.interned {
		return uint64(v.Int64(row)) - uint64(s.lo) + 1
	}
	switch s.typ.Class() {
	case schema.ClassBytes:
		id, _ := s.ids.Intern(v.Bytes(row))
		return uint64(id) + 1
	case schema.ClassInt128:
		s.text = appendWide(s.text[:0], v.Int128(row))
		id, _ := s.ids.Intern(s.text)
		return uint64(id) + 1
	}
	return uint64(s.ids.InternKey(intern.Number(bits64(v, row)))) + 1
}

// internRows looks all living rows of a flat column up.
func (s *codeSpace) internRows(v *batch.Vector, b *batch.Batch, n int) {
	s.rows = sizedCodes(s.rows, n)
	switch s.typ.Class() {
	case schema.ClassBytes:
		s.ids.InternRows(s.rows, v, b.Sel)
	case schema.ClassInt128:
		for k := range s.rows {
			s.rows[k] = 0
			if row := rowOf(b, k); !v.IsNull(row) {
				s.rows[k] = uint32(s.code(v, row)) - 1
			}
		}
	default:
		numberKeys(s.ids.Keys(n), v, b)
		s.ids.InternKeys(s.rows)
	}
	for k := range s.rows {
		s.rows[k]++
	}
	if v.Valid != nil {
		for k := range s.rows {
			s.rows[k] &= -uint32(v.Valid[rowOf(b, k)])
		}
	}
}

// numberKeys writes the keys of a flat column of 64-bit numbers; NULL has the zero Key.
func numberKeys(keys []intern.Key, v *batch.Vector, b *batch.Batch) {
	if v.Type.Class() == schema.ClassFloat64 {
		for k := range keys {
			keys[k] = intern.Number(doubleBits(v.F[rowOf(b, k)]))
		}
	} else {
		for k := range keys {
			keys[k] = intern.Number(v.I[rowOf(b, k)])
		}
	}
	if v.Valid == nil {
		return
	}
	for k := range keys {
		if v.Valid[rowOf(b, k)] == 0 {
			keys[k] = intern.Key{}
		}
	}
}

// hash is a function of the value behind a code alone.
func (s *codeSpace) hash(code uint64) uint64 {
	switch {
	case code == 0:
		return 0
	case s.interned:
		return s.ids.Hash(uint32(code - 1))
	}
	return intern.Number(s.lo + int64(code-1)).Hash()
}

// emit appends the value behind a code.
func (s *codeSpace) emit(out *batch.Builder, code uint64) {
	switch {
	case code == 0:
		out.Null()
	case s.interned:
		emitKey(out, s.typ, &s.ids, uint32(code-1))
	default:
		out.Int64(s.lo + int64(code-1))
	}
}

func sizedCodes(s []uint32, n int) []uint32 {
	if cap(s) < n {
		return make([]uint32, n)
	}
	return s[:n]
}
