package sqlparse_test

import (
	"strings"
	"testing"

	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/errs"
)

func TestPositions(t *testing.T) {
	text := "SELECT a, t.b AS x,\n  count(distinct a) FROM t WHERE a = 'a' AND nope > 3 GROUP BY x ORDER BY zed LIMIT 5"
	stmt, err := sqlparse.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	q := stmt.(*sqlparse.Select)
	at := func(name string, p sqlparse.Pos, want string) {
		t.Helper()
		if got := text[p.Offset : p.Offset+p.Length]; got != want {
			t.Errorf("%s lies at %q, want %q", name, got, want)
		}
	}
	if q.Items[2].Text != "count(distinct a)" || q.Items[0].Text != "a" || q.Items[1].Text != "t.b AS x" {
		t.Errorf("texts %+v", q.Items)
	}
	and := q.Where.(*sqlparse.Logic)
	at("nope", and.Operands[1].(*sqlparse.Call).Args[0].Position(), "nope")
	at("'a'", and.Operands[0].(*sqlparse.Call).Args[1].Position(), "'a'")
	at("zed", q.OrderBy[0].Expr.Position(), "zed")
	loc := sqlparse.Locate(text, q.Items[2].Expr.Position())
	if loc.Line != 2 || loc.Column != 3 {
		t.Errorf("count at %d:%d", loc.Line, loc.Column)
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		sql, code, at string
		kind          errs.Kind
		suggest       string
	}{
		{"SELECT 1; SELECT 2", "multiple-statements", ";", errs.Invalid, ""},
		{"", "empty-statement", "", errs.Invalid, ""},
		{" -- only\n", "empty-statement", "", errs.Invalid, ""},
		{"SELCT 1", "syntax-error", "SELCT", errs.Invalid, "SELECT"},
		{"SELECT a FORM t", "syntax-error", "t", errs.Invalid, "FROM"},
		{"SELECT a FROM t WHER a = 1", "syntax-error", "a", errs.Invalid, "WHERE"},
		{"SELECT a FROM", "syntax-error", "", errs.Invalid, ""},
		{"SELECT 'abc", "syntax-error", "'", errs.Invalid, ""},
		{"SELECT CAST(a AS VARCHAR) FROM t", "syntax-error", "VARCHAR", errs.Invalid, ""},
		{"SELECT * FROM t FULL JOIN u ON 1", "unsupported-syntax", "FULL", errs.Invalid, ""},
		{"SELECT * FROM t SEMI JOIN u", "unsupported-syntax", "SEMI", errs.Invalid, ""},
		{"SELECT * FROM t QUALIFY 1 = 1", "unsupported-syntax", "QUALIFY", errs.Invalid, ""},
		{"SELECT a || b FROM t", "ambiguous-operator", "||", errs.Invalid, ""},
		{"SELECT ? FROM t", "positional-parameter", "?", errs.Invalid, ""},
		{"SELECT SUM(a) OVER (ORDER BY b GROUPS 3 PRECEDING) FROM t", "unsupported-syntax", "GROUPS", errs.Invalid, ""},
		{"SELECT SUM(a) OVER (ORDER BY b ROWS CURRENT ROW EXCLUDE TIES) FROM t", "unsupported-syntax", "EXCLUDE", errs.Invalid, ""},
		{"SELECT LAG(a) IGNORE NULLS OVER (ORDER BY b) FROM t", "unsupported-syntax", "LAG", errs.Meaning, ""},
		{"SELECT NTH_VALUE(a, 2) FROM LAST OVER () FROM t", "unsupported-syntax", "NTH_VALUE", errs.Meaning, ""},
		{"SELECT RANK() OVER w FROM t WINDOW w AS (ORDER BY a), v AS (w), x AS (ORDR BY a)", "syntax-error", "BY", errs.Invalid, ""},
		{"INSERT INTO t VALUES (1)", "unsupported-statement", "INSERT", errs.Meaning, ""},
		{"DELETE FROM t", "unsupported-statement", "DELETE", errs.Meaning, ""},
		{"SET @a = 1", "unsupported-statement", "SET", errs.Meaning, ""},
		{"/*!50000 SELECT 1 */", "version-comment", "/*!", errs.Invalid, ""},
		{"CREATE TABLE t (a INT PRIMARY KEY)", "unsupported-syntax", "a", errs.Meaning, ""},
	} {
		_, err := sqlparse.Parse(c.sql)
		e := errs.As(err)
		if e == nil || e.Code != c.code || e.Kind != c.kind {
			t.Errorf("%q: %v, want %s", c.sql, err, c.code)
			continue
		}
		if c.at != "" && (e.SQL == nil || !strings.HasPrefix(c.sql[e.SQL.Offset:], c.at)) {
			t.Errorf("%q: at %+v, want %q", c.sql, e.SQL, c.at)
		}
		if c.suggest != "" && !strings.Contains(strings.Join(e.Suggestions, " "), c.suggest) {
			t.Errorf("%q: suggestions %q, want %q", c.sql, e.Suggestions, c.suggest)
		}
	}
}

// TestNesting holds that no text, however deep, reaches the parser past the limit, and that long flat lists pass.
func TestNesting(t *testing.T) {
	rep := func(s string, n int) string { return strings.Repeat(s, n) }
	const n = 100_000
	for name, sql := range map[string]string{
		"parentheses": "SELECT " + rep("(", n) + "1" + rep(")", n),
		"calls":       "SELECT " + rep("f(", 80_000) + "1" + rep(")", 80_000),
		"minus":       "SELECT " + rep("- ", n) + "1",
		"not":         "SELECT " + rep("NOT ", 60_000) + "1",
		"bang":        "SELECT " + rep("!", n) + "1",
		"plus chain":  "SELECT 1" + rep("+1", n),
		"case":        "SELECT " + rep("CASE WHEN 1 THEN ", 11_000) + "1" + rep(" END", 11_000),
		"between":     "SELECT " + rep("1 BETWEEN 1 AND ", 15_000) + "1",
		"union":       "SELECT 1" + rep(" UNION SELECT 1", 15_000),
		"join":        "SELECT 1 FROM t" + rep(" JOIN t", 30_000),
		"subquery":    "SELECT " + rep("(SELECT ", 30_000) + "1",
		"unclosed":    "SELECT " + rep("(", n),
		"is null":     "SELECT 1" + rep(" IS NULL", 30_000),
		"explain":     rep("EXPLAIN ", 30_000) + "SELECT 1",
	} {
		_, err := sqlparse.Parse(sql)
		if e := errs.As(err); e == nil || e.Code != "too-deep" {
			t.Errorf("%s: %.80v", name, err)
		}
	}
	for name, sql := range map[string]string{
		"or":     "SELECT 1 FROM t WHERE a = 1" + rep(" OR a = 1", 20_000),
		"and":    "SELECT 1 FROM t WHERE a = 1" + rep(" AND a BETWEEN 1 AND 2", 10_000),
		"in":     "SELECT 1 FROM t WHERE a IN (1" + rep(",1", n) + ")",
		"nested": "SELECT " + rep("(", 400) + "1" + rep(")", 400),
		"items":  "SELECT a+1" + rep(",a+1", 20_000) + " FROM t",
	} {
		if _, err := sqlparse.Parse(sql); err != nil {
			t.Errorf("%s: %.200v", name, err)
		}
	}
	if _, err := sqlparse.Parse(rep("x", sqlparse.MaxTextBytes+1)); errs.KindOf(err) != errs.TooLarge {
		t.Errorf("long text: %v", err)
	}
}

func TestForms(t *testing.T) {
	for _, sql := range []string{
		"SELECT DATE '2025-01-01', TIMESTAMP '2025-01-01 00:00:00', X'4D', 0x4D, b'101', TRUE, FALSE, NULL, -1, 1.5, 1e3",
		"SELECT ts + INTERVAL 1 MONTH, DATE_ADD(ts, INTERVAL '1' DAY), ts - INTERVAL a HOUR, EXTRACT(YEAR FROM ts), TIMESTAMPDIFF(DAY, a, b) FROM t",
		"SELECT SUBSTRING(a FROM 2 FOR 3), SUBSTR(a, 2), TRIM(BOTH 'x' FROM a), LTRIM(a), TRIM(a), LOCATE('a', b) FROM t",
		"SELECT CAST(a AS CHAR(3)), CAST(a AS DECIMAL(10,2)), CONVERT(a, SIGNED), CONVERT(a USING utf8mb4) FROM t",
		"SELECT GROUP_CONCAT(DISTINCT a, b ORDER BY c DESC SEPARATOR ';'), COUNT(DISTINCT a, b), STDDEV_POP(a), MEDIAN(a), QUANTILE(a, 0.5) FROM t",
		"SELECT a FROM db.t AS x WHERE a NOT LIKE '%x' ESCAPE '|' AND b REGEXP 'a' AND c NOT IN (1, 2) AND d IS NOT NULL LIMIT 5, 10",
		"SELECT CASE a WHEN 1 THEN 'x' ELSE 'y' END, IF(a, b, c), COALESCE(a, b), a DIV 2, a MOD 2, a % 2 FROM t LIMIT 10 OFFSET 5;",
		"SELECT ROW_NUMBER() OVER (PARTITION BY a ORDER BY b), SUM(a) OVER w FROM t WINDOW w AS (ORDER BY a)",
		"SELECT LAG(a, :n, b + 1) OVER v, NTILE(4) OVER `w`, NTH_VALUE(a, 2) FROM FIRST RESPECT NULLS OVER (v) FROM t WINDOW w AS (ORDER BY a), v AS (w), `u` AS () ORDER BY a, b LIMIT 3",
		"SELECT SUM(a) OVER (ORDER BY b ROWS 2 PRECEDING), SUM(a) OVER (ORDER BY b RANGE BETWEEN INTERVAL 7 DAY PRECEDING AND INTERVAL '1:2' HOUR_MINUTE FOLLOWING) FROM t",
		"WITH x AS (SELECT 1) SELECT * FROM x JOIN (SELECT 2 AS b) y USING (b) LEFT JOIN z ON z.a = y.a",
		"SELECT a FROM t UNION ALL SELECT b FROM u ORDER BY 1",
		"SELECT NOW(), CURDATE(), CURRENT_TIMESTAMP, @@version, :p FROM t",
		"SHOW TABLES", "SHOW TABLES LIKE 'a%'", "SHOW COLUMNS FROM t", "SHOW FULL COLUMNS FROM t", "SHOW CREATE TABLE t", "SHOW DATABASES", "SHOW VARIABLES LIKE 'x'", "SHOW WARNINGS",
		"DESCRIBE t", "DESC t", "EXPLAIN t", "EXPLAIN SELECT 1", "EXPLAIN ANALYZE SELECT 1", "EXPLAIN FORMAT=TREE SELECT 1", "USE assay",
		"CREATE TABLE IF NOT EXISTS t (a INT NOT NULL COMMENT 'x', b DECIMAL(10,2) UNSIGNED, c DATETIME(6), d VARCHAR(20) DEFAULT 'x', e DOUBLE, f TEXT, g BOOLEAN, h JSON) ENGINE=InnoDB",
		"ALTER TABLE t ADD COLUMN x INT, ADD COLUMN y TEXT", "ALTER TABLE t MODIFY COLUMN x BIGINT", "ALTER TABLE t RENAME COLUMN a TO b", "DROP TABLE IF EXISTS a, b",
		"SELECT status, value, comment, date, timestamp FROM t GROUP BY status WITH ROLLUP",
	} {
		_, err := sqlparse.Parse(sql)
		if err != nil {
			t.Errorf("%s\n\t%v", sql, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"SELECT a FROM t WHERE b = 'x' LIMIT 1", "SELECT 1+1", "SHOW TABLES", "((((", "SELECT CASE END", "CREATE TABLE t (a INT)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		stmt, err := sqlparse.Parse(s)
		if (stmt == nil) == (err == nil) {
			t.Fatalf("statement %v, error %v", stmt, err)
		}
		if err != nil && errs.KindOf(err) == errs.Internal {
			t.Fatalf("unclassified: %v", err)
		}
	})
}
