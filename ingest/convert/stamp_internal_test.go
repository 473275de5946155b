package convert

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestStampReader holds the reader of whole columns to ParseTimestamp, on good times and on ones with a byte or more changed.
func TestStampReader(t *testing.T) {
	rnd := rand.New(rand.NewPCG(21, 22))
	var r stampReader
	for i := range 400_000 {
		y := []int{2025, 2025, rnd.IntN(10_000), 0, 1, 9999}[rnd.IntN(6)]
		b := fmt.Appendf(nil, "%04d-%02d-%02d%c%02d:%02d:%02d", y, rnd.IntN(14), rnd.IntN(33), " Tt"[rnd.IntN(3)], rnd.IntN(26), rnd.IntN(62), rnd.IntN(62))
		b = append(b, []string{"", "", "Z", "z", ".5", "+01:00", "x"}[rnd.IntN(7)]...)
		if i%3 == 0 {
			for range 1 + rnd.IntN(2) {
				b[rnd.IntN(len(b))] = []byte{byte(rnd.IntN(256)), '0' - 1, '9' + 1, '0' | 0x80, 0, '9'}[rnd.IntN(6)]
			}
		}
		if i%50 == 0 {
			b = b[:rnd.IntN(len(b)+1)]
		}
		want, why := ParseTimestamp(b)
		if got, reason := r.parse(b); got != want || reason != why {
			t.Fatalf("%q: %d %q, want %d %q", b, got, reason, want, why)
		}
	}
}

func TestCellKeyAtEdges(t *testing.T) {
	data := []byte("0123456789abcdefghijklmnop")
	for start := range len(data) {
		for end := start; end <= len(data); end++ {
			h, tl := cellKey(data, uint32(start), uint32(end))
			wantH, wantT := cellKeyAtEdge(data, uint32(start), uint32(end))
			if h != wantH || tl != wantT {
				t.Fatalf("%q: %x %x, want %x %x", data[start:end], h, tl, wantH, wantT)
			}
		}
	}
}

func BenchmarkStamp(b *testing.B) {
	var cells [][]byte
	for i := range 1000 {
		cells = append(cells, fmt.Appendf(nil, "2025-%02d-%02d %02d:%02d:%02d", 1+i/500, 1+i/50%28, i%24, i%60, i*7%60))
	}
	for name, parse := range map[string]func([]byte) (int64, Reason){"each": ParseTimestamp, "column": new(stampReader).parse} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(19 * 1000)
			for b.Loop() {
				for _, c := range cells {
					parse(c)
				}
			}
		})
	}
}
