package aggregate

import (
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// avgDigits is how many fraction digits AVG, MEDIAN and PERCENTILE_CONT add to those of their argument (MySQL's
// div_precision_increment).
const avgDigits = 4

// sumDigits is how many digits SUM adds to the precision of a DECIMAL (MySQL 8).
const sumDigits = 22

// resolveCount takes any types.
func resolveCount(s Spec) (Spec, error) {
	s.Result = schema.TypeInt64
	return s, nil
}

// resolveSame returns the argument's own type.
func resolveSame(s Spec) (Spec, error) {
	s.Result = s.Args[0]
	s.Distinct = false
	return s, nil
}

// numeric gives the type in which a value takes part in arithmetic: text becomes DOUBLE as in MySQL, BOOLEAN an integer.
func numeric(name string, t schema.Type) (schema.Type, error) {
	switch {
	case t.IsNumeric():
		return t, nil
	case t.Kind == schema.Boolean, t.Kind == schema.Null:
		return schema.TypeInt64, nil
	case t.IsText():
		return schema.TypeDouble, nil
	}
	return t, refuse(name, "takes numbers, not %s", t)
}

func resolveSum(s Spec) (Spec, error) {
	t, err := numeric(s.Name, s.Args[0])
	if err != nil {
		return s, err
	}
	s.Args[0] = t
	switch {
	case t.Kind == schema.Double:
		s.Result = t
	case t.Kind == schema.Decimal:
		s.Result = schema.DecimalType(min(decimal.MaxDigits, int(t.Precision)+sumDigits), int(t.Scale))
	default:
		s.Result = schema.DecimalType(decimal.MaxDigits, 0)
	}
	return s, nil
}

// digits is the most decimal digits of an exact type.
func digits(t schema.Type) int {
	switch t.Kind {
	case schema.Decimal:
		return int(t.Precision)
	case schema.Int8, schema.Uint8:
		return 3
	case schema.Int16, schema.Uint16:
		return 5
	case schema.Int32, schema.Uint32:
		return 10
	case schema.Uint64:
		return 20
	}
	return 19
}

// widened is the exact type with avgDigits more fraction digits, as far as 38 digits allow.
func widened(t schema.Type) schema.Type {
	if t.Kind == schema.Double || t.IsTemporal() {
		return t
	}
	return schema.DecimalType(min(decimal.MaxDigits, digits(t)+avgDigits), min(decimal.MaxDigits, int(t.Scale)+avgDigits))
}

func resolveAvg(s Spec) (Spec, error) {
	t, err := numeric(s.Name, s.Args[0])
	s.Args[0], s.Result = t, widened(t)
	return s, err
}

func resolveSpread(s Spec) (Spec, error) {
	t, err := numeric(s.Name, s.Args[0])
	s.Args[0], s.Result = t, schema.TypeDouble
	return s, err
}

// resolveBits works on 64-bit patterns; other numbers are rounded to integers by the caller's cast, as in MySQL.
func resolveBits(s Spec) (Spec, error) {
	t, err := numeric(s.Name, s.Args[0])
	if err == nil && !t.IsInteger() {
		t = schema.TypeInt64
	}
	s.Args[0], s.Result = t, schema.TypeUint64
	return s, err
}

func resolveMedian(s Spec) (Spec, error) {
	t := s.Args[0]
	if t.Kind == schema.Timestamp || t.Kind == schema.Time {
		s.Result = t
		return s, nil
	}
	t, err := numeric(s.Name, t)
	s.Args[0], s.Result = t, widened(t)
	return s, err
}

// resolvePercentile checks the fraction: a constant from 0 to 1.
func resolvePercentile(s Spec) (Spec, error) {
	if _, _, ok := fraction(s.Params[0]); !ok {
		return s, refuse(s.Name, "needs a constant fraction from 0 to 1, not %s", s.Params[0])
	}
	s.Params = s.Params[:1]
	if s.Name == "percentile_cont" {
		return resolveMedian(s)
	}
	s.Result = s.Args[0]
	return s, nil
}

// fraction reads a constant from 0 to 1 as num/den. A DOUBLE is taken by its shortest decimal text, so that 0.9 means 9/10.
func fraction(v schema.Value) (num, den decimal.Int128, ok bool) {
	if v.Null || !v.Type.IsNumeric() {
		return num, den, false
	}
	num, scale, ok := decimal.Parse(v.AppendText(nil))
	if !ok || scale > 18 {
		return num, den, false
	}
	den = decimal.Pow10(scale)
	return num, den, num.Sign() >= 0 && num.Cmp(den) <= 0
}

// resolveConcat takes text: the values are concatenated per row (MySQL takes several) and sort keys keep their types.
func resolveConcat(s Spec) (Spec, error) {
	for i := range len(s.Args) - len(s.Order) {
		s.Args[i] = schema.TypeVarchar
	}
	switch {
	case len(s.Params) == 0:
		s.Params = []schema.Value{schema.TextValue(",")}
	case s.Params[0].Type.Kind != schema.Varchar || s.Params[0].Null:
		return s, refuse(s.Name, "needs a text constant as its SEPARATOR")
	}
	s.Result = schema.TypeVarchar
	return s, nil
}
