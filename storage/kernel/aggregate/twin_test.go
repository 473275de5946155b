package aggregate_test

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/schema"
)

// twin computes an aggregate over the rows of one group in the plainest way: the scalar twin of every state.
func twin(s aggregate.Spec, rows [][]schema.Value) string {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r []schema.Value) bool {
		return slices.ContainsFunc(r[:len(r)-len(s.Order)], func(v schema.Value) bool { return v.Null })
	})
	if s.Distinct && s.Name != "group_concat" {
		rows = distinctRows(rows)
	}
	switch s.Name {
	case "count":
		return fmt.Sprint(len(rows))
	case "approx_count_distinct":
		return fmt.Sprint(len(distinctRows(rows))) // exact below a few hundred values
	case "bit_and", "bit_or", "bit_xor":
		return bitTwin(s.Name, rows)
	}
	if len(rows) == 0 {
		return "NULL"
	}
	vals := make([]schema.Value, len(rows))
	for i, r := range rows {
		vals[i] = r[0]
	}
	slices.SortStableFunc(vals, schema.Value.Compare)
	switch s.Name {
	case "min", "any_value":
		return normal(vals[0])
	case "max":
		return normal(vals[len(vals)-1])
	case "group_concat":
		return concatTwin(s, rows)
	case "median":
		return quantileTwin(s, vals, big.NewRat(1, 2))
	case "percentile_cont":
		return quantileTwin(s, vals, rat(s.Params[0]))
	case "percentile_disc":
		n := new(big.Rat).Mul(rat(s.Params[0]), big.NewRat(int64(len(vals)), 1))
		k := new(big.Int).Div(new(big.Int).Sub(new(big.Int).Add(n.Num(), n.Denom()), big.NewInt(1)), n.Denom()).Int64()
		return normal(vals[max(k-1, 0)])
	}
	return momentTwin(s, vals)
}

func normal(v schema.Value) string {
	if v.Type.Kind == schema.Double && v.F == 0 {
		return "0"
	}
	return v.String()
}

func distinctRows(rows [][]schema.Value) [][]schema.Value {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(rows), func(r []schema.Value) bool {
		key := ""
		for _, v := range r {
			key += fmt.Sprintf("%q,", normal(v))
		}
		was := seen[key]
		seen[key] = true
		return was
	})
}

func bitTwin(name string, rows [][]schema.Value) string {
	acc := uint64(0)
	if name == "bit_and" {
		acc = math.MaxUint64
	}
	for _, r := range rows {
		switch x := uint64(r[0].I); name {
		case "bit_and":
			acc &= x
		case "bit_or":
			acc |= x
		default:
			acc ^= x
		}
	}
	return fmt.Sprint(acc)
}

func rat(v schema.Value) *big.Rat {
	if v.Type.Kind == schema.Double {
		return new(big.Rat).SetFloat64(v.F)
	}
	return new(big.Rat).SetFrac(v.Wide().Big(), decimal.Pow10(int(v.Type.Scale)).Big())
}

// exact prints a rational as the exact type t, rounded half away from zero.
func exact(t schema.Type, x *big.Rat) string {
	scaled := new(big.Rat).Mul(x, new(big.Rat).SetInt(decimal.Pow10(int(t.Scale)).Big()))
	half := big.NewRat(1, 2)
	if scaled.Sign() < 0 {
		half.Neg(half)
	}
	scaled.Add(scaled, half)
	w, ok := decimal.FromBig(new(big.Int).Quo(scaled.Num(), scaled.Denom()))
	if !ok || t.Kind == schema.Decimal && !w.Fits(int(t.Precision)) {
		return "error"
	}
	return schema.WideValue(t, w).String()
}

func quantileTwin(s aggregate.Spec, vals []schema.Value, f *big.Rat) string {
	at := new(big.Rat).Mul(f, big.NewRat(int64(len(vals)-1), 1))
	k := new(big.Int).Quo(at.Num(), at.Denom()).Int64()
	frac := at.Sub(at, big.NewRat(k, 1))
	lo := vals[k]
	if frac.Sign() == 0 {
		if s.Result.Kind == schema.Double {
			return normal(lo)
		}
		return exact(s.Result, rat(lo))
	}
	hi := vals[k+1]
	if s.Result.Kind == schema.Double {
		t, _ := frac.Float64()
		if lo.F == hi.F {
			return normal(lo)
		}
		return normal(schema.FloatValue(lo.F + (hi.F-lo.F)*t))
	}
	d := new(big.Rat).Sub(rat(hi), rat(lo))
	return exact(s.Result, d.Add(d.Mul(d, frac), rat(lo)))
}

func momentTwin(s aggregate.Spec, vals []schema.Value) string {
	sum, squares := new(big.Rat), new(big.Rat)
	for _, v := range vals {
		if v.Type.Kind == schema.Double && (math.IsNaN(v.F) || math.IsInf(v.F, 0)) {
			return "NaN"
		}
		x := rat(v)
		sum.Add(sum, x)
		squares.Add(squares, new(big.Rat).Mul(x, x))
	}
	n := big.NewRat(int64(len(vals)), 1)
	switch s.Name {
	case "sum":
		if s.Result.Kind == schema.Double {
			f, _ := sum.Float64()
			return schema.FloatValue(f).String()
		}
		return exact(s.Result, sum)
	case "avg":
		if s.Result.Kind == schema.Double {
			f, _ := sum.Float64()
			return schema.FloatValue(f / float64(len(vals))).String()
		}
		return exact(s.Result, sum.Quo(sum, n))
	}
	num := new(big.Rat).Sub(squares.Mul(squares, n), new(big.Rat).Mul(sum, sum))
	den := new(big.Rat).Mul(n, n)
	if strings.HasSuffix(s.Name, "samp") {
		if len(vals) == 1 {
			return "NULL"
		}
		den.Mul(n, big.NewRat(int64(len(vals)-1), 1))
	}
	f, _ := num.Quo(num, den).Float64()
	if strings.HasPrefix(s.Name, "stddev") {
		f = math.Sqrt(f)
	}
	return schema.FloatValue(f).String()
}

func concatTwin(s aggregate.Spec, rows [][]schema.Value) string {
	values := len(s.Args) - len(s.Order)
	text := func(r []schema.Value) (t string) {
		for _, v := range r[:values] {
			t += v.S
		}
		return t
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b []schema.Value) int {
		for i, desc := range s.Order {
			if c := a[values+i].Compare(b[values+i]); c != 0 {
				if desc {
					return -c
				}
				return c
			}
		}
		return strings.Compare(text(a), text(b))
	})
	var out []string
	for _, r := range rows {
		if t := text(r); !s.Distinct || !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return strings.Join(out, s.Params[0].S)
}
