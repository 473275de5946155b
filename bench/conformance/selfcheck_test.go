package conformance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/assaydb/assay/bench/conformance"
	"github.com/assaydb/assay/planner"
)

// node opens the node of a folder with a number of threads.
func node(t *testing.T, dir, threads string) *conformance.Assay {
	t.Helper()
	a, err := conformance.StartAssay(t.Context(), dir, map[string]string{"threads": threads})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// deliveries loads a table in several files, so that it has several segments.
func deliveries(t *testing.T, a *conformance.Assay, tab conformance.Table, files int) {
	t.Helper()
	all := tab.Rows
	for i := range files {
		part := tab
		part.Rows = all[i*len(all)/files : (i+1)*len(all)/files]
		if i == 0 {
			if err := a.Create(t.Context(), part); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if r, err := a.Load(t.Context(), part.Name, strings.NewReader(part.CSV())); err != nil || r.Accepted != int64(len(part.Rows)) {
			t.Fatalf("%+v, %v", r, err)
		}
	}
}

// answer is a statement's rows as text, or that it was refused.
func answer(t *testing.T, a *conformance.Assay, sql string, ordered bool) []string {
	t.Helper()
	rows, err := a.Query(t.Context(), sql)
	if err != nil {
		if strings.Contains(err.Error(), "BUG") || strings.Contains(err.Error(), "panic") {
			t.Errorf("%s\n  %v", sql, err)
		}
		return []string{"refused"}
	}
	return conformance.Render(rows, !ordered, false)
}

// TestRandomSelfChecks needs no oracle: the same statement gives the same rows with and without the planner's rewrites, with one
// thread and with four, on one node and on three, before and after a restart; and a condition, its negation and its NULLs part a table's rows.
func TestRandomSelfChecks(t *testing.T) {
	dir := t.TempDir()
	r := newRand(t)
	a := node(t, dir, "1")
	deliveries(t, a, randomTable(r, "calm", 240, false), 4)
	deliveries(t, a, randomTable(r, "wild", 90, true), 3)
	g := &grammar{Rand: r}
	asked := map[string][]string{}
	statements := map[string]statement{}
	for range effort(t, 1500) {
		s := g.next()
		if g.IntN(5) == 0 {
			s = g.windowed(dialect{intervals: true})
		}
		got := answer(t, a, s.sql, s.ordered)
		asked[s.sql], statements[s.sql] = got, s
		a.Debug = planner.Debug{NoPrune: true, NoMetadata: true, NoRules: true}
		plain := answer(t, a, s.sql, s.ordered)
		a.Debug = planner.Debug{}
		if !slices.Equal(got, plain) {
			t.Errorf("%s\n  optimised %q\n  plain     %q", s.sql, got, plain)
		}
		partitions(t, a, g)
		if t.Failed() && testing.Short() {
			break
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	a = node(t, dir, "4")
	defer a.Close()
	for _, nodes := range []int{1, 3} {
		if nodes > 1 {
			a.Spread(nodes, t.TempDir())
		}
		for sql, want := range asked {
			if got := answer(t, a, sql, statements[sql].ordered); !slices.Equal(got, want) {
				t.Errorf("%s\n  1 thread, 1 node                %q\n  4 threads, %d nodes, restarted  %q", sql, want, nodes, got)
			}
		}
	}
}

// partitions checks that every row passes exactly one of p, NOT p and p IS NULL, and that a filter counts what a sum over all
// rows counts.
func partitions(t *testing.T, a *conformance.Assay, g *grammar) {
	t.Helper()
	p := g.expr(truth, 4)
	var parts []string
	for _, cond := range []string{p, "NOT " + p, "(" + p + ") IS NULL"} {
		rows := answer(t, a, fmt.Sprintf("SELECT id FROM %s WHERE %s", g.table, cond), false)
		if len(rows) == 1 && rows[0] == "refused" {
			return
		}
		parts = append(parts, rows...)
	}
	slices.Sort(parts)
	if all := answer(t, a, "SELECT id FROM "+g.table, false); !slices.Equal(parts, all) {
		t.Errorf("%s: WHERE p, NOT p and p IS NULL give %d rows, the table has %d", p, len(parts), len(all))
	}
	count := answer(t, a, fmt.Sprintf("SELECT COUNT(*) FROM %s WHERE %s", g.table, p), false)
	sum := answer(t, a, fmt.Sprintf("SELECT COALESCE(SUM(CASE WHEN %s THEN 1 ELSE 0 END), 0) FROM %s", p, g.table), false)
	if !slices.Equal(count, sum) {
		t.Errorf("%s: COUNT(*) WHERE p is %s, the sum of p is %s", p, count, sum)
	}
}
