package window

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/schema"
)

// counts is the number of values that are not NULL before each row, and in all.
func counts(v *batch.Vector, n int) []int64 {
	out := make([]int64, n+1)
	for i := range n {
		k := int64(1)
		if v != nil && v.IsNull(i) {
			k = 0
		}
		out[i+1] = out[i] + k
	}
	return out
}

// count computes COUNT(*) and COUNT(x).
func count(s *Spec, args []*batch.Vector, f frames) *batch.Vector {
	out := &batch.Vector{Type: s.Result, Len: len(f.lo), I: make([]int64, len(f.lo))}
	if len(args) == 0 {
		for i := range out.I {
			out.I[i] = int64(f.hi[i] - f.lo[i])
		}
		return out
	}
	before := counts(args[0], len(f.lo))
	for i := range out.I {
		out.I[i] = before[f.hi[i]] - before[f.lo[i]]
	}
	return out
}

// totalRows is how many results are made at once.
const totalRows = 4096

// total computes SUM and AVG of 64-bit integers and decimals from running totals, which cannot leave 128 bits: what a frame sums
// to is the difference of two. The state of the aggregate is made from that, so that rounding and overflow are its own.
func total(s *Spec, arg *batch.Vector, f frames, stop func() error) (*batch.Vector, error) {
	n := len(f.lo)
	before, sums := counts(arg, n), make([]decimal.Int128, n+1)
	unsigned := arg.Type.Kind == schema.Uint64
	for i := range n {
		x := decimal.Int128{}
		if !arg.IsNull(i) {
			if x = decimal.FromInt64(arg.I[i]); unsigned {
				x = decimal.FromUint64(uint64(arg.I[i]))
			}
		}
		sums[i+1], _ = sums[i].Add(x)
	}
	types, err := aggregate.StateTypes(*s.Aggregate)
	if err != nil {
		return nil, err
	}
	out := batch.NewBuilder(s.Result, n)
	for lo := 0; lo < n; lo += totalRows {
		if err := stop(); err != nil {
			return nil, err
		}
		hi := min(n, lo+totalRows)
		sum := &batch.Vector{Type: types[0], Len: hi - lo, W: make([]decimal.Int128, hi-lo)}
		num := &batch.Vector{Type: types[1], Len: hi - lo, I: make([]int64, hi-lo)}
		for i := lo; i < hi; i++ {
			sum.W[i-lo], _ = sums[f.hi[i]].Sub(sums[f.lo[i]])
			num.I[i-lo] = before[f.hi[i]] - before[f.lo[i]]
		}
		if err := finish(s, []*batch.Vector{sum, num}, hi-lo, out); err != nil {
			return nil, err
		}
	}
	return out.Finish(), nil
}

// finish appends the results of n partial states.
func finish(s *Spec, state []*batch.Vector, n int, out *batch.Builder) error {
	st, err := aggregate.New(*s.Aggregate)
	if err != nil {
		return err
	}
	st.Grow(n)
	groups := numbers(n)
	if err := st.Merge(&aggregate.Rows{Len: n, Groups: groups}, state); err != nil {
		return err
	}
	return st.Result(out, groups)
}

func numbers(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(i)
	}
	return out
}
