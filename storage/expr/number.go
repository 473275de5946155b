package expr

import (
	"math"
	"strconv"
	"strings"

	"github.com/assaydb/assay/storage/schema"
)

var pow10Float = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

func parseFloatText(s []byte) float64 {
	f, _ := strconv.ParseFloat(string(s), 64)
	return f
}

// leadingDouble reads the number at the beginning of s, after blanks, and returns what follows it. Without one it is 0.
func leadingDouble(s string) (f float64, rest string) {
	s = strings.TrimLeft(s, " \t\n\r\v\f")
	i := 0
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	start := i
	i = digitsFrom(s, i)
	n := i - start
	if i < len(s) && s[i] == '.' {
		j := digitsFrom(s, i+1)
		n += j - i - 1
		if n > 0 {
			i = j
		}
	}
	if n == 0 {
		return 0, s
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		j := i + 1
		if j < len(s) && (s[j] == '+' || s[j] == '-') {
			j++
		}
		if k := digitsFrom(s, j); k > j {
			i = k
		}
	}
	f, _ = strconv.ParseFloat(s[:i], 64)
	return f, s[i:]
}

func digitsFrom(s string, i int) int {
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return i
}

// floatToInt rounds to even, as MySQL's casts of doubles do, and reports whether the result is a value of t.
func floatToInt(f float64, t schema.Type) (int64, bool) {
	f = math.RoundToEven(f)
	if t.Kind == schema.Uint64 {
		if f != f || f < 0 || f >= 1<<64 {
			return 0, false
		}
		return int64(uint64(f)), true
	}
	if f != f || f < -1<<63 || f >= 1<<63 {
		return 0, false
	}
	lo, hi := intRange(t.Kind)
	v := int64(f)
	return v, v >= lo && v <= hi
}
