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

// spansOf lays two texts out behind the first word and a number; width is that of the key.
func spansOf(a, b int) (spans []intern.Span, width int) {
	return []intern.Span{{At: 2, Words: a}, {At: 2 + a, Words: b}}, 2 + a + b
}

func (x tuple) words(texts *intern.Arena, spans []intern.Span, hashBits int) []uint64 {
	row := []uint64{0, x.n}
	h := intern.Key{x.n, 1}.Hash()
	for i, s := range []string{x.a, x.b} {
		h ^= intern.KeyOf([]byte(s)).Hash() * 31
		words := make([]uint64, spans[i].Words)
		if intern.PutSpan(words, []byte(s)) {
			words[len(words)-1] = intern.Logged(texts.Keep([]byte(s)))
		}
		row = append(row, words...)
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
		return string(bytes.Repeat([]byte{'x'}, rapid.SampledFrom([]int{0, 1, 7, 8, 14, 15, 16, 22, 23, 24, 31, 38, 39, 40, 200}).Draw(t, name))) + rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "end")
	}
	return tuple{rapid.Uint64Range(0, 3).Draw(t, "n"), rapid.Bool().Draw(t, "null"), text("a"), text("b")}
}

// TestTuples compares with a map, and a second table that takes the keys over.
func TestTuples(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(2, intern.SpanWords)
		spans, width := spansOf(most.Draw(t, "words of a"), most.Draw(t, "words of b"))
		table, second := intern.NewTuples(width, 1, spans), intern.NewTuples(width, 1, spans)
		known := map[tuple]uint32{}
		hashBits := rapid.SampledFrom([]int{1, 4, 32}).Draw(t, "bits")
		for range rapid.IntRange(1, 4).Draw(t, "batches") {
			var texts intern.Arena
			tuples := rapid.SliceOfN(rapid.Custom(drawTuple), 0, 100).Draw(t, "tuples")
			var rows []uint64
			for _, x := range tuples {
				rows = append(rows, x.words(&texts, spans, hashBits)...)
			}
			ids := make([]uint32, len(tuples))
			table.Intern(ids, rows, width+1, &texts)
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
		var x, y [8 * intern.SpanWords]byte
		for key, id := range known {
			if a, b := second.Text(id, spans[0], &x), second.Text(id, spans[1], &y); string(a) != key.a || string(b) != key.b || second.Word(id, 1) != key.n || second.Word(id, 0)&3 == 1 != key.null {
				t.Fatalf("%v is kept as %q %q", key, a, b)
			}
		}
	})
}

// BenchmarkTuples interns keys of a number and a text, one partition's worth of them.
func BenchmarkTuples(b *testing.B) {
	for _, c := range []struct {
		form  string
		words int
	}{{"S%09d", 2}, {"too long for a key %09d", 2}, {"too long for a key %09d", 4}} {
		b.Run(fmt.Sprintf("%d in %d words", len(c.form), c.words), func(b *testing.B) {
			const distinct, batch = 8 << 10, 4 << 10
			var texts intern.Arena
			var rows []uint64
			spans, width := spansOf(c.words, 2)
			for i := range distinct {
				x := tuple{n: uint64(i % 100), a: fmt.Sprintf(c.form, i)}
				rows = append(rows, x.words(&texts, spans, 32)...)
			}
			table, ids := intern.NewTuples(width, 1, spans), make([]uint32, batch)
			for i := 0; b.Loop(); i++ {
				table.Intern(ids, rows[i%2*(width+1)*batch:], width+1, &texts)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/row")
		})
	}
}
