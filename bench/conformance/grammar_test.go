package conformance_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// grammar writes random statements over one table whose columns have the types of kinds. What both engines are known to answer
// differently (planner/DESIGN.md) it does not write: text made of times, doubles or booleans, and text constants beside numbers.
type grammar struct {
	*rand.Rand
	table   string
	inexact bool // the statement divides or averages: DECIMAL results are compared to their shorter scale
}

// kind is what an expression yields.
type kind int

const (
	integer kind = iota
	exact
	double
	text
	date
	stamp
	truth
)

// columns of the tables, by kind.
var columns = map[kind][]string{
	integer: {"tiny", "i", "big", "ub"}, exact: {"d", "w"}, double: {"f"}, text: {"s", "z"}, date: {"dy"}, stamp: {"ts"}, truth: {"o"},
}

func (g *grammar) pick(list ...string) string { return list[g.IntN(len(list))] }

func (g *grammar) kind() kind { return kind(g.IntN(int(truth) + 1)) }

// number is any of the three kinds of numbers.
func (g *grammar) number() kind { return kind(g.IntN(3)) }

// expr writes an expression of a kind.
func (g *grammar) expr(k kind, depth int) string {
	if depth <= 0 || g.IntN(4) == 0 {
		return g.leaf(k)
	}
	if g.IntN(6) == 0 {
		return g.control(k, depth-1)
	}
	switch k {
	case integer:
		return g.integer(depth - 1)
	case exact:
		return g.exact(depth - 1)
	case double:
		return g.double(depth - 1)
	case text:
		return g.text(depth - 1)
	case date, stamp:
		return g.time(k, depth-1)
	}
	return g.truth(depth - 1)
}

func (g *grammar) leaf(k kind) string {
	if g.IntN(3) > 0 {
		return g.pick(columns[k]...)
	}
	if g.IntN(12) == 0 {
		return "NULL"
	}
	return g.literal(k)
}

func (g *grammar) literal(k kind) string {
	switch k {
	case integer:
		return g.pick("0", "1", "-1", "2", "3", "7", "10", "100", "-13", "255")
	case exact:
		return g.pick("0.0", "1.5", "-1.5", "0.001", "2.50", "-0.25", "99.995", "10.000")
	case double:
		return g.pick("0e0", "1.5e0", "-2.25e0", "1e3", "1e-3", "-7e1")
	case text:
		return g.pick("''", "'a'", "'A'", "'ab'", "'b%'", "' a'", "'ä'", "'日本'", "'10'", "'a,b'", "'x_y'", "'abcabc'")
	case date:
		return g.pick("DATE '2024-02-29'", "DATE '2025-01-31'", "DATE '1999-12-31'", "DATE '2025-03-30'")
	case stamp:
		return g.pick("TIMESTAMP '2024-02-29 23:59:59'", "TIMESTAMP '2025-01-01 00:00:00'", "TIMESTAMP '1970-01-01 00:00:01.5'", "TIMESTAMP '2025-06-30 12:30:45.123456'")
	}
	return g.pick("TRUE", "FALSE")
}

func (g *grammar) control(k kind, depth int) string {
	a, b := g.expr(k, depth), g.expr(k, depth)
	switch g.IntN(6) {
	case 0:
		return fmt.Sprintf("IF(%s, %s, %s)", g.expr(truth, depth), a, b)
	case 1:
		return fmt.Sprintf("COALESCE(%s, %s)", a, b)
	case 2:
		return fmt.Sprintf("NULLIF(%s, %s)", a, b)
	case 3:
		return fmt.Sprintf("IFNULL(%s, %s)", a, b)
	case 4:
		o := g.kind()
		return fmt.Sprintf("CASE %s WHEN %s THEN %s WHEN %s THEN %s END", g.expr(o, depth), g.expr(o, depth-1), a, g.expr(o, depth-1), b)
	}
	return fmt.Sprintf("CASE WHEN %s THEN %s WHEN %s THEN %s ELSE %s END", g.expr(truth, depth), a, g.expr(truth, depth), b, g.expr(k, depth-1))
}

func (g *grammar) integer(depth int) string {
	e := func(k kind) string { return g.expr(k, depth) }
	switch g.IntN(15) {
	case 0, 1:
		return fmt.Sprintf("(%s %s %s)", e(integer), g.pick("+", "-", "*"), e(integer))
	case 2:
		return fmt.Sprintf("(%s %s %s)", e(integer), g.pick("DIV", "%"), e(integer))
	case 3:
		return fmt.Sprintf("(%s %s %s)", e(integer), g.pick("&", "|", "^"), e(integer))
	case 4:
		return fmt.Sprintf("(%s %s %s)", e(integer), g.pick("<<", ">>"), g.pick("0", "1", "3", "63", "64", "i"))
	case 5:
		return fmt.Sprintf("%s(%s)", g.pick("LENGTH", "CHAR_LENGTH", "ASCII", "ORD", "BIT_LENGTH", "CRC32"), e(text))
	case 6:
		return fmt.Sprintf("%s(%s)", g.pick("YEAR", "MONTH", "DAY", "QUARTER", "DAYOFWEEK", "WEEKDAY", "DAYOFYEAR", "TO_DAYS", "WEEKOFYEAR"), e(g.when()))
	case 7:
		return fmt.Sprintf("%s(%s)", g.pick("HOUR", "MINUTE", "SECOND", "MICROSECOND"), e(stamp))
	case 8:
		return fmt.Sprintf("%s(%s)", g.pick("SIGN", "ABS", "-", "BIT_COUNT"), e(integer))
	case 9:
		return fmt.Sprintf("%s(%s)", g.pick("FLOOR", "CEIL", "SIGN", "ROUND"), e(exact))
	case 10:
		return fmt.Sprintf("DATEDIFF(%s, %s)", e(g.when()), e(g.when()))
	case 11:
		return fmt.Sprintf("TIMESTAMPDIFF(%s, %s, %s)", g.pick("SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"), e(g.when()), e(g.when()))
	case 12:
		return fmt.Sprintf("%s(%s, %s)", g.pick("INSTR", "LOCATE", "FIND_IN_SET", "STRCMP", "FIELD"), e(text), e(text))
	case 13:
		return fmt.Sprintf("EXTRACT(%s FROM %s)", g.pick("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "YEAR_MONTH", "DAY_HOUR", "HOUR_SECOND", "WEEK", "QUARTER"), e(stamp))
	}
	return fmt.Sprintf("%s(%s, %d)", g.pick("WEEK", "YEARWEEK"), e(g.when()), g.IntN(8))
}

func (g *grammar) when() kind { return date + kind(g.IntN(2)) }

func (g *grammar) exact(depth int) string {
	a, b := g.expr(exact, depth), g.expr(kind(g.IntN(2)), depth)
	switch g.IntN(8) {
	case 0, 1:
		return fmt.Sprintf("(%s %s %s)", a, g.pick("+", "-"), b)
	case 2:
		return fmt.Sprintf("(%s * %s)", a, g.literal(exact))
	case 3:
		return fmt.Sprintf("(%s - %s)", b, a)
	case 4:
		return fmt.Sprintf("(0 + %s %% %s)", a, b) // MariaDB's remainder may be -0.000, which it takes for another value than 0.000
	case 5:
		return fmt.Sprintf("ROUND(%s, %d)", a, g.IntN(5)-1)
	case 6:
		return fmt.Sprintf("TRUNCATE(%s, %d)", a, g.IntN(5)-1)
	}
	return fmt.Sprintf("%s(%s)", g.pick("ABS", "-"), a)
}

func (g *grammar) double(depth int) string {
	a, b := g.expr(double, depth), g.expr(g.number(), depth)
	switch g.IntN(6) {
	case 0, 1:
		return fmt.Sprintf("(%s %s %s)", a, g.pick("+", "-", "*"), b)
	case 2:
		g.inexact = true // MariaDB shows the quotient of FLOOR(double) with four digits
		return fmt.Sprintf("(%s / %s)", a, g.pick("2", "3", "-4", "0", "1.5", "tiny"))
	case 3:
		return fmt.Sprintf("SQRT(ABS(%s))", a)
	case 4:
		// With a fraction added: MariaDB shows quotients and sums of a DOUBLE from FLOOR with few digits.
		return fmt.Sprintf("(%s(%s) + 0.5e0)", g.pick("ABS", "-", "FLOOR", "CEIL", "ATAN", "SIN", "RADIANS"), a)
	}
	return fmt.Sprintf("%s(ABS(%s) + 1)", g.pick("LN", "LOG2", "LOG10", "SQRT"), a)
}

func (g *grammar) text(depth int) string {
	s, n := g.expr(text, depth), g.pick("0", "1", "2", "3", "-1", "-2", "5", "tiny")
	switch g.IntN(13) {
	case 0, 1:
		return fmt.Sprintf("CONCAT(%s, %s)", s, g.expr(g.textual(), depth))
	case 2:
		return fmt.Sprintf("CONCAT_WS('-', %s, %s)", s, g.expr(text, depth))
	case 3:
		return fmt.Sprintf("%s(%s, %s)", g.pick("LEFT", "RIGHT", "SUBSTRING"), s, n)
	case 4:
		return fmt.Sprintf("SUBSTRING(%s, %s, %s)", s, n, g.pick("0", "1", "2", "-1", "10"))
	case 5:
		return fmt.Sprintf("%s(%s)", g.pick("UPPER", "LOWER", "TRIM", "LTRIM", "RTRIM", "REVERSE", "HEX", "QUOTE", "MD5", "TO_BASE64"), s)
	case 6:
		return fmt.Sprintf("REPLACE(%s, %s, %s)", s, g.literal(text), g.literal(text))
	case 7:
		return fmt.Sprintf("%s(%s, %s, %s)", g.pick("LPAD", "RPAD"), s, g.pick("0", "1", "3", "6", "-1"), g.pick("'x'", "'ab'", "'é'", "''"))
	case 8:
		return fmt.Sprintf("SUBSTRING_INDEX(%s, %s, %s)", s, g.pick("'a'", "','", "'b'", "''", "'bc'"), n)
	case 9:
		return fmt.Sprintf("DATE_FORMAT(%s, %s)", g.expr(g.when(), depth), g.pick("'%Y-%m'", "'%x-W%v'", "'%d.%m.%y %H:%i:%s'", "'%W %M %e %j'", "'%a %b %h %p %f'", "'%U %u %V %X %w'", "'%D %k %l %r %T %%'"))
	case 10:
		return fmt.Sprintf("%s(%s, %s)", g.pick("REPEAT", "LEFT"), s, g.pick("0", "1", "2", "-1"))
	case 11:
		return fmt.Sprintf("TRIM(%s %s FROM %s)", g.pick("LEADING", "TRAILING", "BOTH"), g.pick("'a'", "'ab'", "' '"), s)
	}
	return fmt.Sprintf("INSERT(%s, %s, %s, %s)", s, n, g.pick("0", "1", "2", "-1"), g.literal(text))
}

// textual are the kinds whose text both engines write alike.
func (g *grammar) textual() kind { return []kind{text, text, integer, date}[g.IntN(4)] }

func (g *grammar) time(k kind, depth int) string {
	x := g.expr(k, depth)
	unit := g.pick("DAY", "WEEK", "MONTH", "QUARTER", "YEAR")
	if k == stamp {
		unit = g.pick("SECOND", "MINUTE", "HOUR", "DAY", "MONTH", "YEAR", "MICROSECOND")
	}
	switch g.IntN(6) {
	case 0:
		return fmt.Sprintf("%s(%s, INTERVAL %s %s)", g.pick("DATE_ADD", "DATE_SUB"), x, g.pick("1", "-1", "13", "0", "tiny"), unit)
	case 1:
		return fmt.Sprintf("(%s %s INTERVAL %s %s)", x, g.pick("+", "-"), g.pick("1", "2", "30"), unit)
	case 2:
		if k == date {
			return fmt.Sprintf("LAST_DAY(%s)", g.expr(g.when(), depth))
		}
	case 3:
		if k == date {
			return fmt.Sprintf("DATE(%s)", g.expr(stamp, depth))
		}
	case 4:
		if k == date {
			return fmt.Sprintf("MAKEDATE(%s, %s)", g.pick("2024", "1999", "24"), g.pick("1", "60", "366", "0", "tiny"))
		}
		return fmt.Sprintf("TIMESTAMP(%s)", g.expr(date, depth))
	}
	return fmt.Sprintf("%s(%s, %s)", g.pick("GREATEST", "LEAST"), x, g.expr(k, depth))
}

// comparable writes two operands whose comparison both engines understand alike.
func (g *grammar) comparable(depth int) (a, b string) {
	k := g.kind()
	o := k
	if k <= double {
		o = g.number()
	} else if k == date || k == stamp {
		o = g.when()
	}
	return g.expr(k, depth), g.expr(o, depth)
}

func (g *grammar) truth(depth int) string {
	a, b := g.comparable(depth)
	e := func() string { return g.expr(truth, depth) }
	switch g.IntN(17) {
	case 14:
		return g.quoted(depth)
	case 15:
		k := g.number()
		return fmt.Sprintf("(%s %s %s)", g.expr(k, depth), g.comparison(), g.pick("1.000000", "-1.5000000", "0.00", "2.34500", "2.34501", "99.99499", "0.0000000000001", "1e0", "18446744073709551615", "-9223372036854775808", "12345678901234567890.5", "0x0A"))
	case 16:
		k := g.kind()
		return fmt.Sprintf("(%s %s %s)", g.literal(k), g.comparison(), g.expr(k, depth))
	case 0, 1, 2:
		return fmt.Sprintf("(%s %s %s)", a, g.comparison(), b)
	case 3, 4:
		return fmt.Sprintf("(%s %s %s)", e(), g.pick("AND", "OR", "XOR"), e())
	case 5:
		return fmt.Sprintf("(NOT %s)", e())
	case 6:
		return fmt.Sprintf("(%s %s)", a, g.pick("IS NULL", "IS NOT NULL"))
	case 7:
		return fmt.Sprintf("(%s IS %s%s)", e(), g.pick("", "NOT "), g.pick("TRUE", "FALSE", "UNKNOWN"))
	case 8, 9:
		return g.in(depth)
	case 10:
		k := g.kind()
		return fmt.Sprintf("(%s %sBETWEEN %s AND %s)", g.expr(k, depth), g.pick("", "NOT "), g.expr(k, depth), g.expr(k, depth))
	case 11:
		pattern := g.pick("'%'", "'a%'", "'%b'", "'_'", "'%a%b%'", "'__%'", "''", "'ä_'", "'%\\\\%%'", "'日%'")
		return fmt.Sprintf("(%s %sLIKE %s)", g.expr(text, depth), g.pick("", "NOT "), pattern)
	case 12:
		return fmt.Sprintf("(%s %sREGEXP %s)", g.expr(text, depth), g.pick("", "NOT "), g.pick("'a'", "'^a'", "'b$'", "'[0-9]+'", "'a|b'", "'^$'", "'^.{2}$'"))
	}
	return fmt.Sprintf("(%s)", g.expr(g.number(), depth)+g.pick(" > 0", " <> 1", " = 0"))
}

func (g *grammar) comparison() string { return g.pick("=", "<>", "<", "<=", ">", ">=", "<=>", "!=") }

// quoted compares a time or a number with a text constant that is one.
func (g *grammar) quoted(depth int) string {
	k := []kind{date, stamp, integer, exact, double}[g.IntN(5)]
	lit := g.pick("'1'", "'-1.5'", "'0'", "'42'", "'1.50'")
	if k == date || k == stamp {
		lit = g.pick("'2025-01-31'", "'2024-02-29 23:59:59'", "'2025-01-01 00:00:00.5'", "'1970-01-01'", "'2025-06-30 12:30:45.123456'")
	}
	if g.IntN(4) == 0 {
		return fmt.Sprintf("(%s IN (%s, NULL))", g.expr(k, depth), lit)
	}
	return fmt.Sprintf("(%s %s %s)", g.expr(k, depth), g.comparison(), lit)
}

func (g *grammar) in(depth int) string {
	k := g.kind()
	items := make([]string, 1+g.IntN(4))
	for i := range items {
		items[i] = g.leafIn(k)
	}
	return fmt.Sprintf("(%s %sIN (%s))", g.expr(k, depth), g.pick("", "NOT "), strings.Join(items, ", "))
}

func (g *grammar) leafIn(k kind) string {
	if g.IntN(8) == 0 {
		return "NULL"
	}
	return g.literal(k)
}

// summable leaves out DOUBLE where digits cancel: Assay's sums are exact, others depend on the order of the rows.
func (g *grammar) summable() kind {
	if g.table == "wild" {
		return kind(g.IntN(2))
	}
	return g.number()
}

// aggregate writes an aggregate call.
func (g *grammar) aggregate() string {
	k := g.kind()
	x := g.expr(k, 2)
	switch g.IntN(13) {
	case 0, 1:
		return "COUNT(*)"
	case 2:
		return "COUNT(" + x + ")"
	case 3:
		return "COUNT(DISTINCT " + x + ")"
	case 4:
		return fmt.Sprintf("COUNT(DISTINCT %s, %s)", x, g.expr(g.kind(), 1))
	case 5:
		return fmt.Sprintf("SUM(%s%s)", g.pick("", "DISTINCT "), g.expr(g.summable(), 2))
	case 6:
		g.inexact = true
		return fmt.Sprintf("AVG(%s%s)", g.pick("", "DISTINCT "), g.expr(g.summable(), 2))
	case 7, 8:
		return fmt.Sprintf("%s(%s)", g.pick("MIN", "MAX"), x)
	case 9:
		g.inexact = true // MariaDB writes four digits more than the argument has
		return fmt.Sprintf("%s(%s)", g.pick("STDDEV_POP", "STDDEV_SAMP", "VAR_POP", "VAR_SAMP", "STDDEV", "VARIANCE"), g.pick("tiny", "i", "d", "tiny * 2", "d + 1"))
	case 10:
		return fmt.Sprintf("%s(%s)", g.pick("BIT_AND", "BIT_OR", "BIT_XOR"), g.expr(integer, 1))
	case 11:
		s := g.expr(text, 1)
		return fmt.Sprintf("GROUP_CONCAT(%s%s ORDER BY %s SEPARATOR '|')", g.pick("", "DISTINCT "), s, s+g.pick("", " DESC"))
	}
	return fmt.Sprintf("SUM(CASE WHEN %s THEN 1 ELSE 0 END)", g.expr(truth, 2))
}

// statement is one SELECT; ordered says that the order of its rows is part of the answer.
type statement struct {
	sql     string
	ordered bool
	inexact bool
}

func (g *grammar) statement() statement {
	g.inexact = false
	var s statement
	switch g.IntN(4) {
	case 0, 1:
		s = g.plainSelect()
	case 2:
		s = g.grouped()
	default:
		s.sql = fmt.Sprintf("SELECT %s, %s FROM %s%s", g.aggregate(), g.aggregate(), g.table, g.where())
	}
	s.inexact = g.inexact
	return s
}

func (g *grammar) where() string {
	if g.IntN(3) == 0 {
		return ""
	}
	return " WHERE " + g.expr(truth, 3)
}

func (g *grammar) plainSelect() statement {
	n := 1 + g.IntN(3)
	items := make([]string, n)
	for i := range items {
		items[i] = g.expr(g.kind(), 3)
		if g.IntN(12) == 0 { // only outermost: MariaDB keeps hidden digits of a quotient in what is computed from it
			g.inexact = true
			items[i] = fmt.Sprintf("%s / %s", g.expr(g.number(), 2), g.expr(kind(g.IntN(2)), 1))
		}
	}
	distinct := g.pick("", "", "DISTINCT ")
	if distinct == "" {
		items = append([]string{"id"}, items...)
	}
	s := statement{sql: fmt.Sprintf("SELECT %s%s FROM %s%s", distinct, strings.Join(items, ", "), g.table, g.where())}
	if g.IntN(2) == 0 {
		order := make([]string, len(items)) // all columns, so that no tie is left
		for i, at := range g.Perm(len(items)) {
			order[i] = fmt.Sprint(at+1) + g.pick("", " DESC")
		}
		s.sql += " ORDER BY " + strings.Join(order, ", ")
		s.ordered = true
		limits := []string{"", " LIMIT 5", " LIMIT 0", " LIMIT 3 OFFSET 2", " LIMIT 2, 100"}
		if distinct != "" { // MariaDB ignores the offset where all that is selected is constant
			limits = limits[:3]
		}
		s.sql += g.pick(limits...)
	}
	return s
}

func (g *grammar) grouped() statement {
	key := g.expr(g.kind(), g.IntN(3))
	second := g.pick("z", "o", "tiny")
	by := g.pick("k, "+second, "1, 2")
	if strings.Contains(key, "(") {
		by = g.pick("k, "+second, "1, 2", key+", "+second)
	}
	s := statement{sql: fmt.Sprintf("SELECT %s AS k, %s, %s, %s FROM %s%s GROUP BY %s", key, second, g.aggregate(), g.aggregate(), g.table, g.where(), by)}
	if g.IntN(3) == 0 {
		s.sql += " HAVING " + g.pick("COUNT(*) > 1", "k IS NOT NULL", "MAX(id) > 10", "COUNT(DISTINCT z) < 3", "SUM(tiny) > 0 OR k IS NULL")
	}
	if g.IntN(2) == 0 {
		s.sql += " ORDER BY 1" + g.pick("", " DESC") + ", 2" + g.pick("", " DESC") + g.pick("", " LIMIT 4", " LIMIT 2 OFFSET 1")
		s.ordered = true
	}
	return s
}
