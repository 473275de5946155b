package logical

import (
	"strconv"

	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
)

// selection is the state of binding one SELECT. Expressions are bound over the input; aggregates in them stand as columns from
// aggregateBase on, until place moves everything onto the output of the Aggregate.
type selection struct {
	*Binder
	query *sqlparse.Select
	scope *scope
	node  Node
	aggs  aggregates
	wins  windows
	items []item
	keys  []expr.Expr
	group []string // names of the keys
	order []orderKey
	rest  expr.Expr // HAVING
	union bool      // orders a query that is not a SELECT
}

// item is one bound element of the select list.
type item struct {
	expr expr.Expr
	name string
	pos  sqlparse.Pos
}

type orderKey struct {
	expr expr.Expr
	desc bool
	pos  sqlparse.Pos
}

func (b *Binder) selectQuery(q *sqlparse.Select) (Node, error) {
	undo, err := b.with(q.With)
	if err != nil {
		return nil, err
	}
	defer undo()
	s := &selection{Binder: b, query: q}
	if q.Rollup {
		return nil, b.unsupported(q.Pos, "WITH ROLLUP")
	}
	if s.node, s.scope, err = b.from(q.From); err != nil {
		return nil, err
	}
	for _, step := range []func() error{s.where, s.selectList, s.groupBy, s.having, s.orderBy, s.bindWindows, s.aggregate, s.window} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return s.finish()
}

func (s *selection) where() error {
	if s.query.Where == nil {
		return nil
	}
	cond, err := s.expr(clause{name: "WHERE", scope: s.scope}, s.query.Where)
	if err != nil {
		return err
	}
	return s.filter(cond, s.query.Where.Position())
}

// filter puts a condition over the node.
func (s *selection) filter(cond expr.Expr, p sqlparse.Pos) error {
	cond, err := expr.Truth(cond)
	if err != nil {
		return s.at(err, p)
	}
	s.node = &Filter{s.node, s.fold(cond)}
	return nil
}

func (s *selection) selectList() error {
	for _, it := range s.query.Items {
		if it.Star {
			if err := s.star(it); err != nil {
				return err
			}
			continue
		}
		e, err := s.expr(clause{name: "SELECT", scope: s.scope, aggs: &s.aggs, windows: &s.wins}, it.Expr)
		if err != nil {
			return err
		}
		s.items = append(s.items, item{s.fold(e), itemName(it), it.Expr.Position()})
	}
	return nil
}

// itemName is MySQL's rule: the alias, the column's name as written, the text of a string, else the expression as written.
func itemName(it sqlparse.SelectItem) string {
	if it.Alias != "" {
		return it.Alias
	}
	switch e := it.Expr.(type) {
	case *sqlparse.Column:
		return e.Name
	case *sqlparse.Literal:
		if e.Kind == sqlparse.StringLiteral {
			return e.Text
		}
	}
	if it.Text != "" {
		return it.Text
	}
	return "?column?"
}

func (s *selection) star(it sqlparse.SelectItem) error {
	if it.Table != "" && !s.scope.hasTable(it.Table) {
		return s.unknownColumn(s.scope, &sqlparse.Column{Pos: it.Pos, Table: it.Table, Name: "*"})
	}
	if len(s.scope.cols) == 0 {
		return s.errorf(it.Pos, errs.Meaning, "no-tables", 1096, "SELECT * needs a FROM")
	}
	for _, i := range s.scope.star(it.Table) {
		c := s.scope.cols[i]
		e := &expr.Column{Index: i, Name: c.name, Typ: c.typ}
		s.places[e] = it.Pos
		s.items = append(s.items, item{e, c.name, it.Pos})
	}
	return nil
}

// alias finds a select item by its name.
func (s *selection) alias(name string) (expr.Expr, bool) {
	for i, it := range s.query.Items {
		if it.Alias != "" && equalFold(it.Alias, name) && len(s.query.Items) == len(s.items) {
			return s.items[i].expr, true
		}
	}
	for _, it := range s.items {
		if equalFold(it.name, name) {
			return it.expr, true
		}
	}
	return nil, false
}

// ordinal resolves a bare integer in GROUP BY or ORDER BY.
func (s *selection) ordinal(e sqlparse.Expr, where string) (expr.Expr, bool, error) {
	l, ok := e.(*sqlparse.Literal)
	if !ok || l.Kind != sqlparse.IntegerLiteral {
		return nil, false, nil
	}
	n, err := strconv.Atoi(l.Text)
	if err != nil || n < 1 || n > len(s.items) {
		return nil, true, s.errorf(l.Pos, errs.Meaning, "unknown-column", 1054, "%s names column %s and there are %d", where, l.Text, len(s.items))
	}
	return s.items[n-1].expr, true, nil
}

func (s *selection) groupBy() error {
	for _, g := range s.query.GroupBy {
		e, isOrdinal, err := s.ordinal(g, "GROUP BY")
		if err != nil {
			return err
		}
		if !isOrdinal {
			// MySQL looks a name up among the columns first, then among the aliases.
			e, err = s.expr(clause{name: "GROUP BY", scope: s.scope, aliases: s.alias}, g)
			if err != nil {
				return err
			}
			e = s.fold(e)
		}
		if hasWindow(e) {
			return s.errorf(g.Position(), errs.Meaning, "misplaced-window", 3593, "GROUP BY cannot hold a window function")
		}
		if hasAggregate(e) {
			return s.errorf(g.Position(), errs.Meaning, "aggregate-in-group-by", 1056, "GROUP BY cannot hold an aggregate")
		}
		s.addKey(e)
	}
	return nil
}

func (s *selection) addKey(e expr.Expr) {
	for _, k := range s.keys {
		if expr.Equal(k, e) {
			return
		}
	}
	s.keys = append(s.keys, e)
	s.group = append(s.group, expr.Format(e))
}

func (s *selection) having() error {
	if s.query.Having == nil {
		return nil
	}
	c := clause{name: "HAVING", scope: s.scope, aliases: s.alias, aliasFirst: len(s.query.GroupBy) == 0, aggs: &s.aggs}
	if len(s.keys) > 0 {
		c.aliasFirst = true
		c.prefer = s.isKey
	}
	e, err := s.expr(c, s.query.Having)
	if err != nil {
		return err
	}
	s.rest = s.fold(e)
	return nil
}

// isKey reports whether an input column is a grouping key: HAVING prefers those to aliases.
func (s *selection) isKey(e expr.Expr) bool {
	for _, k := range s.keys {
		if expr.Equal(k, e) {
			return true
		}
	}
	return false
}

// windowsInOrder is where window functions of ORDER BY go: nowhere, when it orders what is not a SELECT.
func (s *selection) windowsInOrder() *windows {
	if s.union {
		return nil
	}
	return &s.wins
}

func (s *selection) orderBy() error {
	for _, o := range s.query.OrderBy {
		e, isOrdinal, err := s.ordinal(o.Expr, "ORDER BY")
		if err != nil {
			return err
		}
		if !isOrdinal {
			e, err = s.expr(clause{name: "ORDER BY", scope: s.scope, aliases: s.alias, aliasFirst: true, aggs: &s.aggs, windows: s.windowsInOrder()}, o.Expr)
			if err != nil {
				return err
			}
			e = s.fold(e)
		}
		s.order = append(s.order, orderKey{e, o.Desc, o.Expr.Position()})
	}
	return nil
}
