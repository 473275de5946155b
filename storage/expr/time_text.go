package expr

import (
	"strings"
	"time"

	"github.com/assaydb/assay/storage/schema"
)

func timeTextFunctions() []*function {
	v := schema.TypeVarchar
	return []*function{
		temporal("dayname", "date", "The name of the weekday.", 1, 1, bindAs(v), func(r *row, z *zone) { r.setText(dayNames[weekday(schema.DayOf(r.wall(0, z)), true)]) }),
		temporal("monthname", "date", "The name of the month.", 1, 1, bindAs(v), func(r *row, z *zone) { c := clockOf(r.wall(0, z)); r.setText(monthNames[c.month-1]) }),
		{
			Function: Function{"date_format", "time", []string{"DATE_FORMAT(date, format)"}, "The date written by MySQL's specifiers, such as %Y-%m.", NullStrict, Stable}, min: 2, max: 2,
			bind: bindDateFormat, row: dateFormat,
		},
		{
			Function: Function{"time_format", "time", []string{"TIME_FORMAT(time, format)"}, "The time written by MySQL's specifiers for hours and less.", NullStrict, Stable}, min: 2, max: 2,
			bind: bindTimeFormat, row: dateFormat,
		},
		{
			Function: Function{"str_to_date", "time", []string{"STR_TO_DATE(text, format)"}, "Reads a date by MySQL's specifiers; NULL when the text does not fit.", NullStrict, Stable}, min: 2, max: 2,
			bind: bindStrToDate, row: strToDate,
		},
		{
			Function: Function{"get_format", "time", []string{"GET_FORMAT(kind, region)"}, "The format that a region uses for DATE, TIME or DATETIME.", NullStrict, Immutable}, min: 2, max: 2,
			bind: fixed(v, "t"), row: plain(getFormatRow),
		},
	}
}

// bindAs binds a function of one date with a result type.
func bindAs(t schema.Type) func(*function, []Expr) (Expr, error) {
	return func(f *function, args []Expr) (Expr, error) {
		e, err := toCalendar(args[0])
		if err != nil {
			return nil, err
		}
		return &Call{Name: f.Name, Operands: []Expr{e}, Typ: t}, nil
	}
}

func bindDateFormat(f *function, args []Expr) (Expr, error) {
	x := args[0]
	if x.Type().Kind != schema.Time {
		var err error
		if x, err = toCalendar(x); err != nil {
			return nil, err
		}
	}
	format, err := toText(args[1])
	if err != nil {
		return nil, err
	}
	return &Call{Name: f.Name, Operands: []Expr{x, format}, Typ: schema.TypeVarchar}, nil
}

func bindTimeFormat(f *function, args []Expr) (Expr, error) {
	x := args[0]
	if !x.Type().IsTemporal() {
		var err error
		if x, err = toTime(x); err != nil {
			return nil, err
		}
	}
	return bindDateFormat(f, []Expr{x, args[1]})
}

var (
	dayNames   = [...]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
	monthNames = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
)

// dateFormat keeps the last day's text for formats without a time: neighbouring rows are often of one day.
func dateFormat(c *Call, env *Env) (rowFunc, error) {
	z := newZone(env)
	var last []byte
	var format string
	lastDay, daily := int64(0), false
	return func(r *row) error {
		wall := r.wall(0, z)
		if string(r.text(1)) != format {
			format, last = string(r.text(1)), nil
			daily = !hasTime(format) && r.typ(0).Kind != schema.Time
		}
		day := schema.DayOf(wall)
		if daily && last != nil && day == lastDay {
			r.setBytes(last)
			return nil
		}
		start := len(r.out.Data)
		r.extend(func(dst []byte) []byte { return appendFormat(dst, format, wall, r.typ(0).Kind == schema.Time) })
		if daily {
			last, lastDay = append(last[:0], r.out.Data[start:]...), day
			if last == nil {
				last = []byte{}
			}
		}
		return nil
	}, nil
}

// hasTime reports whether a format shows hours or less.
func hasTime(format string) bool {
	for i := 0; i+1 < len(format); i++ {
		if format[i] == '%' {
			i++
			if strings.IndexByte("fHhIiklprSsT", format[i]) >= 0 {
				return true
			}
		}
	}
	return false
}

func appendFormat(dst []byte, format string, wall int64, isTime bool) []byte {
	f := formatter{c: clockOf(wall), day: schema.DayOf(wall)}
	if isTime {
		us := max(wall, -wall)
		f.c, f.day = clock{}, 0
		f.c.setTime(us)
		if wall < 0 {
			dst = append(dst, '-')
		}
	}
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			dst = append(dst, format[i])
			continue
		}
		i++
		dst = f.append(dst, format[i])
	}
	return dst
}

// formatter writes the specifiers of one moment.
type formatter struct {
	c   clock
	day int64
}

func (f *formatter) append(dst []byte, spec byte) []byte {
	c := &f.c
	switch spec {
	case 'Y':
		return appendPadded(dst, c.year, 4)
	case 'y':
		return appendPadded(dst, c.year%100, 2)
	case 'm':
		return appendPadded(dst, c.month, 2)
	case 'c':
		return appendPadded(dst, c.month, 1)
	case 'd':
		return appendPadded(dst, c.day, 2)
	case 'e':
		return appendPadded(dst, c.day, 1)
	case 'D':
		return append(appendPadded(dst, c.day, 1), ordinal(c.day)...)
	case 'j':
		return appendPadded(dst, int(dayOfYear(f.day)), 3)
	case 'M', 'b', 'W', 'a', 'w':
		return f.name(dst, spec)
	case 'U', 'u', 'V', 'v', 'X', 'x':
		return f.week(dst, spec)
	}
	return f.time(dst, spec)
}

func (f *formatter) time(dst []byte, spec byte) []byte {
	c := &f.c
	switch spec {
	case 'H':
		return appendPadded(dst, c.hour, 2)
	case 'k':
		return appendPadded(dst, c.hour, 1)
	case 'h', 'I':
		return appendPadded(dst, (c.hour%24+11)%12+1, 2)
	case 'l':
		return appendPadded(dst, (c.hour%24+11)%12+1, 1)
	case 'i':
		return appendPadded(dst, c.minute, 2)
	case 'S', 's':
		return appendPadded(dst, c.second, 2)
	case 'f':
		return appendPadded(dst, c.micros, 6)
	case 'p':
		return append(dst, halfDay(c.hour)...)
	case 'T':
		return appendClock(dst, c)
	case 'r':
		half := *c
		half.hour = (c.hour%24+11)%12 + 1
		return append(append(appendClock(dst, &half), ' '), halfDay(c.hour)...)
	}
	return append(dst, spec)
}

func halfDay(hour int) string {
	if hour%24 < 12 {
		return "AM"
	}
	return "PM"
}

func ordinal(n int) string {
	if n%100 >= 11 && n%100 <= 13 {
		return "th"
	}
	switch n % 10 {
	case 1:
		return "st"
	case 2:
		return "nd"
	case 3:
		return "rd"
	}
	return "th"
}

func (f *formatter) name(dst []byte, spec byte) []byte {
	wd := weekday(f.day, true)
	switch spec {
	case 'W':
		return append(dst, dayNames[wd]...)
	case 'a':
		return append(dst, dayNames[wd][:3]...)
	case 'w':
		return append(dst, byte('0'+wd))
	}
	if f.c.month == 0 {
		return dst
	}
	name := monthNames[f.c.month-1]
	if spec == 'b' {
		name = name[:3]
	}
	return append(dst, name...)
}

func (f *formatter) week(dst []byte, spec byte) []byte {
	mode := map[byte]int64{'U': 0, 'u': 1, 'V': 2, 'v': 3, 'X': 2, 'x': 3}[spec]
	w, y := week(f.day, mode)
	if spec == 'X' || spec == 'x' {
		return appendPadded(dst, int(y), 4)
	}
	return appendPadded(dst, int(w), 2)
}

func getFormatRow(r *row) error {
	formats := map[string]string{
		"DATE USA": "%m.%d.%Y", "DATE JIS": "%Y-%m-%d", "DATE ISO": "%Y-%m-%d", "DATE EUR": "%d.%m.%Y", "DATE INTERNAL": "%Y%m%d",
		"DATETIME USA": "%Y-%m-%d %H.%i.%s", "DATETIME JIS": "%Y-%m-%d %H:%i:%s", "DATETIME ISO": "%Y-%m-%d %H:%i:%s",
		"DATETIME EUR": "%Y-%m-%d %H.%i.%s", "DATETIME INTERNAL": "%Y%m%d%H%i%s",
		"TIME USA": "%h:%i:%s %p", "TIME JIS": "%H:%i:%s", "TIME ISO": "%H:%i:%s", "TIME EUR": "%H.%i.%s", "TIME INTERNAL": "%H%i%s",
	}
	if s, ok := formats[strings.ToUpper(string(r.text(0))+" "+string(r.text(1)))]; ok {
		r.setText(s)
	}
	return nil
}

// zones keeps the time zones that CONVERT_TZ loaded; an unknown name is kept as nil.
type zones map[string]*zone

// maxZones bounds what hostile columns of zone names can make it keep.
const maxZones = 1024

func (zs zones) get(name []byte) *zone {
	if z, ok := zs[string(name)]; ok {
		return z
	}
	if len(zs) > maxZones {
		clear(zs)
	}
	z := loadZone(string(name))
	zs[string(name)] = z
	return z
}

// loadZone reads UTC, +hh:mm or a name of the IANA database; nil when there is no such zone.
func loadZone(name string) *zone {
	p := parser{s: name}
	c := clock{}
	if p.peek() == '+' || p.peek() == '-' {
		if !p.zone(&c) || !p.done() {
			return nil
		}
		return newZone(&Env{Zone: time.FixedZone(name, int(*c.offset/microsPerSecond))})
	}
	if name == "" || name == "Local" {
		return nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return newZone(&Env{Zone: loc})
}

func convertTZ(_ *Call, env *Env) (rowFunc, error) {
	z, known := newZone(env), zones{}
	return func(r *row) error {
		from, to := known.get(r.text(1)), known.get(r.text(2))
		if from != nil && to != nil {
			r.setWall(to.wall(from.instant(z.wall(r.i64(0)))), z)
		}
		return nil
	}, nil
}
