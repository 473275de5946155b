package intern_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/assaydb/assay/storage/kernel/intern"
	"pgregory.net/rapid"
)

// tuple is a key of a number, a flag, a text and another text.
type tuple struct {
	n    uint64
	null bool
	a, b string
}

func (x tuple) words(texts *intern.Arena, hashBits int) []uint64 {
	row := []uint64{0, x.n}
	h := intern.Key{x.n, 1}.Hash()
	for _, s := range []string{x.a, x.b} {
		k := intern.KeyOf([]byte(s))
		h ^= k.Hash() * 31
		if k.Long() {
			k[1] = intern.Logged(texts.Keep([]byte(s)))
		}
		row = append(row, k[0], k[1])
	}
	row[0] = h >> (64 - hashBits) << 32 // few bits: many keys share them
	if x.null {
		row[0] |= 1
	}
	row[0] |= 2 // a flag of the row alone
	return append(row, 12345)
}

func drawTuple(t *rapid.T) tuple {
	text := func(name string) string {
		return string(bytes.Repeat([]byte{'x'}, rapid.SampledFrom([]int{0, 1, 14, 15, 16, 40, 200}).Draw(t, name))) + rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "end")
	}
	return tuple{rapid.Uint64Range(0, 3).Draw(t, "n"), rapid.Bool().Draw(t, "null"), text("a"), text("b")}
}

// TestTuples compares with a map, and a second table that takes the keys over.
func TestTuples(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, second := intern.NewTuples(6, 1, []int{2, 4}), intern.NewTuples(6, 1, []int{2, 4})
		known := map[tuple]uint32{}
		hashBits := rapid.SampledFrom([]int{1, 4, 32}).Draw(t, "bits")
		for range rapid.IntRange(1, 4).Draw(t, "batches") {
			var texts intern.Arena
			tuples := rapid.SliceOfN(rapid.Custom(drawTuple), 0, 100).Draw(t, "tuples")
			var rows []uint64
			for _, x := range tuples {
				rows = append(rows, x.words(&texts, hashBits)...)
			}
			ids := make([]uint32, len(tuples))
			table.Intern(ids, rows, 7, &texts)
			for i, x := range tuples {
				if _, ok := known[x]; !ok {
					known[x] = uint32(len(known))
				}
				if ids[i] != known[x] {
					t.Fatalf("%v has number %d, want %d", x, ids[i], known[x])
				}
			}
		}
		var all []uint32
		for id := range table.Len() {
			all = append(all, uint32(id))
		}
		for range 2 { // once they are new there, once not
			to := make([]uint32, len(all))
			second.InternFrom(to, table, all)
			for i, id := range to {
				if int(id) != i {
					t.Fatalf("key %d became %d", i, id)
				}
			}
		}
		var x, y [16]byte
		for key, id := range known {
			if a, b := second.Text(id, 2, &x), second.Text(id, 4, &y); string(a) != key.a || string(b) != key.b || second.Word(id, 1) != key.n || second.Word(id, 0)&3 == 1 != key.null {
				t.Fatalf("%v is kept as %q %q", key, a, b)
			}
		}
	})
}

// BenchmarkTuples interns keys of a number and a text, one partition's worth of them.
func BenchmarkTuples(b *testing.B) {
	for _, form := range []string{"S%09d", "a text that is too long for a key %09d"} {
		b.Run(fmt.Sprint(len(form)), func(b *testing.B) {
			const distinct, batch = 8 << 10, 4 << 10
			var texts intern.Arena
			var rows []uint64
			for i := range distinct {
				x := tuple{n: uint64(i % 100), a: fmt.Sprintf(form, i)}
				rows = append(rows, x.words(&texts, 32)...)
			}
			table, ids := intern.NewTuples(6, 1, []int{2, 4}), make([]uint32, batch)
			for i := 0; b.Loop(); i++ {
				table.Intern(ids, rows[i%2*7*batch:], 7, &texts)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/row")
		})
	}
}
