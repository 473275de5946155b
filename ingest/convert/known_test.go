package convert_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/assaydb/assay/ingest/convert"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestKnownCellsTellNothing: an inference that remembers cells says what one that looks at all of them says. A table of many
// columns remembers none.
func TestKnownCellsTellNothing(t *testing.T) {
	cells := []string{
		"1", "-2", "0", "007", "1.5", "1,5", "1.234,5", "1,234.5", "1,234", "1e5", "NaN", "true", "2025-01-02", "2025-01-02 03:04:05", "13/01/2025", "01/13/2025", "01/02/2025",
		"", `""`, "x", " 7 ", "12345678901234567890", "NULL", `"NULL"`, "1'000", "9223372036854775808", "0.1234567890123456", "2025-13-01", "12.05.2025 10:00",
	}
	r := rand.New(rand.NewPCG(5, 6))
	for range 3000 {
		some := make([]string, 1+r.IntN(4))
		for i := range some {
			some[i] = cells[r.IntN(len(cells))]
		}
		var few, many strings.Builder
		for range 1 + r.IntN(20) {
			cell := some[r.IntN(len(some))]
			if strings.Contains(cell, ",") {
				cell = `"` + cell + `"`
			}
			few.WriteString(cell + ",\n")
			many.WriteString(cell + strings.Repeat(",", 299) + "\n")
		}
		rules := convert.Rules{Null: []string{"NULL"}}
		a, b := convert.NewInference(rules, 2), convert.NewInference(rules, 300)
		a.Observe(chunkOf(t, few.String()))
		b.Observe(chunkOf(t, many.String()))
		if diff := cmp.Diff(b.Columns()[0], a.Columns()[0], cmpopts.IgnoreUnexported(convert.Observed{}, convert.Form{}, convert.Pattern{})); diff != "" {
			t.Fatalf("%q:\n%s", few.String(), diff)
		}
	}
}
