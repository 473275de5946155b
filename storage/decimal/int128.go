package decimal

import (
	"math"
	"math/big"
	"math/bits"
)

// Int128 is a two's complement 128-bit integer: Hi*2^64 + Lo.
type Int128 struct {
	Hi int64
	Lo uint64
}

// Largest and smallest values, and the bounds of 38 decimal digits.
var (
	Max = Int128{Hi: math.MaxInt64, Lo: math.MaxUint64}
	Min = Int128{Hi: math.MinInt64}
)

// FromInt64 widens v.
func FromInt64(v int64) Int128 { return Int128{Hi: v >> 63, Lo: uint64(v)} }

// FromUint64 widens v.
func FromUint64(v uint64) Int128 { return Int128{Lo: v} }

// Int64 narrows x and reports whether it fits.
func (x Int128) Int64() (int64, bool) { return int64(x.Lo), x.Hi == int64(x.Lo)>>63 }

// Uint64 narrows x and reports whether it fits.
func (x Int128) Uint64() (uint64, bool) { return x.Lo, x.Hi == 0 }

// Sign returns -1, 0 or 1.
func (x Int128) Sign() int {
	if x.Hi < 0 {
		return -1
	}
	if x.Hi == 0 && x.Lo == 0 {
		return 0
	}
	return 1
}

// Cmp orders x and y: -1, 0 or 1.
func (x Int128) Cmp(y Int128) int {
	switch {
	case x.Hi < y.Hi:
		return -1
	case x.Hi > y.Hi:
		return 1
	case x.Lo < y.Lo:
		return -1
	case x.Lo > y.Lo:
		return 1
	}
	return 0
}

// Add returns x+y and whether it fits in 128 bits.
func (x Int128) Add(y Int128) (Int128, bool) {
	lo, carry := bits.Add64(x.Lo, y.Lo, 0)
	hi, _ := bits.Add64(uint64(x.Hi), uint64(y.Hi), carry)
	r := Int128{Hi: int64(hi), Lo: lo}
	return r, (x.Hi^y.Hi) < 0 || (x.Hi^r.Hi) >= 0
}

// Sub returns x-y and whether it fits in 128 bits.
func (x Int128) Sub(y Int128) (Int128, bool) {
	lo, borrow := bits.Sub64(x.Lo, y.Lo, 0)
	hi, _ := bits.Sub64(uint64(x.Hi), uint64(y.Hi), borrow)
	r := Int128{Hi: int64(hi), Lo: lo}
	return r, (x.Hi^y.Hi) >= 0 || (x.Hi^r.Hi) >= 0
}

// AddInt64 returns x+v and whether it fits in 128 bits.
func (x Int128) AddInt64(v int64) (Int128, bool) { return x.Add(FromInt64(v)) }

// Neg returns -x and whether it fits (only Min does not).
func (x Int128) Neg() (Int128, bool) { return Int128{}.Sub(x) }

// abs returns |x| as an unsigned pair; |Min| is 2^127, which fits there.
func (x Int128) abs() (hi, lo uint64) {
	if x.Hi >= 0 {
		return uint64(x.Hi), x.Lo
	}
	lo, borrow := bits.Sub64(0, x.Lo, 0)
	hi, _ = bits.Sub64(0, uint64(x.Hi), borrow)
	return hi, lo
}

// fromAbs applies a sign to an unsigned pair and reports whether the result fits.
func fromAbs(neg bool, hi, lo uint64) (Int128, bool) {
	if !neg {
		return Int128{Hi: int64(hi), Lo: lo}, hi>>63 == 0
	}
	l, borrow := bits.Sub64(0, lo, 0)
	h, _ := bits.Sub64(0, hi, borrow)
	r := Int128{Hi: int64(h), Lo: l}
	return r, hi>>63 == 0 || (hi == 1<<63 && lo == 0)
}

// MulInt64 returns the exact product of two int64.
func MulInt64(a, b int64) Int128 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	h := int64(hi)
	if a < 0 {
		h -= b
	}
	if b < 0 {
		h -= a
	}
	return Int128{Hi: h, Lo: lo}
}

// Mul returns x*y and whether it fits in 128 bits.
func (x Int128) Mul(y Int128) (Int128, bool) {
	neg := (x.Hi < 0) != (y.Hi < 0)
	xh, xl := x.abs()
	yh, yl := y.abs()
	if xh != 0 && yh != 0 {
		return Int128{}, false
	}
	hi, lo := bits.Mul64(xl, yl)
	c1, m1 := bits.Mul64(xh, yl)
	c2, m2 := bits.Mul64(xl, yh)
	if c1 != 0 || c2 != 0 {
		return Int128{}, false
	}
	hi, carry := bits.Add64(hi, m1, 0)
	if carry != 0 {
		return Int128{}, false
	}
	hi, carry = bits.Add64(hi, m2, 0)
	if carry != 0 {
		return Int128{}, false
	}
	return fromAbs(neg, hi, lo)
}

// QuoRem returns x/y truncated toward zero and the remainder, which has x's sign. It panics when y is zero; Min / -1 is
// reported as not fitting.
func (x Int128) QuoRem(y Int128) (q, r Int128, ok bool) {
	if y == (Int128{}) {
		panic("BUG: decimal: division by zero")
	}
	xh, xl := x.abs()
	yh, yl := y.abs()
	qh, ql, rh, rl := quoRem128(xh, xl, yh, yl)
	q, ok = fromAbs((x.Hi < 0) != (y.Hi < 0), qh, ql)
	r, _ = fromAbs(x.Hi < 0, rh, rl)
	return q, r, ok
}

func quoRem128(xh, xl, yh, yl uint64) (qh, ql, rh, rl uint64) {
	if yh == 0 {
		qh, xh = xh/yl, xh%yl
		ql, rl = bits.Div64(xh, xl, yl)
		return qh, ql, 0, rl
	}
	// The quotient fits in 64 bits: estimate it from the normalised high words and correct by at most one (Knuth D).
	n := uint(bits.LeadingZeros64(yh))
	vh := yh<<n | yl>>(64-n)
	uh, ul := xh>>1, xh<<63|xl>>1
	q := estimate(uh, ul, vh, n)
	if q > 0 {
		q--
	}
	ph, pl := mul128by64(yh, yl, q)
	rl, b := bits.Sub64(xl, pl, 0)
	rh, _ = bits.Sub64(xh, ph, b)
	for rh > yh || (rh == yh && rl >= yl) {
		q++
		rl, b = bits.Sub64(rl, yl, 0)
		rh, _ = bits.Sub64(rh, yh, b)
	}
	return 0, q, rh, rl
}

// estimate returns floor(u/2 / v) shifted back: at most one above the true quotient, never below it by more than one.
func estimate(uh, ul, vh uint64, n uint) uint64 {
	q, _ := bits.Div64(uh, ul, vh)
	return q >> (63 - n)
}

func mul128by64(h, l, m uint64) (hi, lo uint64) {
	hi, lo = bits.Mul64(l, m)
	return hi + h*m, lo
}

// Float64 returns the nearest double.
func (x Int128) Float64() float64 {
	if v, ok := x.Int64(); ok {
		return float64(v)
	}
	f, _ := new(big.Float).SetInt(x.Big()).Float64()
	return f
}

// Big returns x as a big.Int.
func (x Int128) Big() *big.Int {
	hi, lo := x.abs()
	b := new(big.Int).SetUint64(hi)
	b.Lsh(b, 64).Or(b, new(big.Int).SetUint64(lo))
	if x.Hi < 0 {
		b.Neg(b)
	}
	return b
}

// FromBig narrows b and reports whether it fits.
func FromBig(b *big.Int) (Int128, bool) {
	if b.BitLen() > 128 {
		return Int128{}, false
	}
	abs := new(big.Int).Abs(b)
	lo := new(big.Int).And(abs, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
	hi := abs.Rsh(abs, 64).Uint64()
	return fromAbs(b.Sign() < 0, hi, lo)
}
