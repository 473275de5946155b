package aggregate

import (
	"math"
	"math/big"
	"strings"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// spread is STDDEV and VARIANCE of both kinds: from the exact sum, the exact sum of squares and the count, so that neither order
// nor cancellation can touch the answer. One of its two moments is in use: integers of 64 or 128 bits, or doubles.
type spread struct {
	spec    Spec
	n       []int64
	moments moments
}

// moments are the exact sum and sum of squares per group.
type moments interface {
	grow(n int)
	bytes() int64
	// update folds rows and adds their number to n.
	update(r *Rows, v *batch.Vector, n []int64)
	absorb(g int32, other moments, og int32)
	encode(dst []byte, g int32) []byte
	decode(g int32, b []byte) error
	// big returns both moments as integers and the power of two and of ten that scale the sum's unit; odd means NaN or infinity.
	big(g int32) (sum, squares *big.Int, odd bool)
}

func newSpread(s Spec) (State, []schema.Type) {
	st := &spread{spec: s}
	switch s.Args[0].Class() {
	case schema.ClassFloat64:
		st.moments = &floatMoments{in: loader[float64]{payload: floats}}
	case schema.ClassInt128:
		st.moments = &wideMoments{in: loader[decimal.Int128]{payload: wides}, sum: words{width: 3}, squares: words{width: 5}}
	default:
		st.moments = &intMoments{in: loader[int64]{payload: ints}, unsigned: s.Args[0].Kind == schema.Uint64, sum: words{width: 2}, squares: words{width: 3}}
	}
	return st, []schema.Type{schema.TypeBinary, schema.TypeInt64}
}

func (s *spread) Grow(n int)   { s.n = grow(s.n, n); s.moments.grow(n) }
func (s *spread) Bytes() int64 { return int64(8*cap(s.n)) + s.moments.bytes() }

func (s *spread) Update(r *Rows, args []*batch.Vector) error {
	s.moments.update(r, args[0], s.n)
	return nil
}

func (s *spread) Merge(r *Rows, state []*batch.Vector) error {
	var err error
	r.each(state[0], func(row int, g int32) {
		if e := s.moments.decode(g, state[0].Bytes(row)); e != nil {
			err = e
		}
		s.n[g] += state[1].Int64(row)
	})
	return err
}

func (s *spread) Absorb(other State, from, to []int32) error {
	o := other.(*spread)
	for i, g := range from {
		s.moments.absorb(to[i], o.moments, g)
		s.n[to[i]] += o.n[g]
	}
	return nil
}

func (s *spread) AppendState(out []*batch.Builder, groups []int32) {
	var buf []byte
	for _, g := range groups {
		buf = s.moments.encode(buf[:0], g)
		out[0].Bytes(buf)
		out[1].Int64(s.n[g])
	}
}

func (s *spread) Result(out *batch.Builder, groups []int32) error {
	sample := strings.HasSuffix(s.spec.Name, "_samp")
	for _, g := range groups {
		n := s.n[g]
		if n == 0 || sample && n == 1 {
			out.Null()
			continue
		}
		out.Float64(s.value(g, n, sample))
	}
	return nil
}

// value is (n*squares - sum^2) / (n * (n or n-1)), computed exactly and rounded to a double once.
func (s *spread) value(g int32, n int64, sample bool) float64 {
	sum, squares, odd := s.moments.big(g)
	if odd {
		return math.NaN()
	}
	count := big.NewInt(n)
	num := squares.Mul(squares, count)
	num.Sub(num, sum.Mul(sum, sum))
	if num.Sign() <= 0 {
		return 0
	}
	den := new(big.Int).Mul(count, count)
	if sample {
		den.Mul(count, big.NewInt(n-1))
	}
	exp := 0
	if s.spec.Args[0].Class() == schema.ClassFloat64 {
		exp = -2 * 1074
	} else {
		unit := decimal.Pow10(int(s.spec.Args[0].Scale)).Big()
		den.Mul(den, unit.Mul(unit, unit))
	}
	v := quotient(num, den, exp)
	if strings.HasPrefix(s.spec.Name, "stddev") {
		v = math.Sqrt(v)
	}
	return v
}

// quotient returns num/den*2^exp to within one rounding of 96 bits, which the double then rounds again: the same everywhere.
func quotient(num, den *big.Int, exp int) float64 {
	q := new(big.Float).SetPrec(96).Quo(new(big.Float).SetPrec(96).SetInt(num), new(big.Float).SetPrec(96).SetInt(den))
	f, _ := q.SetMantExp(q, exp).Float64()
	return f
}
