package logical

import (
	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/kernel/window"
	"github.com/assaydb/assay/storage/schema"
)

// bindFrame gives a function its frame, where it looks at one.
func (s *selection) bindFrame(c *windowCall) error {
	frame, values, err := s.frame(c.over)
	if err != nil {
		return err
	}
	if c.agg != nil {
		c.spec = window.Spec{Name: c.agg.Name, Aggregate: c.agg, Result: c.agg.Result}
	} else if d, _ := window.Lookup(c.spec.Name); !d.Framed {
		return nil
	}
	c.spec.Frame, c.values = frame, values
	return nil
}

// frame binds the frame of a window. Distances by value become expressions: of the row's value and of the values at the bounds.
func (s *selection) frame(w *boundWindow) (window.Frame, []expr.Expr, error) {
	if w.frame == nil {
		return window.DefaultFrame(), nil, nil
	}
	f := window.Frame{Rows: w.frame.Rows}
	f.Down = !f.Rows && len(w.order) > 0 && w.order[0].desc
	var err error
	for _, b := range []struct {
		from *sqlparse.FrameBound
		to   *window.Bound
	}{{&w.frame.Start, &f.Start}, {&w.frame.End, &f.End}} {
		b.to.Kind = window.BoundKind(b.from.Kind)
		if f.Rows && b.from.Distance != nil {
			if b.to.Rows, err = s.frameRows(b.from); err != nil {
				return f, nil, err
			}
		}
	}
	if err := f.Check(); err != nil {
		return f, nil, s.at(err, w.pos)
	}
	values, err := s.frameValues(f, w)
	return f, values, err
}

func (s *selection) badFrame(p sqlparse.Pos, errno int, text string) error {
	return s.errorf(p, errs.Meaning, "bad-frame", errno, "%s", text)
}

// distance is the constant of a bound.
func (s *selection) distance(b *sqlparse.FrameBound) (*expr.Literal, error) {
	e, err := s.expr(clause{name: "a frame", scope: s.scope}, b.Distance)
	if err != nil {
		return nil, err
	}
	p := b.Distance.Position()
	l, ok := s.fold(e).(*expr.Literal)
	if !ok {
		return nil, s.badFrame(p, 3590, "the distance of a frame's end must be constant")
	}
	if l.Value.Null || negative(l.Value) {
		return nil, s.badFrame(p, 3586, "the distance of a frame's end cannot be negative or NULL")
	}
	return l, nil
}

func negative(v schema.Value) bool {
	if !v.Type.IsNumeric() {
		return len(v.S) > 0 && v.S[0] == '-'
	}
	switch v.Type.Class() {
	case schema.ClassFloat64:
		return v.F < 0 || v.F != v.F
	case schema.ClassInt128:
		return v.W.Cmp(decimal.Int128{}) < 0
	}
	return v.Type.Kind != schema.Uint64 && v.I < 0
}

func (s *selection) frameRows(b *sqlparse.FrameBound) (int64, error) {
	p := b.Distance.Position()
	if b.Unit != "" {
		return 0, s.badFrame(p, 3596, "INTERVAL is for frames by RANGE")
	}
	l, err := s.distance(b)
	if err != nil {
		return 0, err
	}
	if !l.Value.Type.IsInteger() || l.Value.I < 0 {
		return 0, s.badFrame(p, 3586, "the distance of a frame's end by ROWS must be a whole number")
	}
	return l.Value.I, nil
}

// frameValues makes the row's value and those at the bounds, of one type.
func (s *selection) frameValues(f window.Frame, w *boundWindow) ([]expr.Expr, error) {
	if f.Values() == 0 {
		return nil, nil
	}
	if len(w.order) != 1 || !rangeable(w.order[0].expr.Type()) {
		return nil, s.badFrame(w.pos, 3587, "RANGE with a distance needs one ORDER BY expression, a number or a time")
	}
	key := w.order[0]
	var err error
	if key.expr, err = roomy(key.expr); err != nil {
		return nil, s.at(err, key.pos)
	}
	list := []expr.Expr{key.expr}
	for _, b := range []*sqlparse.FrameBound{&w.frame.Start, &w.frame.End} {
		if b.Distance == nil {
			continue
		}
		e, err := s.frameValue(b, key)
		if err != nil {
			return nil, s.at(err, b.Distance.Position())
		}
		list = append(list, e)
	}
	if list, _, err = expr.Unify(list); err != nil {
		return nil, s.at(err, w.pos)
	}
	for i := range list {
		list[i] = s.fold(list[i])
	}
	return list, nil
}

// frameValue is the row's value moved by the distance of a bound.
func (s *selection) frameValue(b *sqlparse.FrameBound, key orderKey) (expr.Expr, error) {
	p := b.Distance.Position()
	switch temporal := key.expr.Type().IsTemporal(); {
	case temporal && b.Unit == "":
		return nil, s.badFrame(p, 3588, "a RANGE over times needs its distance as INTERVAL")
	case !temporal && b.Unit != "":
		return nil, s.badFrame(p, 3589, "a RANGE over numbers cannot have INTERVAL as its distance")
	}
	l, err := s.distance(b)
	if err != nil {
		return nil, err
	}
	back := (b.Kind == sqlparse.Preceding) != key.desc
	switch {
	case b.Unit != "" && back:
		return expr.NewCall("date_sub", key.expr, l, &expr.Literal{Value: schema.TextValue(b.Unit)})
	case b.Unit != "":
		return expr.NewCall("date_add", key.expr, l, &expr.Literal{Value: schema.TextValue(b.Unit)})
	case !l.Value.Type.IsNumeric():
		return nil, s.badFrame(p, 3586, "the distance of a frame's end must be a number")
	case back:
		return expr.NewCall("-", key.expr, l)
	}
	return expr.NewCall("+", key.expr, l)
}

func rangeable(t schema.Type) bool {
	return t.IsNumeric() || t.IsTemporal() || t.Kind == schema.Boolean
}

// roomy gives integers a type that a distance does not leave.
func roomy(e expr.Expr) (expr.Expr, error) {
	if t := e.Type(); !t.IsInteger() && t.Kind != schema.Boolean {
		return e, nil
	}
	return expr.NewCast(e, schema.DecimalType(20, 0), false)
}
