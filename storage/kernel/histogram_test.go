package kernel_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/assaydb/assay/storage/kernel"
)

func TestCountCodes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 3, 200, 1024, 1025, 5000} {
		want, got := make([]uint32, n), make([]uint32, n)
		var lanes []uint32
		for page := range 20 {
			codes, valid := make([]int32, rng.IntN(300)), []byte(nil)
			if page%2 == 1 {
				valid = make([]byte, len(codes))
			}
			for i := range codes {
				codes[i] = int32(rng.IntN(1 + rng.IntN(n)))
				if valid != nil {
					valid[i] = byte(rng.IntN(2))
				}
				if valid == nil || valid[i] == 1 {
					want[codes[i]]++
				}
			}
			lanes = kernel.CountCodes(got, codes, valid, lanes)
		}
		kernel.AddLanes(got, lanes)
		if !slices.Equal(got, want) {
			t.Errorf("%d entries: got %v\nwant %v", n, got, want)
		}
	}
}

func BenchmarkCountCodes(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 5, 1000, 20_000} {
		for _, nulls := range []bool{false, true} {
			b.Run(fmt.Sprintf("entries=%d/nulls=%t", n, nulls), func(b *testing.B) {
				codes, valid := make([]int32, 16<<10), []byte(nil)
				for i := range codes {
					codes[i] = int32(rng.IntN(n))
					if nulls {
						valid = append(valid, byte(rng.IntN(2)))
					}
				}
				rows, lanes := make([]uint32, n), []uint32(nil)
				b.SetBytes(int64(4 * len(codes)))
				for b.Loop() {
					lanes = kernel.CountCodes(rows, codes, valid, lanes)
				}
			})
		}
	}
}
