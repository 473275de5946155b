package expr

import (
	"strings"

	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
)

// span of an interval: months and microseconds are added separately, as the calendar demands.
type interval struct{ months, days, micros int64 }

// unit is a unit of INTERVAL: a simple one has months, days or micros; a composite one names its fields.
type unit struct {
	name   string
	one    interval
	fields []string // composite: the simple units from left to right
}

var simpleUnits = map[string]interval{
	"microsecond": {micros: 1}, "second": {micros: microsPerSecond}, "minute": {micros: microsPerMinute}, "hour": {micros: microsPerHour},
	"day": {days: 1}, "week": {days: 7}, "month": {months: 1}, "quarter": {months: 3}, "year": {months: 12},
}

var compositeOrder = []string{"day", "hour", "minute", "second", "microsecond"}

// parseUnit reads a unit's name in any case, with or without MySQL's SQL_TSI_ prefix.
func parseUnit(name string) (unit, bool) {
	name = strings.TrimPrefix(strings.ToLower(name), "sql_tsi_")
	if one, ok := simpleUnits[name]; ok {
		return unit{name: name, one: one}, true
	}
	if name == "year_month" {
		return unit{name: name, fields: []string{"year", "month"}}, true
	}
	from, to, ok := strings.Cut(name, "_")
	i, j := indexOf(compositeOrder, from), indexOf(compositeOrder, to)
	if !ok || i < 0 || j <= i {
		return unit{}, false
	}
	return unit{name: name, fields: compositeOrder[i : j+1]}, true
}

func indexOf(list []string, s string) int {
	for i, v := range list {
		if v == s {
			return i
		}
	}
	return -1
}

// unitOf returns the unit of a constant argument.
func unitOf(f *function, e Expr) (unit, error) {
	s, err := literalText(f, e)
	if err != nil {
		return unit{}, err
	}
	u, ok := parseUnit(s)
	if !ok {
		return u, errs.New(errs.Meaning, "bad-unit", "there is no time unit %q", s).
			WithHint("use MICROSECOND, SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, QUARTER, YEAR or a pair such as DAY_HOUR")
	}
	return u, nil
}

// dateOnly reports whether the unit moves whole days only.
func (u unit) dateOnly() bool {
	return u.fields == nil && u.one.micros == 0 || u.name == "year_month"
}

// bindAdd types x + INTERVAL n unit: a DATE stays one under units of days and more.
func bindAdd(f *function, args []Expr) (Expr, error) {
	u, err := unitOf(f, args[2])
	if err != nil {
		return nil, err
	}
	if args[0].Type().Kind == schema.Null {
		return args[0], nil // of no type yet, so that IF(c, date, NULL + INTERVAL 1 DAY) is a date
	}
	x, err := calendarOperand(args[0], u)
	if err != nil {
		return nil, err
	}
	n := args[1]
	switch {
	case u.fields != nil:
		n, err = toText(n)
	case u.name == "second" && !(n.Type().IsInteger() || n.Type().Kind == schema.Boolean):
		if n, err = toNumber(n); err == nil {
			n = cast(n, schema.DecimalType(18, 6))
		}
	default:
		n, err = toInteger(n)
	}
	if err != nil {
		return nil, err
	}
	t := schema.TypeTimestamp
	if x.Type().Kind == schema.Date && u.dateOnly() {
		t = schema.TypeDate
	}
	return &Call{Name: f.Name, Operands: []Expr{x, n, &Literal{schema.TextValue(u.name)}}, Typ: t}, nil
}

// calendarOperand makes a DATE of a constant text that is one, when the unit lets it stay one.
func calendarOperand(e Expr, u unit) (Expr, error) {
	if l, ok := e.(*Literal); ok && l.Value.Type.IsText() && !l.Value.Null && u.dateOnly() {
		if c, ok := parseDateTime(strings.TrimSpace(l.Value.S)); ok && c.dateOnly {
			return &Literal{schema.IntValue(schema.TypeDate, c.days())}, nil
		}
	}
	return toCalendar(e)
}

func addFunc(c *Call, env *Env) (rowFunc, error) {
	u, _ := parseUnit(c.Operands[2].(*Literal).Value.S)
	z := newZone(env)
	sign := int64(1)
	if c.Name == "date_sub" {
		sign = -1
	}
	date := c.Typ.Kind == schema.Date
	return func(r *row) error {
		iv, ok := u.interval(r)
		if !ok {
			return nil
		}
		wall, ok := addInterval(r.wall(0, z), iv, sign)
		switch {
		case !ok:
		case date:
			r.setDay(schema.DayOf(wall))
		default:
			r.setWall(wall, z)
		}
		return nil
	}, nil
}

// maxInterval bounds counts so that nothing overflows; beyond it every result is out of range anyway.
const maxInterval = 1 << 40

// interval reads the count argument of the current row.
func (u unit) interval(r *row) (interval, bool) {
	if u.fields != nil {
		return u.parse(string(r.text(1)))
	}
	if r.typ(1).Kind == schema.Decimal {
		return interval{micros: r.i64(1)}, true
	}
	n := r.i64(1)
	limit := int64(maxInterval)
	if u.one.micros != 0 {
		limit = (1 << 62) / u.one.micros
	}
	if n > limit || n < -limit {
		return interval{}, false
	}
	return interval{u.one.months * n, u.one.days * n, u.one.micros * n}, true
}

// parse reads a composite count such as '1 2:30': numbers between anything else, right-aligned to the fields. Digits of a last
// MICROSECOND are a fraction.
func (u unit) parse(s string) (interval, bool) {
	s = strings.TrimSpace(s)
	sign := int64(1)
	if strings.HasPrefix(s, "-") {
		sign = -1
	}
	var values []int64
	for i := 0; i < len(s) && len(values) < len(u.fields); {
		j := digitsFrom(s, i)
		if i == j {
			i++
			continue
		}
		v, ok := boundedNumber(s[i:j])
		if !ok {
			return interval{}, false
		}
		if len(values) == len(u.fields)-1 && u.fields[len(values)] == "microsecond" && j-i < 6 {
			v *= decimal.Pow10Int64[6-(j-i)]
		}
		values = append(values, v)
		i = j
	}
	out := interval{}
	fields := u.fields[len(u.fields)-len(values):]
	for k, v := range values {
		one := simpleUnits[fields[k]]
		out.months += sign * v * one.months
		out.days += sign * v * one.days
		out.micros += sign * v * one.micros
	}
	return out, true
}

func boundedNumber(s string) (int64, bool) {
	var n int64
	for _, c := range s {
		if n = n*10 + int64(c-'0'); n > 1e9 {
			return 0, false
		}
	}
	return n, true
}

// addInterval adds months first, keeping to the end of the month, then days and time.
func addInterval(wall int64, iv interval, sign int64) (int64, bool) {
	day := schema.DayOf(wall)
	rest := wall - day*microsPerDay
	if iv.months != 0 {
		y, m, d := kernel.Civil(day)
		months := int64(y)*12 + int64(m) - 1 + sign*iv.months
		if months < 12 || months >= 10_000*12 {
			return 0, false
		}
		y, m = int(months/12), int(months%12)+1
		day = kernel.Days(y, m, min(d, daysIn(y, m)))
	}
	day += sign * iv.days
	if !dayInRange(day) {
		return 0, false
	}
	us, ok := addChecked(day*microsPerDay+rest, sign*iv.micros)
	return us, ok && wallInRange(us)
}

func addChecked(a, b int64) (int64, bool) {
	r := a + b
	return r, (a^r)&(b^r) >= 0
}

func bindDiff(f *function, args []Expr) (Expr, error) {
	u, err := unitOf(f, args[0])
	if err != nil {
		return nil, err
	}
	if u.fields != nil {
		return nil, errs.New(errs.Meaning, "bad-unit", "TIMESTAMPDIFF takes a simple unit, not %s", strings.ToUpper(u.name))
	}
	a, err := toCalendar(args[1])
	if err != nil {
		return nil, err
	}
	b, err := toCalendar(args[2])
	if err != nil {
		return nil, err
	}
	return &Call{Name: f.Name, Operands: []Expr{&Literal{schema.TextValue(u.name)}, a, b}, Typ: schema.TypeInt64}, nil
}

func diffFunc(c *Call, env *Env) (rowFunc, error) {
	u, _ := parseUnit(c.Operands[0].(*Literal).Value.S)
	z := newZone(env)
	return func(r *row) error {
		a, b := r.wall(1, z), r.wall(2, z)
		switch one := u.one; {
		case one.months != 0:
			r.setI(monthsBetween(a, b) / one.months)
		case one.days != 0:
			r.setI((b - a) / (one.days * microsPerDay))
		default:
			r.setI((b - a) / one.micros)
		}
		return nil
	}, nil
}

// monthsBetween counts whole months from a to b, negative when b is earlier.
func monthsBetween(a, b int64) int64 {
	if a > b {
		return -monthsBetween(b, a)
	}
	ca, cb := clockOf(a), clockOf(b)
	n := int64(cb.year-ca.year)*12 + int64(cb.month-ca.month)
	inA, inB := a-kernel.Days(ca.year, ca.month, 1)*microsPerDay, b-kernel.Days(cb.year, cb.month, 1)*microsPerDay
	if inB < inA {
		n--
	}
	return n
}

func bindTrunc(f *function, args []Expr) (Expr, error) {
	u, err := unitOf(f, args[0])
	if err != nil {
		return nil, err
	}
	if u.fields != nil {
		return nil, errs.New(errs.Meaning, "bad-unit", "DATE_TRUNC takes a simple unit, not %s", strings.ToUpper(u.name))
	}
	x, err := toCalendar(args[1])
	if err != nil {
		return nil, err
	}
	return &Call{Name: f.Name, Operands: []Expr{&Literal{schema.TextValue(u.name)}, x}, Typ: x.Type()}, nil
}

func truncFunc(c *Call, env *Env) (rowFunc, error) {
	u, _ := parseUnit(c.Operands[0].(*Literal).Value.S)
	z := newZone(env)
	return func(r *row) error {
		wall := truncate(r.wall(1, z), u)
		if c.Typ.Kind == schema.Date {
			r.setDay(schema.DayOf(wall))
		} else {
			r.setWall(wall, z)
		}
		return nil
	}, nil
}

func truncate(wall int64, u unit) int64 {
	day := schema.DayOf(wall)
	switch {
	case u.one.months != 0:
		y, m, _ := kernel.Civil(day)
		step := int(u.one.months)
		return kernel.Days(y, (m-1)/step*step+1, 1) * microsPerDay
	case u.name == "week":
		return (day - weekday(day, false)) * microsPerDay
	case u.one.days != 0:
		return day * microsPerDay
	}
	return floorDiv(wall, u.one.micros) * u.one.micros
}

// bindExtract takes single parts to their own functions.
func bindExtract(f *function, args []Expr) (Expr, error) {
	u, err := unitOf(f, args[0])
	if err != nil {
		return nil, err
	}
	if u.fields == nil || u.name == "year_month" {
		return NewCall(u.name, args[1])
	}
	x := args[1]
	if !x.Type().IsTemporal() {
		if x, err = toTimestamp(x); err != nil {
			return nil, err
		}
	}
	return &Call{Name: f.Name, Operands: []Expr{&Literal{schema.TextValue(u.name)}, x}, Typ: schema.TypeInt64}, nil
}

// extractFunc puts the fields side by side: DAY_MINUTE of the 7th, 10:30, is 71030.
func extractFunc(c *Call, env *Env) (rowFunc, error) {
	u, _ := parseUnit(c.Operands[0].(*Literal).Value.S)
	z := newZone(env)
	return func(r *row) error {
		wall := r.wall(1, z)
		k := clockOf(wall)
		part := map[string]int{"day": k.day, "hour": k.hour, "minute": k.minute, "second": k.second}
		n := int64(0)
		for _, name := range u.fields {
			if name == "microsecond" {
				n = n*1_000_000 + int64(k.micros)
				continue
			}
			n = n*100 + int64(part[name])
		}
		r.setI(n)
		return nil
	}, nil
}
