package convert_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/assaydb/assay/ingest/convert"
	"github.com/assaydb/assay/storage/schema"
)

// TestUsedMemoryTellsNothing: a converter that uses the memory of old results and one dictionary for all chunks gives what a new
// converter gives for each chunk, with dictionaries and without.
func TestUsedMemoryTellsNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	p := &convert.Plan{
		Types: []schema.Type{schema.TypeVarchar, schema.TypeInt64, schema.TypeDouble, schema.DecimalType(12, 2), schema.TypeTimestamp, schema.TypeDate, schema.TypeBoolean, schema.DecimalType(30, 2), schema.TypeJSON},
		Rules: convert.Rules{Null: []string{"NA"}, Escape: '"'},
		Width: 9,
	}
	for j := range p.Types {
		p.Fields = append(p.Fields, j)
	}
	cells := []string{
		"", "NA", `"NA"`, `""`, "1", " 1", "1.0", "1.50", "-0", "0", "007", "NaN", "x", `"a ""b"" c"`, "2025-01-02", "2025-01-02 00:00:00", "2025-01-02T03:04:05Z", "true", "1e3",
		"a text longer than sixteen bytes", "a text longer than sixteen byteS", `{"a":1}`, "123456789", "12345678", "1234567",
	}
	shared := convert.NewDictionaries(p, false)
	used, flat := convert.NewConverter(p, shared, nil), convert.NewConverter(p, convert.NewDictionaries(p, true), nil)
	other := convert.NewConverter(p, shared, nil)
	var old, kept *convert.Result
	for n := range 300 {
		var text strings.Builder
		for i := range 1 + r.IntN(60) {
			row := make([]string, 9)
			for j := range row {
				row[j] = cells[r.IntN(len(cells))]
				if r.IntN(4) == 0 {
					row[j] = fmt.Sprint(n*i + j)
				}
			}
			if r.IntN(3) > 0 { // most rows are sound
				row = []string{row[0], "5", fmt.Sprint(i) + ".5", "1.5", "2025-01-02", "2025-01-0" + fmt.Sprint(1+i%9), "true", "2.25", `{"a":1}`}
			}
			text.WriteString(strings.Join(row, ",") + "\n")
		}
		want := rowsOf(flat.Convert(chunkOf(t, text.String()), nil))
		old = used.Convert(chunkOf(t, text.String()), old)
		kept = other.Convert(chunkOf(t, text.String()), kept)
		if got := rowsOf(old); got != want {
			t.Fatalf("%s\n%s\nwant\n%s", text.String(), got, want)
		}
		if got := rowsOf(kept); got != want {
			t.Fatalf("%s\n%s\nwant\n%s", text.String(), got, want)
		}
	}
}

func rowsOf(r *convert.Result) string {
	var b strings.Builder
	fmt.Fprintln(&b, r.Records, r.Rejects, r.Hashes, r.Nulls)
	for i := range r.Batch.Len {
		for _, c := range r.Batch.Cols {
			v := c.Value(i)
			if v.Type.Kind == schema.Double && v.F == 0 {
				v.F = 0 // -0 is stored as 0
			}
			fmt.Fprint(&b, v, "|")
		}
		fmt.Fprintln(&b)
	}
	return b.String()
}
