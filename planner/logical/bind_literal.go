package logical

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/assaydb/assay/planner/sqlparse"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

func (b *Binder) literal(c clause, l *sqlparse.Literal) (expr.Expr, error) {
	var v schema.Value
	switch l.Kind {
	case sqlparse.NullLiteral:
		v = schema.NullValue(schema.TypeNull)
	case sqlparse.TrueLiteral, sqlparse.FalseLiteral:
		v = schema.BoolValue(l.Kind == sqlparse.TrueLiteral)
	case sqlparse.StringLiteral:
		if l.Quoted && c.scope != nil && len(c.scope.find("", l.Text)) > 0 {
			b.warn(l.Pos, "quoted-column", "%q is a string here, not the column of that name; quote names with backticks", l.Text)
		}
		v = schema.TextValue(l.Text)
	case sqlparse.DateLiteral:
		return b.temporal(l, schema.TypeDate)
	case sqlparse.TimestampLiteral:
		return b.temporal(l, schema.TypeTimestamp)
	case sqlparse.TimeLiteral:
		return b.temporal(l, schema.TypeTime)
	default:
		var ok bool
		if v, ok = number(l); !ok {
			return nil, b.errorf(l.Pos, errs.Meaning, "bad-literal", 1367, "this number is out of range")
		}
	}
	return &expr.Literal{Value: v}, nil
}

// temporal reads DATE '...' and its kin; the time zone of the query applies to a TIMESTAMP without one.
func (b *Binder) temporal(l *sqlparse.Literal, t schema.Type) (expr.Expr, error) {
	e, err := expr.NewCast(&expr.Literal{Value: schema.TextValue(l.Text)}, t, false)
	if err != nil {
		return nil, err
	}
	if e = b.fold(e); b.Env != nil {
		if v, ok := e.(*expr.Literal); !ok || v.Value.Null {
			return nil, b.errorf(l.Pos, errs.Meaning, "bad-literal", 1525, "%q is not a %s", l.Text, t)
		}
	}
	return e, nil
}

// number reads the numeric literals: integers are BIGINT, then BIGINT UNSIGNED, then DECIMAL; a point makes a DECIMAL, an
// exponent a DOUBLE.
func number(l *sqlparse.Literal) (schema.Value, bool) {
	switch l.Kind {
	case sqlparse.HexLiteral:
		raw, err := hex.DecodeString(l.Text)
		return schema.TextValue(string(raw)), err == nil
	case sqlparse.HexNumberLiteral:
		n, err := strconv.ParseUint(l.Text, 16, 64)
		return schema.IntValue(schema.TypeUint64, int64(n)), err == nil
	case sqlparse.BitLiteral:
		n, err := strconv.ParseUint(l.Text, 2, 64)
		return schema.IntValue(schema.TypeUint64, int64(n)), err == nil
	case sqlparse.FloatLiteral:
		return double(l.Text)
	}
	if n, err := strconv.ParseInt(l.Text, 10, 64); err == nil {
		return schema.IntValue(schema.TypeInt64, n), true
	}
	if n, err := strconv.ParseUint(l.Text, 10, 64); err == nil {
		return schema.IntValue(schema.TypeUint64, int64(n)), true
	}
	w, scale, ok := decimal.Parse(l.Text)
	if !ok {
		return double(l.Text)
	}
	digits := len(strings.TrimPrefix(w.String(), "-"))
	return schema.WideValue(schema.DecimalType(max(digits, scale, 1), scale), w), true
}

func double(s string) (schema.Value, bool) {
	f, err := strconv.ParseFloat(s, 64)
	return schema.FloatValue(f + 0), err == nil && !math.IsInf(f, 0) // -0 is 0
}

// param returns the value bound to :NAME. It is a value of its own type, never text pasted into the statement.
func (b *Binder) param(p *sqlparse.Param) (schema.Value, error) {
	raw, ok := b.Params[p.Name]
	if !ok {
		var names []string
		for n := range b.Params {
			names = append(names, n)
		}
		e := b.errorf(p.Pos, errs.Invalid, "unbound-parameter", 1210, "parameter :%s has no value", p.Name)
		return schema.Value{}, e.WithHint("pass param_%s=VALUE", p.Name).Suggest(sqlparse.Nearest(p.Name, names)...)
	}
	v, err := paramValue(raw)
	if err != nil {
		return v, b.errorf(p.Pos, errs.Invalid, "bad-parameter", 1210, "parameter :%s: %s", p.Name, err)
	}
	return v, nil
}

func paramValue(raw any) (schema.Value, error) {
	switch x := raw.(type) {
	case nil:
		return schema.NullValue(schema.TypeNull), nil
	case schema.Value:
		return x, nil
	case bool:
		return schema.BoolValue(x), nil
	case string:
		return schema.TextValue(x), nil
	case time.Time:
		return schema.IntValue(schema.TypeTimestamp, x.UnixMicro()), nil
	case json.Number:
		kind := sqlparse.DecimalLiteral
		if strings.ContainsAny(x.String(), "eE") {
			kind = sqlparse.FloatLiteral
		}
		v, ok := number(&sqlparse.Literal{Kind: kind, Text: x.String()})
		if !ok {
			return v, fmt.Errorf("the number is out of range")
		}
		return v, nil
	}
	switch v := reflect.ValueOf(raw); {
	case v.CanInt():
		return schema.IntValue(schema.TypeInt64, v.Int()), nil
	case v.CanUint():
		return schema.IntValue(schema.TypeUint64, int64(v.Uint())), nil
	case v.CanFloat():
		return schema.FloatValue(v.Float() + 0), nil // -0 is 0
	}
	return schema.Value{}, fmt.Errorf("a parameter cannot be a %T", raw)
}
