package logical

import (
	"slices"
	"strings"

	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
)

// join binds the two sides and the condition between them.
func (b *Binder) join(j *sqlparse.Join) (Node, *scope, error) {
	if b.depth++; b.depth > maxDerived {
		return nil, nil, b.errorf(j.Pos, errs.TooLarge, "too-deep", 3064, "more than %d joins and queries in FROM lie within each other", maxDerived)
	}
	defer func() { b.depth-- }()
	left, ls, err := b.table(j.Left)
	if err != nil {
		return nil, nil, err
	}
	right, rs, err := b.table(j.Right)
	if err != nil {
		return nil, nil, err
	}
	if err := b.distinctTables(ls, rs, j.Right.Position()); err != nil {
		return nil, nil, err
	}
	using := j.Using
	if j.Natural {
		using = shared(ls, rs)
	}
	both := &scope{cols: slices.Concat(ls.cols, rs.cols)}
	on, pairs, err := b.joinCondition(j, ls, rs, both, using)
	if err != nil {
		return nil, nil, err
	}
	n := paired(j.Kind, left, right, on)
	if len(pairs) == 0 {
		return n, both, nil
	}
	n, both = coalesced(n, both, pairs, j.Kind)
	return n, both, nil
}

// cross pairs every row of one side with every row of the other.
func (b *Binder) cross(left Node, ls *scope, right Node, rs *scope, p sqlparse.Pos) (Node, *scope, error) {
	if err := b.distinctTables(ls, rs, p); err != nil {
		return nil, nil, err
	}
	return &Join{Left: left, Right: right}, &scope{cols: slices.Concat(ls.cols, rs.cols)}, nil
}

// distinctTables refuses two tables of one name, which no column could tell apart.
func (b *Binder) distinctTables(ls, rs *scope, p sqlparse.Pos) error {
	for _, c := range rs.cols {
		if c.table != "" && ls.hasTable(c.table) {
			return b.errorf(p, errs.Meaning, "not-unique-table", 1066, "%q is the name of two tables in FROM", c.table).WithHint("give one of them another name: %s AS %s2", c.table, c.table)
		}
	}
	return nil
}

// shared returns the names that NATURAL JOIN compares.
func shared(ls, rs *scope) []string {
	var out []string
	for _, i := range ls.star("") {
		name := ls.cols[i].name
		if slices.ContainsFunc(rs.star(""), func(k int) bool { return strings.EqualFold(rs.cols[k].name, name) }) {
			out = append(out, name)
		}
	}
	return out
}

// pair is one column of USING: its ordinals in the joined scope.
type pair struct{ left, right int }

// joinCondition binds ON or makes the equalities of USING.
func (b *Binder) joinCondition(j *sqlparse.Join, ls, rs, both *scope, using []string) (expr.Expr, []pair, error) {
	var conds []expr.Expr
	var pairs []pair
	for _, name := range using {
		l, err := b.column(ls, &sqlparse.Column{Pos: j.Pos, Name: name})
		if err != nil {
			return nil, nil, err
		}
		r, err := b.column(rs, &sqlparse.Column{Pos: j.Pos, Name: name})
		if err != nil {
			return nil, nil, err
		}
		p := pair{l.(*expr.Column).Index, r.(*expr.Column).Index + len(ls.cols)}
		same, err := expr.NewCall("=", l, shift(r, len(ls.cols)))
		if err != nil {
			return nil, nil, b.at(err, j.Pos)
		}
		conds, pairs = append(conds, same), append(pairs, p)
	}
	if j.On != nil {
		e, err := b.expr(clause{name: "ON", scope: both}, j.On)
		if err != nil {
			return nil, nil, err
		}
		if e, err = expr.Truth(e); err != nil {
			return nil, nil, b.at(err, j.On.Position())
		}
		conds = append(conds, b.fold(e))
	}
	if j.Kind != sqlparse.InnerJoin && len(conds) == 0 && !j.Natural {
		return nil, nil, b.errorf(j.Pos, errs.Invalid, "syntax-error", 1064, "an outer join needs ON or USING")
	}
	return And(conds...), pairs, nil
}

// paired makes the join; RIGHT JOIN is a LEFT JOIN of the other order with the columns put back.
func paired(kind sqlparse.JoinKind, left, right Node, on expr.Expr) Node {
	switch kind {
	case sqlparse.LeftJoin:
		return &Join{LeftJoin, left, right, on}
	case sqlparse.RightJoin:
		l, r := len(left.Fields()), len(right.Fields())
		p := identity(&Join{LeftJoin, right, left, Swapped(on, l, r)})
		p.Exprs = slices.Concat(p.Exprs[r:], p.Exprs[:r])
		p.Names = slices.Concat(p.Names[r:], p.Names[:r])
		return p
	}
	return &Join{InnerJoin, left, right, on}
}

// coalesced puts the columns of USING first, each once, as * shows them; the two they come from stay reachable as TABLE.NAME.
func coalesced(n Node, s *scope, pairs []pair, kind sqlparse.JoinKind) (Node, *scope) {
	all := identity(n)
	out, cols := &Project{Input: n}, &scope{}
	add := func(i int, c scopeColumn) {
		out.Exprs, out.Names, cols.cols = append(out.Exprs, all.Exprs[i]), append(out.Names, c.name), append(cols.cols, c)
	}
	twice := map[int]bool{}
	for _, p := range pairs {
		twice[p.left], twice[p.right] = true, true
		from := p.left
		if kind == sqlparse.RightJoin {
			from = p.right
		}
		c := s.cols[from]
		c.table, c.qualified = "", false
		add(from, c)
	}
	for i, c := range s.cols {
		c.qualified = c.qualified || twice[i]
		add(i, c)
	}
	return out, cols
}
