package convert

import (
	"math"
	"math/bits"

	"github.com/assaydb/assay/storage/decimal"
)

// ParseInt64 reads [+-]digits.
func ParseInt64(b []byte) (int64, Reason) {
	neg, b := sign(b)
	u, why := digits64(b)
	switch {
	case why != OK:
		return 0, why
	case neg && u <= 1<<63:
		return -int64(u), OK
	case !neg && u <= math.MaxInt64:
		return int64(u), OK
	}
	return 0, IntegerRange
}

// ParseUint64 reads [+-]digits; of negative numbers only -0 fits.
func ParseUint64(b []byte) (uint64, Reason) {
	neg, b := sign(b)
	u, why := digits64(b)
	if why == OK && neg && u != 0 {
		return 0, IntegerRange
	}
	return u, why
}

func sign(b []byte) (neg bool, rest []byte) {
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		return b[0] == '-', b[1:]
	}
	return false, b
}

func digits64(b []byte) (u uint64, why Reason) {
	if len(b) == 0 {
		return 0, NotInteger
	}
	if len(b) > 19 {
		return digitsLong(b)
	}
	for _, c := range b {
		d := c - '0'
		if d > 9 {
			return 0, NotInteger
		}
		u = u*10 + uint64(d)
	}
	return u, OK
}

// digitsLong is digits64 with overflow checks: 19 digits always fit.
func digitsLong(b []byte) (u uint64, why Reason) {
	over := false
	for _, c := range b {
		d := c - '0'
		if d > 9 {
			return 0, NotInteger
		}
		hi, lo := bits.Mul64(u, 10)
		sum, carry := bits.Add64(lo, uint64(d), 0)
		over = over || hi != 0 || carry != 0
		u = sum
	}
	if over {
		return 0, IntegerRange
	}
	return u, OK
}

// ParseDecimal64 reads [+-]digits[.digits] as an integer scaled by 10^scale with at most precision (<= 18) digits. point is the
// decimal point. Fraction digits beyond the scale must be zeros.
func ParseDecimal64(b []byte, point byte, precision, scale int) (int64, Reason) {
	neg, b := sign(b)
	if len(b) > 19 {
		return decimal64Long(neg, b, point, precision, scale)
	}
	var u uint64
	at := -1
	for i, c := range b {
		if d := c - '0'; d <= 9 {
			u = u*10 + uint64(d)
			continue
		}
		if c != point || at >= 0 {
			return 0, NotDecimal
		}
		at = i
	}
	frac := 0
	if at >= 0 {
		frac = len(b) - 1 - at
	}
	if len(b) == 0 || len(b) == 1 && at == 0 {
		return 0, NotDecimal
	}
	for ; frac > scale; frac-- {
		if u%10 != 0 {
			return 0, DecimalScale
		}
		u /= 10
	}
	hi, u := bits.Mul64(u, uint64(decimal.Pow10Int64[scale-frac]))
	if hi != 0 || u >= uint64(decimal.Pow10Int64[precision]) {
		return 0, DecimalRange
	}
	if neg {
		return -int64(u), OK
	}
	return int64(u), OK
}

func decimal64Long(neg bool, b []byte, point byte, precision, scale int) (int64, Reason) {
	w, why := decimalWide(neg, b, point, precision, scale)
	v, _ := w.Int64()
	return v, why
}

// ParseDecimal128 is ParseDecimal64 for precisions up to 38.
func ParseDecimal128(b []byte, point byte, precision, scale int) (decimal.Int128, Reason) {
	neg, rest := sign(b)
	if len(rest) <= 18 {
		v, why := ParseDecimal64(b, point, 18, min(scale, 18))
		if why == OK {
			w, ok := decimal.FromInt64(v).Rescale(min(scale, 18), scale)
			if ok && w.Fits(precision) {
				return w, OK
			}
		}
	}
	return decimalWide(neg, rest, point, precision, scale)
}

// decimalWide reads any number of digits; leading zeros and zeros behind the scale do not count.
func decimalWide(neg bool, b []byte, point byte, precision, scale int) (w decimal.Int128, why Reason) {
	seen, frac, inFrac, over := 0, 0, false, false
	ten := decimal.FromInt64(10)
	for _, c := range b {
		d := c - '0'
		if d > 9 {
			if c != point || inFrac {
				return w, NotDecimal
			}
			inFrac = true
			continue
		}
		seen++
		if inFrac {
			if frac++; frac > scale {
				if d != 0 {
					why = DecimalScale
				}
				continue
			}
		}
		m, ok := w.Mul(ten)
		if ok {
			m, ok = m.AddInt64(int64(d))
		}
		over = over || !ok
		w = m
	}
	if seen == 0 {
		return w, NotDecimal
	}
	if frac < scale && !over {
		m, ok := w.Mul(decimal.Pow10(scale - frac))
		w, over = m, !ok
	}
	switch {
	case why != OK:
		return decimal.Int128{}, why
	case over || !w.Fits(precision):
		return decimal.Int128{}, DecimalRange
	}
	if neg {
		w, _ = w.Neg()
	}
	return w, OK
}
