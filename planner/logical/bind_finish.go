package logical

import (
	"strconv"

	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// finish puts the projection, the order and the limit over the node.
func (s *selection) finish() (Node, error) {
	p := &Project{Input: s.node}
	for _, it := range s.items {
		p.Exprs, p.Names = append(p.Exprs, typed(it.expr)), append(p.Names, it.name)
	}
	count, offset, err := s.limit()
	if err != nil {
		return nil, err
	}
	sort := &Sort{Count: count, Offset: offset}
	if err := s.sortKeys(p, sort); err != nil {
		return nil, err
	}
	var n Node = p
	if s.query.Distinct {
		n = &Distinct{n}
	}
	switch {
	case len(s.order) > 0:
		sort.Input = n
		n = sort
	case count >= 0 || offset > 0:
		n = &Limit{n, count, offset}
	}
	return s.visible(n, len(s.items)), nil
}

// typed gives a bare NULL in the select list a type that every format has.
func typed(e expr.Expr) expr.Expr {
	if e.Type().Kind == schema.Null {
		return &expr.Literal{Value: schema.NullValue(schema.TypeVarchar)}
	}
	return e
}

// sortKeys turns ORDER BY into columns of the projection, adding hidden ones; the remaining output columns break ties, so that
// the order is the same on every run.
func (s *selection) sortKeys(p *Project, sort *Sort) error {
	used := map[int]bool{}
	for _, o := range s.order {
		col := -1
		for i, e := range p.Exprs {
			if expr.Equal(e, typed(o.expr)) {
				col = i
				break
			}
		}
		if col < 0 && s.query.Distinct {
			return s.errorf(o.pos, errs.Meaning, "order-by-not-selected", 3065, "with DISTINCT, ORDER BY can name only what is selected")
		}
		if col < 0 {
			if _, constant := o.expr.(*expr.Literal); constant {
				continue
			}
			col = len(p.Exprs)
			p.Exprs, p.Names = append(p.Exprs, o.expr), append(p.Names, expr.Format(o.expr))
		}
		if !used[col] {
			used[col] = true
			sort.Keys = append(sort.Keys, SortKey{col, o.desc})
		}
	}
	for i := range s.items {
		if !used[i] {
			sort.Keys = append(sort.Keys, SortKey{Column: i})
		}
	}
	return nil
}

// visible drops the hidden columns past the first n.
func (s *selection) visible(n Node, count int) Node {
	fields := n.Fields()
	if len(fields) == count {
		return n
	}
	p := identity(n)
	p.Exprs, p.Names = p.Exprs[:count], p.Names[:count]
	return p
}

// limit evaluates LIMIT and OFFSET; a count of -1 means none.
func (s *selection) limit() (count, offset int64, err error) {
	if s.query.Limit == nil {
		return -1, 0, nil
	}
	if count, err = s.limitValue(s.query.Limit.Count, "LIMIT"); err != nil || s.query.Limit.Offset == nil {
		return count, 0, err
	}
	offset, err = s.limitValue(s.query.Limit.Offset, "OFFSET")
	return count, offset, err
}

func (s *selection) limitValue(e sqlparse.Expr, what string) (int64, error) {
	var text string
	switch e := e.(type) {
	case *sqlparse.Literal:
		if e.Kind == sqlparse.IntegerLiteral {
			text = e.Text
		}
	case *sqlparse.Param:
		v, err := s.param(e)
		if err != nil {
			return 0, err
		}
		text = v.String()
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, s.errorf(e.Position(), errs.Meaning, "bad-limit", 1064, "%s must be a whole number that is not negative", what)
	}
	// MySQL's way to say "all" is 18446744073709551615.
	const most = 1 << 62
	return int64(min(n, most)), nil
}
