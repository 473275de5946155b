package aggregate_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/schema"
	"pgregory.net/rapid"
)

// TestWeights folds rows that stand for several and compares with the rows one by one, to the bit.
func TestWeights(t *testing.T) {
	for _, s := range cases() {
		if aggregate.WeightOf(s) == aggregate.WeightRefused {
			continue
		}
		t.Run(specName(s), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				groups := rapid.IntRange(1, 3).Draw(t, "groups")
				in := drawInput(t, s, groups)
				weights := make([]int64, len(in.rows))
				var plain input
				for i := range weights {
					weights[i] = rapid.SampledFrom([]int64{1, 2, 3, 64, 77}).Draw(t, "weight")
					for range weights[i] {
						plain.rows, plain.groups, plain.alive = append(plain.rows, in.rows[i]), append(plain.groups, in.groups[i]), append(plain.alive, in.alive[i])
					}
				}
				got, want := newState(t, s, groups), newState(t, s, groups)
				plain.update(t, s, want, groups)
				if r, cols := in.shape(t, s, groups); r.Len > 0 {
					weigh(t, s, got, &r, cols, weights)
				}
				for range 2 {
					if g, w := outcome(t, s, got, groups), outcome(t, s, want, groups); g != w {
						t.Fatalf("got %s\nwant %s", g, w)
					}
					got, want = overWire(t, s, got, groups), overWire(t, s, want, groups)
				}
			})
		})
	}
}

func weigh(t *rapid.T, s aggregate.Spec, st aggregate.State, r *aggregate.Rows, cols []*batch.Vector, weights []int64) {
	var err error
	if w, ok := st.(aggregate.Weighted); ok && aggregate.WeightOf(s) == aggregate.WeightUsed {
		err = w.UpdateWeighted(r, cols, weights)
	} else if err = st.Update(r, cols); aggregate.WeightOf(s) == aggregate.WeightUsed {
		t.Fatal("the state takes no weights")
	}
	if err != nil {
		t.Fatal(err)
	}
}

// outcome is the results of all groups, or that one of them has none.
func outcome(t *rapid.T, s aggregate.Spec, st aggregate.State, groups int) string {
	out := ""
	for g := range groups {
		b := batch.NewBuilder(s.Result, 1)
		if err := st.Result(b, []int32{int32(g)}); err != nil {
			out += "error; "
			continue
		}
		v := b.Finish()
		out += v.Value(0).String() + "; "
		if s.Result.Kind == schema.Double && !v.IsNull(0) {
			out += fmt.Sprintf("%x ", math.Float64bits(v.Float64(0)))
		}
	}
	return out
}

// TestWeightsPastTheRange adds doubles whose sum times the weight leaves the range although the whole sum does not.
func TestWeightsPastTheRange(t *testing.T) {
	s, err := aggregate.Resolve("sum", []schema.Type{schema.TypeDouble}, false, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	st, err := aggregate.New(s)
	if err != nil {
		t.Fatal(err)
	}
	st.Grow(1)
	v := &batch.Vector{Type: schema.TypeDouble, Len: 3, F: []float64{math.MaxFloat64, -math.MaxFloat64, 1.5}}
	if err := st.(aggregate.Weighted).UpdateWeighted(&aggregate.Rows{Len: 3}, []*batch.Vector{v}, []int64{1000, 1000, 4}); err != nil {
		t.Fatal(err)
	}
	b := batch.NewBuilder(s.Result, 1)
	if err := st.Result(b, []int32{0}); err != nil {
		t.Fatal(err)
	}
	if got := b.Finish().Float64(0); got != 6 {
		t.Error(got)
	}
}

func BenchmarkWeighted(b *testing.B) {
	for _, name := range []string{"count", "sum", "stddev_samp"} {
		for _, typ := range []schema.Type{schema.DecimalType(12, 3), schema.TypeDouble} {
			b.Run(name+" "+typ.String(), func(b *testing.B) { benchWeighted(b, name, typ) })
		}
	}
}

func benchWeighted(b *testing.B, name string, typ schema.Type) {
	s, err := aggregate.Resolve(name, []schema.Type{typ}, false, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	st, err := aggregate.New(s)
	if err != nil {
		b.Fatal(err)
	}
	st.Grow(1)
	rng := rand.New(rand.NewPCG(1, 2))
	v, weights := &batch.Vector{Type: typ, Len: 8192}, make([]int64, 8192)
	for i := range weights {
		weights[i] = rng.Int64N(300) + 1
		v.I, v.F = append(v.I, rng.Int64N(100_000)), append(v.F, rng.Float64()*1000)
	}
	v.I, v.F = slices.Clip(v.I), slices.Clip(v.F)
	args := []*batch.Vector{v}
	if len(s.Args) == 0 {
		args = nil
	}
	for b.Loop() {
		if err := st.(aggregate.Weighted).UpdateWeighted(&aggregate.Rows{Len: 8192}, args, weights); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/8192, "ns/row")
}
