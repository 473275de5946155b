package expr

import (
	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
)

// dayPart computes a number from a day; timePart from the microseconds since midnight.
type (
	dayPart  func(day int64) int64
	timePart func(us int64) int64
)

// dayParts names the parts of a date that functions and EXTRACT give.
func dayPartOf(name string) dayPart {
	civil := func(f func(y, m, d int) int) dayPart {
		return func(day int64) int64 { return int64(f(kernel.Civil(day))) }
	}
	switch name {
	case "year":
		return civil(func(y, _, _ int) int { return y })
	case "quarter":
		return civil(func(_, m, _ int) int { return (m + 2) / 3 })
	case "month":
		return civil(func(_, m, _ int) int { return m })
	case "day":
		return civil(func(_, _, d int) int { return d })
	case "year_month":
		return civil(func(y, m, _ int) int { return y*100 + m })
	case "dayofyear":
		return dayOfYear
	case "dayofweek":
		return func(day int64) int64 { return weekday(day, true) + 1 }
	case "weekday":
		return func(day int64) int64 { return weekday(day, false) }
	case "weekofyear":
		return func(day int64) int64 { w, _ := week(day, 3); return w }
	case "week":
		return func(day int64) int64 { w, _ := week(day, 0); return w }
	case "to_days":
		return func(day int64) int64 { return day + daysToEpoch }
	case "last_day":
		return lastDay
	}
	return nil
}

func timePartOf(name string) timePart {
	switch name {
	case "hour":
		return func(us int64) int64 { return us / microsPerHour }
	case "minute":
		return func(us int64) int64 { return us / microsPerMinute % 60 }
	case "second":
		return func(us int64) int64 { return us / microsPerSecond % 60 }
	case "microsecond":
		return func(us int64) int64 { return us % microsPerSecond }
	}
	return nil
}

// daysToEpoch is TO_DAYS('1970-01-01').
const daysToEpoch = 719528

func dayOfYear(day int64) int64 {
	y, _, _ := kernel.Civil(day)
	return day - kernel.Days(y, 1, 1) + 1
}

func lastDay(day int64) int64 {
	y, m, _ := kernel.Civil(day)
	return kernel.Days(y, m, daysIn(y, m))
}

// weekday counts from 0 on Monday, or on Sunday.
func weekday(day int64, sundayFirst bool) int64 {
	day += 3
	if sundayFirst {
		day++
	}
	return ((day % 7) + 7) % 7
}

// week returns the number of the week by MySQL's modes 0 to 7, and the year that it belongs to.
func week(day int64, mode int64) (number, year int64) {
	mode &= 7
	if mode&1 == 0 {
		mode ^= 4
	}
	return weekIn(day, mode&1 != 0, mode&2 != 0, mode&4 != 0)
}

// weekIn follows MySQL's calc_week: ofYear gives weeks of the neighbouring year instead of week 0; firstDay lets week 1 begin
// with the first Monday or Sunday instead of being the first with four days.
func weekIn(day int64, mondayFirst, ofYear, firstDay bool) (number, year int64) {
	y, m, d := kernel.Civil(day)
	first := kernel.Days(y, 1, 1)
	wd := weekday(first, !mondayFirst)
	late := func() bool { return firstDay && wd != 0 || !firstDay && wd >= 4 }
	if m == 1 && int64(d) <= 7-wd {
		if !ofYear && late() {
			return 0, int64(y)
		}
		ofYear = true
		y--
		length := int64(daysInYear(y))
		first -= length
		wd = (wd + 53*7 - length) % 7
	}
	days := day - (first - wd)
	if late() {
		days = day - (first + 7 - wd)
	}
	if ofYear && days >= 52*7 {
		wd = (wd + int64(daysInYear(y))) % 7
		if !firstDay && wd < 4 || firstDay && wd == 0 {
			return 1, int64(y + 1)
		}
	}
	return days/7 + 1, int64(y)
}

func daysInYear(y int) int {
	if leap(y) {
		return 366
	}
	return 365
}

func timePartFunctions() []*function {
	day := func(name, doc string, aliases ...string) *function {
		return &function{Function: Function{name, "time", []string{upperSignature(name, "date")}, doc, NullStrict, Stable}, aliases: aliases, min: 1, max: 1, bind: bindDayPart}
	}
	clockPart := func(name, doc string) *function {
		return &function{Function: Function{name, "time", []string{upperSignature(name, "time")}, doc, NullStrict, Stable}, min: 1, max: 1, bind: bindTimePart}
	}
	out := []*function{
		day("year", "The year."), day("quarter", "The quarter, 1 to 4."), day("month", "The month, 1 to 12."),
		day("day", "The day of the month, 1 to 31.", "dayofmonth"), day("dayofyear", "The day of the year, 1 to 366."),
		day("dayofweek", "The day of the week, 1 (Sunday) to 7."), day("weekday", "The day of the week, 0 (Monday) to 6."),
		day("weekofyear", "The ISO week, 1 to 53."), day("to_days", "Days since year 0."), day("last_day", "The last day of the month."),
		day("year_month", "The year and month as YYYYMM: EXTRACT(YEAR_MONTH FROM date)."),
		clockPart("hour", "The hour."), clockPart("minute", "The minute, 0 to 59."), clockPart("second", "The second, 0 to 59."),
		clockPart("microsecond", "The microsecond, 0 to 999999."),
	}
	return append(out, weekFunctions()...)
}

func weekFunctions() []*function {
	entry := func(name, doc string, f func(day, mode int64) int64) *function {
		return &function{
			Function: Function{name, "time", []string{upperSignature(name, "date, mode")}, doc, NullStrict, Stable}, min: 1, max: 2,
			bind: func(fn *function, args []Expr) (Expr, error) {
				e, err := bindDayPart(fn, args[:1])
				if err != nil || len(args) == 1 {
					return e, err
				}
				mode, err := toInteger(args[1])
				if err != nil {
					return nil, err
				}
				c := e.(*Call)
				return &Call{Name: c.Name, Operands: []Expr{c.Operands[0], mode}, Typ: c.Typ}, nil
			},
			row: func(_ *Call, env *Env) (rowFunc, error) {
				z := newZone(env)
				return func(r *row) error { r.setI(f(schema.DayOf(r.wall(0, z)), r.argOr(1, 0))); return nil }, nil
			},
		}
	}
	return []*function{
		entry("week", "The number of the week by MySQL's modes 0 to 7.", func(day, mode int64) int64 { w, _ := week(day, mode); return w }),
		entry("yearweek", "Year and week as YYYYWW.", func(day, mode int64) int64 { w, y := week(day, mode|2); return y*100 + w }),
	}
}

// bindDayPart takes a DATE or what can be read as a TIMESTAMP.
func bindDayPart(f *function, args []Expr) (Expr, error) {
	e, err := toCalendar(args[0])
	if err != nil {
		return nil, err
	}
	t := schema.TypeInt64
	if f.Name == "last_day" {
		t = schema.TypeDate
	}
	return &Call{Name: f.Name, Operands: []Expr{e}, Typ: t}, nil
}

func toCalendar(e Expr) (Expr, error) {
	if e.Type().Kind == schema.Date {
		return e, nil
	}
	return toTimestamp(e)
}

// bindTimePart takes a TIMESTAMP, a DATE, or what can be read as a TIME.
func bindTimePart(f *function, args []Expr) (Expr, error) {
	e := args[0]
	if !e.Type().IsTemporal() {
		t, err := toTime(e)
		if err != nil {
			return nil, err
		}
		e = t
	}
	return &Call{Name: f.Name, Operands: []Expr{e}, Typ: schema.TypeInt64}, nil
}

// wall returns the wall clock of a DATE, TIMESTAMP or TIME argument.
func (r *row) wall(n int, z *zone) int64 {
	switch r.typ(n).Kind {
	case schema.Date:
		return r.i64(n) * microsPerDay
	case schema.Time:
		return r.i64(n)
	}
	return z.wall(r.i64(n))
}
