package aggregate_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/schema"
)

// benchColumn is a full batch of values of a type.
func benchColumn(typ schema.Type) *batch.Vector {
	r := rand.New(rand.NewPCG(1, 1))
	b := batch.NewBuilder(typ, batch.MaxRows)
	for range batch.MaxRows {
		switch typ.Class() {
		case schema.ClassBytes:
			b.Text(fmt.Sprintf("P%09d", r.IntN(100_000)))
		case schema.ClassFloat64:
			b.Float64(r.NormFloat64())
		case schema.ClassInt128:
			b.Int128(decimal.FromInt64(r.Int64N(1_000_000)))
		default:
			b.Int64(r.Int64N(500_000))
		}
	}
	return b.Finish()
}

// BenchmarkUpdate folds one batch again and again, by every aggregate and type it is commonly asked for: into the groups of
// scattered rows, and into runs of 64.
func BenchmarkUpdate(b *testing.B) {
	text, num, dec, wide, dbl := schema.TypeVarchar, schema.TypeInt64, schema.DecimalType(12, 3), schema.DecimalType(30, 3), schema.TypeDouble
	for _, c := range []struct {
		name     string
		typ      schema.Type
		distinct bool
	}{
		{"count", dec, false},
		{"sum", dec, false},
		{"sum", wide, false},
		{"sum", dbl, false},
		{"avg", dec, false},
		{"min", dec, false},
		{"max", dbl, false},
		{"max", text, false},
		{"any_value", text, false},
		{"median", dec, false},
		{"median", dbl, false},
		{"stddev_samp", dec, false},
		{"stddev_samp", wide, false},
		{"var_pop", dbl, false},
		{"bit_xor", num, false},
		{"approx_count_distinct", text, false},
		{"count", num, true},
		{"count", text, true},
		{"sum", dec, true},
	} {
		spec, err := aggregate.Resolve(c.name, []schema.Type{c.typ}, c.distinct, nil, nil)
		if err != nil {
			b.Fatal(err)
		}
		for _, shape := range []string{"scattered", "runs"} {
			b.Run(fmt.Sprintf("%s distinct=%v/%s/%s", c.name, c.distinct, c.typ, shape), func(b *testing.B) { benchUpdate(b, spec, benchColumn(c.typ), shape) })
		}
	}
}

// benchGroups is how many groups rows go to; benchBatches after how many batches a state is begun anew, as those that keep values
// would else grow for ever.
const (
	benchGroups  = 200
	benchBatches = 64
)

func benchUpdate(b *testing.B, spec aggregate.Spec, v *batch.Vector, shape string) {
	r := rand.New(rand.NewPCG(2, 1))
	rows := aggregate.Rows{Len: v.Len}
	for i := range v.Len {
		if shape == "scattered" {
			rows.Groups = append(rows.Groups, int32(r.IntN(benchGroups)))
		} else if i%64 == 63 {
			rows.Runs = append(rows.Runs, aggregate.Run{End: int32(i + 1), Group: int32(r.IntN(benchGroups))})
		}
	}
	b.SetBytes(v.MemBytes())
	var st aggregate.State
	for i := 0; b.Loop(); i++ {
		if i%benchBatches == 0 {
			var err error
			if st, err = aggregate.New(spec); err != nil {
				b.Fatal(err)
			}
			st.Grow(benchGroups)
		}
		if err := st.Update(&rows, []*batch.Vector{v}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(v.Len), "ns/row")
}
