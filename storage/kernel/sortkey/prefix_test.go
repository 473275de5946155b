package sortkey_test

import (
	"cmp"
	"math"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/kernel/sortkey"
	"github.com/assaydb/assay/storage/schema"
	"pgregory.net/rapid"
)

func drawValue(t *rapid.T, typ schema.Type) schema.Value {
	switch typ.Class() {
	case schema.ClassBytes:
		return schema.TextValue(rapid.OneOf(rapid.SampledFrom([]string{"", "a", "a\x00", "abcdefgh", "abcdefghi", "\xff\xff\xff\xff\xff\xff\xff\xff\xff"}), rapid.String()).Draw(t, "text"))
	case schema.ClassFloat64:
		return schema.FloatValue(rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1)})).Draw(t, "float"))
	case schema.ClassInt128:
		return schema.Value{Type: typ, W: decimal.Int128{Hi: rapid.Int64().Draw(t, "hi"), Lo: rapid.Uint64().Draw(t, "lo")}}
	}
	return schema.IntValue(typ, rapid.OneOf(rapid.Int64(), rapid.Int64Range(-2, 2)).Draw(t, "int"))
}

// TestPrefixesOrderAsValues draws columns of all forms: a smaller value never has a larger prefix, and the column's way of
// computing prefixes agrees with the row's.
func TestPrefixesOrderAsValues(t *testing.T) {
	types := []schema.Type{schema.TypeVarchar, schema.TypeInt64, {Kind: schema.Uint64}, schema.TypeDouble, schema.DecimalType(12, 3), schema.DecimalType(30, 2), schema.TypeTimestamp}
	rapid.Check(t, func(t *rapid.T) {
		typ := rapid.SampledFrom(types).Draw(t, "type")
		desc := rapid.Bool().Draw(t, "desc")
		n := rapid.IntRange(1, 20).Draw(t, "rows")
		b := batch.NewBuilder(typ, n)
		for range n {
			if rapid.IntRange(0, 5).Draw(t, "null") == 0 {
				b.Null()
			} else {
				b.Value(drawValue(t, typ))
			}
		}
		v := b.Finish()
		all := sortkey.Prefixes(nil, v, n, desc)
		for i := range n {
			if p := sortkey.Prefix(v, i, desc); !v.IsNull(i) && p != all[i] {
				t.Fatalf("row %d: prefix %x, of the column %x", i, p, all[i])
			}
			for j := range n {
				want := v.Value(i).Compare(v.Value(j))
				if desc {
					want = -want
				}
				if got := cmp.Compare(sortkey.Prefix(v, i, desc), sortkey.Prefix(v, j, desc)); got != 0 && got != want {
					t.Fatalf("%s and %s compare as %d, their prefixes as %d", v.Value(i), v.Value(j), want, got)
				}
			}
		}
	})
}

func BenchmarkPrefixes(b *testing.B) {
	v := &batch.Vector{Type: schema.TypeInt64, Len: batch.MaxRows, I: make([]int64, batch.MaxRows)}
	dst := make([]uint64, 0, batch.MaxRows)
	for b.Loop() {
		dst = sortkey.Prefixes(dst[:0], v, v.Len, true)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch.MaxRows, "ns/row")
}
