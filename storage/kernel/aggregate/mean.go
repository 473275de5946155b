package aggregate

import (
	"math/big"
	"math/bits"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
)

// divide returns sum*10^shift/n rounded half away from zero and whether it fits in 128 bits.
func divide(sum decimal.Int128, n int64, shift int) (decimal.Int128, bool) {
	if scaled, ok := sum.Mul(decimal.Pow10(shift)); ok {
		return scaled.DivRound(decimal.FromInt64(n))
	}
	num := new(big.Int).Mul(sum.Big(), decimal.Pow10(shift).Big())
	return decimal.FromBig(roundedQuo(num, big.NewInt(n)))
}

// roundedQuo returns num/den rounded half away from zero; den is positive.
func roundedQuo(num, den *big.Int) *big.Int {
	neg := num.Sign() < 0
	q, r := new(big.Int).QuoRem(new(big.Int).Abs(num), den, new(big.Int))
	if r.Lsh(r, 1).Cmp(den) >= 0 {
		q.Add(q, big.NewInt(1))
	}
	if neg {
		q.Neg(q)
	}
	return q
}

// wideSum is SUM and AVG over decimals of more than 18 digits, summed in 192 bits: order cannot decide whether it overflows.
type wideSum struct {
	in   loader[decimal.Int128]
	spec Spec
	avg  bool
	sum  words
	n    []int64
}

func (s *wideSum) Grow(n int)   { s.sum.grow(n); s.n = grow(s.n, n) }
func (s *wideSum) Bytes() int64 { return s.sum.bytes() + int64(8*cap(s.n)) + s.in.bytes()*2 }

func (s *wideSum) Update(r *Rows, args []*batch.Vector) error {
	f := s.in.load(r, args[0])
	if f.groups != nil {
		for i, v := range f.vals {
			g := f.groups[i]
			addWide((*[3]uint64)(s.sum.w[3*int(g):]), v)
			s.n[g]++
		}
		return nil
	}
	from := int32(0)
	for _, run := range f.runs {
		var sum [3]uint64
		for _, v := range f.vals[from:run.End] {
			addWide(&sum, v)
		}
		s.sum.addWords(run.Group, sum[:])
		s.n[run.Group] += int64(run.End - from)
		from = run.End
	}
	return nil
}

// addWide adds a sign-extended 128-bit integer.
func addWide(sum *[3]uint64, v decimal.Int128) {
	var c uint64
	sum[0], c = bits.Add64(sum[0], v.Lo, 0)
	sum[1], c = bits.Add64(sum[1], uint64(v.Hi), c)
	sum[2] += uint64(v.Hi>>63) + c
}

func (s *wideSum) Merge(r *Rows, state []*batch.Vector) error {
	var err error
	r.each(state[0], func(row int, g int32) {
		if e := s.sum.decode(g, state[0].Bytes(row)); e != nil {
			err = e
		}
		s.n[g] += state[1].Int64(row)
	})
	return err
}

func (s *wideSum) Absorb(other State, from, to []int32) error {
	o := other.(*wideSum)
	for i, g := range from {
		s.sum.addWords(to[i], o.sum.at(g))
		s.n[to[i]] += o.n[g]
	}
	return nil
}

func (s *wideSum) AppendState(out []*batch.Builder, groups []int32) {
	for _, g := range groups {
		out[0].Bytes(s.sum.encode(nil, g))
		out[1].Int64(s.n[g])
	}
}

func (s *wideSum) Result(out *batch.Builder, groups []int32) error {
	for _, g := range groups {
		total := s.sum.big(g)
		if s.avg && s.n[g] > 0 {
			shift := int(s.spec.Result.Scale) - int(s.spec.Args[0].Scale)
			total = roundedQuo(total.Mul(total, decimal.Pow10(shift).Big()), big.NewInt(s.n[g]))
		}
		sum, fits := decimal.FromBig(total)
		if err := exactMean(out, s.spec, false, sum, fits, s.n[g]); err != nil {
			return err
		}
	}
	return nil
}
