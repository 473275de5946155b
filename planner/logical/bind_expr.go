package logical

import (
	"fmt"
	"strings"

	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/kernel/aggregate"
)

// clause says what names mean and what is allowed where an expression stands.
type clause struct {
	name       string // for messages
	scope      *scope
	aliases    func(name string) (expr.Expr, bool) // of the select list, nil for none
	aliasFirst bool                                // look among the aliases before the columns
	prefer     func(column expr.Expr) bool         // columns that win over aliases all the same
	aggs       *aggregates                         // where aggregates go, nil when none may stand here
	windows    *windows                            // where window functions go, nil when none may stand here
	inside     bool                                // within an aggregate
}

// expr binds an expression: resolves names, chooses overloads, types everything.
func (b *Binder) expr(c clause, e sqlparse.Expr) (expr.Expr, error) {
	out, err := b.bindExpr(c, e)
	if err != nil {
		return nil, b.at(err, e.Position())
	}
	return out, nil
}

func (b *Binder) bindExpr(c clause, e sqlparse.Expr) (expr.Expr, error) {
	switch e := e.(type) {
	case *sqlparse.Column:
		return b.name(c, e)
	case *sqlparse.Literal:
		return b.literal(c, e)
	case *sqlparse.Param:
		v, err := b.param(e)
		return &expr.Literal{Value: v}, err
	case *sqlparse.Variable:
		return b.variable(e)
	case *sqlparse.Logic:
		args, err := b.exprs(c, e.Operands)
		if err != nil {
			return nil, err
		}
		if e.Or {
			return expr.NewLogic(expr.Or, args...)
		}
		return expr.NewLogic(expr.And, args...)
	case *sqlparse.Not:
		return b.not(c, e)
	case *sqlparse.Call:
		return b.call(c, e)
	case *sqlparse.In:
		return b.in(c, e)
	case *sqlparse.Case:
		return b.caseExpr(c, e)
	case *sqlparse.Cast:
		return b.cast(c, e)
	case *sqlparse.Tuple:
		return nil, b.unsupported(e.Pos, "row values (a, b)")
	case *sqlparse.Subquery:
		return nil, b.unsupported(e.Pos, "subqueries in expressions")
	case *sqlparse.Quantified:
		return nil, b.unsupported(e.Pos, "ANY and ALL")
	}
	return nil, fmt.Errorf("BUG: no binding for %T", e)
}

func (b *Binder) exprs(c clause, list []sqlparse.Expr) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		var err error
		if out[i], err = b.expr(c, e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// name resolves a name to a column or an alias, by the clause's order of preference.
func (b *Binder) name(c clause, e *sqlparse.Column) (expr.Expr, error) {
	if c.aliases == nil || e.Table != "" {
		return b.column(c.scope, e)
	}
	found := c.scope.find("", e.Name)
	alias, ok := c.aliases(e.Name)
	if ok && c.aliasFirst && c.prefer != nil && len(found) == 1 {
		if col, err := b.column(c.scope, e); err == nil && c.prefer(col) {
			return col, nil
		}
	}
	if ok && (c.aliasFirst || len(found) == 0) {
		if c.windows == nil && hasWindow(alias) {
			return nil, b.errorf(e.Pos, errs.Meaning, "misplaced-window", 3594, "%q holds a window function and cannot be used %s", e.Name, misplaced(c))
		}
		if c.inside && hasAggregate(alias) {
			return nil, b.errorf(e.Pos, errs.Meaning, "misplaced-aggregate", 1111, "%q is an aggregate and cannot be used inside another", e.Name)
		}
		return alias, nil
	}
	return b.column(c.scope, e)
}

func (b *Binder) not(c clause, e *sqlparse.Not) (expr.Expr, error) {
	// The negated tests have names of their own in the function table.
	if call, ok := e.Operand.(*sqlparse.Call); ok && call.Operator && len(call.Args) == 1 {
		switch call.Name {
		case "is null", "is true", "is false":
			args, err := b.exprs(c, call.Args)
			if err != nil {
				return nil, err
			}
			return expr.NewCall("is not "+call.Name[len("is "):], args...)
		}
	}
	x, err := b.expr(c, e.Operand)
	if err != nil {
		return nil, err
	}
	return expr.NewLogic(expr.Not, x)
}

func (b *Binder) in(c clause, e *sqlparse.In) (expr.Expr, error) {
	if e.Query != nil {
		return nil, b.unsupported(e.Pos, "IN (SELECT ...)")
	}
	x, err := b.expr(c, e.Operand)
	if err != nil {
		return nil, err
	}
	list, err := b.exprs(c, e.List)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i] = b.fold(list[i])
	}
	return expr.NewIn(x, list, e.Negate)
}

func (b *Binder) caseExpr(c clause, e *sqlparse.Case) (expr.Expr, error) {
	whens, err := b.exprs(c, e.Whens)
	if err != nil {
		return nil, err
	}
	thens, err := b.exprs(c, e.Thens)
	if err != nil {
		return nil, err
	}
	var els expr.Expr
	if e.Else != nil {
		if els, err = b.expr(c, e.Else); err != nil {
			return nil, err
		}
	}
	if e.Operand == nil {
		return expr.NewCase(whens, thens, els)
	}
	x, err := b.expr(c, e.Operand)
	if err != nil {
		return nil, err
	}
	return expr.NewSimpleCase(x, whens, thens, els)
}

func (b *Binder) call(c clause, e *sqlparse.Call) (expr.Expr, error) {
	if e.Over != nil {
		return b.windowCall(c, e)
	}
	if !e.Operator {
		if def, ok := aggregate.Lookup(aggregateName(e.Name)); ok {
			return b.aggregateCall(c, e, def)
		}
		if v, ok := b.session(e); ok {
			return &expr.Literal{Value: v}, nil
		}
	}
	if !e.Operator && refusedFunction(e.Name) != "" {
		return nil, b.errorf(e.Pos, errs.Meaning, "unsupported-function", 1235, "not supported: the function %s", strings.ToUpper(e.Name)).
			WithHint("%s", refusedFunction(e.Name))
	}
	args, err := b.exprs(c, e.Args)
	if err != nil {
		return nil, err
	}
	if e.Unit != "" {
		args = unitArgs(e, args)
	}
	if e.Operator && e.Name == "xor" {
		return exclusiveOr(args)
	}
	out, err := expr.NewCall(e.Name, args...)
	if err != nil {
		return nil, b.callError(e, err)
	}
	return out, nil
}

// exclusiveOr is inequality of truth values, NULL when either is.
func exclusiveOr(args []expr.Expr) (expr.Expr, error) {
	for i := range args {
		var err error
		if args[i], err = expr.Truth(args[i]); err != nil {
			return nil, err
		}
	}
	return expr.NewCall("<>", args...)
}

// callError adds the aggregates to the suggestions for an unknown function.
func (b *Binder) callError(e *sqlparse.Call, err error) error {
	if k := errs.As(err); k != nil && k.Code == "unknown-function" {
		var names []string
		for _, d := range aggregate.Functions() {
			names = append(names, d.Name)
		}
		k.Suggest(sqlparse.Nearest(e.Name, names)...)
	}
	return b.at(err, e.Pos)
}
