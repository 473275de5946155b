package logical

import (
	"strings"

	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/kernel/window"
	"github.com/assaydb/assay/storage/schema"
)

// windowBase is the first ordinal that stands for a window function while a SELECT is bound.
const windowBase = 1 << 25

// windows collects the window functions of a SELECT in the order of its text. Their arguments are bound where they stand, since the
// type follows from those; their windows when the select list is, since ORDER BY in a window may name what is selected.
type windows struct{ calls []*windowCall }

// windowCall is one window function.
type windowCall struct {
	call   *sqlparse.Call
	args   []expr.Expr
	number int64
	agg    *aggregate.Spec
	over   *boundWindow
	spec   window.Spec
	values []expr.Expr // of the frame
	name   string
}

func (w *windows) add(c *windowCall, t schema.Type) expr.Expr {
	w.calls = append(w.calls, c)
	return &expr.Column{Index: windowBase + len(w.calls) - 1, Name: c.name, Typ: t}
}

func hasWindow(e expr.Expr) bool {
	cols := expr.Columns(e)
	return len(cols) > 0 && cols[len(cols)-1] >= windowBase
}

// windowCall binds a function with OVER.
func (b *Binder) windowCall(c clause, e *sqlparse.Call) (expr.Expr, error) {
	name := strings.ToUpper(e.Name)
	if c.windows == nil || c.inside {
		return nil, b.errorf(e.Pos, errs.Meaning, "misplaced-window", 3593, "the window function %s cannot be used %s", name, misplaced(c)).
			WithHint("window functions stand in SELECT and ORDER BY; to filter by one, select it in a query in FROM")
	}
	inner := c
	inner.windows, inner.name = nil, "the arguments of a window function"
	if d, ok := window.Lookup(e.Name); ok {
		return b.windowOnly(inner, c.windows, e, d)
	}
	def, ok := aggregate.Lookup(aggregateName(e.Name))
	if !ok {
		return nil, b.errorf(e.Pos, errs.Meaning, "unknown-function", 1305, "%s is no window function", name)
	}
	return b.windowAggregate(inner, c.windows, e, def)
}

func (b *Binder) windowAggregate(c clause, list *windows, e *sqlparse.Call, def aggregate.Definition) (expr.Expr, error) {
	spec, values, err := b.aggregateSpec(c, e, def)
	if err != nil {
		return nil, err
	}
	call := &windowCall{call: e, args: values, agg: &spec, name: formatCall(spec, values)}
	return list.add(call, spec.Result), nil
}

// windowOnly binds what is nothing but a window function: value arguments, then a constant number, then the default of LAG and LEAD.
func (b *Binder) windowOnly(c clause, list *windows, e *sqlparse.Call, d window.Definition) (expr.Expr, error) {
	call := &windowCall{call: e, number: 1}
	bound, err := b.exprs(c, e.Args)
	if err != nil {
		return nil, err
	}
	if d.Number && len(bound) > d.Values {
		if call.number, err = b.windowNumber(e, b.fold(bound[d.Values]), e.Args[d.Values]); err != nil {
			return nil, err
		}
	}
	call.args = append(call.args, bound[:min(d.Values, len(bound))]...)
	if len(bound) == 3 {
		call.args = append(call.args, bound[2])
	}
	t := schema.TypeInt64
	if len(call.args) > 0 {
		if call.args, t, err = expr.Unify(call.args); err != nil {
			return nil, b.at(err, e.Pos)
		}
	}
	if t.Kind == schema.Null {
		t = schema.TypeVarchar
	}
	for i := range call.args {
		call.args[i] = b.fold(typed(call.args[i]))
	}
	if call.spec, err = window.Resolve(d.Name, t, call.number, window.DefaultFrame()); err != nil {
		return nil, b.at(err, e.Pos)
	}
	call.name = strings.ToUpper(d.Name) + "(" + formatAll(call.args) + ")"
	return list.add(call, call.spec.Result), nil
}

// windowNumber is the constant of LAG, LEAD, NTILE and NTH_VALUE.
func (b *Binder) windowNumber(e *sqlparse.Call, x expr.Expr, at sqlparse.Expr) (int64, error) {
	l, ok := x.(*expr.Literal)
	if !ok || l.Value.Null || !l.Value.Type.IsInteger() || l.Value.I < 0 {
		return 0, b.errorf(at.Position(), errs.Meaning, "bad-arguments", 1210, "%s needs a whole number here that is not negative", strings.ToUpper(e.Name))
	}
	return l.Value.I, nil
}
