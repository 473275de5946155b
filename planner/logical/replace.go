package logical

import (
	"strings"

	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/kernel/aggregate"
)

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }

// replace rewrites from the top: where f takes a node, what f returns stands in its place and nothing below it is looked at.
func replace(e expr.Expr, f func(expr.Expr) (expr.Expr, bool)) expr.Expr {
	if out, ok := f(e); ok {
		return out
	}
	all := func(list []expr.Expr) []expr.Expr {
		out := make([]expr.Expr, len(list))
		for i, x := range list {
			out[i] = replace(x, f)
		}
		return out
	}
	switch x := e.(type) {
	case *expr.Call:
		return &expr.Call{Name: x.Name, Operands: all(x.Operands), Typ: x.Typ}
	case *expr.Logic:
		return &expr.Logic{Op: x.Op, Operands: all(x.Operands)}
	case *expr.Case:
		out := &expr.Case{Whens: all(x.Whens), Thens: all(x.Thens), Typ: x.Typ}
		if x.Else != nil {
			out.Else = replace(x.Else, f)
		}
		return out
	case *expr.In:
		return &expr.In{Operand: replace(x.Operand, f), List: x.List, HasNull: x.HasNull, Negate: x.Negate}
	case *expr.Cast:
		return &expr.Cast{Operand: replace(x.Operand, f), To: x.To, Try: x.Try}
	}
	return e
}

// formatCall writes an aggregate as SQL, for EXPLAIN and errors.
func formatCall(s aggregate.Spec, args []expr.Expr) string {
	var parts []string
	for _, a := range args[:len(args)-len(s.Order)] {
		parts = append(parts, expr.Format(a))
	}
	if len(parts) == 0 {
		parts = []string{"*"}
	}
	for _, p := range s.Params {
		parts = append(parts, p.String())
	}
	distinct := ""
	if s.Distinct {
		distinct = "DISTINCT "
	}
	return strings.ToUpper(s.Name) + "(" + distinct + strings.Join(parts, ", ") + ")"
}
