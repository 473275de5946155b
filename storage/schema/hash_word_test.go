package schema_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/assaydb/assay/storage/schema"
	"github.com/zeebo/xxh3"
)

// TestHashWord holds the hash written out for eight bytes to the library's.
func TestHashWord(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 10_000 {
		x := r.Uint64() >> (i % 64)
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], x)
		if want, got := xxh3.Hash128Seed(b[:], 1), schema.HashInt64(int64(x)); got != (schema.ColumnHash{Hi: want.Hi, Lo: want.Lo}) {
			t.Fatalf("%d: %v, want %v", x, got, want)
		}
		if f := math.Float64frombits(x); f == f && f != 0 {
			if want, got := xxh3.Hash128Seed(b[:], 3), schema.HashFloat64(f); got != (schema.ColumnHash{Hi: want.Hi, Lo: want.Lo}) {
				t.Fatalf("%g: %v, want %v", f, got, want)
			}
		}
	}
}

func BenchmarkHashInt64(b *testing.B) {
	var sum schema.ColumnHash
	for i := range b.N {
		sum.Add(schema.HashInt64(int64(i)))
	}
	if sum.Hi == 1 && sum.Lo == 1 {
		b.Log(sum)
	}
}
