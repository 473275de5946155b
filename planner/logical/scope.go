package logical

import (
	"cmp"
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
	qualified   bool // found only as TABLE.NAME: a join by USING gives one column for the two
	order       int  // of the column in its table, for TABLE.*
}

func (s *scope) add(table, name string, t schema.Type, hidden bool) {
	s.cols = append(s.cols, scopeColumn{table: table, name: name, typ: t, hidden: hidden, order: len(s.cols)})
}

// find returns the ordinals that a name can mean.
func (s *scope) find(table, name string) []int {
	var out []int
	for i, c := range s.cols {
		if strings.EqualFold(c.name, name) && (table == "" && !c.qualified || table != "" && strings.EqualFold(c.table, table)) {
			out = append(out, i)
		}
	}
	return out
}

// star returns the ordinals that * or TABLE.* stand for.
func (s *scope) star(table string) []int {
	var out []int
	for i, c := range s.cols {
		if !c.hidden && (table == "" && !c.qualified || table != "" && strings.EqualFold(c.table, table)) {
			out = append(out, i)
		}
	}
	if table != "" {
		slices.SortStableFunc(out, func(i, j int) int { return cmp.Compare(s.cols[i].order, s.cols[j].order) })
	}
	return out
}

// label is how EXPLAIN and errors name a column: with its table when there are several.
func (s *scope) label(i int) string {
	c := s.cols[i]
	if c.table != "" && slices.ContainsFunc(s.cols, func(o scopeColumn) bool { return o.table != c.table }) {
		return c.table + "." + c.name
	}
	return c.name
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
		e := &expr.Column{Index: found[0], Name: s.label(found[0]), Typ: col.typ}
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
