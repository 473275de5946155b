package convert_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/assaydb/assay/ingest/convert"
	"github.com/assaydb/assay/ingest/csvscan"
	"github.com/assaydb/assay/storage/schema"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestWatchTellsEverything: an inference that looks only at what converters say is new finds what one finds that looks at all, whatever
// types the converters work under, and though they are ahead of it.
func TestWatchTellsEverything(t *testing.T) {
	cells := []string{
		"1", "-2", "0", "-0", "007", "1.5", "0.25", "12.3456", ".5", "5.", "+5", "1e5", "NaN", "true", "2025-01-02", "2025-01-02 03:04:05", "2025-01-02T03:04Z", "13/01/2025", "01/02/2025",
		"", `""`, "x", " 7 ", " ", "12345678901234567890", "1234567890123456", "NULL", `"NULL"`, `"1,5"`, `"1.234,5"`, "9223372036854775808", "2025-13-01", `"a ""b"""`, "2025-02-30 10:00:00",
	}
	types := []schema.Type{schema.TypeVarchar, schema.TypeInt64, schema.DecimalType(18, 2), schema.DecimalType(30, 2), schema.TypeDouble, schema.TypeDate, schema.TypeTimestamp, schema.TypeBoolean}
	r := rand.New(rand.NewPCG(9, 10))
	for n := range 1500 {
		rules := convert.Rules{Null: []string{"NULL"}, Escape: []byte{'"', '\\'}[n%2]}
		p := &convert.Plan{Rules: rules, Width: 3, Fields: []int{2, 0, -1}}
		for range p.Fields {
			p.Types = append(p.Types, types[r.IntN(len(types))])
		}
		kind := [][]string{cells, {"1", "-2", "0", "12.3456", "0.25", "", "12345"}, {"2025-01-02", "2025-01-02 03:04:05", ""}, {"true", "false"}}[r.IntN(4)]
		some := make([]string, 1+r.IntN(4))
		for i := range some {
			some[i] = kind[r.IntN(len(kind))]
		}
		var chunks []*csvscan.Chunk
		var text strings.Builder
		for i := range 2 + r.IntN(8) {
			if r.IntN(4) == 0 {
				from := [][]string{cells, kind}[r.IntN(2)]
				some = append(some, from[r.IntN(len(from))])
			}
			text.Reset()
			for k := range 1 + r.IntN(20) {
				fmt.Fprintf(&text, "%s,%s,%d\n", some[r.IntN(len(some))], some[r.IntN(len(some))], i*k)
			}
			chunks = append(chunks, chunkOf(t, text.String()))
		}
		all, watched := convert.NewInference(rules, 3), convert.NewInference(rules, 3)
		watch := convert.NewWatch(watched)
		shared := convert.NewDictionaries(p, n%3 == 0)
		converters := []*convert.Converter{convert.NewConverter(p, shared, watch), convert.NewConverter(p, shared, watch)}
		var results []*convert.Result
		for i, ch := range chunks {
			all.Observe(ch)
			results = append(results, converters[i%2].Convert(ch, nil))
			if i > 0 {
				watch.Observe(chunks[i-1], results[i-1])
			}
		}
		watch.Observe(chunks[len(chunks)-1], results[len(chunks)-1])
		ignore := cmpopts.IgnoreFields(convert.Observed{}, "Values", "Nulls")
		if diff := cmp.Diff(all.Columns(), watched.Columns(), ignore, cmpopts.IgnoreUnexported(convert.Observed{}, convert.Form{}, convert.Pattern{})); diff != "" {
			t.Fatalf("%v of %q:\n%s", p.Types, some, diff)
		}
		for i, o := range all.Columns() {
			if w := watched.Columns()[i]; (o.Values == 0) != (w.Values == 0) || o.Type() != w.Type() {
				t.Fatalf("%v of %q: %+v, want %+v", p.Types, some, w, o)
			}
		}
	}
}

// BenchmarkWatch converts with and without a watch, and looks at every cell beside: what a file costs whose types are to be found.
func BenchmarkWatch(b *testing.B) {
	var text strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&text, "H%04d,P%09d,%d.%03d,2025-01-02 03:04:%02d,%d\n", i%200, i*7919, i%1000, i, i%60, i%90)
	}
	ch := chunkOf(b, text.String())
	p := &convert.Plan{Width: 5, Fields: []int{0, 1, 2, 3, 4}, Types: []schema.Type{schema.TypeVarchar, schema.TypeVarchar, schema.DecimalType(18, 3), schema.TypeTimestamp, schema.TypeInt64}}
	for _, way := range []string{"convert", "watch", "both"} {
		b.Run(way, func(b *testing.B) {
			inf := convert.NewInference(p.Rules, p.Width)
			var watch *convert.Watch
			if way == "watch" {
				watch = convert.NewWatch(inf)
			}
			c := convert.NewConverter(p, convert.NewDictionaries(p, true), watch)
			b.SetBytes(int64(text.Len()))
			var old *convert.Result
			for b.Loop() {
				old = c.Convert(ch, old)
				switch way {
				case "watch":
					watch.Observe(ch, old)
				case "both":
					inf.Observe(ch)
				}
			}
		})
	}
}
