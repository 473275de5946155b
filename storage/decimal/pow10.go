package decimal

// MaxDigits is the widest DECIMAL precision.
const MaxDigits = 38

// Pow10Int64[n] is 10^n for n up to 18.
var Pow10Int64 = [19]int64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
}

// Pow10 returns 10^n for 0 <= n <= 38.
func Pow10(n int) Int128 { return pow10[n] }

var pow10 = func() (t [MaxDigits + 1]Int128) {
	t[0] = FromInt64(1)
	for i := 1; i < len(t); i++ {
		t[i], _ = t[i-1].Mul(FromInt64(10))
	}
	return t
}()

// Fits reports whether |x| has at most digits decimal digits.
func (x Int128) Fits(digits int) bool {
	if digits >= MaxDigits+1 {
		return true
	}
	p := pow10[digits]
	n, ok := p.Neg()
	return ok && x.Cmp(p) < 0 && x.Cmp(n) > 0
}

// Rescale moves x from one scale to another, rounding half away from zero when digits are dropped. It reports whether the
// result fits in 128 bits.
func (x Int128) Rescale(from, to int) (Int128, bool) {
	switch {
	case to == from:
		return x, true
	case to > from:
		if to-from > MaxDigits {
			return Int128{}, x == Int128{}
		}
		return x.Mul(pow10[to-from])
	case from-to > MaxDigits:
		return Int128{}, true
	}
	return x.DivRound(pow10[from-to])
}

// DivRound returns x/y rounded half away from zero and whether it fits. It panics when y is zero.
func (x Int128) DivRound(y Int128) (Int128, bool) {
	q, r, ok := x.QuoRem(y)
	if !ok || r == (Int128{}) {
		return q, ok
	}
	rh, rl := r.abs()
	yh, yl := y.abs()
	// 2*|r| >= |y| without overflow: |r| >= |y| - |r|.
	dh, dl := yh, yl
	var b uint64
	if dl < rl {
		b = 1
	}
	dl -= rl
	dh -= rh + b
	if rh > dh || (rh == dh && rl >= dl) {
		if (x.Hi < 0) != (y.Hi < 0) {
			return q.AddInt64(-1)
		}
		return q.AddInt64(1)
	}
	return q, true
}
