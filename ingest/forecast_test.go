package ingest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaydb/assay/ingest"
	dirt "github.com/assaydb/assay/ingest/pollute"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/schema"
	"github.com/google/go-cmp/cmp"
)

// surprises counts the loads whose forecast did not hold.
type surprises struct {
	slog.Handler
	n int
}

func (s *surprises) Enabled(context.Context, slog.Level) bool { return true }

func (s *surprises) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "is converted after it was looked at") {
		s.n++
	}
	return nil
}

func twoWays(t *testing.T) (one, two *rig, s *surprises) {
	t.Helper()
	s = &surprises{Handler: slog.DiscardHandler}
	one, two = newRig(t, 1<<20), newRig(t, 1<<20)
	for r, debug := range map[*rig]ingest.Debug{one: {}, two: {TwoPasses: true}} {
		var err error
		r.loader, err = ingest.New(ingest.Config{Store: r.store, Catalog: r.log, TempDir: filepath.Join(r.dir, "ingest"), MemoryBytes: 1 << 20, Logger: slog.New(s), Debug: debug})
		if err != nil {
			t.Fatal(err)
		}
	}
	return one, two, s
}

// outcome is everything that a load says and leaves behind, but for ids, times and what follows from them.
func outcome(r *rig, table string, rec *ingest.Receipt, err error) string {
	if err != nil {
		return "error: " + strings.ReplaceAll(err.Error(), r.dir, "")
	}
	rejects := r.rejects(rec.DeliveryID, ingest.RejectsCSV)
	x := *rec
	x.DeliveryID, x.LoadedAt = schema.ID{}, x.LoadedAt.Truncate(1<<62)
	x.Segments = append([]ingest.ReceiptSegment(nil), x.Segments...)
	for i := range x.Segments {
		x.Segments[i].ID, x.Segments[i].SHA256, x.Segments[i].Bytes = schema.ID{}, schema.Digest{}, 0 // the id is in the file
	}
	d, _ := r.log.Snapshot().Delivery(rec.DeliveryID)
	x.Replaced = nil
	b, err := json.MarshalIndent(&x, "", " ")
	if err != nil {
		panic(err)
	}
	return r.table(table) + "\n" + string(b) + "\n" + fmt.Sprint(d.ColumnBytes) + "\n" + rejects
}

// same loads a text into a table in both ways and compares.
func same(t *testing.T, one, two *rig, table, text string, change ...func(*ingest.Request)) {
	t.Helper()
	a, aErr := one.load(table, text, change...)
	b, bErr := two.load(table, text, change...)
	if got, want := outcome(one, table, a, aErr), outcome(two, table, b, bErr); got != want {
		t.Fatalf("%s: %s\n%q", table, cmp.Diff(want, got), text[:min(len(text), 2000)])
	}
	if got, want := fmt.Sprint(one.rows(table)), fmt.Sprint(two.rows(table)); got != want {
		t.Fatalf("%s: other rows", table)
	}
}

// TestForecastChangesNothing loads the polluted corpus with a conversion beside the look at its cells and without.
func TestForecastChangesNothing(t *testing.T) {
	one, two, s := twoWays(t)
	for i, c := range dirt.Corpus() {
		if i%[]int{2, 7}[b2i(testing.Short())] != 0 || c.Declared != "" {
			continue
		}
		same(t, one, two, fmt.Sprintf("t%d", i), string(c.Data), caseOptions(&c))
	}
	t.Logf("%d surprises", s.n)
}

// cellKinds are what cells of a column may look like; a column begins as one or two and may go on as others.
var cellKinds = []func(r *rand.Rand) string{
	func(*rand.Rand) string { return "" },
	func(r *rand.Rand) string { return fmt.Sprint(r.IntN(100)) },
	func(r *rand.Rand) string { return fmt.Sprint(r.Int64() - r.Int64()) },
	func(r *rand.Rand) string { return fmt.Sprintf("%d.%d", r.IntN(1000), r.IntN(100)) },
	func(r *rand.Rand) string { return fmt.Sprintf("-%d.%04d", r.IntN(100_000), r.IntN(10_000)) },
	func(r *rand.Rand) string { return fmt.Sprintf("2025-01-%02d", 1+r.IntN(28)) },
	func(r *rand.Rand) string {
		return fmt.Sprintf("2025-01-%02d %02d:%02d:00", 1+r.IntN(28), r.IntN(24), r.IntN(60))
	},
	func(r *rand.Rand) string { return fmt.Sprintf("2025-%02d-31", 1+r.IntN(12)) },
	func(r *rand.Rand) string { return fmt.Sprintf("%02d/%02d/2025", 1+r.IntN(28), 1+r.IntN(12)) },
	func(r *rand.Rand) string { return fmt.Sprintf(`"%d,%d"`, r.IntN(100), r.IntN(1000)) },
	func(r *rand.Rand) string { return fmt.Sprintf(`"%d,%03d.5"`, 1+r.IntN(100), r.IntN(1000)) },
	func(r *rand.Rand) string { return []string{"true", "false"}[r.IntN(2)] },
	func(r *rand.Rand) string { return fmt.Sprintf("0%d", r.IntN(1000)) },
	func(r *rand.Rand) string { return fmt.Sprintf("+%d", r.IntN(1000)) },
	func(r *rand.Rand) string { return fmt.Sprintf(" %d ", r.IntN(1000)) },
	func(r *rand.Rand) string { return fmt.Sprintf("%de%d", r.IntN(1000), r.IntN(20)) },
	func(r *rand.Rand) string { return fmt.Sprintf("%d%018d", 1+r.IntN(9), r.Int64N(1e18)) },
	func(r *rand.Rand) string { return []string{"NaN", "-inf"}[r.IntN(2)] },
	func(r *rand.Rand) string { return fmt.Sprintf("P%09d", r.IntN(1e9)) },
	func(r *rand.Rand) string { return []string{"<0.5", "NA", "5 mg", `""`, `" "`, "x"}[r.IntN(6)] },
	func(r *rand.Rand) string { return fmt.Sprintf(`"a ""%d"" quoted"`, r.IntN(100)) },
	func(*rand.Rand) string { return "2025-02-30" },
	func(*rand.Rand) string { return ".5" },
	func(*rand.Rand) string { return "-0" },
}

// driftingText has columns whose cells change their looks at some row, or never; now and then a record is broken.
func driftingText(r *rand.Rand, rows int) string {
	width := 1 + r.IntN(6)
	type column struct {
		first, then []func(*rand.Rand) string
		at          int
	}
	pick := func() (out []func(*rand.Rand) string) {
		for range 1 + r.IntN(2) {
			out = append(out, cellKinds[r.IntN(len(cellKinds))])
		}
		return out
	}
	columns := make([]column, width)
	var b strings.Builder
	for j := range columns {
		columns[j] = column{pick(), pick(), rows}
		if r.IntN(3) == 0 {
			columns[j].at = r.IntN(rows)
		}
		fmt.Fprintf(&b, "%scol_%d", ","[:min(j, 1)], j)
	}
	b.WriteString("\n")
	for i := range rows {
		for j, c := range columns {
			kinds := c.first
			if i >= c.at && r.IntN(3) > 0 {
				kinds = c.then
			}
			b.WriteString(","[:min(j, 1)])
			b.WriteString(kinds[r.IntN(len(kinds))](r))
		}
		if r.IntN(5000) == 0 {
			b.WriteString([]string{",more", `,"open`, "\xff", "\x00"}[r.IntN(4)])
		}
		b.WriteString("\n")
	}
	return b.String()
}

// TestForecastOfDriftingFiles does it with files that go on otherwise than they begin, within their heads and long after, into new
// tables and into those that earlier files made, sorted or not.
func TestForecastOfDriftingFiles(t *testing.T) {
	n := 30
	if testing.Short() {
		n = 12
	}
	one, two, s := twoWays(t)
	r := rand.New(rand.NewPCG(11, 12))
	for i := range n {
		rows := []int{1 + r.IntN(50), 2000, 60_000}[i%3]
		table := fmt.Sprintf("t%d", i)
		text := driftingText(r, rows)
		same(t, one, two, table, text, lenient)
		if _, ok := one.log.Snapshot().Table(table); !ok {
			continue
		}
		if i%2 == 0 {
			sortByFirst(t, one, two, table)
		}
		cut := strings.SplitAfter(text, "\n")
		r.Shuffle(len(cut)-2, func(a, b int) { cut[a+1], cut[b+1] = cut[b+1], cut[a+1] })
		same(t, one, two, table, strings.Join(cut[:1+r.IntN(len(cut))], ""), lenient, slot("s", "second"))
		same(t, one, two, table, driftingText(r, rows), lenient, slot("s", "third"))
	}
	if s.n < n/10 {
		t.Errorf("%d surprises in %d loads: the files drift too little", s.n, 3*n)
	}
	if s.n > 2*n {
		t.Errorf("%d surprises in %d loads: hardly a forecast holds", s.n, 3*n)
	}
	t.Logf("%d surprises", s.n)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func sortByFirst(t *testing.T, rigs ...any) {
	t.Helper()
	table := rigs[len(rigs)-1].(string)
	for _, x := range rigs[:len(rigs)-1] {
		r := x.(*rig)
		was, _ := r.log.Snapshot().Table(table)
		def := *was
		def.SortBy = []uint32{def.Columns[0].ID}
		if _, err := r.log.Propose(context.Background(), &catalog.PutTable{Table: def, Expect: was.Version, At: 1}); err != nil {
			t.Fatal(err)
		}
	}
}
