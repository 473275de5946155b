package planner_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/assaydb/assay/planner"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/schema"
)

// resultsTable is small and awkward: partitioned by source column and month, with NULLs and repeats.
func resultsTable() schema.Table {
	t := schema.Table{Name: "results", Codec: schema.CodecZstd, SortBy: []uint32{2}}
	for i, c := range []schema.Column{
		{Name: "hospital", Type: schema.TypeVarchar},
		{Name: "code", Type: schema.TypeVarchar},
		{Name: "taken", Type: schema.TypeTimestamp},
		{Name: "value", Type: schema.DecimalType(10, 2)},
		{Name: "age", Type: schema.TypeInt32},
		{Name: "ratio", Type: schema.TypeDouble},
		{Name: "flag", Type: schema.TypeVarchar},
	} {
		c.ID = uint32(i + 1)
		t.Columns = append(t.Columns, c)
	}
	t.PartitionBy = []schema.Transform{{Kind: schema.Identity, Column: 1}, {Kind: schema.Month, Column: 3}}
	return t
}

// loadResults loads two hospitals' months; the first month of the first is loaded twice, so that a superseded delivery exists.
func loadResults(t testing.TB, n *node) {
	t.Helper()
	n.propose(t, &catalog.PutTable{Table: resultsTable()})
	for h := 1; h <= 2; h++ {
		for m := 1; m <= 3; m++ {
			period := fmt.Sprintf("2025-%02d", m)
			if h == 1 && m == 1 {
				n.load(t, "results", "A1", period, rowsOf(h, m, 5))
			}
			n.load(t, "results", fmt.Sprintf("A%d", h), period, rowsOf(h, m, 40))
		}
	}
}

func rowsOf(h, m, count int) [][]string {
	var out [][]string
	for i := range count {
		k := i*7 + h*3 + m
		row := []string{
			fmt.Sprintf("H%d", h), fmt.Sprintf("C%d", k%5), fmt.Sprintf("2025-%02d-%02d %02d:00:00", m, 1+k%28, k%24),
			fmt.Sprintf("%d.%02d", k%90, k%100), fmt.Sprint(k % 80), fmt.Sprintf("%d.5", k%13), "L",
		}
		if k%4 == 0 {
			row[3] = ""
		}
		if k%3 == 0 {
			row[6] = ""
		}
		out = append(out, row)
	}
	return out
}

func questions() []string {
	return []string{
		"SELECT COUNT(*) FROM results",
		"SELECT COUNT(*), COUNT(value), MIN(value), MAX(taken), MIN(code), MAX(ratio) FROM results",
		"SELECT COUNT(*), MIN(taken), MAX(taken) FROM results WHERE hospital = 'H1' AND taken >= '2025-02-01' AND taken < '2025-03-01'",
		"SELECT COUNT(*) FROM results WHERE taken >= '2025-02-10'",
		"SELECT COUNT(*) FROM results WHERE taken > '2030-01-01'",
		"SELECT SUM(value), AVG(value) FROM results WHERE hospital = 'nowhere'",
		"SELECT hospital, code, COUNT(*) AS n, SUM(value), AVG(ratio) FROM results GROUP BY 1, 2 ORDER BY n DESC",
		"SELECT code, MEDIAN(value), COUNT(DISTINCT age, flag) FROM results GROUP BY code HAVING COUNT(*) > 10 AND code <> 'C1' ORDER BY code",
		"SELECT DISTINCT flag, code FROM results ORDER BY 1, 2",
		"SELECT * FROM results LIMIT 7",
		"SELECT * FROM results LIMIT 5 OFFSET 55",
		"SELECT age, value FROM results WHERE value > 50 LIMIT 3",
		"SELECT age FROM results ORDER BY value DESC, age LIMIT 4 OFFSET 2",
		"SELECT age, value FROM results WHERE flag IS NULL ORDER BY age",
		"SELECT MONTH(taken) AS m, GROUP_CONCAT(DISTINCT code ORDER BY code DESC SEPARATOR '/') FROM results GROUP BY m ORDER BY m",
		"SELECT x.h, MAX(x.n) FROM (SELECT hospital AS h, YEAR(taken) AS y, MONTH(taken) AS m, COUNT(*) AS n FROM results GROUP BY h, y, m) AS x WHERE x.m > 1 GROUP BY x.h ORDER BY 1",
		"WITH top AS (SELECT code, value FROM results ORDER BY value DESC LIMIT 10) SELECT code, COUNT(*) FROM top GROUP BY code ORDER BY code",
		"SELECT COUNT(*) FROM (SELECT age FROM results LIMIT 13) AS t",
		"SELECT code FROM (SELECT DISTINCT code FROM results) AS t LIMIT 2",
		"SELECT _source, _period, COUNT(*) FROM results WHERE _source = 'A1' GROUP BY 1, 2 ORDER BY 2",
		"SELECT value, COUNT(*) FROM results GROUP BY value LIMIT 5",
		"SELECT IF(age > 40, 'old', 'young') AS g, STDDEV(value) FROM results GROUP BY g ORDER BY g",
		"SELECT code FROM results WHERE age > 70 XOR flag = 'L' ORDER BY code, age LIMIT 5",
		"SELECT 1 + 1, CONCAT('a', 'b') WHERE 1 = 1",
		"SELECT TABLE_NAME FROM information_schema.tables WHERE TABLE_NAME LIKE 'res%'",
		"SELECT COUNT(*) FROM results HAVING COUNT(*) > 1000000",
		"SELECT COUNT(*), COUNT(flag), MIN(flag) FROM results WHERE flag <> 'N' OR flag IS NULL",
		"SELECT flag, COUNT(*), COUNT(flag) FROM results GROUP BY flag ORDER BY 2 DESC, 1",
		"SELECT COUNT(*), SUM(ratio), AVG(ratio), STDDEV(ratio), MIN(ratio), MAX(ratio), VAR_SAMP(ratio * 3) FROM results",
		"SELECT SUM(age), AVG(age + 1), COUNT(DISTINCT age), SUM(DISTINCT age % 7), STDDEV_SAMP(age) FROM results WHERE age BETWEEN 20 AND 60",
		"SELECT UPPER(code) AS c, COUNT(*), MAX(LENGTH(code)) FROM results WHERE code LIKE 'C%' GROUP BY c ORDER BY 1",
		"SELECT MIN(age), MAX(value), SUM(value), AVG(age), COUNT(flag), COUNT(*) FROM results WHERE taken < '2025-02-20'",
		"SELECT hospital, COUNT(*), SUM(age), MAX(ratio) FROM results GROUP BY hospital ORDER BY 1",
		"SELECT _source, MIN(age), SUM(value) FROM results GROUP BY _source ORDER BY 1",
		"SELECT COUNT(DISTINCT code), COUNT(DISTINCT UPPER(code)) FROM results",
		"SELECT DISTINCT age FROM results ORDER BY age",
	}
}

// TestSameAnswers holds that no optimisation and no wire changes an answer.
func TestSameAnswers(t *testing.T) {
	near, far := newNode(t, false), newNode(t, true)
	loadResults(t, near)
	loadResults(t, far)
	ctx := context.Background()
	for _, sql := range questions() {
		plain := planner.Debug{NoPrune: true, NoMetadata: true, NoRules: true}
		want, err := answer(ctx, near, sql, plain)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		for _, d := range []planner.Debug{{}, {NoPrune: true}, {NoMetadata: true}, {NoStandIns: true}, {LazySegments: 1}, {NoRules: true}} {
			got, err := answer(ctx, near, sql, d)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s with %+v: %v\n  got  %q\n  want %q", sql, d, err, got, want)
			}
		}
		// Another node gives its segments other ids, so rows picked by position may differ in which, not in how many.
		got, err := answer(ctx, far, sql, planner.Debug{LazySegments: int64(len(sql) % 2)})
		if err != nil || len(got) != len(want) || !strings.Contains(sql, "LIMIT") && !slices.Equal(got, want) {
			t.Errorf("%s over the wire: %v\n  got  %q\n  want %q", sql, err, got, want)
		}
	}
}

// answer returns the rows as text, sorted where the statement leaves their order open.
func answer(ctx context.Context, n *node, sql string, d planner.Debug) ([]string, error) {
	rows, _, err := texts(ctx, n.engine, &planner.Request{SQL: sql, Debug: d})
	var out []string
	for _, r := range rows {
		out = append(out, strings.Join(r, "|"))
	}
	if !strings.Contains(sql, "ORDER BY") {
		slices.Sort(out)
	}
	return out, err
}

// TestAnalyze holds that EXPLAIN ANALYZE runs the statement and tells what it read.
func TestAnalyze(t *testing.T) {
	n := newNode(t, true)
	loadResults(t, n)
	rows, _, err := texts(context.Background(), n.engine, &planner.Request{SQL: "EXPLAIN ANALYZE SELECT code, COUNT(*) FROM results WHERE taken >= '2025-02-10' GROUP BY code"})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, r := range rows {
		text.WriteString(r[0] + "\n")
	}
	for _, want := range []string{"segments=4/6", "run: rows=5", "rows scanned=160", "on far"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
}

// TestAlteredTable reads old segments under a new definition.
func TestAlteredTable(t *testing.T) {
	n := newNode(t, false)
	loadResults(t, n)
	for _, sql := range []string{"ALTER TABLE results ADD COLUMN extra INT", "ALTER TABLE results MODIFY COLUMN age BIGINT", "ALTER TABLE results RENAME COLUMN code TO kind"} {
		if _, _, err := texts(context.Background(), n.engine, &planner.Request{SQL: sql}); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	for _, d := range []planner.Debug{{}, {NoPrune: true, NoMetadata: true}} {
		got, err := answer(context.Background(), n, "SELECT COUNT(*), COUNT(extra), MIN(age), COUNT(DISTINCT kind) FROM results WHERE age >= 0", d)
		if err != nil || !slices.Equal(got, []string{"240|0|0|5"}) {
			t.Errorf("%+v: %q, %v", d, got, err)
		}
	}
}
