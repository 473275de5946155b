package extsort_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/assaydb/assay/ingest/extsort"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
	"pgregory.net/rapid"
)

var types = []schema.Type{schema.TypeInt64, schema.TypeVarchar, schema.TypeDouble, schema.DecimalType(30, 2), schema.TypeUint64, schema.TypeVarchar, schema.TypeInt64}

func drawValue(t *rapid.T, j int) schema.Value {
	typ := types[j]
	if rapid.IntRange(0, 5).Draw(t, "null") == 0 {
		return schema.NullValue(typ)
	}
	switch typ.Class() {
	case schema.ClassInt128:
		return schema.WideValue(typ, decimal.Int128{Hi: rapid.Int64Range(-2, 2).Draw(t, "hi"), Lo: rapid.Uint64().Draw(t, "lo")})
	case schema.ClassFloat64:
		return schema.FloatValue(rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1.5, -1.5, math.NaN(), math.Inf(1), math.Inf(-1)}).Draw(t, "f"))
	case schema.ClassBytes:
		return schema.Value{Type: typ, S: rapid.SampledFrom([]string{"", "a", "b", "ab", "\xff", "zz"}).Draw(t, "s")}
	}
	return schema.IntValue(typ, rapid.SampledFrom([]int64{0, 1, -1, math.MinInt64, math.MaxInt64, 7}).Draw(t, "i"))
}

// coded turns a flat text vector into codes.
func coded(v *batch.Vector) *batch.Vector {
	out := &batch.Vector{Type: v.Type, Enc: batch.Dict, Len: v.Len, Valid: v.Valid, Codes: make([]int32, v.Len)}
	b := batch.NewBuilder(v.Type, 0)
	seen := map[string]int32{}
	for i := range v.Len {
		s := string(v.Bytes(i))
		if _, ok := seen[s]; !ok {
			seen[s] = int32(len(seen))
			b.Text(s)
		}
		out.Codes[i] = seen[s]
	}
	out.Dict = &batch.Dictionary{Values: b.Finish()}
	return out
}

// growing codes the vectors of one column by dictionaries of one family.
type growing struct {
	family *batch.Family
	seen   map[string]int32
	values []schema.Value
}

func (g *growing) coded(v *batch.Vector) *batch.Vector {
	if g.family == nil {
		g.family, g.seen = batch.NewFamily(), map[string]int32{}
	}
	out := &batch.Vector{Type: v.Type, Enc: batch.Dict, Len: v.Len, Valid: v.Valid, Codes: make([]int32, v.Len)}
	for i := range v.Len {
		x := v.Value(i)
		if x.Null {
			continue
		}
		code, ok := g.seen[fmt.Sprint(x)]
		if !ok {
			code = int32(len(g.values))
			g.seen[fmt.Sprint(x)], g.values = code, append(g.values, x)
		}
		out.Codes[i] = code
	}
	if len(g.values) == 0 {
		return v
	}
	b := batch.NewBuilder(v.Type, len(g.values))
	for _, x := range g.values {
		b.Value(x)
	}
	out.Dict = &batch.Dictionary{Values: b.Finish(), Family: g.family}
	return out
}

func TestAgainstStableSort(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		cfg := extsort.Config{Types: types, Dir: dir, MemoryBytes: rapid.SampledFrom([]int64{1, 2000, 1 << 30}).Draw(t, "memory")}
		cfg.Serial = rapid.Bool().Draw(t, "serial")
		families := make([]growing, len(types))
		cfg.Keys = rapid.SliceOfNDistinct(rapid.IntRange(0, 5), 1, 4, rapid.ID).Draw(t, "keys")
		s := extsort.New(cfg)
		defer s.Close()
		var want [][]schema.Value
		for range rapid.IntRange(0, 8).Draw(t, "batches") {
			n := rapid.IntRange(1, 12).Draw(t, "rows")
			b := &batch.Batch{Len: n}
			rows := make([][]schema.Value, n)
			for j, typ := range types {
				bld := batch.NewBuilder(typ, n)
				for i := range n {
					v := drawValue(t, j)
					if j == 6 {
						v = schema.IntValue(typ, int64(len(want)+i)) // the row's number shows stability
					}
					bld.Value(v)
					rows[i] = append(rows[i], v)
				}
				vec := bld.Finish()
				if typ.Kind == schema.Varchar && rapid.Bool().Draw(t, "coded") {
					vec = coded(vec)
				} else if typ.Class() != schema.ClassFloat64 && typ.Class() != schema.ClassInt128 && rapid.IntRange(0, 9).Draw(t, "family") > j {
					vec = families[j].coded(vec)
				}
				b.Cols = append(b.Cols, vec)
			}
			want = append(want, rows...)
			if err := s.Add(b); err != nil {
				t.Fatal(err)
			}
		}
		slices.SortStableFunc(want, func(a, b []schema.Value) int {
			for _, k := range cfg.Keys {
				if c := a[k].Compare(b[k]); c != 0 {
					return c
				}
			}
			return 0
		})
		it, err := s.Sort()
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		for {
			b, err := it.Next(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if b == nil {
				break
			}
			for r := range b.Len {
				for j := range types {
					if got := b.Cols[j].Value(r); fmt.Sprint(got) != fmt.Sprint(want[i][j]) {
						t.Fatalf("row %d column %d: %v, want %v", i, j, got, want[i][j])
					}
				}
				i++
			}
		}
		if i != len(want) {
			t.Fatalf("%d rows, want %d", i, len(want))
		}
	})
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Fatalf("%d files are left", len(left))
	}
}

func BenchmarkSort(b *testing.B) {
	for _, memory := range []int64{1 << 40, 4 << 20} {
		b.Run(fmt.Sprint(memory), func(b *testing.B) {
			for b.Loop() {
				s := extsort.New(extsort.Config{Types: []schema.Type{schema.TypeInt64, schema.TypeInt64}, Keys: []int{0}, MemoryBytes: memory, Dir: b.TempDir()})
				x := uint64(1)
				for range 64 {
					k := &batch.Vector{Type: schema.TypeInt64, Len: 8192, I: make([]int64, 8192)}
					for i := range k.I {
						x = x*6364136223846793005 + 1
						k.I[i] = int64(x >> 24)
					}
					if err := s.Add(&batch.Batch{Len: 8192, Cols: []*batch.Vector{k, k}}); err != nil {
						b.Fatal(err)
					}
				}
				it, err := s.Sort()
				if err != nil {
					b.Fatal(err)
				}
				for {
					if r, err := it.Next(context.Background()); err != nil || r == nil {
						break
					}
				}
				s.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(64*8192), "ns/row")
		})
	}
}
