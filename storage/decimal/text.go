package decimal

import "strconv"

// AppendInt64 appends the text of v*10^-scale with exactly scale fraction digits.
func AppendInt64(dst []byte, v int64, scale int) []byte {
	if scale == 0 {
		return strconv.AppendInt(dst, v, 10)
	}
	u := uint64(v)
	if v < 0 {
		dst = append(dst, '-')
		u = -u
	}
	var buf [24]byte
	return appendScaled(dst, strconv.AppendUint(buf[:0], u, 10), scale)
}

// Append appends the text of x*10^-scale with exactly scale fraction digits.
func (x Int128) Append(dst []byte, scale int) []byte {
	if v, ok := x.Int64(); ok {
		return AppendInt64(dst, v, scale)
	}
	hi, lo := x.abs()
	if x.Hi < 0 {
		dst = append(dst, '-')
	}
	var buf [48]byte
	digits := appendUint128(buf[:0], hi, lo)
	if scale == 0 {
		return append(dst, digits...)
	}
	return appendScaled(dst, digits, scale)
}

// String returns x with scale 0.
func (x Int128) String() string { return string(x.Append(nil, 0)) }

// appendUint128 splits off 19 digits at a time.
func appendUint128(dst []byte, hi, lo uint64) []byte {
	const e19 = 10_000_000_000_000_000_000
	if hi == 0 {
		return strconv.AppendUint(dst, lo, 10)
	}
	qh, ql, _, r := quoRem128(hi, lo, 0, e19)
	dst = appendUint128(dst, qh, ql)
	var buf [20]byte
	low := strconv.AppendUint(buf[:0], r, 10)
	for i := len(low); i < 19; i++ {
		dst = append(dst, '0')
	}
	return append(dst, low...)
}

func appendScaled(dst, digits []byte, scale int) []byte {
	if len(digits) <= scale {
		dst = append(dst, '0', '.')
		for i := len(digits); i < scale; i++ {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	cut := len(digits) - scale
	dst = append(dst, digits[:cut]...)
	dst = append(dst, '.')
	return append(dst, digits[cut:]...)
}

// Parse reads a plain decimal ([+-]digits[.digits], no exponent, no spaces) and returns its integer, its scale (count of
// fraction digits as written) and whether it is one and fits in 38 digits.
func Parse[T string | []byte](s T) (x Int128, scale int, ok bool) {
	i, neg := 0, false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		i = 1
	}
	if v, scale, ok := parseShort(s, i); ok {
		if neg {
			v = -v
		}
		return FromInt64(v), scale, true
	}
	point, seen := -1, 0
	ten := FromInt64(10)
	for ; i < len(s); i++ {
		c := s[i]
		if c == '.' {
			if point >= 0 {
				return Int128{}, 0, false
			}
			point = i
			continue
		}
		if c < '0' || c > '9' {
			return Int128{}, 0, false
		}
		seen++
		m, fits := x.Mul(ten)
		if !fits {
			return Int128{}, 0, false
		}
		if x, fits = m.AddInt64(int64(c - '0')); !fits {
			return Int128{}, 0, false
		}
	}
	if seen == 0 || !x.Fits(MaxDigits) {
		return Int128{}, 0, false
	}
	if point >= 0 {
		scale = len(s) - point - 1
	}
	if scale > MaxDigits {
		return Int128{}, 0, false
	}
	if neg {
		x, _ = x.Neg()
	}
	return x, scale, true
}

// parseShort is Parse after the sign for texts whose digits fit 64 bits; ok is false for all others, good or bad.
func parseShort[T string | []byte](s T, i int) (v int64, scale int, ok bool) {
	if len(s)-i > 19 {
		return 0, 0, false
	}
	point, digits := -1, 0
	for ; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			v = v*10 + int64(c-'0')
			digits++
		case c == '.' && point < 0:
			point = i
		default:
			return 0, 0, false
		}
	}
	if digits == 0 || digits > 18 {
		return 0, 0, false
	}
	if point >= 0 {
		scale = len(s) - point - 1
	}
	return v, scale, true
}
