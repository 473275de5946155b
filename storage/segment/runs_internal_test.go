package segment

import (
	"math/rand/v2"
	"testing"
)

// TestRunEnds compares with the plainest way, at lengths on both sides of what is worth telling.
func TestRunEnds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 3000 {
		n := r.IntN(400)
		codes := make([]int32, n)
		change := 1 + r.IntN(60)
		for i := range codes {
			if i > 0 && r.IntN(change) > 0 {
				codes[i] = codes[i-1]
			} else {
				codes[i] = int32(r.IntN(5))
			}
		}
		var want []int32
		for i := range codes {
			if i+1 == n || codes[i+1] != codes[i] {
				want = append(want, int32(i+1))
			}
		}
		got := runEnds(nil, codes)
		if len(want)*meanRun > n || n == 0 {
			want = nil
		}
		if len(got) != len(want) {
			t.Fatalf("%d rows: stretches end at %v, want %v", n, got, want)
		}
		for k := range want {
			if got[k] != want[k] {
				t.Fatalf("%d rows: stretches end at %v, want %v", n, got, want)
			}
		}
	}
}

func BenchmarkRunEnds(b *testing.B) {
	for name, run := range map[string]int{"long": 300, "short": 3} {
		codes := make([]int32, 1<<14)
		for i := range codes {
			codes[i] = int32(i / run % 200)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(4 * len(codes)))
			var ends []int32
			for b.Loop() {
				ends = runEnds(ends[:0], codes)
			}
		})
	}
}
