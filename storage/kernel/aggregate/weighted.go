package aggregate

import (
	"math"
	"math/bits"
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// Weight says what an aggregate makes of rows that stand for several each.
type Weight uint8

// The three ways.
const (
	WeightRefused Weight = iota // every row must come by itself
	WeightIgnored               // how often a value comes changes nothing: MIN, DISTINCT
	WeightUsed                  // the state is Weighted
)

// Weighted is a State that folds rows that stand for several each. The answer is, to the bit, that of the rows one by one.
type Weighted interface {
	State
	// UpdateWeighted is Update with weights, at least 1 each, by row of the argument columns.
	UpdateWeighted(r *Rows, args []*batch.Vector, weights []int64) error
}

// WeightOf tells it of an aggregate.
func WeightOf(s Spec) Weight {
	switch s.Name {
	case "min", "max", "any_value", "bit_and", "bit_or", "approx_count_distinct":
		return WeightIgnored
	case "count", "sum", "avg":
		if s.Distinct {
			return WeightIgnored
		}
		return WeightUsed
	case "stddev_pop", "stddev_samp", "var_pop", "var_samp":
		if s.Args[0].Class() != schema.ClassInt128 {
			return WeightUsed
		}
	}
	return WeightRefused
}

// UpdateWeighted counts the rows that each stands for.
func (c *count) UpdateWeighted(r *Rows, args []*batch.Vector, weights []int64) error {
	run := 0
	if r.Sel == nil && r.Runs == nil && !slices.ContainsFunc(args, (*batch.Vector).HasNulls) {
		c.addWeights(r, weights[:r.Len])
		return nil
	}
	for k := range r.Len {
		row, w := r.row(k), int64(0)
		if !anyNull(args, row) {
			w = weights[row]
		}
		c.n[r.Group(k, &run)] += w
	}
	return nil
}

func (c *count) addWeights(r *Rows, weights []int64) {
	if r.Groups != nil {
		for k, g := range r.Groups[:r.Len] {
			c.n[g] += weights[k]
		}
		return
	}
	n := int64(0)
	for _, w := range weights {
		n += w
	}
	c.n[0] += n
}

func anyNull(args []*batch.Vector, row int) bool {
	for _, v := range args {
		if v.IsNull(row) {
			return true
		}
	}
	return false
}

// UpdateWeighted adds each value times its weight.
func (s *intSum) UpdateWeighted(r *Rows, args []*batch.Vector, weights []int64) error {
	r.each(args[0], func(row int, g int32) {
		x, w := args[0].Int64(row), weights[row]
		p := decimal.MulInt64(x, w)
		if s.unsigned && x < 0 { // MulInt64 took it for x - 2^64
			p.Hi += w
		}
		s.add(g, p.Lo, p.Hi, w)
	})
	return nil
}

// UpdateWeighted adds each value times its weight.
func (s *wideSum) UpdateWeighted(r *Rows, args []*batch.Vector, weights []int64) error {
	r.each(args[0], func(row int, g int32) {
		sum := timesWide(args[0].Int128(row), uint64(weights[row]))
		s.sum.addWords(g, sum[:])
		s.n[g] += weights[row]
	})
	return nil
}

// timesWide is v*w in 192 bits, two's complement.
func timesWide(v decimal.Int128, w uint64) (out [3]uint64) {
	hi, lo := bits.Mul64(v.Lo, w)
	top, mid := bits.Mul64(uint64(v.Hi), w)
	out[0] = lo
	var c uint64
	out[1], c = bits.Add64(hi, mid, 0)
	out[2] = top + c
	if v.Hi < 0 { // the factor was taken for v + 2^128
		out[2] -= w
	}
	return out
}

// UpdateWeighted adds each value as often as its weight says.
func (s *floatSum) UpdateWeighted(r *Rows, args []*batch.Vector, weights []int64) error {
	s.sum.reserve(mostAdds * r.Len)
	r.each(args[0], func(row int, g int32) {
		s.sum.addTimes(g, args[0].Float64(row), uint64(weights[row]))
		s.n[g] += weights[row]
	})
	return nil
}

// mostAdds bounds the additions of one addTimes but for values at the very end of the range.
const mostAdds = 64

// addTimes adds x n times: for each bit of n once x shifted by it, which is exact.
func (e *exact) addTimes(g int32, x float64, n uint64) {
	for n != 0 {
		k := bits.TrailingZeros64(n)
		n &= n - 1
		y := x * float64(uint64(1)<<k)
		if !math.IsInf(y, 0) || math.IsInf(x, 0) {
			e.add(g, y)
			continue
		}
		for range 1 << k { // past the range of doubles, though not of their sum
			e.reserve(1)
			e.add(g, x)
		}
	}
}

// UpdateWeighted adds each value and its square as often as its weight says.
func (s *spread) UpdateWeighted(r *Rows, args []*batch.Vector, weights []int64) error {
	v := args[0]
	switch m := s.moments.(type) {
	case *intMoments:
		r.each(v, func(row int, g int32) { m.addTimes(g, v.Int64(row), uint64(weights[row])) })
	case *floatMoments:
		m.sum.reserve(mostAdds * r.Len)
		m.squares.reserve(2 * mostAdds * r.Len)
		r.each(v, func(row int, g int32) { m.addTimes(g, v.Float64(row), uint64(weights[row])) })
	default:
		return badState("weighted variance")
	}
	r.each(v, func(row int, g int32) { s.n[g] += weights[row] })
	return nil
}

func (m *intMoments) addTimes(g int32, x int64, n uint64) {
	sign := uint64(x >> 63)
	if m.unsigned {
		sign = 0
	}
	magnitude := (uint64(x) ^ sign) - sign
	hi, lo := bits.Mul64(magnitude, n)
	if sign != 0 {
		var b uint64
		lo, b = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, b)
	}
	m.sum.addWords(g, []uint64{lo, hi})
	hi, lo = bits.Mul64(magnitude, magnitude)
	square := timesUnsigned(hi, lo, n)
	m.squares.addWords(g, square[:])
}

// timesUnsigned is (hi, lo) times n.
func timesUnsigned(hi, lo, n uint64) (out [3]uint64) {
	carry, low := bits.Mul64(lo, n)
	top, mid := bits.Mul64(hi, n)
	out[0] = low
	var c uint64
	out[1], c = bits.Add64(carry, mid, 0)
	out[2] = top + c
	return out
}

func (m *floatMoments) addTimes(g int32, x float64, n uint64) {
	m.sum.addTimes(g, x, n)
	square := x * x
	m.squares.addTimes(g, square, n)
	if !math.IsInf(square, 0) {
		m.squares.addTimes(g, math.FMA(x, x, -square), n)
	}
}
