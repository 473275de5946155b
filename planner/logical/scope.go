package logical

import (
	"slices"
	"strings"

	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// scope is the columns that names can mean, in the order of the input's ordinals.
type scope struct{ cols []scopeColumn }

type scopeColumn struct {
	table, name string
	typ         schema.Type
	hidden      bool // not in SELECT *
}

func (s *scope) add(table, name string, t schema.Type, hidden bool) {
	s.cols = append(s.cols, scopeColumn{table, name, t, hidden})
}

// find returns the ordinals that a name can mean.
func (s *scope) find(table, name string) []int {
	var out []int
	for i, c := range s.cols {
		if strings.EqualFold(c.name, name) && (table == "" || strings.EqualFold(c.table, table)) {
			out = append(out, i)
		}
	}
	return out
}

func (s *scope) hasTable(table string) bool {
	for _, c := range s.cols {
		if strings.EqualFold(c.table, table) {
			return true
		}
	}
	return false
}

// column resolves a reference in a scope.
func (b *Binder) column(s *scope, c *sqlparse.Column) (expr.Expr, error) {
	found := s.find(c.Table, c.Name)
	switch {
	case len(found) == 1:
		col := s.cols[found[0]]
		e := &expr.Column{Index: found[0], Name: col.name, Typ: col.typ}
		b.places[e] = c.Pos
		return e, nil
	case len(found) > 1:
		return nil, b.errorf(c.Pos, errs.Meaning, "ambiguous-column", 1052, "column %q is in more than one table", c.Name).
			WithHint("write TABLE.%s", c.Name)
	}
	return nil, b.unknownColumn(s, c)
}

func (b *Binder) unknownColumn(s *scope, c *sqlparse.Column) error {
	var names, tables []string
	for _, col := range s.cols {
		if c.Table == "" || strings.EqualFold(col.table, c.Table) {
			names = append(names, col.name)
		}
		if !slices.Contains(tables, col.table) {
			tables = append(tables, col.table)
		}
	}
	if c.Table != "" && !s.hasTable(c.Table) {
		errno := 1054
		if c.Name == "*" {
			errno = 1051
		}
		return b.errorf(c.Pos, errs.Meaning, "unknown-table", errno, "table %q is not in FROM", c.Table).Suggest(sqlparse.Nearest(c.Table, tables)...)
	}
	e := b.errorf(c.Pos, errs.Meaning, "unknown-column", 1054, "there is no column %q", c.Name)
	if len(s.cols) == 0 {
		e.WithHint("the statement has no FROM; strings are written in single quotes")
	}
	return e.Suggest(sqlparse.Nearest(c.Name, names)...)
}
