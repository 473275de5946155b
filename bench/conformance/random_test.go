package conformance_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/assaydb/assay/bench/conformance"
)

// effort is how many statements a random test asks: its default, or ASSAY_RANDOM.
func effort(t *testing.T, usual int) int {
	t.Helper()
	if testing.Short() {
		usual /= 10
	}
	if s := os.Getenv("ASSAY_RANDOM"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("ASSAY_RANDOM=%s is not a number of statements", s)
		}
		return n
	}
	return usual
}

// seed is ASSAY_SEED, a number or the word random, else always the same: what CI runs must not depend on luck. It is logged, so
// that a failure can be repeated.
func seed(t *testing.T) uint64 {
	t.Helper()
	n := uint64(2)
	if s := os.Getenv("ASSAY_SEED"); s == "random" {
		n = uint64(time.Now().UnixNano())
	} else if s != "" {
		var err error
		if n, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("ASSAY_SEED=%s is not a number", s)
		}
	}
	t.Logf("ASSAY_SEED=%d", n)
	return n
}

// newRand is seeded by seed.
func newRand(t *testing.T) *rand.Rand {
	t.Helper()
	return rand.New(rand.NewPCG(seed(t), 1))
}

// cell values by column: ordinary ones, then those at the edges of the types.
var (
	calm = [][]string{
		{"0", "1", "-1", "2", "3", "7", "-5", "12"},
		{"0", "1", "-1", "42", "100", "-100", "7"},
		{"0", "1000000", "-1000000", "5"},
		{"0", "1", "9", "1000"},
		{"0.000", "1.500", "-1.500", "2.345", "99.995", "-0.001", "10.000"},
		{"0", "1.0000000001", "-2.5", "123456.789"},
		{"0", "-0", "1.5", "-2.25", "0.1", "1000"},
		{`""`, "a", "A", "ab", "b", "ä", "日本", " a ", "10", "a%b", "x_y", "abcabc", `"a,b"`, "zz"},
		{"red", "green", "blue"},
		{"0", "1"},
		{"2024-02-29", "2025-01-31", "1999-12-31", "2025-03-30", "2000-01-01"},
		{"2024-02-29 23:59:59", "2025-01-01 00:00:00", "1970-01-01 00:00:01.5", "2025-06-30 12:30:45.123456", "2025-03-30 02:30:00"},
	}
	wild = [][]string{
		{"127", "-128"},
		{"2147483647", "-2147483648"},
		{"9223372036854775807", "-9223372036854775808"},
		{"18446744073709551615", "9223372036854775808"},
		{"9999999.999", "-9999999.999"},
		{"9999999999999999999999999999.9999999999", "-9999999999999999999999999999.9999999999"},
		{"1e308", "-1e308", "5e-324", "1e-300"},
		{"\"\"\"q\"\"\"", "a\\b", "🙂x", "ÿß", "ŁłÑ"},
		{"green", `""`},
		{"0", "1"},
		{"1000-01-01", "9999-12-31", "1582-10-15"},
		{"1000-01-01 00:00:00", "9999-12-31 23:59:59.999999"},
	}
)

// randomTable fills a table with cells of the lists, NULLs and repetitions.
func randomTable(r *rand.Rand, name string, rows int, edges bool) conformance.Table {
	t := conformance.Table{Name: name, Columns: []string{
		"id INT", "tiny TINYINT", "i INT", "big BIGINT", "ub BIGINT UNSIGNED", "d DECIMAL(10,3)", "w DECIMAL(38,10)", "f DOUBLE", "s VARCHAR", "z VARCHAR",
		"o BOOLEAN", "dy DATE", "ts TIMESTAMP",
	}}
	for n := range rows {
		cells := []string{strconv.Itoa(n + 1)}
		for c := range calm {
			list := calm[c]
			if edges && r.IntN(3) == 0 {
				list = wild[c]
			}
			cell := list[r.IntN(len(list))]
			if r.IntN(6) == 0 {
				cell = ""
			}
			cells = append(cells, cell)
		}
		t.Rows = append(t.Rows, strings.Join(cells, ","))
	}
	return t
}

// tables makes the same two random tables in every engine: "calm" of ordinary values, "wild" with the edges of the types.
func tables(t *testing.T, r *rand.Rand, engines ...conformance.Engine) {
	t.Helper()
	for _, tab := range []conformance.Table{randomTable(r, "calm", 60, false), randomTable(r, "wild", 40, true)} {
		for _, e := range engines {
			if err := e.Create(t.Context(), tab); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func (g *grammar) next() statement {
	g.table = g.pick("calm", "calm", "calm", "wild")
	return g.statement()
}

// TestRandomAgainstMariaDB puts random statements to a node and to MariaDB. Both answer alike or both refuse.
func TestRandomAgainstMariaDB(t *testing.T) {
	m, err := conformance.StartMariaDB(t.TempDir())
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("MariaDB is not installed: random statements are not compared with it here")
	} else if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	a, err := conformance.StartAssay(t.Context(), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	r := newRand(t)
	tables(t, r, m, a)
	g := &grammar{Rand: r}
	tally := map[string]int{}
	for range effort(t, 1500) {
		s := g.next()
		tally[compareStatement(t, m, a, s)]++
		if tally["different"] >= 20 {
			break
		}
	}
	t.Logf("%v", tally)
}

func compareStatement(t *testing.T, m, a conformance.Engine, s statement) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	want, wantErr := m.Query(ctx, s.sql)
	got, gotErr := a.Query(ctx, s.sql)
	switch {
	case wantErr != nil && gotErr != nil:
		return "both refuse"
	case wantErr != nil || gotErr != nil:
		if explainedRefusal(s, wantErr, gotErr) {
			return "explained"
		}
		t.Errorf("%s\n  MariaDB: %v\n  Assay: %v", s.sql, wantErr, gotErr)
		return "different"
	}
	if strings.HasPrefix(s.sql, "SELECT DISTINCT ") {
		want = once(want)
	}
	if diff := unlike(got, want, s); diff != "" {
		t.Errorf("%s\n  %s", s.sql, diff)
		return "different"
	}
	return "same"
}

// once leaves equal rows out but for the first: some builds of MariaDB take a computed -0 for another value than 0.
func once(rows [][]*string) (out [][]*string) {
	seen := map[string]bool{}
	for _, row := range rows {
		text := strings.Join(conformance.Render([][]*string{row}, false, false), "\n")
		if !seen[text] {
			out = append(out, row)
		}
		seen[text] = true
	}
	return out
}

// explainedRefusal knows the statements that only one of the engines refuses, as planner/DESIGN.md lists them.
func explainedRefusal(s statement, mariadb, assay error) bool {
	failed := cmp.Or(assay, mariadb)
	if strings.Contains(s.sql, " FROM wild") && strings.Contains(failed.Error(), "out of range") {
		return true // each computes less than all of what LIMIT, HAVING and empty SUBSTRINGs leave out
	}
	if assay == nil {
		// MariaDB does not know every expression of GROUP BY again, and takes (NOT TRUE) for a column's name.
		var refused *conformance.Refused
		return errors.As(mariadb, &refused) && (refused.Errno == 1055 || refused.Errno == 1054) || strings.Contains(mariadb.Error(), "BIGINT UNSIGNED")
	}
	for _, said := range []string{
		"DECIMAL(38,",     // MariaDB has 65 digits
		"as bigint)",      // MariaDB takes the largest BIGINT for what does not fit one
		"bigint unsigned", // MariaDB checks it only where the result is used as an integer
	} {
		if strings.Contains(strings.ToLower(assay.Error()), strings.ToLower(said)) {
			return true
		}
	}
	return false
}

// unlike describes the first row of ours that is not theirs; where the order does not matter, any of theirs will do.
func unlike(got, want [][]*string, s statement) string {
	if len(got) != len(want) {
		return fmt.Sprintf("Assay has %d rows, MariaDB %d\n    %q\n    %q", len(got), len(want), lines(got), lines(want))
	}
	left := slices.Clone(want)
	for i, row := range got {
		candidates := left
		if s.ordered {
			candidates = left[:1]
		}
		at := slices.IndexFunc(candidates, func(w []*string) bool {
			return slices.EqualFunc(row, w, func(a, b *string) bool { return alikeCell(a, b, s.inexact) })
		})
		if at < 0 {
			return fmt.Sprintf("row %d: Assay %q, MariaDB %q", i+1, lines(got[i:i+1]), lines(candidates))
		}
		left = slices.Delete(left, at, at+1)
	}
	return ""
}

func lines(rows [][]*string) []string { return conformance.Render(rows, false, false) }

func shown(c *string) string { return lines([][]*string{{c}})[0] }

// alikeCell compares numbers by value: exactly where both write them out, to nine digits where a power of ten or an inexact step
// was needed.
func alikeCell(a, b *string, inexact bool) bool {
	x, y := shown(a), shown(b)
	if x == y {
		return true
	}
	if a == nil || b == nil {
		return false
	}
	p, okP := new(big.Rat).SetString(x)
	q, okQ := new(big.Rat).SetString(y)
	if !okP || !okQ {
		return false
	}
	if p.Cmp(q) == 0 {
		return true
	}
	f, _ := p.Float64()
	h, _ := q.Float64()
	near := math.Abs(f-h) <= 1e-9*math.Max(math.Abs(f), math.Abs(h))
	if inexact {
		return near || math.Abs(f-h) <= 0.00011*math.Max(1, math.Abs(h))
	}
	return near && (max(len(x), len(y)) > 14 || strings.ContainsAny(x+y, "eE")) || math.Abs(f-h) < 1e-12
}
