package kernel

import (
	"math/bits"

	"github.com/assaydb/assay/storage/decimal"
)

// Add writes a[i]+b[i] and reports whether any sum left 64 bits. The wrapped sums are written even so: the caller looks for
// the row, since rows that are NULL or not alive may hold anything.
func Add(dst, a, b []int64) (overflow bool) {
	dst, b = dst[:len(a)], b[:len(a)]
	var bad int64
	for i, x := range a {
		y := b[i]
		r := x + y
		bad |= (x ^ r) & (y ^ r)
		dst[i] = r
	}
	return bad < 0
}

// AddConst writes a[i]+c and reports whether any sum left 64 bits.
func AddConst(dst, a []int64, c int64) (overflow bool) {
	dst = dst[:len(a)]
	var bad int64
	for i, x := range a {
		r := x + c
		bad |= (x ^ r) & (c ^ r)
		dst[i] = r
	}
	return bad < 0
}

// Sub writes a[i]-b[i] and reports whether any difference left 64 bits.
func Sub(dst, a, b []int64) (overflow bool) {
	dst, b = dst[:len(a)], b[:len(a)]
	var bad int64
	for i, x := range a {
		y := b[i]
		r := x - y
		bad |= (x ^ y) & (x ^ r)
		dst[i] = r
	}
	return bad < 0
}

// RSubConst writes c-a[i] and reports whether any difference left 64 bits.
func RSubConst(dst, a []int64, c int64) (overflow bool) {
	dst = dst[:len(a)]
	var bad int64
	for i, x := range a {
		r := c - x
		bad |= (c ^ x) & (c ^ r)
		dst[i] = r
	}
	return bad < 0
}

// Mul writes a[i]*b[i] and reports whether any product left 64 bits.
func Mul(dst, a, b []int64) (overflow bool) {
	dst, b = dst[:len(a)], b[:len(a)]
	var bad int64
	for i, x := range a {
		hi, lo := mul128(x, b[i])
		bad |= hi ^ (lo >> 63)
		dst[i] = lo
	}
	return bad != 0
}

// MulConst writes a[i]*c and reports whether any product left 64 bits.
func MulConst(dst, a []int64, c int64) (overflow bool) {
	dst = dst[:len(a)]
	var bad int64
	for i, x := range a {
		hi, lo := mul128(x, c)
		bad |= hi ^ (lo >> 63)
		dst[i] = lo
	}
	return bad != 0
}

func mul128(x, y int64) (hi, lo int64) {
	h, l := bits.Mul64(uint64(x), uint64(y))
	return int64(h) - (x>>63)&y - (y>>63)&x, int64(l)
}

// AddWide writes the exact 128-bit sums of 64-bit values.
func AddWide(dst []decimal.Int128, a, b []int64) {
	dst, b = dst[:len(a)], b[:len(a)]
	for i, x := range a {
		y := b[i]
		lo, carry := bits.Add64(uint64(x), uint64(y), 0)
		dst[i] = decimal.Int128{Hi: x>>63 + y>>63 + int64(carry), Lo: lo}
	}
}

// SubWide writes the exact 128-bit differences of 64-bit values.
func SubWide(dst []decimal.Int128, a, b []int64) {
	dst, b = dst[:len(a)], b[:len(a)]
	for i, x := range a {
		y := b[i]
		lo, borrow := bits.Sub64(uint64(x), uint64(y), 0)
		dst[i] = decimal.Int128{Hi: x>>63 - y>>63 - int64(borrow), Lo: lo}
	}
}

// MulWide writes the exact 128-bit products of 64-bit values.
func MulWide(dst []decimal.Int128, a, b []int64) {
	dst, b = dst[:len(a)], b[:len(a)]
	for i, x := range a {
		hi, lo := mul128(x, b[i])
		dst[i] = decimal.Int128{Hi: hi, Lo: uint64(lo)}
	}
}

// Widen writes 64-bit values as 128-bit ones.
func Widen(dst []decimal.Int128, a []int64) {
	dst = dst[:len(a)]
	for i, x := range a {
		dst[i] = decimal.FromInt64(x)
	}
}

// SumInt64 adds the listed values (rows nil: all) exactly.
func SumInt64(a []int64, rows []int32) decimal.Int128 {
	var lo uint64
	var hi int64
	add := func(x int64) {
		var c uint64
		lo, c = bits.Add64(lo, uint64(x), 0)
		hi += x>>63 + int64(c)
	}
	if rows == nil {
		for _, x := range a {
			add(x)
		}
	}
	for _, r := range rows {
		add(a[r])
	}
	return decimal.Int128{Hi: hi, Lo: lo}
}
