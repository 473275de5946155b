package kernel

import (
	"cmp"
	"math"
)

// Op is a comparison.
type Op uint8

// The comparisons.
const (
	EQ Op = iota
	NE
	LT
	LE
	GT
	GE
)

// Swap returns the comparison with its sides exchanged: a < b is b > a.
func (op Op) Swap() Op { return [...]Op{EQ: EQ, NE: NE, LT: GT, LE: GE, GT: LT, GE: LE}[op] }

// Negate returns the comparison that holds exactly when op does not, for values that are not NULL.
func (op Op) Negate() Op { return [...]Op{EQ: NE, NE: EQ, LT: GE, LE: GT, GT: LE, GE: LT}[op] }

// Holds reports whether op holds for the result of a three-way comparison.
func (op Op) Holds(c int) bool {
	switch op {
	case EQ:
		return c == 0
	case NE:
		return c != 0
	case LT:
		return c < 0
	case LE:
		return c <= 0
	case GT:
		return c > 0
	}
	return c >= 0
}

// Integer is the payload of ClassInt64, read as signed or unsigned.
type Integer interface{ ~int64 | ~uint64 }

// CompareConst writes 1 to dst[i] where a[i] op c, else 0. len(dst) >= len(a).
func CompareConst[T Integer](op Op, dst []int64, a []T, c T) {
	dst = dst[:len(a)]
	switch op {
	case EQ:
		for i, x := range a {
			dst[i] = b2i(x == c)
		}
	case NE:
		for i, x := range a {
			dst[i] = b2i(x != c)
		}
	case LT:
		for i, x := range a {
			dst[i] = b2i(x < c)
		}
	case LE:
		for i, x := range a {
			dst[i] = b2i(x <= c)
		}
	case GT:
		for i, x := range a {
			dst[i] = b2i(x > c)
		}
	case GE:
		for i, x := range a {
			dst[i] = b2i(x >= c)
		}
	}
}

// Compare writes 1 to dst[i] where a[i] op b[i], else 0. The slices are equally long.
func Compare[T Integer](op Op, dst []int64, a, b []T) {
	dst, b = dst[:len(a)], b[:len(a)]
	switch op {
	case EQ:
		for i, x := range a {
			dst[i] = b2i(x == b[i])
		}
	case NE:
		for i, x := range a {
			dst[i] = b2i(x != b[i])
		}
	case LT:
		for i, x := range a {
			dst[i] = b2i(x < b[i])
		}
	case LE:
		for i, x := range a {
			dst[i] = b2i(x <= b[i])
		}
	case GT:
		for i, x := range a {
			dst[i] = b2i(x > b[i])
		}
	case GE:
		for i, x := range a {
			dst[i] = b2i(x >= b[i])
		}
	}
}

// FloatKey maps a double to an integer that orders as SQL orders doubles: NaN last (every NaN alike), -0 equal to 0.
func FloatKey(f float64) int64 {
	if f == 0 {
		return 0
	}
	if f != f {
		return math.MaxInt64
	}
	b := int64(math.Float64bits(f))
	return b ^ int64(uint64(b>>63)>>1)
}

// CompareFloat writes 1 to dst[i] where a[i] op b[i] in SQL's order of doubles.
func CompareFloat(op Op, dst []int64, a, b []float64) {
	dst, b = dst[:len(a)], b[:len(a)]
	for i, x := range a {
		dst[i] = b2i(op.Holds(cmp.Compare(FloatKey(x), FloatKey(b[i]))))
	}
}

// CompareFloatConst writes 1 to dst[i] where a[i] op c in SQL's order of doubles.
func CompareFloatConst(op Op, dst []int64, a []float64, c float64) {
	dst = dst[:len(a)]
	if c != c || op == NE || op == GT || op == GE {
		k := FloatKey(c)
		for i, x := range a {
			dst[i] = b2i(op.Holds(cmp.Compare(FloatKey(x), k)))
		}
		return
	}
	// NaN is never equal to or below an ordinary number, which is what the processor says too.
	switch op {
	case EQ:
		for i, x := range a {
			dst[i] = b2i(x == c)
		}
	case LT:
		for i, x := range a {
			dst[i] = b2i(x < c)
		}
	case LE:
		for i, x := range a {
			dst[i] = b2i(x <= c)
		}
	}
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
