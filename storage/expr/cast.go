package expr

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// castRow converts one row; ok is false when the value does not fit.
type castRow func(r *row) (ok bool)

func newCastNode(c *Cast, arg node, env *Env) (node, error) {
	from := c.Operand.Type()
	if from.Kind == schema.Null || sameBits(from, c.To) {
		return &retypeNode{arg: arg, typ: c.To}, nil
	}
	if from.IsExact() && c.To.Kind == schema.Decimal && from.Class() == schema.ClassInt64 && from.Kind != schema.Uint64 && c.To.Class() == schema.ClassInt64 &&
		c.To.Scale >= from.Scale && roomFor(from, c.To) {
		// Only zeros are added behind the point: one multiplication a row.
		factor := schema.IntValue(schema.TypeInt64, decimal.Pow10Int64[c.To.Scale-from.Scale])
		return &scaleNode{arg: arg, typ: c.To, factor: factor.I}, nil
	}
	if from.Kind == schema.Timestamp && c.To.Kind == schema.Date {
		return newPartNode("date", c.To, func(day int64) int64 { return day }, nil, arg, env), nil
	}
	f := castFunc(from, c.To, newZone(env))
	if f == nil {
		return nil, badCast(c.Operand, c.To)
	}
	return newRowNode(c, []node{arg}, true, func(r *row) error {
		if !f(r) && !c.Try {
			if from.IsNumeric() {
				return rangeError{c.To}
			}
			return badCast(c.Operand, c.To)
		}
		return nil
	}), nil
}

// roomFor reports whether every value of an exact type is a value of a DECIMAL type.
func roomFor(from, to schema.Type) bool {
	p, s := digitsOf(from)
	return p-s <= int(to.Precision)-int(to.Scale) && s <= int(to.Scale)
}

// sameBits reports whether every value of one type is a value of the other with the same payload.
func sameBits(from, to schema.Type) bool {
	switch {
	case from.Class() != to.Class():
		return false
	case from.IsText() && to.Kind == schema.Varchar, to.Kind == schema.Binary && from.IsText():
		return true
	case from.Kind == schema.Decimal && to.Kind == schema.Decimal:
		return from.Scale == to.Scale && from.Precision <= to.Precision
	case (from.IsInteger() || from.Kind == schema.Boolean) && to.Kind == schema.Decimal:
		return from.Kind != schema.Uint64 && to.Scale == 0 && roomFor(from, to)
	case from.Kind == schema.Boolean && to.IsInteger():
		return true
	case from.IsInteger() && to.IsInteger():
		return holds(to.Kind, from.Kind)
	}
	return false
}

func holds(to, from schema.Kind) bool {
	if to == schema.Uint64 || from == schema.Uint64 {
		return to == from || to == schema.Uint64 && from >= schema.Uint8
	}
	lo, hi := intRange(from)
	l, h := intRange(to)
	return l <= lo && hi <= h
}

// retypeNode changes the type and no bit.
type retypeNode struct {
	arg node
	typ schema.Type
	out batch.Vector
}

func (n *retypeNode) eval(b *batch.Batch, rows []int32) (*batch.Vector, error) {
	v, err := n.arg.eval(b, rows)
	if err != nil {
		return nil, err
	}
	if v.AllNull() {
		return constant(schema.NullValue(n.typ), b.Len), nil
	}
	n.out = *v
	n.out.Type = n.typ
	return &n.out, nil
}

// scaleNode multiplies DECIMALs of 64 bits up to a larger scale, which their type has room for.
type scaleNode struct {
	arg    node
	typ    schema.Type
	factor int64
	buf    buffer
	x      []int64
}

func (n *scaleNode) eval(b *batch.Batch, rows []int32) (*batch.Vector, error) {
	v, err := n.arg.eval(b, rows)
	if err != nil {
		return nil, err
	}
	if v.Enc == batch.Const {
		if v.IsNull(0) {
			return constant(schema.NullValue(n.typ), b.Len), nil
		}
		return constant(schema.IntValue(n.typ, v.I[0]*n.factor), b.Len), nil
	}
	out := n.buf.reset(n.typ, b.Len)
	for i, x := range flatInts(v, &n.x) {
		out.I[i] = x * n.factor
	}
	out.Valid = rowValid(v)
	return out, nil
}

func castFunc(from, to schema.Type, z *zone) castRow {
	switch {
	case to.Kind == schema.Varchar || to.Kind == schema.Binary:
		return func(r *row) bool {
			r.extend(func(dst []byte) []byte { return mysqlText(dst, r.value(0), z) })
			return true
		}
	case to.Kind == schema.JSON:
		return castJSON(from, z)
	case from.IsText() || from.Kind == schema.Binary:
		return castText(to, z)
	case from.IsTemporal():
		return castTemporal(from, to, z)
	case to.IsTemporal():
		return numberToTemporal(from, to, z)
	case from.Kind == schema.Double:
		return castDouble(to)
	}
	return castExact(from, to)
}

func castExact(from, to schema.Type) castRow {
	switch {
	case to.Kind == schema.Double:
		scale := int(from.Scale)
		return func(r *row) bool { r.setF(wideToFloat(r.wide(0), scale)); return true }
	case to.Kind == schema.Boolean:
		return func(r *row) bool { r.setBool(r.wide(0).Sign() != 0); return true }
	}
	return func(r *row) bool { return r.fit(r.wide(0), int(from.Scale), to) }
}

// fit rounds a scaled integer to an exact type and sets it, if it is in range.
func (r *row) fit(w decimal.Int128, scale int, to schema.Type) bool {
	x, ok := w.Rescale(scale, int(to.Scale))
	if !ok || !inRange(x, to) {
		return false
	}
	r.setWide(x)
	return true
}

func castDouble(to schema.Type) castRow {
	switch {
	case to.Kind == schema.Boolean:
		return func(r *row) bool { r.setBool(r.f64(0) != 0); return true }
	case to.IsInteger():
		return func(r *row) bool {
			i, ok := floatToInt(r.f64(0), to)
			if ok {
				r.setI(i)
			}
			return ok
		}
	case to.Kind != schema.Decimal:
		return nil
	}
	return func(r *row) bool {
		f := r.f64(0)
		if math.Abs(f) >= 1e38 || f != f {
			return false
		}
		return r.fitText(strconv.FormatFloat(f, 'f', -1, 64), to)
	}
}

// fitText sets a DECIMAL from plain decimal text, rounding what goes beyond the scale.
func (r *row) fitText(s string, to schema.Type) bool {
	if point := strings.IndexByte(s, '.'); point >= 0 && len(s)-point-1 > int(to.Scale)+1 {
		// One digit more than the scale decides the rounding, half away from zero.
		s = s[:point+int(to.Scale)+2]
	}
	w, scale, ok := decimal.Parse(s)
	return ok && r.fit(w, scale, to)
}

func castText(to schema.Type, z *zone) castRow {
	trimmed := func(r *row) string { return strings.TrimSpace(string(r.text(0))) }
	switch {
	case to.Kind == schema.Boolean:
		return func(r *row) bool { return r.setTruth(trimmed(r)) }
	case to.IsInteger():
		return func(r *row) bool {
			w, scale, ok := decimal.Parse(trimmed(r))
			return ok && scale == 0 && r.fit(w, 0, to)
		}
	case to.Kind == schema.Decimal:
		return func(r *row) bool { return r.textToDecimal(trimmed(r), to) }
	case to.Kind == schema.Double:
		return func(r *row) bool {
			s := trimmed(r)
			f, rest := leadingDouble(s)
			if s == "" || rest != "" || math.IsInf(f, 0) {
				return false
			}
			r.setF(f)
			return true
		}
	}
	return textToTemporal(to, z, trimmed)
}

func (r *row) setTruth(s string) bool {
	switch strings.ToLower(s) {
	case "true", "1":
		r.setBool(true)
	case "false", "0":
		r.setBool(false)
	default:
		return false
	}
	return true
}

func (r *row) textToDecimal(s string, to schema.Type) bool {
	if _, _, ok := decimal.Parse(s); ok {
		return r.fitText(s, to)
	}
	f, rest := leadingDouble(s)
	if s == "" || rest != "" || math.Abs(f) >= 1e38 {
		return false
	}
	return r.fitText(strconv.FormatFloat(f, 'f', -1, 64), to)
}

func textToTemporal(to schema.Type, z *zone, trimmed func(*row) string) castRow {
	if to.Kind == schema.Time {
		return func(r *row) bool {
			us, ok := parseTime(trimmed(r))
			if ok {
				r.setI(us)
			}
			return ok
		}
	}
	return func(r *row) bool {
		c, ok := parseDateTime(trimmed(r))
		if ok {
			r.setClock(&c, to, z)
		}
		return ok
	}
}

// setClock sets a DATE or TIMESTAMP from a wall clock reading.
func (r *row) setClock(c *clock, to schema.Type, z *zone) {
	switch {
	case to.Kind == schema.Date:
		r.setI(c.days())
	case to.Kind == schema.Time:
		r.setI(c.wall() - c.days()*microsPerDay)
	case c.offset != nil:
		r.setI(c.wall() - *c.offset)
	default:
		r.setI(z.instant(c.wall()))
	}
}

func castTemporal(from, to schema.Type, z *zone) castRow {
	wall := func(r *row) int64 {
		if from.Kind == schema.Date {
			return r.i64(0) * microsPerDay
		}
		return z.wall(r.i64(0))
	}
	switch {
	case from.Kind == schema.Time:
		return castTime(to)
	case to.Kind == schema.Timestamp:
		return func(r *row) bool { r.setI(z.instant(wall(r))); return true }
	case to.Kind == schema.Date:
		return func(r *row) bool { r.setI(schema.DayOf(wall(r))); return true }
	case to.Kind == schema.Time:
		return func(r *row) bool { w := wall(r); r.setI(w - schema.DayOf(w)*microsPerDay); return true }
	case to.Kind == schema.Double:
		return func(r *row) bool { r.setF(wideToFloat(clockNumber(wall(r), from), 6)); return true }
	}
	return func(r *row) bool { return r.fit(clockNumber(wall(r), from), 6, to) }
}

// clockNumber is YYYYMMDD or YYYYMMDDhhmmss as a number with six digits after the point.
func clockNumber(wall int64, from schema.Type) decimal.Int128 {
	c := clockOf(wall)
	n := int64(c.year*10_000 + c.month*100 + c.day)
	if from.Kind == schema.Timestamp {
		n = n*1_000_000 + int64(c.hour*10_000+c.minute*100+c.second)
	}
	w := decimal.MulInt64(n, 1_000_000)
	w, _ = w.AddInt64(int64(c.micros))
	return w
}

func castTime(to schema.Type) castRow {
	number := func(us int64) decimal.Int128 {
		sign := int64(1)
		if us < 0 {
			us, sign = -us, -1
		}
		s := us / microsPerSecond
		n := s/3600*10_000 + s/60%60*100 + s%60
		return decimal.FromInt64(sign * (n*microsPerSecond + us%microsPerSecond))
	}
	switch {
	case to.Kind == schema.Double:
		return func(r *row) bool { r.setF(wideToFloat(number(r.i64(0)), 6)); return true }
	case to.IsExact():
		return func(r *row) bool { return r.fit(number(r.i64(0)), 6, to) }
	}
	return nil
}

// numberToTemporal reads numbers such as 20250301.
func numberToTemporal(from, to schema.Type, z *zone) castRow {
	if from.Kind == schema.Double {
		return nil
	}
	return func(r *row) bool {
		w, ok := r.wide(0).Rescale(int(from.Scale), 0)
		v, fits := w.Int64()
		if !ok || !fits {
			return false
		}
		if to.Kind == schema.Time {
			us, ok := parseTime(strconv.FormatInt(v, 10))
			if ok {
				r.setI(us)
			}
			return ok
		}
		c, ok := dateFromNumber(v)
		if ok {
			r.setClock(&c, to, z)
		}
		return ok
	}
}

func castJSON(from schema.Type, z *zone) castRow {
	if from.IsText() {
		return func(r *row) bool {
			if !json.Valid(r.text(0)) {
				return false
			}
			r.setBytes(r.text(0))
			return true
		}
	}
	return func(r *row) bool {
		v := r.value(0)
		switch {
		case v.Type.Kind == schema.Boolean:
			r.extend(v.AppendText)
		case v.Type.IsNumeric():
			r.extend(v.AppendText)
		default:
			q, err := json.Marshal(string(mysqlText(nil, v, z)))
			if err != nil {
				return false
			}
			r.setBytes(q)
		}
		return true
	}
}
