package convert

import (
	"math"
	"strconv"
	"unsafe"
)

// pow10 holds the powers of ten that a double holds exactly.
var pow10 = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// ParseDouble reads [+-]digits[.digits][e[+-]digits], or NaN, inf and infinity in any case. The result is the nearest double,
// bit for bit what strconv gives, save that a number too small to be told from 0 is refused: up to 2^53 and 10^±22 one exact operation does it (Clinger 1990), else strconv is asked.
func ParseDouble(b []byte, point byte) (float64, Reason) {
	neg, rest := sign(b)
	var m uint64
	i, digits, exp, frac := 0, 0, 0, false
	for ; i < len(rest); i++ {
		c := rest[i]
		if d := c - '0'; d <= 9 {
			if m < 1e18 {
				m = m*10 + uint64(d)
			} else {
				m = 1 << 63 // too long for the fast path
			}
			digits++
			if frac {
				exp--
			}
			continue
		}
		if c != point || frac {
			break
		}
		frac = true
	}
	if digits == 0 {
		return doubleWord(neg, rest)
	}
	if i < len(rest) {
		e, ok := exponent(rest[i:])
		if !ok {
			return 0, NotDouble
		}
		exp += e
	}
	if m <= 1<<53 && exp >= -22 && exp <= 22 {
		f := float64(m)
		if exp < 0 {
			f /= pow10[-exp]
		} else {
			f *= pow10[exp]
		}
		if neg {
			f = -f
		}
		return f, OK
	}
	return doubleSlow(b, point)
}

// exponent reads e[+-]digits; beyond 9999 the size does not matter.
func exponent(b []byte) (int, bool) {
	if b[0] != 'e' && b[0] != 'E' {
		return 0, false
	}
	neg, b := sign(b[1:])
	if len(b) == 0 {
		return 0, false
	}
	e := 0
	for _, c := range b {
		d := c - '0'
		if d > 9 {
			return 0, false
		}
		e = min(e*10+int(d), 9999)
	}
	if neg {
		e = -e
	}
	return e, true
}

func doubleWord(neg bool, b []byte) (float64, Reason) {
	switch {
	case foldEqual(b, "nan"):
		return math.NaN(), OK
	case foldEqual(b, "inf") || foldEqual(b, "infinity"):
		if neg {
			return math.Inf(-1), OK
		}
		return math.Inf(1), OK
	}
	return 0, NotDouble
}

func doubleSlow(b []byte, point byte) (float64, Reason) {
	if point != '.' {
		c := append([]byte(nil), b...)
		for i := range c {
			if c[i] == point {
				c[i] = '.'
			}
		}
		b = c
	}
	f, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(b), len(b)), 64)
	switch {
	case err == nil && f == 0 && !isZero(b): // 1e-400 is not 0
		return 0, DoubleRange
	case err == nil:
		return f, OK
	case math.IsInf(f, 0):
		return 0, DoubleRange
	}
	return 0, NotDouble
}

// isZero reports whether a number's digits before the exponent are all zeros.
func isZero(b []byte) bool {
	for _, c := range b {
		switch {
		case c == 'e' || c == 'E':
			return true
		case c-'1' <= 8:
			return false
		}
	}
	return true
}

// foldEqual compares ASCII regardless of case; word is lower case.
func foldEqual(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i, c := range b {
		if c|0x20 != word[i] {
			return false
		}
	}
	return true
}

// ParseBool reads true, false, t, f, yes, no, y, n, 1 and 0 in any case.
func ParseBool(b []byte) (int64, Reason) {
	switch {
	case len(b) == 1:
		switch b[0] {
		case '1', 't', 'T', 'y', 'Y':
			return 1, OK
		case '0', 'f', 'F', 'n', 'N':
			return 0, OK
		}
	case foldEqual(b, "true") || foldEqual(b, "yes"):
		return 1, OK
	case foldEqual(b, "false") || foldEqual(b, "no"):
		return 0, OK
	}
	return 0, NotBoolean
}
