package logical

import (
	"strings"

	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
)

// boundWindow is what an OVER clause comes to, with all that it takes from named windows.
type boundWindow struct {
	partition []expr.Expr
	order     []orderKey
	frame     *sqlparse.Frame
	pos       sqlparse.Pos
}

// bindWindows binds the windows of all functions, and those that are only named.
func (s *selection) bindWindows() error {
	for i, w := range s.query.Windows {
		for _, o := range s.query.Windows[:i] {
			if strings.EqualFold(o.Name, w.Name) {
				return s.errorf(w.Window.Pos, errs.Meaning, "duplicate-window", 3591, "the window %q is defined twice", w.Name)
			}
		}
		bound, err := s.bindWindow(&s.query.Windows[i].Window, 0)
		if err == nil {
			_, _, err = s.frame(bound)
		}
		if err != nil {
			return err
		}
	}
	for _, c := range s.wins.calls {
		var err error
		if c.over, err = s.bindWindow(c.call.Over, 0); err != nil {
			return err
		}
		if err := s.bindFrame(c); err != nil {
			return err
		}
	}
	return nil
}

// bindWindow binds a window over the one it names: that gives its partitions, and its order unless it has none.
func (s *selection) bindWindow(w *sqlparse.Window, depth int) (*boundWindow, error) {
	out := &boundWindow{pos: w.Pos, frame: w.Frame}
	if w.Name != "" {
		base, err := s.namedWindow(w, depth)
		if err != nil {
			return nil, err
		}
		if w.Whole {
			return base, nil
		}
		fail := func(code string, errno int, format string) error {
			return s.errorf(w.Pos, errs.Meaning, code, errno, format, w.Name)
		}
		switch {
		case len(w.PartitionBy) > 0:
			return nil, fail("window-inheritance", 3581, "a window that builds on %q cannot have a PARTITION BY of its own")
		case base.frame != nil:
			return nil, fail("window-inheritance", 3582, "the window %q has a frame, so no other can build on it")
		case len(base.order) > 0 && len(w.OrderBy) > 0:
			return nil, fail("window-inheritance", 3583, "a window that builds on %q cannot have an ORDER BY of its own, since that has one")
		}
		out.partition, out.order = base.partition, base.order
	}
	for _, p := range w.PartitionBy {
		e, err := s.windowExpr("PARTITION BY", p)
		if err != nil {
			return nil, err
		}
		if _, constant := e.(*expr.Literal); !constant {
			out.partition = append(out.partition, e)
		}
	}
	for _, o := range w.OrderBy {
		e, err := s.windowExpr("ORDER BY", o.Expr)
		if err != nil {
			return nil, err
		}
		out.order = append(out.order, orderKey{e, o.Desc, o.Expr.Position()})
	}
	return out, nil
}

func (s *selection) namedWindow(w *sqlparse.Window, depth int) (*boundWindow, error) {
	if depth > len(s.query.Windows) {
		return nil, s.errorf(w.Pos, errs.Meaning, "window-circle", 3580, "the window %q builds on itself", w.Name)
	}
	var names []string
	for i := range s.query.Windows {
		if n := &s.query.Windows[i]; strings.EqualFold(n.Name, w.Name) {
			return s.bindWindow(&n.Window, depth+1)
		}
		names = append(names, s.query.Windows[i].Name)
	}
	return nil, s.errorf(w.Pos, errs.Meaning, "unknown-window", 3579, "there is no window %q", w.Name).Suggest(sqlparse.Nearest(w.Name, names)...)
}

// windowExpr binds an expression of PARTITION BY or ORDER BY in a window.
func (s *selection) windowExpr(where string, e sqlparse.Expr) (expr.Expr, error) {
	if l, ok := e.(*sqlparse.Literal); ok && l.Kind == sqlparse.IntegerLiteral {
		return nil, s.errorf(l.Pos, errs.Meaning, "window-ordinal", 3592, "%s of a window cannot name a column by its number", where).WithHint("write the expression")
	}
	out, err := s.expr(clause{name: where + " of a window", scope: s.scope, aliases: s.alias, aliasFirst: where == "ORDER BY", aggs: &s.aggs}, e)
	if err != nil {
		return nil, err
	}
	return s.fold(out), nil
}
