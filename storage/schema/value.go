package schema

import (
	"bytes"
	"cmp"
	"context"
	"math"
	"strconv"
	"time"

	"github.com/assaydb/assay/storage/decimal"
)

// Value is one scalar of a type. The payload is in the field of the type's class: I (ClassInt64), W (ClassInt128), F
// (ClassFloat64) or S (ClassBytes); the others are zero, so Values compare with == apart from NaN.
type Value struct {
	Type Type
	Null bool
	I    int64
	W    decimal.Int128
	F    float64
	S    string
}

// NullValue returns the NULL of a type.
func NullValue(t Type) Value { return Value{Type: t, Null: true} }

// IntValue returns a value of any ClassInt64 type from its stored integer.
func IntValue(t Type, v int64) Value { return Value{Type: t, I: v} }

// WideValue returns a DECIMAL of any precision from its scaled integer, which must fit the type's class.
func WideValue(t Type, w decimal.Int128) Value {
	if t.Class() == ClassInt64 {
		return Value{Type: t, I: int64(w.Lo)}
	}
	return Value{Type: t, W: w}
}

// FloatValue returns a DOUBLE.
func FloatValue(v float64) Value { return Value{Type: TypeDouble, F: v} }

// TextValue returns a VARCHAR.
func TextValue(s string) Value { return Value{Type: TypeVarchar, S: s} }

// BoolValue returns a BOOLEAN.
func BoolValue(b bool) Value {
	if b {
		return Value{Type: TypeBoolean, I: 1}
	}
	return Value{Type: TypeBoolean}
}

// Wide returns the scaled integer of an exact numeric value.
func (v Value) Wide() decimal.Int128 {
	switch {
	case v.Type.Class() == ClassInt128:
		return v.W
	case v.Type.Kind == Uint64:
		return decimal.FromUint64(uint64(v.I))
	}
	return decimal.FromInt64(v.I)
}

// Compare orders two values of the same type in SQL's order: NULL first, NaN last, -0 equal to 0, text by bytes.
func (v Value) Compare(w Value) int {
	if v.Null || w.Null {
		return cmp.Compare(b2i(w.Null), b2i(v.Null))
	}
	switch v.Type.Class() {
	case ClassInt128:
		return v.W.Cmp(w.W)
	case ClassFloat64:
		return CompareFloat(v.F, w.F)
	case ClassBytes:
		return cmp.Compare(v.S, w.S)
	}
	if v.Type.Kind == Uint64 {
		return cmp.Compare(uint64(v.I), uint64(w.I))
	}
	return cmp.Compare(v.I, w.I)
}

// CompareFloat orders doubles with NaN last and -0 equal to 0.
func CompareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	}
	return cmp.Compare(b2i(math.IsNaN(a)), b2i(math.IsNaN(b)))
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// AppendText appends the canonical text of the value: what CSV output and partition paths show. NULL appends nothing.
func (v Value) AppendText(dst []byte) []byte {
	if v.Null {
		return dst
	}
	switch v.Type.Kind {
	case Boolean:
		return strconv.AppendBool(dst, v.I != 0)
	case Uint64:
		return strconv.AppendUint(dst, uint64(v.I), 10)
	case Decimal:
		if v.Type.Class() == ClassInt128 {
			return v.W.Append(dst, int(v.Type.Scale))
		}
		return decimal.AppendInt64(dst, v.I, int(v.Type.Scale))
	case Double:
		return AppendDouble(dst, v.F)
	case Date:
		return AppendDate(dst, v.I)
	case Timestamp:
		return AppendTimestamp(dst, v.I)
	case Time:
		return AppendTime(dst, v.I)
	case Varchar, JSON, Binary:
		return append(dst, v.S...)
	}
	return strconv.AppendInt(dst, v.I, 10)
}

// String returns the canonical text, NULL for a null.
func (v Value) String() string {
	if v.Null {
		return "NULL"
	}
	return string(v.AppendText(nil))
}

// AppendDouble appends the shortest text that reads back to f.
func AppendDouble(dst []byte, f float64) []byte {
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}

const (
	microsPerSecond = 1_000_000
	microsPerDay    = 86_400 * microsPerSecond
)

// AppendDate appends YYYY-MM-DD for a count of days since 1970-01-01.
func AppendDate(dst []byte, days int64) []byte {
	return time.Unix(days*86_400, 0).UTC().AppendFormat(dst, "2006-01-02")
}

// AppendTimestamp appends YYYY-MM-DDTHH:MM:SS[.ffffff]Z for microseconds since 1970-01-01 UTC; trailing zeros of the fraction
// are dropped.
func AppendTimestamp(dst []byte, micros int64) []byte {
	return time.UnixMicro(micros).UTC().AppendFormat(dst, "2006-01-02T15:04:05.999999Z")
}

// AppendTime appends [-]HH:MM:SS[.ffffff] for a signed duration in microseconds.
func AppendTime(dst []byte, micros int64) []byte {
	u := uint64(micros)
	if micros < 0 {
		dst = append(dst, '-')
		u = -u
	}
	s, frac := u/microsPerSecond, u%microsPerSecond
	dst = pad2(dst, s/3600)
	dst = append(dst, ':')
	dst = pad2(dst, s/60%60)
	dst = append(dst, ':')
	dst = pad2(dst, s%60)
	if frac != 0 {
		f := strconv.AppendUint(make([]byte, 0, 8), microsPerSecond+frac, 10)
		f[0] = '.'
		dst = append(dst, bytes.TrimRight(f, "0")...)
	}
	return dst
}

func pad2(dst []byte, n uint64) []byte {
	if n < 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendUint(dst, n, 10)
}

// DayOf returns the day number of a timestamp in microseconds (floor, also before 1970).
func DayOf(micros int64) int64 {
	d := micros / microsPerDay
	if micros%microsPerDay < 0 {
		d--
	}
	return d
}

// Feed gives rows one after another until there are none or yield refuses one; it returns yield's error. It may be run any number of
// times, and reads nothing before it is.
type Feed = func(ctx context.Context, yield func(row []Value) error) error
