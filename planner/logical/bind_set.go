package logical

import (
	"fmt"

	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// setOperation binds UNION: the columns are named by the first query and typed as the branches of a CASE are.
func (b *Binder) setOperation(q *sqlparse.SetOperation) (Node, error) {
	undo, err := b.with(q.With)
	if err != nil {
		return nil, err
	}
	defer undo()
	if b.depth++; b.depth > maxDerived {
		return nil, b.errorf(q.Pos, errs.TooLarge, "too-deep", 3064, "more than %d queries are joined by UNION or lie within each other", maxDerived)
	}
	defer func() { b.depth-- }()
	left, err := b.query(q.Left)
	if err != nil {
		return nil, err
	}
	right, err := b.query(q.Right)
	if err != nil {
		return nil, err
	}
	n, err := b.union(left, right, q.Pos)
	if err != nil {
		return nil, err
	}
	if q.Distinct {
		n = &Distinct{n}
	}
	return b.ordered(n, q.OrderBy, q.Limit, q.Pos)
}

func (b *Binder) union(left, right Node, p sqlparse.Pos) (Node, error) {
	lf, rf := left.Fields(), right.Fields()
	if len(lf) != len(rf) {
		return nil, b.errorf(p, errs.Meaning, "column-count", 1222, "one query of the UNION gives %d columns, the other %d", len(lf), len(rf))
	}
	l, r := identity(left), identity(right)
	for i := range lf {
		both, _, err := expr.Unify([]expr.Expr{output(left, i, lf[i]), output(right, i, rf[i])})
		if err != nil {
			return nil, b.at(fmt.Errorf("column %d of the UNION: %w", i+1, err), p)
		}
		l.Exprs[i], r.Exprs[i], r.Names[i] = typed(both[0]), typed(both[1]), lf[i].Name
	}
	inputs := []Node{l}
	if u, ok := left.(*Union); ok && plain(l) {
		inputs = u.Branches // UNION ALL of three is one node
	}
	return &Union{append(inputs[:len(inputs):len(inputs)], r)}, nil
}

// output is a column of a query; a bare NULL keeps the freedom to take the other side's type.
func output(n Node, i int, f batch.Field) expr.Expr {
	if p, ok := n.(*Project); ok {
		if l, ok := p.Exprs[i].(*expr.Literal); ok && l.Value.Null {
			return &expr.Literal{Value: schema.NullValue(schema.TypeNull)}
		}
	}
	return &expr.Column{Index: i, Name: f.Name, Typ: f.Type}
}

// plain reports whether a projection gives its input as it is.
func plain(p *Project) bool {
	for i, e := range p.Exprs {
		if c, ok := e.(*expr.Column); !ok || c.Index != i {
			return false
		}
	}
	return true
}

// ordered puts ORDER BY and LIMIT over a query that is not a SELECT: they see its columns by name.
func (b *Binder) ordered(n Node, order []sqlparse.OrderItem, limit *sqlparse.Limit, p sqlparse.Pos) (Node, error) {
	if len(order) == 0 && limit == nil {
		return n, nil
	}
	s := &selection{Binder: b, node: n, scope: &scope{}, union: true}
	s.query = &sqlparse.Select{Pos: p, Items: []sqlparse.SelectItem{{Pos: p, Star: true}}, OrderBy: order, Limit: limit}
	for _, f := range n.Fields() {
		s.scope.add("", f.Name, f.Type, false)
	}
	if err := s.selectList(); err != nil {
		return nil, err
	}
	if err := s.orderBy(); err != nil {
		return nil, err
	}
	return s.finish()
}

// rows binds VALUES ROW(...), ... : columns are named column_0 and so on and typed as the branches of a CASE are.
func (b *Binder) rows(q *sqlparse.Rows) (Node, error) {
	width := len(q.Items[0])
	columns := make([][]expr.Expr, width)
	for i, items := range q.Items {
		if len(items) != width {
			return nil, b.errorf(q.Pos, errs.Meaning, "column-count", 1136, "row %d of VALUES has %d columns, the first has %d", i+1, len(items), width)
		}
		for k, it := range items {
			e, err := b.expr(clause{name: "VALUES", scope: &scope{}}, it)
			if err != nil {
				return nil, err
			}
			columns[k] = append(columns[k], b.fold(e))
		}
	}
	n := &Values{Rows: make([][]schema.Value, len(q.Items))}
	for k, list := range columns {
		list, _, err := expr.Unify(list)
		if err != nil {
			return nil, b.at(fmt.Errorf("column %d of VALUES: %w", k+1, err), q.Pos)
		}
		for i, e := range list {
			l, ok := b.fold(typed(e)).(*expr.Literal)
			if !ok {
				return nil, b.errorf(q.Pos, errs.Meaning, "bad-value", 1264, "%s in row %d of VALUES has no value", expr.Format(e), i+1)
			}
			n.Rows[i] = append(n.Rows[i], l.Value)
		}
		n.Columns = append(n.Columns, batch.Field{Name: fmt.Sprintf("column_%d", k), Type: n.Rows[0][k].Type})
	}
	return b.ordered(n, q.OrderBy, q.Limit, q.Pos)
}
