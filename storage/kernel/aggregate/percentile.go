package aggregate

import (
	"math"
	"math/big"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// position is a fraction num/den of the way through sorted values.
type position struct {
	num, den decimal.Int128
	disc     bool
}

// of returns the index of the value at or below the position among n, and how far the position lies towards the next one, in
// units of 1/den. n*num stays below 2^63*10^18 < 2^127.
func (p position) of(n int) (k int, frac decimal.Int128) {
	if p.disc {
		up, _ := p.num.Mul(decimal.FromInt64(int64(n)))
		up, _ = up.Add(p.den)
		up, _ = up.AddInt64(-1)
		q, _, _ := up.QuoRem(p.den)
		return max(int(q.Lo)-1, 0), decimal.Int128{}
	}
	at, _ := p.num.Mul(decimal.FromInt64(int64(n - 1)))
	q, r, _ := at.QuoRem(p.den)
	return int(q.Lo), r
}

// percentileOut makes results of the values about a position.
type percentileOut struct {
	spec Spec
	at   position
}

// emit appends the value lo + (hi-lo)*frac/den in the result's type, rounded half away from zero.
func (q *quantile[T]) emit(out *batch.Builder, lo, hi T, frac decimal.Int128) error {
	switch lo := any(lo).(type) {
	case string:
		out.Text(lo)
	case decimal.Int128:
		return q.emitExact(out, lo, any(hi).(decimal.Int128), frac)
	}
	return nil
}

// interpolate works on halves, so that the difference of two large doubles of unlike sign cannot overflow.
func (q *percentileOut) interpolate(lo, hi float64, frac decimal.Int128) float64 {
	if frac.Sign() == 0 || lo == hi {
		return lo
	}
	t := frac.Float64() / q.at.den.Float64()
	if d := hi - lo; !math.IsInf(d, 0) {
		return lo + d*t
	}
	return lo*(1-t) + hi*t
}

func (q *percentileOut) emitExact(out *batch.Builder, lo, hi, frac decimal.Int128) error {
	t := q.spec.Result
	if q.at.disc || t.Kind != schema.Decimal && frac.Sign() == 0 {
		return q.put(out, lo)
	}
	shift := int(t.Scale) - int(q.spec.Args[0].Scale)
	if t.Kind != schema.Decimal {
		shift = 0
	}
	den := q.at.den.Big()
	num := new(big.Int).Mul(lo.Big(), den)
	diff := new(big.Int).Sub(hi.Big(), lo.Big())
	num.Add(num, diff.Mul(diff, frac.Big()))
	x, ok := decimal.FromBig(roundedQuo(num.Mul(num, decimal.Pow10(shift).Big()), den))
	if !ok || t.Kind == schema.Decimal && !x.Fits(int(t.Precision)) {
		return overflow(q.spec)
	}
	return q.put(out, x)
}

func (q *percentileOut) put(out *batch.Builder, x decimal.Int128) error {
	appendExact(out, q.spec.Result, x)
	return nil
}
