package intern_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/intern"
	"github.com/assaydb/assay/storage/schema"
	"pgregory.net/rapid"
)

// drawTexts draws texts of every length around the limit of what a key holds, with many doubles; nil is NULL.
func drawTexts(t *rapid.T) [][]byte {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) []byte {
		if rapid.IntRange(0, 7).Draw(t, "null") == 0 {
			return nil
		}
		b := bytes.Repeat([]byte{rapid.SampledFrom([]byte{0, 'a', 0xff}).Draw(t, "byte")}, rapid.IntRange(0, 20).Draw(t, "length"))
		return append(b, fmt.Sprint(rapid.IntRange(0, 30).Draw(t, "n"))...)
	}), 0, 200).Draw(t, "texts")
}

func column(texts [][]byte) *batch.Vector {
	b := batch.NewBuilder(schema.TypeVarchar, len(texts))
	for _, x := range texts {
		if x == nil {
			b.Null()
		} else {
			b.Bytes(x)
		}
	}
	return b.Finish()
}

// twin numbers texts with a map.
func twin(known map[string]uint32, texts [][]byte) []uint32 {
	out := make([]uint32, len(texts))
	for i, x := range texts {
		key := "=" + string(x)
		if x == nil {
			key = "NULL"
		}
		if _, ok := known[key]; !ok {
			known[key] = uint32(len(known))
		}
		out[i] = known[key]
	}
	return out
}

// TestTwin compares batches of rows and other tables with a map.
func TestTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var table, second intern.Table
		known := map[string]uint32{}
		for range rapid.IntRange(1, 3).Draw(t, "batches") {
			texts := drawTexts(t)
			var rows []int32
			if rapid.Bool().Draw(t, "selected") {
				rows = []int32{}
				var alive [][]byte
				for i := range texts {
					if rapid.Bool().Draw(t, "alive") {
						rows, alive = append(rows, int32(i)), append(alive, texts[i])
					}
				}
				v := column(texts)
				got := make([]uint32, len(rows))
				table.InternRows(got, v, rows)
				if want := twin(known, alive); !slices.Equal(got, want) {
					t.Fatalf("%q: numbers %v, want %v", alive, got, want)
				}
				continue
			}
			got := make([]uint32, len(texts))
			table.InternRows(got, column(texts), nil)
			if want := twin(known, texts); !slices.Equal(got, want) {
				t.Fatalf("%q: numbers %v, want %v", texts, got, want)
			}
		}
		second.Intern([]byte("something else"))
		all := make([]uint32, table.Len())
		for i := range all {
			all[i] = uint32(i)
		}
		to := make([]uint32, len(all))
		second.InternFrom(to, &table, all)
		var x, y [16]byte
		for i, id := range to {
			if table.Key(all[i]) == (intern.Key{}) {
				continue
			}
			if a, b := table.Text(all[i], &x), second.Text(id, &y); !bytes.Equal(a, b) || table.Hash(all[i]) != second.Hash(id) {
				t.Fatalf("%q became %q", a, b)
			}
		}
	})
}

// BenchmarkRows interns identifiers: few that stay in the cache, and many that do not.
func BenchmarkRows(b *testing.B) {
	for _, distinct := range []int{1 << 10, 1 << 20} {
		b.Run(fmt.Sprint(distinct), func(b *testing.B) {
			var table intern.Table
			var columns []*batch.Vector
			for at := 0; at < 2*distinct; at += batch.MaxRows {
				v := batch.NewBuilder(schema.TypeVarchar, batch.MaxRows)
				for i := range batch.MaxRows {
					v.Text(fmt.Sprintf("P%09d", (at+i)*7919%distinct))
				}
				columns = append(columns, v.Finish())
			}
			ids := make([]uint32, batch.MaxRows)
			b.SetBytes(10 * batch.MaxRows)
			for i := 0; b.Loop(); i++ {
				table.InternRows(ids, columns[i%len(columns)], nil)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch.MaxRows, "ns/row")
		})
	}
}
