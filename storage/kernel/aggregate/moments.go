package aggregate

import (
	"math"
	"math/big"
	"math/bits"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
)

// intMoments are the moments of 64-bit integers: a 128-bit sum and a 192-bit sum of squares.
type intMoments struct {
	in           loader[int64]
	unsigned     bool
	reach        reach
	sum, squares words
}

func (m *intMoments) grow(n int)   { m.sum.grow(n); m.squares.grow(n) }
func (m *intMoments) bytes() int64 { return m.sum.bytes() + m.squares.bytes() + m.in.bytes() }

func (m *intMoments) update(r *Rows, v *batch.Vector, n []int64) {
	if m.coded(r, v, n) {
		return
	}
	f := m.in.load(r, v)
	if f.groups != nil {
		m.scatter(f.vals, f.groups, n)
		return
	}
	from := int32(0)
	for _, run := range f.runs {
		if int(from) < len(f.vals) {
			m.run(f.vals[from:run.End], run.Group)
			n[run.Group] += int64(run.End - from)
		}
		from = run.End
	}
}

// coded adds runs of dictionary codes whose squares cannot leave 64 bits within the batch.
func (m *intMoments) coded(r *Rows, v *batch.Vector, n []int64) bool {
	if r.Groups != nil || m.unsigned {
		return false
	}
	codes, ok := m.in.codes(r, v)
	if !ok {
		return false
	}
	if top := m.reach.of(v.Dict); top > math.MaxUint32/2 || !within(top*top, r.Len) {
		return false
	}
	from := int32(0)
	for _, run := range r.runs(&m.in.one) {
		sum, squares := sumSquares(v.Dict.Values.I, codes[from:run.End])
		m.sum.addWords(run.Group, []uint64{uint64(sum), uint64(sum >> 63)})
		m.squares.addWords(run.Group, []uint64{uint64(squares), 0, 0})
		n[run.Group] += int64(run.End - from)
		from = run.End
	}
	return true
}

// scatter adds value by value, each to its own group.
func (m *intMoments) scatter(vals []int64, groups []int32, n []int64) {
	signed := int64(-1)
	if m.unsigned {
		signed = 0
	}
	sums, squares := m.sum.w, m.squares.w
	groups = groups[:len(vals)]
	for i, x := range vals {
		g := int(groups[i])
		sign := x >> 63 & signed
		addMoments((*[2]uint64)(sums[2*g:]), (*[3]uint64)(squares[3*g:]), uint64(x), uint64(sign))
		n[g]++
	}
}

// addMoments adds x and its square; sign is all ones when x is negative.
func addMoments(sum *[2]uint64, square *[3]uint64, x, sign uint64) {
	var c uint64
	sum[0], c = bits.Add64(sum[0], x, 0)
	sum[1] += sign + c
	magnitude := (x ^ sign) - sign
	hi, lo := bits.Mul64(magnitude, magnitude)
	square[0], c = bits.Add64(square[0], lo, 0)
	square[1], c = bits.Add64(square[1], hi, c)
	square[2] += c
}

// run adds values of one group, in registers.
func (m *intMoments) run(vals []int64, g int32) {
	signed := int64(-1)
	if m.unsigned {
		signed = 0
	}
	var sum [2]uint64
	var square [3]uint64
	for _, x := range vals {
		addMoments(&sum, &square, uint64(x), uint64(x>>63&signed))
	}
	m.sum.addWords(g, sum[:])
	m.squares.addWords(g, square[:])
}

func (m *intMoments) absorb(g int32, other moments, og int32) {
	o := other.(*intMoments)
	m.sum.addWords(g, o.sum.at(og))
	m.squares.addWords(g, o.squares.at(og))
}

func (m *intMoments) encode(dst []byte, g int32) []byte {
	return m.squares.encode(m.sum.encode(dst, g), g)
}

func (m *intMoments) decode(g int32, b []byte) error { return decodeBoth(&m.sum, &m.squares, g, b) }

func decodeBoth(sum, squares *words, g int32, b []byte) error {
	n := 2 + 8*sum.width
	if len(b) < n {
		return badState("variance")
	}
	if err := sum.decode(g, b[:n]); err != nil {
		return err
	}
	return squares.decode(g, b[n:])
}

func (m *intMoments) big(g int32) (sum, squares *big.Int, odd bool) {
	return m.sum.big(g), m.squares.big(g), false
}

// wideMoments are those of 128-bit integers: 192 and 320 bits.
type wideMoments struct {
	in           loader[decimal.Int128]
	sum, squares words
}

func (m *wideMoments) grow(n int)   { m.sum.grow(n); m.squares.grow(n) }
func (m *wideMoments) bytes() int64 { return m.sum.bytes() + m.squares.bytes() + m.in.bytes()*2 }

func (m *wideMoments) update(r *Rows, v *batch.Vector, n []int64) {
	f := m.in.load(r, v)
	run := 0
	rows := Rows{Len: len(f.vals), Groups: f.groups, Runs: f.runs}
	for i, x := range f.vals {
		g := rows.Group(i, &run)
		m.sum.add128(g, x)
		m.squares.addSquare128(g, x)
		n[g]++
	}
}

func (m *wideMoments) absorb(g int32, other moments, og int32) {
	o := other.(*wideMoments)
	m.sum.addWords(g, o.sum.at(og))
	m.squares.addWords(g, o.squares.at(og))
}

func (m *wideMoments) encode(dst []byte, g int32) []byte {
	return m.squares.encode(m.sum.encode(dst, g), g)
}

func (m *wideMoments) decode(g int32, b []byte) error { return decodeBoth(&m.sum, &m.squares, g, b) }

func (m *wideMoments) big(g int32) (sum, squares *big.Int, odd bool) {
	return m.sum.big(g), m.squares.big(g), false
}

// floatMoments are those of doubles. A square is added as its rounded value and its rounding error (by fused multiply-add), which
// together are exact unless they leave the range of doubles; squares below 2^-1022 lose the error, for every order alike.
type floatMoments struct {
	in           loader[float64]
	sum, squares exact
}

func (m *floatMoments) grow(n int)   { m.sum.grow(n); m.squares.grow(n) }
func (m *floatMoments) bytes() int64 { return m.sum.bytes() + m.squares.bytes() + m.in.bytes() }

func (m *floatMoments) update(r *Rows, v *batch.Vector, n []int64) {
	f := m.in.load(r, v)
	m.sum.reserve(len(f.vals))
	m.squares.reserve(2 * len(f.vals))
	run := 0
	rows := Rows{Len: len(f.vals), Groups: f.groups, Runs: f.runs}
	for i, x := range f.vals {
		g := rows.Group(i, &run)
		m.sum.add(g, x)
		square := x * x
		m.squares.add(g, square)
		if !math.IsInf(square, 0) {
			m.squares.add(g, math.FMA(x, x, -square))
		}
		n[g]++
	}
}

func (m *floatMoments) absorb(g int32, other moments, og int32) {
	o := other.(*floatMoments)
	m.sum.merge(g, &o.sum, og)
	m.squares.merge(g, &o.squares, og)
}

func (m *floatMoments) encode(dst []byte, g int32) []byte {
	return m.squares.encode(m.sum.encode(dst, g), g)
}

func (m *floatMoments) decode(g int32, b []byte) error {
	b, err := m.sum.decode(g, b)
	if err == nil {
		_, err = m.squares.decode(g, b)
	}
	return err
}

// big gives the sum in units of 2^-1074 and the squares in units of its square.
func (m *floatMoments) big(g int32) (sum, squares *big.Int, odd bool) {
	squares = m.squares.big(g)
	return m.sum.big(g), squares.Lsh(squares, 1074), m.sum.odd[g]|m.squares.odd[g] != 0
}
