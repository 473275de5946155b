package expr

import (
	"strconv"

	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
)

// clock is a wall clock reading.
type clock struct {
	year, month, day             int
	hour, minute, second, micros int
	dateOnly                     bool   // no time was written
	offset                       *int64 // microseconds east of UTC, when written
}

func (c *clock) days() int64 { return kernel.Days(c.year, c.month, c.day) }

// wall returns microseconds since 1970 on the same clock.
func (c *clock) wall() int64 {
	return c.days()*microsPerDay + int64(c.hour)*microsPerHour + int64(c.minute)*microsPerMinute + int64(c.second)*microsPerSecond + int64(c.micros)
}

func clockOf(wall int64) clock {
	d := schema.DayOf(wall)
	c := clock{}
	c.year, c.month, c.day = kernel.Civil(d)
	c.setTime(wall - d*microsPerDay)
	return c
}

// setTime sets the time of day from microseconds.
func (c *clock) setTime(us int64) {
	c.micros = int(us % microsPerSecond)
	s := int(us / microsPerSecond)
	c.hour, c.minute, c.second = s/3600, s/60%60, s%60
}

func (c *clock) valid() bool {
	return c.year >= 1 && c.year <= 9999 && c.month >= 1 && c.month <= 12 && c.day >= 1 && c.day <= daysIn(c.year, c.month) &&
		c.hour < 24 && c.minute < 60 && c.second < 60
}

func leap(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

func daysIn(y, m int) int {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if leap(y) {
			return 29
		}
		return 28
	}
	return 31
}

// parseDateTime reads what MySQL takes for a DATE or DATETIME: YYYY-MM-DD[ T]hh:mm[:ss[.ffffff]] with any punctuation between
// date parts, one-digit parts and two-digit years; YYYYMMDD and YYYYMMDDhhmmss; and Z or +hh:mm at the end.
func parseDateTime(s string) (clock, bool) {
	p := parser{s: s}
	c, ok := p.date()
	if !ok {
		return c, false
	}
	if p.done() {
		c.dateOnly = c.dateOnly || c.hour|c.minute|c.second|c.micros == 0 && len(s) < 12
		return c, c.valid()
	}
	if c.hour|c.minute|c.second == 0 && (p.skip('T') || p.skip('t') || p.skip(' ')) {
		for p.skip(' ') {
		}
		if !p.timeOfDay(&c) {
			return c, false
		}
	}
	if !p.zone(&c) || !p.done() {
		return c, false
	}
	return c, c.valid()
}

// parser is a cursor on a short text.
type parser struct {
	s string
	i int
}

func (p *parser) done() bool { return p.i == len(p.s) }

func (p *parser) peek() byte {
	if p.done() {
		return 0
	}
	return p.s[p.i]
}

func (p *parser) skip(c byte) bool {
	if p.peek() == c && !p.done() {
		p.i++
		return true
	}
	return false
}

// number reads up to most digits and returns how many there were.
func (p *parser) number(most int) (n, digits int) {
	for digits < most && !p.done() && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
		n = n*10 + int(p.s[p.i]-'0')
		p.i++
		digits++
	}
	return n, digits
}

func punctuation(c byte) bool {
	return c == '-' || c == '/' || c == '.' || c == ':' || c == ',' || c == '_' || c == '^' || c == '@' || c == '%' || c == '+' || c == '*'
}

func (p *parser) date() (clock, bool) {
	var c clock
	y, n := p.number(14)
	if n > 4 || n != 0 && p.done() {
		return compactDate(p, y, n)
	}
	if n == 2 {
		y = fullYear(y)
	} else if n != 4 {
		return c, false
	}
	c.year = y
	var ok bool
	if c.month, ok = p.part(); !ok {
		return c, false
	}
	c.day, ok = p.part()
	return c, ok
}

// part reads one separator and one or two digits.
func (p *parser) part() (int, bool) {
	if !punctuation(p.peek()) {
		return 0, false
	}
	p.i++
	v, n := p.number(2)
	return v, n > 0
}

// compactDate takes a run of digits apart: YYMMDD, YYYYMMDD, YYMMDDhhmmss or YYYYMMDDhhmmss.
func compactDate(p *parser, v, digits int) (clock, bool) {
	var c clock
	if digits == 12 || digits == 14 {
		c.second, c.minute, c.hour = v%100, v/100%100, v/10_000%100
		v, digits = v/1_000_000, digits-6
		if !p.fraction(&c) {
			return c, false
		}
	} else {
		c.dateOnly = true
	}
	c.day, c.month, c.year = v%100, v/100%100, v/10_000
	if digits == 6 {
		c.year = fullYear(c.year)
	}
	return c, digits == 6 || digits == 8
}

// fullYear applies MySQL's pivot to two-digit years.
func fullYear(y int) int {
	if y < 70 {
		return 2000 + y
	}
	return 1900 + y
}

func (p *parser) timeOfDay(c *clock) bool {
	var n int
	if c.hour, n = p.number(2); n == 0 {
		return false
	}
	if !p.skip(':') {
		return p.done()
	}
	if c.minute, n = p.number(2); n == 0 {
		return false
	}
	if !p.skip(':') {
		return true
	}
	if c.second, n = p.number(2); n == 0 {
		return false
	}
	return p.fraction(c)
}

// fraction reads .ffffff; digits beyond six are refused unless zero, since nothing is dropped silently.
func (p *parser) fraction(c *clock) bool {
	if !p.skip('.') {
		return true
	}
	v, n := p.number(6)
	for range 6 - n {
		v *= 10
	}
	for p.skip('0') {
	}
	c.micros = v
	return p.peek() < '0' || p.peek() > '9'
}

func (p *parser) zone(c *clock) bool {
	var off int64
	switch {
	case p.done():
		return true
	case p.skip('Z') || p.skip('z'):
	case p.peek() == '+' || p.peek() == '-':
		neg := p.peek() == '-'
		p.i++
		h, n := p.number(2)
		p.skip(':')
		m, k := p.number(2)
		if n != 2 || k == 1 || h > 14 || m > 59 {
			return false
		}
		if off = int64(h)*microsPerHour + int64(m)*microsPerMinute; neg {
			off = -off
		}
	default:
		return false
	}
	c.offset = &off
	return true
}

// maxTime is MySQL's limit of TIME: 838:59:59.
const maxTime = 839*microsPerHour - microsPerSecond

// parseTime reads [-][D ]hh:mm[:ss[.ffffff]], hhmmss or ss, or the time of a date and time.
func parseTime(s string) (int64, bool) {
	p := parser{s: s}
	neg := p.skip('-')
	v, n := p.number(10)
	if n == 0 {
		return 0, false
	}
	days := 0
	if p.skip(' ') {
		days = v
		if v, n = p.number(3); n == 0 {
			return 0, false
		}
	}
	c := clock{}
	switch p.peek() {
	case ':':
		if !p.rest(&c) {
			return 0, false
		}
	case '-', '/':
		return timeOfDate(s)
	default:
		if days == 0 {
			c.second, c.minute, v = v%100, v/100%100, v/10_000
		}
		if !p.fraction(&c) {
			return 0, false
		}
	}
	us := int64(days*24+v)*microsPerHour + int64(c.minute)*microsPerMinute + int64(c.second)*microsPerSecond + int64(c.micros)
	if !p.done() || c.minute > 59 || c.second > 59 || us > maxTime {
		return 0, false
	}
	if neg {
		us = -us
	}
	return us, true
}

// rest reads :mm[:ss[.ffffff]].
func (p *parser) rest(c *clock) bool {
	p.i++
	var n int
	if c.minute, n = p.number(2); n == 0 {
		return false
	}
	if !p.skip(':') {
		return true
	}
	if c.second, n = p.number(2); n == 0 {
		return false
	}
	return p.fraction(c)
}

func timeOfDate(s string) (int64, bool) {
	c, ok := parseDateTime(s)
	if !ok {
		return 0, false
	}
	return c.wall() - c.days()*microsPerDay, true
}

// dateFromNumber reads YYYYMMDD, YYMMDD, YYYYMMDDhhmmss or YYMMDDhhmmss.
func dateFromNumber(v int64) (clock, bool) {
	if v < 0 {
		return clock{}, false
	}
	s := strconv.FormatInt(v, 10)
	switch {
	case len(s) < 6:
		s = "000000"[len(s):] + s
	case len(s) == 7 || len(s) == 11 || len(s) == 13:
		s = "0" + s
	}
	return parseDateTime(s)
}

// appendDate appends YYYY-MM-DD.
func appendDate(dst []byte, days int64) []byte {
	y, m, d := kernel.Civil(days)
	dst = appendPadded(dst, y, 4)
	dst = append(dst, '-')
	dst = appendPadded(dst, m, 2)
	dst = append(dst, '-')
	return appendPadded(dst, d, 2)
}

// appendWall appends YYYY-MM-DD hh:mm:ss and, unless zero, the fraction in six digits.
func appendWall(dst []byte, wall int64) []byte {
	c := clockOf(wall)
	dst = appendDate(dst, schema.DayOf(wall))
	dst = append(dst, ' ')
	dst = appendClock(dst, &c)
	if c.micros != 0 {
		dst = append(dst, '.')
		dst = appendPadded(dst, c.micros, 6)
	}
	return dst
}

// appendClock appends hh:mm:ss.
func appendClock(dst []byte, c *clock) []byte {
	dst = append(appendPadded(dst, c.hour, 2), ':')
	dst = append(appendPadded(dst, c.minute, 2), ':')
	return appendPadded(dst, c.second, 2)
}

// appendPadded appends a number of at least width digits.
func appendPadded(dst []byte, v, width int) []byte {
	if v < 0 {
		dst, v = append(dst, '-'), -v
	}
	for ; width > 1; width-- {
		if v < pow10Int(width-1) {
			dst = append(dst, '0')
		}
	}
	return strconv.AppendInt(dst, int64(v), 10)
}

func pow10Int(n int) int {
	p := 1
	for range n {
		p *= 10
	}
	return p
}

// mysqlText appends a value as MySQL prints it: like the canonical text, but BOOLEAN as 1 or 0 and TIMESTAMP as YYYY-MM-DD
// hh:mm:ss in the zone.
func mysqlText(dst []byte, v schema.Value, z *zone) []byte {
	switch v.Type.Kind {
	case schema.Boolean:
		return strconv.AppendInt(dst, v.I, 10)
	case schema.Timestamp:
		return appendWall(dst, z.wall(v.I))
	case schema.Date:
		return appendDate(dst, v.I)
	}
	return v.AppendText(dst)
}
