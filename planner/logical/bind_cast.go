package logical

import (
	"strings"

	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

func (b *Binder) cast(c clause, e *sqlparse.Cast) (expr.Expr, error) {
	x, err := b.expr(c, e.Operand)
	if err != nil {
		return nil, err
	}
	name, params, _ := strings.Cut(e.Type, "(")
	var t schema.Type
	switch strings.TrimSpace(name) {
	case "SIGNED", "SIGNED INTEGER":
		t = schema.TypeInt64
	case "UNSIGNED", "UNSIGNED INTEGER":
		t = schema.TypeUint64
	case "CHAR", "NCHAR", "CHARACTER":
		return b.castChar(x, params)
	case "TIME":
		t = schema.TypeTime
	case "BINARY", "YEAR":
		return nil, b.unsupported(e.Pos, "CAST AS "+name)
	default:
		if t, err = schema.ParseType(e.Type); err != nil {
			return nil, b.errorf(e.Pos, errs.Meaning, "bad-type", 1064, "CAST to %s is not possible", e.Type)
		}
	}
	return expr.NewCast(x, t, false)
}

// castChar cuts to the length of CHAR(n), as MySQL does.
func (b *Binder) castChar(x expr.Expr, params string) (expr.Expr, error) {
	out, err := expr.NewCast(x, schema.TypeVarchar, false)
	if err != nil || params == "" {
		return out, err
	}
	n, ok := number(&sqlparse.Literal{Kind: sqlparse.IntegerLiteral, Text: strings.TrimSuffix(params, ")")})
	if !ok {
		return out, nil
	}
	return expr.NewCall("left", out, &expr.Literal{Value: n})
}
