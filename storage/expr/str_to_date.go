package expr

import (
	"strings"

	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
)

// bindStrToDate types the result by a constant format: DATE, TIME or, with both or unknown, TIMESTAMP.
func bindStrToDate(f *function, args []Expr) (Expr, error) {
	e, err := fixed(schema.TypeTimestamp, "t")(f, args)
	if err != nil {
		return nil, err
	}
	c := e.(*Call)
	if l, ok := c.Operands[1].(*Literal); ok && !l.Value.Null {
		switch hours, days := hasTime(l.Value.S), hasDate(l.Value.S); {
		case !hours:
			c.Typ = schema.TypeDate
		case !days:
			c.Typ = schema.TypeTime
		}
	}
	return c, nil
}

func hasDate(format string) bool {
	for i := 0; i+1 < len(format); i++ {
		if format[i] == '%' {
			i++
			if strings.IndexByte("MVUXYWabcjmvuxywdeD", format[i]) >= 0 {
				return true
			}
		}
	}
	return false
}

func strToDate(c *Call, env *Env) (rowFunc, error) {
	z, to := newZone(env), c.Typ
	return func(r *row) error {
		d := dateReader{p: parser{s: string(r.text(0))}}
		if !d.read(string(r.text(1))) {
			return nil
		}
		switch {
		case to.Kind == schema.Time:
			c := &d.c
			r.setI(int64(c.hour)*microsPerHour + int64(c.minute)*microsPerMinute + int64(c.second)*microsPerSecond + int64(c.micros))
		case d.c.valid():
			r.setClock(&d.c, to, z)
		}
		return nil
	}, nil
}

// dateReader reads a text by a format.
type dateReader struct {
	p        parser
	c        clock
	pm, half bool // %p was PM; a 12-hour field was read
	yearDay  int
	week     int
	weekMode int64 // of %U %u %V %v, -1 when none
	weekYear int
	weekday  int // 0 Sunday, -1 when not given
	hasWeek  bool
	hasDay   bool
}

func (d *dateReader) read(format string) bool {
	d.weekday = -1
	for i := 0; i < len(format); i++ {
		c := format[i]
		if c == ' ' {
			for d.p.skip(' ') {
			}
			continue
		}
		if c != '%' || i+1 == len(format) {
			if !d.p.skip(c) {
				return false
			}
			continue
		}
		i++
		if d.p.done() && format[i] != '#' && format[i] != '.' && format[i] != '@' {
			return false
		}
		for format[i] != '%' && d.p.skip(' ') {
		}
		if !d.spec(format[i]) {
			return false
		}
	}
	for d.p.skip(' ') {
	}
	return d.finish()
}

func (d *dateReader) spec(s byte) bool {
	switch s {
	case 'Y', 'y', 'm', 'c', 'd', 'e', 'D', 'j', 'M', 'b', 'W', 'a', 'w':
		return d.date(s)
	case 'U', 'u', 'V', 'v', 'X', 'x':
		return d.weeks(s)
	case '#', '.', '@':
		d.skipWhile(s)
		return true
	case '%':
		return d.p.skip('%')
	}
	return d.time(s)
}

// field reads a number of up to most digits within bounds.
func (d *dateReader) field(dst *int, most, lo, hi int) bool {
	v, n := d.p.number(most)
	*dst = v
	return n > 0 && v >= lo && v <= hi
}

func (d *dateReader) date(s byte) bool {
	c := &d.c
	switch s {
	case 'Y':
		v, n := d.p.number(4)
		if c.year = v; n == 2 {
			c.year = fullYear(v)
		}
		return n > 0
	case 'y':
		ok := d.field(&c.year, 2, 0, 99)
		c.year = fullYear(c.year)
		return ok
	case 'm', 'c':
		return d.field(&c.month, 2, 1, 12)
	case 'd', 'e':
		d.hasDay = true
		return d.field(&c.day, 2, 1, 31)
	case 'D':
		d.hasDay = true
		ok := d.field(&c.day, 2, 1, 31) && len(d.p.s)-d.p.i >= 2
		d.p.i = min(d.p.i+2, len(d.p.s))
		return ok
	case 'j':
		return d.field(&d.yearDay, 3, 1, 366)
	case 'w':
		return d.field(&d.weekday, 1, 0, 6)
	}
	return d.name(s)
}

func (d *dateReader) name(s byte) bool {
	match := func(names []string, n int) int {
		rest := d.p.s[d.p.i:]
		for i, name := range names {
			if n > 0 {
				name = name[:n]
			}
			if len(rest) >= len(name) && strings.EqualFold(rest[:len(name)], name) {
				d.p.i += len(name)
				return i
			}
		}
		return -1
	}
	switch s {
	case 'M':
		d.c.month = match(monthNames[:], 0) + 1
		return d.c.month > 0
	case 'b':
		d.c.month = match(monthNames[:], 3) + 1
		return d.c.month > 0
	case 'W':
		d.weekday = match(dayNames[:], 0)
	case 'a':
		d.weekday = match(dayNames[:], 3)
	}
	return d.weekday >= 0
}

func (d *dateReader) weeks(s byte) bool {
	if s == 'X' || s == 'x' {
		return d.field(&d.weekYear, 4, 0, 9999)
	}
	d.hasWeek = true
	d.weekMode = map[byte]int64{'U': 0, 'u': 1, 'V': 2, 'v': 3}[s]
	return d.field(&d.week, 2, 0, 53)
}

func (d *dateReader) time(s byte) bool {
	c := &d.c
	switch s {
	case 'H', 'k':
		return d.field(&c.hour, 2, 0, 23)
	case 'h', 'I', 'l':
		d.half = true
		return d.field(&c.hour, 2, 1, 12)
	case 'i':
		return d.field(&c.minute, 2, 0, 59)
	case 'S', 's':
		return d.field(&c.second, 2, 0, 59)
	case 'f':
		v, n := d.p.number(6)
		c.micros = v * pow10Int(6-n)
		return n > 0
	case 'p':
		return d.halfDay()
	case 'T':
		return d.clock(23)
	case 'r':
		d.half = true
		if !d.clock(12) {
			return false
		}
		for d.p.skip(' ') {
		}
		return d.halfDay()
	}
	return false
}

func (d *dateReader) clock(maxHour int) bool {
	return d.field(&d.c.hour, 2, 0, maxHour) && d.p.skip(':') && d.field(&d.c.minute, 2, 0, 59) && d.p.skip(':') && d.field(&d.c.second, 2, 0, 59)
}

func (d *dateReader) halfDay() bool {
	rest := d.p.s[d.p.i:]
	if len(rest) < 2 || !strings.EqualFold(rest[1:2], "m") {
		return false
	}
	d.pm = rest[0] == 'p' || rest[0] == 'P'
	ok := d.pm || rest[0] == 'a' || rest[0] == 'A'
	d.p.i += 2
	return ok
}

func (d *dateReader) skipWhile(s byte) {
	letter := func(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
	for !d.p.done() {
		c := d.p.peek()
		digit := c >= '0' && c <= '9'
		if s == '#' && !digit || s == '@' && !letter(c) || s == '.' && (digit || letter(c) || c == ' ') {
			return
		}
		d.p.i++
	}
}

// finish settles the hour and days given by their number in the year or week. MySQL allows text to be left over only for a
// warning; here the rest must be empty, as in strict mode.
func (d *dateReader) finish() bool {
	if !d.p.done() {
		return false
	}
	if d.half {
		if d.c.hour %= 12; d.pm {
			d.c.hour += 12
		}
	} else if d.pm {
		return false
	}
	switch {
	case d.yearDay > 0 && d.c.year > 0:
		day := kernel.Days(d.c.year, 1, 1) + int64(d.yearDay) - 1
		d.c.year, d.c.month, d.c.day = kernel.Civil(day)
	case d.hasWeek && d.weekday >= 0:
		return d.byWeek()
	}
	return true
}

// byWeek finds the date of a weekday in a week of a year.
func (d *dateReader) byWeek() bool {
	year := d.c.year
	if d.weekMode >= 2 {
		year = d.weekYear
	}
	if year == 0 || d.week == 0 && d.weekMode >= 2 {
		return false
	}
	sunday := d.weekMode == 0 || d.weekMode == 2
	first := kernel.Days(year, 1, 1)
	wd := weekday(first, sunday)
	start := first - wd
	if sunday && wd != 0 || !sunday && wd >= 4 {
		start += 7
	}
	at := int64(d.weekday)
	if !sunday {
		at = (at + 6) % 7
	}
	day := start + int64(d.week-1)*7 + at
	if !dayInRange(day) {
		return false
	}
	d.c.year, d.c.month, d.c.day = kernel.Civil(day)
	return true
}
