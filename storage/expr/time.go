package expr

import (
	"strings"

	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
)

// temporal makes an entry of the time family whose rows need the time zone.
func temporal(name, args, doc string, lo, hi int, bind func(*function, []Expr) (Expr, error), f func(r *row, z *zone), aliases ...string) *function {
	return &function{
		Function: Function{name, "time", []string{upperSignature(name, args)}, doc, NullStrict, Stable}, aliases: aliases, min: lo, max: hi, bind: bind,
		row: func(_ *Call, env *Env) (rowFunc, error) {
			z := newZone(env)
			return func(r *row) error { f(r, z); return nil }, nil
		},
	}
}

func timeFunctions() []*function {
	n, d, ts, tm := schema.TypeInt64, schema.TypeDate, schema.TypeTimestamp, schema.TypeTime
	convert := func(f func(Expr) (Expr, error)) func(*function, []Expr) (Expr, error) {
		return func(_ *function, a []Expr) (Expr, error) { return f(a[0]) }
	}
	out := []*function{
		temporal("date", "x", "The date of a timestamp.", 1, 1, convert(toDate), nil),
		temporal("time", "x", "The time of a timestamp.", 1, 1, convert(toTime), nil),
		temporal("timestamp", "x, time", "As a timestamp, a TIME added.", 1, 2, bindTimestamp, nil),
		temporal("addtime", "x, time", "A timestamp or a TIME plus a TIME.", 2, 2, bindAddTime, addTimeRow(1)),
		temporal("subtime", "x, time", "A timestamp or a TIME minus a TIME.", 2, 2, bindAddTime, addTimeRow(-1)),
		temporal("datediff", "a, b", "Days from b to a.", 2, 2, fixed(n, "D"), func(r *row, _ *zone) { r.setI(r.i64(0) - r.i64(1)) }),
		temporal("timediff", "a, b", "a - b as a TIME.", 2, 2, bindTimeDiff, func(r *row, z *zone) { r.setI(clampTime(r.wall(0, z) - r.wall(1, z))) }),
		temporal("from_days", "n", "The date n days after year 0.", 1, 1, fixed(d, "i"), func(r *row, _ *zone) { r.setDay(r.i64(0) - daysToEpoch) }),
		temporal("makedate", "year, day", "The nth day of a year; NULL when n < 1.", 2, 2, fixed(d, "i"), makeDateRow),
		temporal("maketime", "hour, minute, second", "A TIME from its parts.", 3, 3, fixed(tm, "iid"), makeTimeRow),
		temporal("to_seconds", "date", "Seconds since year 0.", 1, 1, bindDayPart, func(r *row, z *zone) {
			w := r.wall(0, z)
			r.setI((schema.DayOf(w)+daysToEpoch)*86_400 + (w-schema.DayOf(w)*microsPerDay)/microsPerSecond)
		}),
		temporal("time_to_sec", "time", "The seconds of a TIME.", 1, 1, fixed(n, "M"), func(r *row, _ *zone) { r.setI(r.i64(0) / microsPerSecond) }),
		temporal("sec_to_time", "n", "A TIME of n seconds.", 1, 1, fixed(tm, "i"), func(r *row, _ *zone) { r.setI(clampTime(clampSeconds(r.i64(0)) * microsPerSecond)) }),
		temporal("unix_timestamp", "date", "Seconds since 1970 UTC, of the query's time without argument.", 0, 1, bindUnix, unixRow),
		temporal("from_unixtime", "n, format", "The timestamp n seconds after 1970 UTC; NULL when negative.", 1, 2, bindFromUnix, fromUnixRow),
		temporal("convert_tz", "timestamp, from, to", "Moves a wall clock from one time zone to another; NULL for unknown zones.", 3, 3, fixed(ts, "Ttt"), nil),
		temporal("date_trunc", "unit, x", "The beginning of the unit that x lies in.", 2, 2, bindTrunc, nil),
		temporal("extract", "unit, x", "A part of a date or time: EXTRACT(unit FROM x).", 2, 2, bindExtract, nil),
		temporal("timestampdiff", "unit, a, b", "Whole units from a to b.", 3, 3, bindDiff, nil),
		temporal("date_add", "x, n, unit", "x plus an interval: DATE_ADD(x, INTERVAL n unit).", 3, 3, bindAdd, nil, "adddate"),
		temporal("date_sub", "x, n, unit", "x minus an interval: DATE_SUB(x, INTERVAL n unit).", 3, 3, bindAdd, nil, "subdate"),
		temporal("timestampadd", "unit, n, x", "x plus n units.", 3, 3, func(_ *function, a []Expr) (Expr, error) { return NewCall("date_add", a[2], a[1], a[0]) }, nil),
		temporal("period_add", "yyyymm, n", "The month n months later.", 2, 2, fixed(n, "i"), func(r *row, _ *zone) { r.setI(periodOf(monthOf(r.i64(0)) + r.i64(1))) }),
		temporal("period_diff", "yyyymm, yyyymm", "Months between two months.", 2, 2, fixed(n, "i"), func(r *row, _ *zone) { r.setI(monthOf(r.i64(0)) - monthOf(r.i64(1))) }),
	}
	for _, f := range out {
		if row := zonedRow(f.Name); row != nil {
			f.row = row
		}
	}
	return append(out, nowFunctions()...)
}

// zonedRow returns the row builders that need the call's constants.
func zonedRow(name string) func(*Call, *Env) (rowFunc, error) {
	switch name {
	case "convert_tz":
		return convertTZ
	case "date_trunc":
		return truncFunc
	case "extract":
		return extractFunc
	case "timestampdiff":
		return diffFunc
	case "date_add", "date_sub":
		return addFunc
	}
	return nil
}

func (r *row) setDay(day int64) {
	if dayInRange(day) {
		r.setI(day)
	}
}

func (r *row) setWall(wall int64, z *zone) {
	if wallInRange(wall) {
		r.setI(z.instant(wall))
	}
}

func clampTime(us int64) int64 { return max(-maxTime, min(maxTime, us)) }

func clampSeconds(s int64) int64 { return max(-1e9, min(1e9, s)) }

func bindTimeDiff(f *function, args []Expr) (Expr, error) {
	a, b := timeOrTimestamp(args[0]), timeOrTimestamp(args[1])
	if a != b {
		return &Literal{schema.NullValue(schema.TypeTime)}, nil
	}
	letters := "T"
	if a == schema.Time {
		letters = "M"
	}
	return fixed(schema.TypeTime, letters)(f, args)
}

func makeDateRow(r *row, _ *zone) {
	y, n := r.i64(0), r.i64(1)
	if y >= 0 && y < 100 {
		y = int64(fullYear(int(y)))
	}
	if n < 1 || n > 4_000_000 || y < 0 || y > 9999 {
		return
	}
	r.setDay(kernel.Days(int(y), 1, 1) + n - 1)
}

func makeTimeRow(r *row, _ *zone) {
	h, m, s := r.i64(0), r.i64(1), r.f64(2)
	if m < 0 || m > 59 || s < 0 || s >= 60 {
		return
	}
	neg := h < 0
	us := clampSeconds(max(h, -h)*3600+m*60)*microsPerSecond + int64(s*1e6+0.5)
	if neg {
		us = -us
	}
	r.setI(clampTime(us))
}

func monthOf(period int64) int64 {
	y, m := period/100, period%100
	if y < 100 {
		y = int64(fullYear(int(max(0, y))))
	}
	return y*12 + m - 1
}

func periodOf(month int64) int64 { return month/12*100 + month%12 + 1 }

// bindUnix types the result by what is known of the fraction: a constant without one gives BIGINT, a TIMESTAMP DECIMAL(18,6).
func bindUnix(f *function, args []Expr) (Expr, error) {
	if len(args) == 0 {
		return &Call{Name: f.Name, Typ: schema.TypeInt64}, nil
	}
	e := args[0]
	t := schema.DecimalType(18, 6)
	if l, ok := e.(*Literal); ok && l.Value.Type.IsText() {
		if c, ok := parseDateTime(strings.TrimSpace(l.Value.S)); ok && c.micros == 0 {
			t = schema.TypeInt64
		}
	}
	if l, ok := e.(*Literal); ok && l.Value.Type.Kind == schema.Timestamp && l.Value.I%microsPerSecond == 0 || e.Type().Kind == schema.Date {
		t = schema.TypeInt64
	}
	x, err := toTimestamp(e)
	if err != nil {
		return nil, err
	}
	return &Call{Name: f.Name, Operands: []Expr{x}, Typ: t}, nil
}

func unixRow(r *row, _ *zone) {
	us := r.i64(0)
	if r.out.Type.Kind == schema.Int64 {
		us = floorDiv(us, microsPerSecond)
	}
	r.setI(us)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func bindFromUnix(f *function, args []Expr) (Expr, error) {
	n, err := toNumber(args[0])
	if err != nil {
		return nil, err
	}
	if n.Type().Kind == schema.Double || n.Type().Kind == schema.Null {
		n = cast(n, schema.DecimalType(18, 6))
	}
	e := Expr(&Call{Name: f.Name, Operands: []Expr{n}, Typ: schema.TypeTimestamp})
	if len(args) == 2 {
		return NewCall("date_format", e, args[1])
	}
	return e, nil
}

func fromUnixRow(r *row, _ *zone) {
	w, ok := r.wide(0).Rescale(int(r.typ(0).Scale), 6)
	us, fits := w.Int64()
	if ok && fits && us >= 0 && wallInRange(us) {
		r.setI(us)
	}
}

func nowFunctions() []*function {
	entry := func(name, doc string, t schema.Type, f func(now int64, z *zone) int64, aliases ...string) *function {
		return &function{
			Function: Function{name, "time", []string{upperSignature(name, "")}, doc, NullStrict, Stable}, aliases: aliases, max: 1,
			bind: func(fn *function, a []Expr) (Expr, error) {
				if len(a) == 1 && a[0].Type().Kind != schema.Int64 {
					return nil, errs.New(errs.Meaning, "bad-arguments", "%s takes a number of digits", strings.ToUpper(fn.Name))
				}
				return &Call{Name: fn.Name, Operands: a, Typ: t}, nil
			},
			row: func(_ *Call, env *Env) (rowFunc, error) {
				z := newZone(env)
				return func(r *row) error {
					step := decimal.Pow10Int64[6-max(0, min(6, r.argOr(0, 0)))]
					r.setI(f(floorDiv(env.Now, step)*step, z))
					return nil
				}, nil
			},
		}
	}
	today := func(now int64, z *zone) int64 { return schema.DayOf(z.wall(now)) }
	return []*function{
		entry("now", "The query's time, whole seconds unless more digits are asked for.", schema.TypeTimestamp, func(now int64, _ *zone) int64 { return now },
			"current_timestamp", "localtime", "localtimestamp", "sysdate"),
		entry("utc_timestamp", "The query's time on a UTC clock.", schema.TypeTimestamp, func(now int64, z *zone) int64 { return z.instant(now) }),
		entry("curdate", "The date of the query.", schema.TypeDate, today, "current_date"),
		entry("utc_date", "The date of the query in UTC.", schema.TypeDate, func(now int64, _ *zone) int64 { return schema.DayOf(now) }),
		entry("curtime", "The time of day of the query.", schema.TypeTime, func(now int64, z *zone) int64 { return z.wall(now) - today(now, z)*microsPerDay }, "current_time"),
		entry("utc_time", "The time of day of the query in UTC.", schema.TypeTime, func(now int64, _ *zone) int64 { return now - schema.DayOf(now)*microsPerDay }),
	}
}
