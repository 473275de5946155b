package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/assaydb/assay/bench/conformance"
)

// dialect is what window statements may hold besides what every engine takes.
type dialect struct {
	intervals bool // RANGE over times, a default for LAG and LEAD, DISTINCT
	nulls     bool // say that NULL is smallest: the engine's own rule differs
}

// windowed writes a SELECT of window functions that has one answer: what depends on the order of peers is ordered by id, too.
func (g *grammar) windowed(d dialect) statement {
	g.inexact = false
	if g.IntN(5) == 0 {
		return g.windowedGroups(d)
	}
	items := []string{"id"}
	for range 1 + g.IntN(3) {
		items = append(items, g.windowCall(d))
	}
	sql := fmt.Sprintf("SELECT %s FROM %s%s", strings.Join(items, ", "), g.table, g.where())
	switch g.IntN(6) {
	case 0:
		sql = fmt.Sprintf("SELECT * FROM (SELECT id, z, %s AS n, %s AS c FROM %s) AS t WHERE n %s", g.numbering(d), g.windowCall(d), g.table, g.pick("<= 3", "= 1", "< 3", "> 2"))
	case 1:
		sql = fmt.Sprintf("SELECT id FROM (SELECT id, %s, %s AS n FROM %s) AS t WHERE n = 2 AND %s", g.pick("i, z", "z, i"), "ROW_NUMBER() OVER (PARTITION BY z ORDER BY id)", g.table, g.pick("z = 'red'", "z IS NULL", "z <> 'blue'"))
	case 2:
		sql = fmt.Sprintf("SELECT z, id, SUM(i) OVER (PARTITION BY z ORDER BY id) FROM %s ORDER BY %s LIMIT %s", g.table, g.order(d, "z")+", id", g.pick("1", "7", "20"))
	}
	return statement{sql: sql, inexact: g.inexact}
}

// windowedGroups puts windows over groups.
func (g *grammar) windowedGroups(d dialect) statement {
	key := g.pick("z", "o", "i")
	call := g.pick("SUM(COUNT(*))", "MAX(SUM(i))", "COUNT(MIN(d))", "RANK()")
	over := fmt.Sprintf("ORDER BY %s", g.order(d, key))
	if g.IntN(3) == 0 {
		over = fmt.Sprintf("ORDER BY COUNT(*)%s", g.pick("", " DESC"))
	}
	return statement{sql: fmt.Sprintf("SELECT %s, COUNT(*), %s OVER (%s) FROM %s%s GROUP BY %s", key, call, over, g.table, g.where(), key)}
}

// order writes an ordering column; NULL is smallest.
func (g *grammar) order(d dialect, column string) string {
	if g.IntN(3) == 0 {
		if d.nulls {
			return column + " DESC NULLS LAST"
		}
		return column + " DESC"
	}
	if d.nulls {
		return column + " NULLS FIRST"
	}
	return column
}

func (g *grammar) partition() string {
	return g.pick("", "", "PARTITION BY z ", "PARTITION BY o ", "PARTITION BY z, o ", "PARTITION BY tiny ", "PARTITION BY i > 1 ")
}

// total is a window whose order leaves no ties.
func (g *grammar) total(d dialect) string {
	keys := "id"
	if g.IntN(2) == 0 {
		keys = g.order(d, g.pick("i", "d", "z", "dy", "ts", "f", "s")) + ", id"
	}
	return g.partition() + "ORDER BY " + keys
}

// peers is a window whose order may leave ties.
func (g *grammar) peers(d dialect) string {
	return g.partition() + "ORDER BY " + g.order(d, g.pick("i", "d", "z", "dy", "tiny", "big"))
}

func (g *grammar) numbering(d dialect) string {
	if g.IntN(2) == 0 {
		return fmt.Sprintf("ROW_NUMBER() OVER (%s)", g.total(d))
	}
	return fmt.Sprintf("%s() OVER (%s)", g.pick("RANK", "DENSE_RANK"), g.peers(d))
}

func (g *grammar) windowCall(d dialect) string {
	x := g.pick("id", "i", "d", "z", "dy", "big", "s")
	switch g.IntN(9) {
	case 0:
		return g.numbering(d)
	case 1:
		return fmt.Sprintf("NTILE(%s) OVER (%s)", g.pick("1", "3", "7", "100"), g.total(d))
	case 2:
		args := x + g.pick("", ", 1", ", 2", ", 0", ", 50")
		if d.intervals && g.IntN(3) == 0 {
			args = g.pick("id, 2, -1", "i, 1, id", "z, 3, 'none'")
		}
		return fmt.Sprintf("%s(%s) OVER (%s)", g.pick("LAG", "LEAD"), args, g.total(d))
	case 3:
		return fmt.Sprintf("%s(%s) OVER (%s%s)", g.pick("FIRST_VALUE", "LAST_VALUE"), x, g.total(d), g.rows())
	case 4:
		return fmt.Sprintf("NTH_VALUE(%s, %s) OVER (%s%s)", x, g.pick("1", "2", "5"), g.total(d), g.rows())
	case 5:
		return fmt.Sprintf("%s OVER (%s)", g.windowAggregate(d), g.peers(d))
	case 6:
		return fmt.Sprintf("%s OVER (%s)", g.windowAggregate(d), g.rangeFrame(d))
	}
	return fmt.Sprintf("%s OVER (%s%s)", g.windowAggregate(d), g.total(d), g.rows())
}

func (g *grammar) windowAggregate(d dialect) string {
	if d.intervals && g.IntN(5) == 0 {
		return g.pick("COUNT(DISTINCT i)", "COUNT(DISTINCT z)", "SUM(DISTINCT i)", "MIN(DISTINCT d)")
	}
	if g.IntN(4) == 0 {
		g.inexact = true
		return g.pick("AVG(i)", "AVG(d)", "STDDEV_POP(i)", "VAR_SAMP(tiny)")
	}
	return g.pick("COUNT(*)", "COUNT(d)", "SUM(i)", "SUM(d)", "SUM(tiny)", "MIN(d)", "MAX(z)", "MIN(dy)", "MAX(big)", "MAX(f)")
}

// rows is a frame by rows, or none.
func (g *grammar) rows() string {
	return g.pick("", " ROWS UNBOUNDED PRECEDING", " ROWS 2 PRECEDING", " ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING", " ROWS BETWEEN 1 PRECEDING AND 2 FOLLOWING", " ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
		" ROWS BETWEEN 2 FOLLOWING AND 5 FOLLOWING", " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING", " ROWS BETWEEN 40 PRECEDING AND 30 FOLLOWING")
}

// rangeFrame is a window with a frame by values.
func (g *grammar) rangeFrame(d dialect) string {
	column, near, far := g.pick("i", "tiny", "d", "id"), "1", "5"
	if d.intervals && g.IntN(2) == 0 {
		column, near, far = g.pick("dy", "ts"), g.pick("INTERVAL 1 DAY", "INTERVAL 1 MONTH"), g.pick("INTERVAL 400 DAY", "INTERVAL 2 YEAR")
	}
	frame := g.pick(far+" PRECEDING AND CURRENT ROW", far+" PRECEDING AND "+near+" PRECEDING", near+" PRECEDING AND "+far+" FOLLOWING", near+" FOLLOWING AND "+far+" FOLLOWING",
		"UNBOUNDED PRECEDING AND "+near+" FOLLOWING", "CURRENT ROW AND "+far+" FOLLOWING", "UNBOUNDED PRECEDING AND CURRENT ROW", near+" PRECEDING AND UNBOUNDED FOLLOWING")
	return fmt.Sprintf("%sORDER BY %s RANGE BETWEEN %s", g.partition(), g.order(d, column), frame)
}

// TestRandomWindowsAgainstMariaDB puts random window functions to a node and to MariaDB.
func TestRandomWindowsAgainstMariaDB(t *testing.T) {
	m, err := conformance.StartMariaDB(t.TempDir())
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("MariaDB is not installed: random window functions are not compared with it here")
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
	g := &grammar{Rand: r, table: "calm"}
	tally := map[string]int{}
	for range effort(t, 1000) {
		tally[compareStatement(t, m, a, g.windowed(dialect{}))]++
		if tally["different"] >= 10 {
			break
		}
	}
	t.Logf("%v", tally)
}

// TestRandomWindowsAgainstDuckDB does so with DuckDB, which knows frames by INTERVAL, defaults of LAG and DISTINCT, too. It gets all
// statements at once.
func TestRandomWindowsAgainstDuckDB(t *testing.T) {
	d, err := conformance.StartDuckDB("../rival")
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("DuckDB is not installed: random window functions are not compared with it here")
	} else if err != nil {
		t.Fatal(err)
	}
	a, err := conformance.StartAssay(t.Context(), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	r := newRand(t)
	tables(t, r, d, a)
	var ours []statement
	var theirs []string
	for range effort(t, 1000) {
		s := (&grammar{Rand: r, table: "calm"}).windowedBoth()
		ours, theirs = append(ours, s.statement), append(theirs, s.duckdb)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	answers, err := d.AskAll(ctx, theirs)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range ours {
		got, err := a.Query(ctx, s.sql)
		if err != nil {
			t.Errorf("%s\n  %v", s.sql, err)
		} else if diff := unlike(got, answers[i], s); diff != "" {
			t.Errorf("%s\n  %s", s.sql, strings.ReplaceAll(diff, "MariaDB", "DuckDB"))
		}
	}
}

// both is a statement in MySQL's words and in DuckDB's.
type both struct {
	statement
	duckdb string
}

// windowedBoth writes a statement without a condition: the dialects differ in too much of what one can hold.
func (g *grammar) windowedBoth() both {
	items := []string{"id"}
	g.inexact = false
	for range 1 + g.IntN(3) {
		items = append(items, g.windowCall(dialect{intervals: true, nulls: true}))
	}
	sql := fmt.Sprintf("SELECT %s FROM %s", strings.Join(items, ", "), g.table)
	own := strings.NewReplacer(" NULLS FIRST", "", " NULLS LAST", "").Replace(sql)
	return both{statement{sql: own, inexact: g.inexact}, sql}
}
