package convert

import (
	"strings"

	"github.com/assaydb/assay/storage/errs"
)

// Pattern is a declared way to write dates or times, in the words of MySQL's STR_TO_DATE: %Y %y %m %c %d %e %H %k %h %I %l %i %s
// %S %f %p %T %b %z %%. Everything else stands for itself. DD.MM.YYYY HH:mm:ss is understood too.
type Pattern struct {
	text  string
	parts []byte // a verb, or 0 followed by a literal byte
	hours bool   // it has a time of day
}

var spelled = strings.NewReplacer("YYYY", "%Y", "YY", "%y", "MM", "%m", "DD", "%d", "HH", "%H", "mm", "%i", "ss", "%s")

// ParsePattern reads a pattern. It must name a year, a month and a day.
func ParsePattern(text string) (*Pattern, error) {
	p := &Pattern{text: text}
	src := text
	if !strings.Contains(src, "%") {
		src = spelled.Replace(src)
	}
	src = strings.ReplaceAll(src, "%T", "%H:%i:%s")
	have := ""
	for i := 0; i < len(src); i++ {
		c := src[i]
		if c != '%' {
			p.parts = append(p.parts, 0, c)
			continue
		}
		if i++; i == len(src) || !strings.ContainsRune("YymcdeHkhIlisSfpbz%", rune(src[i])) {
			return nil, errs.New(errs.Invalid, "bad-pattern", "date or time pattern %q: what follows %% is not known", text).
				WithHint("use %%Y %%y %%m %%d %%H %%i (minutes) %%s %%f %%p %%b %%z")
		}
		if src[i] == '%' {
			p.parts = append(p.parts, 0, '%')
			continue
		}
		have += src[i : i+1]
		p.parts = append(p.parts, src[i])
	}
	if !strings.ContainsAny(have, "Yy") || !strings.ContainsAny(have, "mcb") || !strings.ContainsAny(have, "de") {
		return nil, errs.New(errs.Invalid, "bad-pattern", "date or time pattern %q does not name a year, a month and a day", text)
	}
	p.hours = strings.ContainsAny(have, "HkhIl")
	return p, nil
}

// String returns the pattern as it was declared.
func (p *Pattern) String() string { return p.text }

type fields struct {
	y, m, d, h, min, s int
	micros, east       int64
	twelve, pm         bool
}

// Parse returns days and microseconds of the day, and notForm when b is not written so.
func (p *Pattern) Parse(b []byte, notForm Reason) (days, micros int64, why Reason) {
	f := fields{}
	for i := 0; i < len(p.parts); i++ {
		var n int
		var ok bool
		if v := p.parts[i]; v == 0 {
			i++
			n, ok = 1, len(b) > 0 && b[0] == p.parts[i]
		} else {
			n, ok = f.take(v, b)
		}
		if !ok {
			return 0, 0, notForm
		}
		b = b[n:]
	}
	if len(b) > 0 {
		return 0, 0, notForm
	}
	return f.resolve()
}

// ParseDate returns days since 1970-01-01; a time of day other than midnight is refused.
func (p *Pattern) ParseDate(b []byte) (int64, Reason) {
	days, micros, why := p.Parse(b, NotDate)
	if why == OK && micros != 0 {
		return 0, NotDate
	}
	return days, why
}

// ParseTimestamp returns microseconds since 1970-01-01 UTC.
func (p *Pattern) ParseTimestamp(b []byte) (int64, Reason) {
	days, micros, why := p.Parse(b, NotTimestamp)
	if why != OK {
		return 0, why
	}
	return inYears(days*secondsPerDay*microsPerSecond + micros)
}

func (f *fields) resolve() (days, micros int64, why Reason) {
	if why := validDate(f.y, f.m, f.d); why != OK {
		return 0, 0, why
	}
	if f.twelve {
		if f.h < 1 || f.h > 12 {
			return 0, 0, NoSuchDate
		}
		if f.h %= 12; f.pm {
			f.h += 12
		}
	}
	if f.h > 23 || f.min > 59 || f.s > 59 {
		return 0, 0, NoSuchDate
	}
	return civilDays(f.y, f.m, f.d), int64(f.h*3600+f.min*60+f.s)*microsPerSecond + f.micros - f.east, OK
}

// take reads one verb off the front of b.
func (f *fields) take(verb byte, b []byte) (n int, ok bool) {
	switch verb {
	case 'Y':
		f.y, n = number(b, 4)
		return n, n == 4
	case 'y':
		f.y, n = number(b, 2)
		if f.y += 2000; f.y >= 2070 { // MySQL's rule: 70 to 99 are 1970 to 1999
			f.y -= 100
		}
		return n, n == 2
	case 'm', 'c':
		f.m, n = number(b, 2)
	case 'd', 'e':
		f.d, n = number(b, 2)
	case 'H', 'k':
		f.h, n = number(b, 2)
	case 'h', 'I', 'l':
		f.h, n = number(b, 2)
		f.twelve = true
	case 'i':
		f.min, n = number(b, 2)
	case 's', 'S':
		f.s, n = number(b, 2)
	case 'f':
		var why Reason
		f.micros, n, why = fraction(b)
		return n, why == OK
	default:
		return f.word(verb, b)
	}
	return n, n > 0
}

const monthNames = "janfebmaraprmayjunjulaugsepoctnovdec"

func (f *fields) word(verb byte, b []byte) (n int, ok bool) {
	switch verb {
	case 'p':
		if len(b) < 2 || b[1]|0x20 != 'm' {
			return 0, false
		}
		f.pm = b[0]|0x20 == 'p'
		return 2, f.pm || b[0]|0x20 == 'a'
	case 'b':
		for i := 0; len(b) >= 3 && i < 12; i++ {
			if foldEqual(b[:3], monthNames[3*i:3*i+3]) {
				f.m = i + 1
				return 3, true
			}
		}
		return 0, false
	}
	f.east, ok = zone(b) // %z takes the rest
	return len(b), ok
}

// number reads up to width digits.
func number(b []byte, width int) (v, n int) {
	for n < width && n < len(b) && b[n]-'0' <= 9 {
		v = v*10 + int(b[n]-'0')
		n++
	}
	return v, n
}
