package segment_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
	"github.com/parquet-go/parquet-go"
)

// exploreForeign opens bytes as a file of another writer and reads whatever they tell of. Errors are answers; panics and pages of a wrong
// length are not.
func exploreForeign(t testing.TB, raw []byte) {
	f, err := segment.OpenForeign(context.Background(), bytes.NewReader(raw), int64(len(raw)), "fuzz.parquet")
	if err != nil {
		if !errs.Is(err, errs.Corrupt) {
			t.Fatalf("an error of kind %d: %v", errs.KindOf(err), err)
		}
		return
	}
	bound, err := f.Bind(foreignTable(f), &schema.Segment{ID: schema.NewID(), Table: 1})
	if err != nil {
		t.Fatal(err)
	}
	var r segment.ChunkReader
	for g := range bound.RowGroups() {
		for k, c := range bound.Columns() {
			r.Reset(bound, g, k)
			for p := range min(bound.Pages(g), 4) {
				if _, err := r.PageStats(p); err != nil {
					t.Fatal(err)
				}
				v, err := r.Page(p)
				if err != nil {
					break
				}
				checkVector(t, v.Len, min(int64(bound.PageRows()), bound.RowGroupRows(g)-int64(p)*int64(bound.PageRows())))
				v.Value(v.Len - 1)
			}
			_, _ = r.MayContain([]schema.Value{{Type: c.Type}})
			r.Reset(bound, g, k)
			if h, err := r.Histogram(true); err == nil && h != nil && h.Values != nil {
				checkVector(t, h.Values.Len, int64(len(h.Rows)))
			}
		}
	}
}

func checkVector(t testing.TB, n int, want int64) {
	if int64(n) != want {
		t.Fatalf("a page of %d rows, not %d", n, want)
	}
}

func foreignSeeds(t testing.TB) (seeds [][]byte) {
	all := foreignColumns()
	for _, version := range []int{1, 2} {
		for _, names := range [][]string{{"int96_null", "text_dict_null", "millis_delta"}, {"text_dba_null", "float_split", "bool_rle_null"}, {"decimal_bytes_dlen", "uuid", "zero_dict"}} {
			columns := map[string]foreignColumn{}
			for _, n := range names {
				columns[n] = all[n]
			}
			raw, _ := writeForeign(t, columns, 40, 25, parquet.DataPageVersion(version), parquet.PageBufferSize(100), parquet.Compression(&parquet.Snappy),
				parquet.BloomFilters(parquet.SplitBlockFilter(10, names[0])))
			seeds = append(seeds, raw)
		}
	}
	return seeds
}

// FuzzOpenForeign opens and reads files that nobody vouches for.
func FuzzOpenForeign(f *testing.F) {
	for _, raw := range foreignSeeds(f) {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) { exploreForeign(t, raw) })
}

// TestForeignFlips flips bits of sound files: an error or an answer, never a panic, and no memory that the file's size does not justify.
func TestForeignFlips(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 9))
	rounds := 1500
	if testing.Short() {
		rounds = 200
	}
	for _, raw := range foreignSeeds(t) {
		for range rounds {
			damaged := bytes.Clone(raw)
			for range 1 + rng.IntN(3) {
				at := rng.IntN(len(damaged))
				if rng.IntN(2) == 0 { // the footer, which is most of what can go wrong
					at = len(damaged) - 1 - rng.IntN(min(len(damaged), 2500))
				}
				damaged[at] ^= 1 << rng.IntN(8)
			}
			exploreForeign(t, damaged)
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapSys > 2<<30 {
		t.Errorf("the heap grew to %d bytes", m.HeapSys)
	}
}
