package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/assaydb/assay/bench/conformance"
	"github.com/assaydb/assay/planner"
	"github.com/assaydb/assay/storage/errs"
)

// nest repeats an opening and a closing around a core.
func nest(open, core, closing string, n int) string {
	return strings.Repeat(open, n) + core + strings.Repeat(closing, n)
}

// chain joins n times the same with a separator.
func chain(item, separator string, n int) string {
	return strings.TrimSuffix(strings.Repeat(item+separator, n), separator)
}

// hostile are statements made to exhaust the stack, the memory or the patience of a parser. True says that the statement must be
// answered; the others may be refused, but by name.
func hostile() map[string]bool {
	const many = 20_000
	out := map[string]bool{}
	add := func(answered bool, list ...string) {
		for _, s := range list {
			out[s] = answered
		}
	}
	for _, n := range []int{400, 60_000} {
		ok := n == 400
		add(ok, "SELECT "+nest("(", "1", ")", n), "SELECT "+nest("(1 + ", "1", ")", min(n, 200)+n/1000*700), "SELECT "+nest("ABS(", "1", ")", n),
			"SELECT "+nest("NOT ", "1", "", n), "SELECT "+nest("- ", "1", "", n), "SELECT "+nest("~ ", "1", "", n), "SELECT "+nest("! ", "1", "", n))
	}
	add(false,
		"SELECT "+nest("CASE WHEN 1 THEN ", "1", " END", many/2), "SELECT "+nest("CASE ", "1", " WHEN 1 THEN 1 END", many/2), "SELECT "+nest("IF(1, ", "1", ", 2)", many),
		"SELECT "+nest("(SELECT ", "1", ")", many), "SELECT * FROM "+nest("(SELECT * FROM ", "calm", ") t", many/4), "SELECT "+nest("CONCAT('a', ", "'b'", ")", many/2),
		"SELECT "+chain("1", " + ", many), "SELECT "+chain("1", " XOR ", many), "SELECT "+chain("1 AND 1", " XOR ", many), "SELECT "+chain("i", " = ", many)+" FROM calm",
		"SELECT "+chain("1", " | ", many), "SELECT 1 "+strings.Repeat("IS NULL ", many), "SELECT 1 "+strings.Repeat("IN (1) ", many), "SELECT 'a' "+strings.Repeat("LIKE 'a' ", many),
		"SELECT 1 "+strings.Repeat("BETWEEN 0 AND 1 ", many/2), "SELECT "+strings.Repeat("BINARY ", many)+"'a'", "SELECT 'a' "+strings.Repeat("COLLATE utf8mb4_bin ", many/2),
		"SELECT "+nest("INTERVAL 1 DAY + ", "ts", "", many/2)+" FROM calm", "SELECT ts "+strings.Repeat("+ INTERVAL 1 DAY ", many/2)+" FROM calm",
		"SELECT 1 "+strings.Repeat("UNION SELECT 1 ", many/2), nest("(", "SELECT 1", ")", many), "SELECT * FROM "+chain("calm", " JOIN ", many), "SELECT * FROM "+chain("calm", ", ", many),
		nest("EXPLAIN ", "SELECT 1", "", many), "WITH "+chain("a AS (SELECT 1)", ", ", many/4)+" SELECT * FROM a", "SELECT JSON_EXTRACT(s, '$'"+strings.Repeat("-> '$.a' ", many/4)+") FROM calm",
		"SELECT end "+nest("(end, f", "", ")", many), "SELECT "+nest("CASE WHEN end THEN (", "1", ") END", many/4), "SELECT "+nest("f(end, ", "1", ")", many),
		"SELECT "+nest("ROW(", "1", ")", many), "SELECT "+nest("EXISTS (SELECT ", "1", ")", many/4), "SELECT 1 IN "+nest("(1, (", "1", "))", many/2), "SELECT "+nest("{d ", "'2024-01-01'", "}", many),
		"SELECT CAST("+nest("CAST(", "1", " AS SIGNED)", many/4)+" AS SIGNED)", "SELECT COUNT(*) FROM calm GROUP BY "+chain("i", ", ", many), "SELECT COUNT(*) OVER "+nest("(PARTITION BY ", "i", ")", many/4)+" FROM calm",
		"SELECT "+nest("MAX(", "i", ")", 100)+" FROM calm", "SELECT "+strings.Repeat("a.", many)+"b FROM calm", "SELECT "+strings.Repeat("@", many)+"x", "CREATE TABLE t ("+chain("a INT", ", ", many)+")",
		"SELECT 1 LIMIT "+strings.Repeat("9", 5000), "SELECT "+strings.Repeat("9", 5000), "SELECT 1e"+strings.Repeat("9", 5000), "SELECT 0x"+strings.Repeat("F", 5001), "SELECT DATE '"+strings.Repeat("9", 5000)+"'",
		"SELECT 'never closed", "SELECT `never closed", "SELECT \"never closed", "SELECT /* never closed", "SELECT -- only this", "", ";", ";;;", "SELECT 1; SELECT 2", "SELECT 'a\x00b' FROM", "\x00", "SELECT \x00 1",
		"SELECT '\xff\xfe' FROM", "SELECT \xff\xfe", "\xef\xbb\xbfSELECT", "SELECT * FROM `\x00`", strings.Repeat("(", 250_000), strings.Repeat(")", 250_000), strings.Repeat("'", 249_999), strings.Repeat("/*", 100_000),
		strings.Repeat("SELECT ", 30_000), strings.Repeat("CASE ", 40_000), strings.Repeat("\\", 100_000), "SELECT '"+strings.Repeat("x", 10<<20)+"'",
	)
	pad := func(n int) string { return "SELECT '" + strings.Repeat("x", n-len("SELECT ''")) + "'" }
	add(true, pad(256<<10), "SELECT COUNT(*) FROM calm WHERE "+chain("i = 1", " OR ", many), "SELECT COUNT(*) FROM calm WHERE "+chain("i <> 1", " AND ", many),
		"SELECT COUNT(*) FROM calm WHERE i IN ("+chain("1", ",", 100_000)+")", "SELECT COUNT(*) FROM calm WHERE s NOT IN ("+chain("'a'", ",", 60_000)+")",
		"SELECT COALESCE("+chain("i", ", ", many)+") FROM calm LIMIT 1", "SELECT "+chain("i", ", ", 3000)+" FROM calm LIMIT 1", "SELECT CASE "+strings.Repeat("WHEN i = 77 THEN 1 ", 5000)+"END FROM calm LIMIT 1")
	add(false, pad(256<<10+1), "SELECT COUNT(*) FROM calm WHERE i IN ("+chain("1", ",", 1_000_000)+")")
	return out
}

// costly are statements that do much with little text.
func costly() []string {
	long := "REPEAT('a', 100000)"
	return []string{
		"SELECT " + long + " LIKE '" + strings.Repeat("%a", 2000) + "b'", "SELECT " + long + " LIKE '" + strings.Repeat("%_", 5000) + "'", "SELECT " + long + " REGEXP '(a+)+$'",
		"SELECT " + long + " REGEXP '(a|aa)+b'", "SELECT " + long + " REGEXP '" + strings.Repeat("a?", 500) + strings.Repeat("a", 500) + "'", "SELECT 'x' REGEXP '((a{1,100}){1,100}){1,100}'",
		"SELECT 'x' REGEXP '" + nest("(", "a", ")*", 5000) + "'", "SELECT 'x' REGEXP '(?P<" + strings.Repeat("n", 10000) + ">x)'", "SELECT 'x' REGEXP '\\\\1('", "SELECT REGEXP_REPLACE(" + long + ", 'a', REPEAT('b', 1000))",
		"SELECT REPEAT('x', 9223372036854775807)", "SELECT REPEAT(REPEAT('x', 1000000), 1000000)", "SELECT LPAD('x', 2147483647, 'y')", "SELECT SPACE(1e15)", "SELECT REPLACE(" + long + ", 'a', " + long + ")",
		"SELECT CONCAT(" + chain("REPEAT('x', 1000000)", ", ", 40) + ")", "SELECT GROUP_CONCAT(REPEAT('x', 100000) SEPARATOR '') FROM calm", "SELECT FORMAT(1, 1000000000)", "SELECT ROUND(1.5, 9223372036854775807)",
		"SELECT ROUND(1.5e0, -9223372036854775808)", "SELECT TRUNCATE(123, -9223372036854775808)", "SELECT SUBSTRING('abc', -9223372036854775808, 9223372036854775807)", "SELECT INSERT('abc', 9223372036854775807, -1, 'x')",
		"SELECT DATE_ADD('2024-01-01', INTERVAL 9223372036854775807 YEAR)", "SELECT DATE_ADD('2024-01-01', INTERVAL -9223372036854775808 MICROSECOND)", "SELECT FROM_UNIXTIME(9223372036854775807)", "SELECT SEC_TO_TIME(9223372036854775807)",
		"SELECT MAKEDATE(9223372036854775807, 9223372036854775807)", "SELECT PERIOD_ADD(9223372036854775807, 9223372036854775807)", "SELECT PERIOD_DIFF(-9223372036854775808, 1)", "SELECT MAKETIME(-9223372036854775808, 1, 1)",
		"SELECT CONV('zzzzzzzzzzzzzzzzzzzz', 36, -9223372036854775808)", "SELECT 1 << -9223372036854775808", "SELECT -9223372036854775808 DIV -1", "SELECT -9223372036854775808 % -1", "SELECT ABS(-9223372036854775808)",
		"SELECT ELT(9223372036854775807, 'a')", "SELECT SUBSTRING_INDEX('a,b', ',', -9223372036854775808)", "SELECT i FROM calm LIMIT 18446744073709551615 OFFSET 18446744073709551615", "SELECT i FROM calm LIMIT 9223372036854775807, 9223372036854775807",
		"SELECT INTERVAL(1, 2, 3)", "SELECT STR_TO_DATE(" + long + ", '" + strings.Repeat("%Y", 3000) + "')", "SELECT DATE_FORMAT(NOW(), REPEAT('%W', 300000))", "SELECT JSON_EXTRACT(REPEAT('[', 500000), '$[0]')", "SELECT JSON_VALID(REPEAT('[', 900000))",
		"SELECT JSON_EXTRACT('[1]', CONCAT('$', REPEAT('[0]', 300000)))", "SELECT UNHEX(" + long + ")", "SELECT CAST(" + long + " AS DECIMAL(38,10))", "SELECT CAST(CONCAT('1', REPEAT('0', 500000)) AS DOUBLE)", "SELECT CAST(CONCAT('0.', REPEAT('0', 500000), '1') AS DECIMAL(38,30))",
		"SELECT COUNT(DISTINCT " + chain("i", ", ", 500) + ") FROM calm", "SELECT PERCENTILE_CONT(i, 1e300) FROM calm", "SELECT WEEK('9999-12-31', 9223372036854775807)", "SELECT TIMESTAMPDIFF(MICROSECOND, '0001-01-01', '9999-12-31')",
		"SELECT CHAR(" + chain("255", ", ", 3000) + ")", "SELECT EXP(710), POW(10, 308) * 10", "SELECT TO_DAYS('0000-00-00'), FROM_DAYS(-1), FROM_DAYS(9223372036854775807)", "SELECT CONVERT_TZ('2024-01-01', 'a\\0b', '../../../etc/passwd')",
	}
}

// TestTorture holds that a node answers or refuses every statement by name, stays alive, and does not take a cut statement for a
// whole one.
func TestTorture(t *testing.T) {
	a, err := conformance.StartAssay(t.Context(), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	tables(t, newRand(t), a)
	for sql, answered := range hostile() {
		if err := torture(t, a, sql); answered && err != nil {
			t.Errorf("%s: %v", abridged(sql), err)
		}
	}
	for _, sql := range costly() {
		torture(t, a, sql)
	}
	for _, p := range []any{strings.Repeat("%a", 500_000), "\x00\xff", strings.Repeat("x", 10<<20), []byte("x"), struct{}{}, math.Copysign(0, -1), uint64(1) << 63} {
		res, err := a.Node.Engine().Query(t.Context(), &planner.Request{SQL: "SELECT COUNT(*) FROM calm WHERE s LIKE :p", Params: map[string]any{"p": p}})
		if err == nil {
			res.Close()
		}
		named(t, fmt.Sprintf("parameter %.20v", p), err)
	}
}

// torture runs one statement to its end and returns its error.
func torture(t *testing.T, a *conformance.Assay, sql string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	start := time.Now()
	_, err := a.Query(ctx, sql)
	if took := time.Since(start); took > 2*time.Second {
		t.Logf("%s: %s", abridged(sql), took)
	}
	named(t, abridged(sql), err)
	return err
}

// named fails when an error is one that nobody classified.
func named(t *testing.T, what string, err error) {
	t.Helper()
	var refused *conformance.Refused
	if err == nil || errors.As(err, &refused) {
		return
	}
	if k := errs.As(err); k == nil || k.Kind == errs.Internal || k.Kind == errs.Timeout {
		t.Errorf("%s: %v", what, err)
	}
}

func abridged(sql string) string {
	if len(sql) > 90 {
		return fmt.Sprintf("%.60q ... %q (%d bytes)", sql[:60], sql[len(sql)-20:], len(sql))
	}
	return fmt.Sprintf("%q", sql)
}
