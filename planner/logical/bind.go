package logical

import (
	"fmt"

	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
)

// Binder resolves one statement against one snapshot. It serves one goroutine and one statement.
type Binder struct {
	Text      string // of the statement, for errors
	Tables    Tables
	Policy    Policy // nil allows everything
	Principal Principal
	Params    map[string]any
	Use       string    // the database of unqualified names, "" for the one there is
	Env       *expr.Env // the query's time and zone, for folding what is constant

	Warnings []Warning

	places map[expr.Expr]sqlparse.Pos
	ctes   map[string]common
	depth  int // of queries in FROM
}

// Warning tells of something legal that is probably not what was meant.
type Warning struct {
	Code, Message string
	Pos           sqlparse.Pos
}

// Bind returns the plan of a query. Errors point into the text.
func (b *Binder) Bind(q sqlparse.Query) (Node, error) {
	b.places = map[expr.Expr]sqlparse.Pos{}
	return b.query(q)
}

func (b *Binder) query(q sqlparse.Query) (Node, error) {
	switch q := q.(type) {
	case *sqlparse.Select:
		return b.selectQuery(q)
	case *sqlparse.SetOperation:
		return b.setOperation(q)
	case *sqlparse.Rows:
		return b.rows(q)
	}
	return nil, fmt.Errorf("BUG: no binding for %T", q)
}

func (b *Binder) database() string {
	if b.Use == "" {
		return Database
	}
	return b.Use
}

func (b *Binder) errorf(p sqlparse.Pos, kind errs.Kind, code string, errno int, format string, args ...any) *errs.Error {
	return sqlparse.Errorf(b.Text, p, kind, code, errno, format, args...)
}

func (b *Binder) unsupported(p sqlparse.Pos, what string) error {
	return b.errorf(p, errs.Meaning, "unsupported-syntax", 1235, "not supported yet: %s", what).
		WithHint("supported is SELECT ... FROM tables, derived tables and joins of them, and UNION, with WHERE, GROUP BY, HAVING, ORDER BY and LIMIT")
}

func (b *Binder) warn(p sqlparse.Pos, code, format string, args ...any) {
	b.Warnings = append(b.Warnings, Warning{code, fmt.Sprintf(format, args...), p})
}

// at gives an error from below its place in the statement and, where it is known, MySQL's number.
func (b *Binder) at(err error, p sqlparse.Pos) error {
	e := errs.As(err)
	if e == nil {
		return err
	}
	if e.SQL == nil {
		e.SQL = sqlparse.Locate(b.Text, p)
	}
	if e.MySQL == 0 {
		e.MySQL = map[string]int{"unknown-function": 1305, "bad-arguments": 1582, "bad-aggregate": 1582, "type-mismatch": 1210, "bad-literal": 1292, "bad-cast": 1292}[e.Code]
	}
	return err
}

// fold evaluates what is constant. What fails to evaluate stays: it fails when a row needs it.
func (b *Binder) fold(e expr.Expr) expr.Expr { return expr.Fold(e, b.Env) }
