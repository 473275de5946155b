package schema_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/assaydb/assay/storage/schema"
	"github.com/zeebo/xxh3"
)

// TestHashSums holds sums over columns to the hashes of the values one by one.
func TestHashSums(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var ints, floats, texts, want schema.ColumnHash
	var is []int64
	var fs []float64
	off, data := []uint32{0}, []byte{}
	for i := range 5000 {
		is = append(is, r.Int64()>>(i%64))
		fs = append(fs, []float64{r.NormFloat64(), 0, math.Copysign(0, -1), math.NaN(), math.Inf(1)}[r.IntN(5)])
		for range i % 40 {
			data = append(data, byte(r.IntN(256)))
		}
		off = append(off, uint32(len(data)))
		u := xxh3.Hash128Seed(data[off[i]:off[i+1]], 4)
		want.Add(schema.ColumnHash{Hi: u.Hi, Lo: u.Lo})
		ints.Add(schema.HashInt64(is[i]))
		floats.Add(schema.HashFloat64(fs[i]))
	}
	texts.AddTexts(off, data)
	if texts != want {
		t.Errorf("texts: %v, want %v", texts, want)
	}
	var got schema.ColumnHash
	if got.AddInt64s(is); got != ints {
		t.Errorf("ints: %v, want %v", got, ints)
	}
	got = schema.ColumnHash{}
	if got.AddFloat64s(fs); got != floats {
		t.Errorf("floats: %v, want %v", got, floats)
	}
}

func BenchmarkHashSums(b *testing.B) {
	const n = 4096
	ints := make([]int64, n)
	off, data := []uint32{0}, []byte{}
	for i := range n {
		ints[i] = int64(i) * 7919
		data = fmt.Appendf(data, "P%09d", i*7919)
		off = append(off, uint32(len(data)))
	}
	var sum schema.ColumnHash
	b.Run("ints", func(b *testing.B) {
		b.SetBytes(8 * n)
		for b.Loop() {
			sum.AddInt64s(ints)
		}
	})
	b.Run("texts", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			sum.AddTexts(off, data)
		}
	})
}
