package sqlparse

import (
	"reflect"
	"strings"

	"github.com/assaydb/assay/storage/errs"
	vt "vitess.io/vitess/go/vt/sqlparser"
)

// converter turns Vitess's tree into this package's. It visits names and literals in the order of the text, so that the n-th
// visit of a word is its n-th token: that is how nodes get their places.
type converter struct {
	*scanner
	words   map[string][]int // token indexes by lower-case word; literals have a quote before it
	selects []int            // token indexes of SELECT, in order
	err     error            // the first failure
}

func newConverter(s *scanner) *converter {
	c := &converter{scanner: s, words: make(map[string][]int, len(s.tokens))}
	for i, t := range s.tokens {
		if t.typ == vt.SELECT {
			c.selects = append(c.selects, i)
		}
		if k := c.key(t); k != "" {
			c.words[k] = append(c.words[k], i)
		}
	}
	return c
}

// key is what a token is looked up by: strings apart from words.
func (c *converter) key(t token) string {
	switch t.typ {
	case vt.STRING, vt.NCHAR_STRING, vt.HEX, vt.BIT_LITERAL:
		return "'" + t.val
	case vt.VALUE_ARG:
		return ":" + strings.TrimPrefix(t.val, ":")
	}
	return strings.ToLower(t.val)
}

// take returns the place of the next unvisited token of a word and whether there is one.
func (c *converter) take(key string) (token, bool) {
	list := c.words[key]
	if len(list) == 0 {
		return token{}, false
	}
	if len(list) > 1 {
		c.words[key] = list[1:]
	}
	return c.tokens[list[0]], true
}

// name visits an identifier or a function name.
func (c *converter) name(s string) Pos {
	if t, ok := c.take(strings.ToLower(s)); ok {
		return t.pos()
	}
	return Pos{}
}

// fail keeps the first error.
func (c *converter) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *converter) unsupportedAt(p Pos, what, hint string) {
	e := Errorf(c.text, p, errs.Meaning, "unsupported-syntax", 1235, "not supported yet: %s", what)
	if hint != "" {
		e.Hint = hint
	}
	c.fail(e)
}

// nodeName is the Vitess node's own name, for what has no conversion: the type's name without its Expr.
func nodeName(n any) string {
	t := reflect.TypeOf(n)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return strings.ToUpper(strings.TrimSuffix(strings.TrimSuffix(t.Name(), "Expr"), "Func"))
}

func (c *converter) statement(tree vt.Statement) (Statement, error) {
	stmt := c.convert(tree)
	if c.err != nil {
		return nil, c.err
	}
	return stmt, nil
}

func (c *converter) convert(tree vt.Statement) Statement {
	switch n := tree.(type) {
	case vt.TableStatement:
		return c.query(n)
	case *vt.ExplainStmt:
		return c.explain(n)
	case *vt.ExplainTab:
		return &Show{Pos: c.name(n.Table.Name.String()), Kind: ShowColumns, Table: n.Table.Name.String(), Like: n.Wild}
	case *vt.Show:
		return c.show(n)
	case *vt.Use:
		return &Use{Pos: c.name(n.DBName.String()), Database: n.DBName.String()}
	case *vt.CreateTable:
		return c.createTable(n)
	case *vt.AlterTable:
		return c.alterTable(n)
	case *vt.DropTable:
		return c.dropTable(n)
	}
	c.unsupportedAt(c.tokens[0].pos(), nodeName(tree), "supported are SELECT, EXPLAIN, SHOW, DESCRIBE, USE, CREATE TABLE, ALTER TABLE and DROP TABLE")
	return nil
}

func (c *converter) explain(n *vt.ExplainStmt) Statement {
	q, ok := n.Statement.(vt.TableStatement)
	if !ok {
		c.unsupportedAt(c.tokens[0].pos(), "EXPLAIN of this statement", "SELECT can be explained")
		return nil
	}
	switch n.Type {
	case vt.EmptyType, vt.TreeType, vt.AnalyzeType:
	default:
		c.unsupportedAt(c.tokens[0].pos(), "this form of EXPLAIN", "EXPLAIN and EXPLAIN ANALYZE are supported")
	}
	return &Explain{Analyze: n.Type == vt.AnalyzeType, Query: c.query(q)}
}
