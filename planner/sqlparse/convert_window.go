package sqlparse

import (
	"strings"

	vt "vitess.io/vitess/go/vt/sqlparser"
)

// windowFunc converts the functions that need OVER.
func (c *converter) windowFunc(n vt.WindowFunc) Expr {
	out := &Call{Pos: c.name(n.WindowFuncName()), Name: strings.ToLower(n.WindowFuncName())}
	out.Args = c.optional(n.GetArgs()...)
	if nulls := nullTreatment(n); nulls != nil && nulls.Type == vt.IgnoreNullsType {
		c.unsupportedAt(out.Pos, "IGNORE NULLS", "NULLs count as other values, RESPECT NULLS")
	}
	if nth, ok := n.(*vt.NTHValueExpr); ok && nth.FromFirstLastClause != nil && nth.FromFirstLastClause.Type == vt.FromLastType {
		c.unsupportedAt(out.Pos, "FROM LAST", "turn the ORDER BY of the window round")
	}
	if out.Over = c.over(n.GetOverClause()); out.Over == nil {
		out.Over = &Window{}
	}
	return out
}

func nullTreatment(n vt.WindowFunc) *vt.NullTreatmentClause {
	switch n := n.(type) {
	case *vt.FirstOrLastValueExpr:
		return n.NullTreatmentClause
	case *vt.NTHValueExpr:
		return n.NullTreatmentClause
	case *vt.LagLeadExpr:
		return n.NullTreatmentClause
	}
	return nil
}

func (c *converter) over(n *vt.OverClause) *Window {
	if n == nil {
		return nil
	}
	p := c.name("over")
	if n.WindowSpec == nil {
		return &Window{Pos: c.name(n.WindowName.String()), Name: n.WindowName.String(), Whole: true}
	}
	w := c.windowSpec(n.WindowSpec)
	w.Pos = p
	return w
}

func (c *converter) windowSpec(n *vt.WindowSpecification) *Window {
	w := &Window{Name: n.Name.String()}
	if w.Name != "" {
		c.name(w.Name)
	}
	w.PartitionBy, w.OrderBy = c.exprs(n.PartitionClause), c.orderBy(n.OrderClause)
	if f := n.FrameClause; f != nil {
		w.Frame = &Frame{Rows: f.Unit == vt.FrameRowsType, Start: c.frameBound(f.Start), End: FrameBound{Kind: CurrentRow}}
		if f.End != nil {
			w.Frame.End = c.frameBound(f.End)
		}
	}
	return w
}

func (c *converter) frameBound(p *vt.FramePoint) FrameBound {
	b := FrameBound{Kind: map[vt.FramePointType]FrameBoundKind{
		vt.CurrentRowType: CurrentRow, vt.UnboundedPrecedingType: UnboundedPreceding, vt.UnboundedFollowingType: UnboundedFollowing,
		vt.ExprPrecedingType: Preceding, vt.ExprFollowingType: Following,
	}[p.Type]}
	if p.Expr != nil {
		b.Distance = c.expr(p.Expr)
	}
	if p.Unit != vt.IntervalNone {
		b.Unit = strings.ToLower(p.Unit.ToString())
	}
	return b
}

// frameOption names what SQL has for frames and neither MySQL nor this grammar takes, when token at is that.
func (s *scanner) frameOption(at int) string {
	switch word := strings.ToUpper(s.raw(s.tokens[at])); word {
	case "GROUPS":
		if at+1 < len(s.tokens) && s.tokens[at-1].typ != '.' {
			switch s.tokens[at+1].typ {
			case vt.BETWEEN, vt.UNBOUNDED, vt.CURRENT, vt.INTEGRAL:
				return "GROUPS"
			}
		}
	case "EXCLUDE":
		if at > 0 && (s.tokens[at-1].typ == vt.ROW || s.tokens[at-1].typ == vt.PRECEDING || s.tokens[at-1].typ == vt.FOLLOWING) {
			return "EXCLUDE"
		}
	}
	return ""
}
