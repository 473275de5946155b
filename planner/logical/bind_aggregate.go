package logical

import (
	"slices"
	"strings"

	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/schema"
)

// aggregateBase is the first ordinal that stands for an aggregate while a SELECT is bound.
const aggregateBase = 1 << 24

// aggregates collects the distinct aggregates of a SELECT: the same one written twice is computed once.
type aggregates struct{ calls []Call }

func (a *aggregates) add(c Call) expr.Expr {
	k := slices.IndexFunc(a.calls, func(o Call) bool { return sameCall(o, c) })
	if k < 0 {
		k = len(a.calls)
		a.calls = append(a.calls, c)
	}
	return &expr.Column{Index: aggregateBase + k, Name: a.calls[k].Name, Typ: c.Spec.Result}
}

func sameCall(a, b Call) bool {
	return a.Spec.Name == b.Spec.Name && a.Spec.Distinct == b.Spec.Distinct && a.Spec.Result == b.Spec.Result &&
		slices.Equal(a.Spec.Params, b.Spec.Params) && slices.Equal(a.Spec.Order, b.Spec.Order) && slices.EqualFunc(a.Args, b.Args, expr.Equal)
}

func hasAggregate(e expr.Expr) bool {
	return slices.ContainsFunc(expr.Columns(e), func(c int) bool { return c >= aggregateBase && c < windowBase })
}

// aggregateName maps the names people bring to those of the aggregate table.
func aggregateName(name string) string {
	switch name {
	case "quantile", "percentile", "approx_quantile", "approx_percentile":
		return "percentile_cont"
	case "approx_distinct", "ndv":
		return "approx_count_distinct"
	}
	return name
}

// aggregateCall binds an aggregate function.
func (b *Binder) aggregateCall(c clause, call *sqlparse.Call, def aggregate.Definition) (expr.Expr, error) {
	if c.aggs == nil || c.inside {
		return nil, b.errorf(call.Pos, errs.Meaning, "misplaced-aggregate", 1111, "%s cannot be used %s", strings.ToUpper(call.Name), misplaced(c)).
			WithHint("conditions on aggregates go into HAVING")
	}
	inner := clause{name: c.name, scope: c.scope, inside: true, aggs: c.aggs}
	if c.aliasFirst && c.name == "ORDER BY" {
		inner.aliases = c.aliases
	}
	spec, values, err := b.aggregateSpec(inner, call, def)
	if err != nil {
		return nil, err
	}
	out := c.aggs.add(Call{Spec: spec, Args: values, Name: formatCall(spec, values)})
	b.places[out] = call.Pos
	return out, nil
}

// aggregateSpec binds the arguments of an aggregate and resolves it.
func (b *Binder) aggregateSpec(inner clause, call *sqlparse.Call, def aggregate.Definition) (spec aggregate.Spec, values []expr.Expr, err error) {
	values, params, err := b.aggregateArgs(inner, call, def)
	if err != nil {
		return spec, nil, err
	}
	var order []bool
	for _, o := range call.OrderBy {
		e, err := b.expr(inner, o.Expr)
		if err != nil {
			return spec, nil, err
		}
		values, order = append(values, e), append(order, o.Desc)
	}
	if call.Separator != nil {
		params = append(params, schema.TextValue(*call.Separator))
	}
	spec, err = aggregate.Resolve(def.Name, types(values), call.Distinct, params, order)
	if err != nil {
		return spec, nil, b.at(err, call.Pos)
	}
	for i, v := range values {
		if v, err = expr.NewCast(v, spec.Args[i], false); err != nil {
			return spec, nil, b.at(err, call.Pos)
		}
		values[i] = b.fold(v)
	}
	return spec, values, nil
}

func misplaced(c clause) string {
	if c.inside {
		return "inside another aggregate"
	}
	return "in " + c.name
}

func types(list []expr.Expr) []schema.Type {
	out := make([]schema.Type, len(list))
	for i, e := range list {
		out[i] = e.Type()
	}
	return out
}

// aggregateArgs splits the arguments into values and the constants that follow them.
func (b *Binder) aggregateArgs(c clause, call *sqlparse.Call, def aggregate.Definition) (values []expr.Expr, params []schema.Value, err error) {
	n := len(call.Args) - def.Params
	for i, a := range call.Args {
		e, err := b.expr(c, a)
		if err != nil {
			return nil, nil, err
		}
		e = b.fold(e)
		if i < n {
			values = append(values, e)
			continue
		}
		l, ok := e.(*expr.Literal)
		if !ok {
			return nil, nil, b.errorf(a.Position(), errs.Meaning, "bad-aggregate", 1210, "%s needs a constant here", strings.ToUpper(call.Name))
		}
		params = append(params, l.Value)
	}
	if def.Name == "group_concat" && len(values) > 1 {
		// MySQL joins several arguments row by row before it joins the rows.
		joined, err := expr.NewCall("concat", values...)
		if err != nil {
			return nil, nil, b.at(err, call.Pos)
		}
		values = []expr.Expr{joined}
	}
	return values, params, nil
}

// aggregate puts the Aggregate under everything bound so far, when there is something to aggregate.
func (s *selection) aggregate() error {
	if len(s.keys) == 0 && len(s.query.GroupBy) == 0 && len(s.aggs.calls) == 0 {
		if s.rest != nil {
			return s.filter(s.rest, s.query.Having.Position())
		}
		return nil
	}
	s.node = &Aggregate{Input: s.node, Keys: s.keys, Names: s.group, Calls: s.aggs.calls}
	var err error
	for i := range s.items {
		if s.items[i].expr, err = s.place(s.items[i].expr, s.items[i].pos, "SELECT"); err != nil {
			return err
		}
	}
	for i := range s.order {
		if s.order[i].expr, err = s.place(s.order[i].expr, s.order[i].pos, "ORDER BY"); err != nil {
			return err
		}
	}
	if err := s.placeWindows(); err != nil {
		return err
	}
	if s.rest == nil {
		return nil
	}
	if s.rest, err = s.place(s.rest, s.query.Having.Position(), "HAVING"); err != nil {
		return err
	}
	return s.filter(s.rest, s.query.Having.Position())
}

// place moves an expression from the input onto the Aggregate's output: what equals a key becomes its column. A column that is
// left over depends on which row of the group is taken, which MySQL's ONLY_FULL_GROUP_BY refuses.
func (s *selection) place(e expr.Expr, p sqlparse.Pos, where string) (expr.Expr, error) {
	var stray *expr.Column
	out := replace(e, func(x expr.Expr) (expr.Expr, bool) {
		for i, k := range s.keys {
			if expr.Equal(k, x) {
				return &expr.Column{Index: i, Name: s.group[i], Typ: k.Type()}, true
			}
		}
		c, ok := x.(*expr.Column)
		switch {
		case !ok:
			return nil, false
		case c.Index >= windowBase:
			return x, true
		case c.Index >= aggregateBase:
			return &expr.Column{Index: len(s.keys) + c.Index - aggregateBase, Name: c.Name, Typ: c.Typ}, true
		case stray == nil:
			stray = c
		}
		return x, true
	})
	if stray == nil {
		return out, nil
	}
	if q, ok := s.places[stray]; ok {
		p = q
	}
	if len(s.keys) == 0 {
		return nil, s.errorf(p, errs.Meaning, "not-grouped", 1140, "%s holds column %q beside an aggregate and there is no GROUP BY", where, stray.Name).
			WithHint("add GROUP BY %s, or ANY_VALUE(%s)", stray.Name, stray.Name)
	}
	return nil, s.errorf(p, errs.Meaning, "not-grouped", 1055, "%s holds column %q, which is neither grouped nor in an aggregate", where, stray.Name).
		WithHint("add it to GROUP BY, or write ANY_VALUE(%s)", stray.Name)
}
