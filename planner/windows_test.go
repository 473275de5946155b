package planner_test

import (
	"context"
	"slices"
	"testing"

	"github.com/assaydb/assay/planner"
)

// windowQuestions have one answer each: where an order leaves ties, it is decided by what the statement reads.
func windowQuestions() []string {
	return []string{
		"SELECT hospital, code, ROW_NUMBER() OVER (PARTITION BY hospital, code ORDER BY value) AS n, value FROM results ORDER BY 1, 2, 3",
		"SELECT code, value, LAG(value, 2, -1) OVER (PARTITION BY code ORDER BY value), LEAD(age) OVER (PARTITION BY code ORDER BY value) FROM results",
		"SELECT code, age, RANK() OVER w, DENSE_RANK() OVER w, PERCENT_RANK() OVER w, CUME_DIST() OVER w FROM results WINDOW w AS (PARTITION BY code ORDER BY age DESC)",
		"SELECT COUNT(*) OVER (), SUM(value) OVER (ORDER BY age), AVG(ratio) OVER (ORDER BY age ROWS BETWEEN 3 PRECEDING AND 1 FOLLOWING) FROM results",
		"SELECT age, MIN(value) OVER (ORDER BY age RANGE BETWEEN 5 PRECEDING AND 5 FOLLOWING), STDDEV(ratio) OVER (ORDER BY age RANGE 10 PRECEDING) FROM results",
		"SELECT taken, COUNT(*) OVER (ORDER BY taken RANGE BETWEEN INTERVAL 7 DAY PRECEDING AND CURRENT ROW), MAX(value) OVER (ORDER BY taken DESC RANGE INTERVAL 1 MONTH PRECEDING) FROM results",
		"SELECT code, SUM(value), SUM(SUM(value)) OVER (ORDER BY code), RANK() OVER (ORDER BY COUNT(*) DESC) FROM results GROUP BY code ORDER BY code",
		"SELECT hospital, FIRST_VALUE(code) OVER w, LAST_VALUE(code) OVER w, NTH_VALUE(code, 3) OVER (w ROWS UNBOUNDED PRECEDING) FROM results WINDOW w AS (PARTITION BY hospital ORDER BY value, taken)",
		"SELECT * FROM (SELECT code, value, ROW_NUMBER() OVER (PARTITION BY code ORDER BY value DESC, age) AS n FROM results) AS t WHERE n <= 2 AND code <> 'C1' ORDER BY code, n",
		"SELECT * FROM (SELECT code, age, RANK() OVER (PARTITION BY code ORDER BY age) AS n, COUNT(*) OVER (PARTITION BY code ORDER BY age) AS k FROM results) AS t WHERE 3 > n",
		"SELECT code, n FROM (SELECT code, DENSE_RANK() OVER (PARTITION BY code ORDER BY age) AS n, LEAD(age) OVER (PARTITION BY code ORDER BY age) AS k FROM results) AS t WHERE n = 1",
		"SELECT code FROM (SELECT code, ROW_NUMBER() OVER (ORDER BY value) AS n FROM results) AS t WHERE code = 'C2'",
		"SELECT code, taken, value - LAG(value) OVER (PARTITION BY code ORDER BY taken, value) AS d FROM results ORDER BY code, taken, value LIMIT 11",
		"SELECT code, taken, SUM(value) OVER (PARTITION BY code) AS d FROM results ORDER BY code DESC, value LIMIT 3 OFFSET 2",
		"SELECT code, age, NTILE(7) OVER (PARTITION BY code ORDER BY age) AS d FROM results ORDER BY age, code LIMIT 9",
		"SELECT age, ROW_NUMBER() OVER (ORDER BY age) AS a, SUM(value) OVER (PARTITION BY age ORDER BY age) AS b FROM results ORDER BY age, b LIMIT 30",
		"SELECT DISTINCT code, COUNT(*) OVER (PARTITION BY code) FROM results ORDER BY code",
		"SELECT ROW_NUMBER() OVER () FROM results ORDER BY 1",
		"SELECT age FROM results ORDER BY ROW_NUMBER() OVER (ORDER BY value DESC, age), age LIMIT 5",
		"SELECT COUNT(DISTINCT code) OVER (ORDER BY age), SUM(DISTINCT age) OVER (PARTITION BY code) FROM results",
		"SELECT r.code, c.n, SUM(r.value) OVER (PARTITION BY c.n ORDER BY r.taken, r.value) FROM results AS r JOIN (SELECT code, COUNT(*) AS n FROM results GROUP BY code) AS c ON c.code = r.code",
		"SELECT flag, LAG(flag) OVER (ORDER BY value DESC) FROM results WHERE hospital = 'H2' UNION ALL SELECT code, MAX(code) OVER () FROM results",
		"SELECT ROW_NUMBER() OVER (ORDER BY 1 + 1), COUNT(*) OVER (PARTITION BY 'x')",
		"SELECT LAG(code) OVER (PARTITION BY hospital ORDER BY code), LEAD(NULL) OVER (ORDER BY code) FROM results",
	}
}

// TestWindowAnswers holds that no rule, no pruning and no wire changes what windows answer.
func TestWindowAnswers(t *testing.T) {
	near, far := newNode(t, false), newNode(t, true)
	loadResults(t, near)
	loadResults(t, far)
	ctx := context.Background()
	for _, sql := range windowQuestions() {
		want, err := answer(ctx, near, sql, planner.Debug{NoPrune: true, NoMetadata: true, NoRules: true})
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		slices.Sort(want)
		for _, n := range []*node{near, far} {
			for _, d := range []planner.Debug{{}, {NoRules: true}} {
				got, err := answer(ctx, n, sql, d)
				if slices.Sort(got); err != nil || !slices.Equal(got, want) { // windows have an ORDER BY of their own
					t.Errorf("%s with %+v, far %v: %v\n  got  %.2000q\n  want %.2000q", sql, d, n == far, err, got, want)
				}
			}
		}
	}
}
