package window_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/kernel/window"
	"github.com/assaydb/assay/storage/schema"
)

// BenchmarkEval runs functions over 100 partitions of 1000 rows.
func BenchmarkEval(b *testing.B) {
	const n, each = 100_000, 1000
	r := rand.New(rand.NewPCG(1, 1))
	ints, floats := &batch.Vector{Type: schema.TypeInt64, Len: n}, &batch.Vector{Type: schema.TypeDouble, Len: n}
	part, key := &batch.Vector{Type: schema.TypeInt64, Len: n}, &batch.Vector{Type: schema.TypeInt64, Len: n}
	for i := range n {
		ints.I, floats.F = append(ints.I, r.Int64N(1000)), append(floats.F, r.NormFloat64())
		part.I, key.I = append(part.I, int64(i/each)), append(key.I, int64(i%each))
	}
	block := window.NewBlock(n, []*batch.Vector{part}, []*batch.Vector{key})
	rows := func(k int64) window.Frame {
		return window.Frame{Rows: true, Start: window.Bound{Kind: window.Preceding, Rows: k}, End: window.Bound{Kind: window.CurrentRow}}
	}
	for _, c := range []struct {
		name  string
		arg   *batch.Vector
		frame window.Frame
	}{
		{"row_number", nil, window.Frame{}},
		{"rank", nil, window.Frame{}},
		{"lag", ints, window.Frame{}},
		{"last_value", ints, rows(6)},
		{"sum", ints, rows(6)},
		{"max", ints, rows(100)},
		{"sum", floats, window.DefaultFrame()},
		{"sum", floats, rows(6)},
		{"sum", floats, rows(500)},
		{"stddev_pop", ints, rows(6)},
		{"stddev_pop", ints, rows(500)},
	} {
		s := window.Spec{Name: c.name, Number: 1, Frame: c.frame, Result: schema.TypeInt64}
		var args []*batch.Vector
		if c.arg != nil {
			args = []*batch.Vector{c.arg}
			if spec, err := aggregate.Resolve(c.name, []schema.Type{c.arg.Type}, false, nil, nil); err == nil {
				s.Aggregate, s.Result = &spec, spec.Result
			}
		}
		b.Run(fmt.Sprintf("%s/%v/%d", c.name, c.arg == floats, c.frame.Start.Rows), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := window.Eval(&s, args, block, noStop); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
		})
	}
}
