package convert

const (
	microsPerSecond = 1_000_000
	secondsPerDay   = 86_400
)

// civilDays returns the days from 1970-01-01 to a date of the proleptic Gregorian calendar (H. Hinnant, days_from_civil).
func civilDays(y, m, d int) int64 {
	if m <= 2 {
		y--
		m += 12
	}
	era := y / 400 // y >= 0
	yoe := y - era*400
	doy := (153*(m-3)+2)/5 + d - 1
	return int64(era)*146_097 + int64(yoe*365+yoe/4-yoe/100+doy) - 719_468
}

var monthDays = [...]int{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func validDate(y, m, d int) Reason {
	switch {
	case y < 1 || y > 9999:
		return YearRange
	case m < 1 || m > 12 || d < 1 || d > monthDays[m]:
		return NoSuchDate
	case m == 2 && d == 29 && (y%4 != 0 || y%100 == 0 && y%400 != 0):
		return NoSuchDate
	}
	return OK
}

// two reads two digits; more than 99 when they are none.
func two(b []byte) int {
	hi, lo := b[0]-'0', b[1]-'0'
	if hi > 9 || lo > 9 {
		return 100
	}
	return int(hi)*10 + int(lo)
}

// ParseDate reads YYYY-MM-DD as days since 1970-01-01.
func ParseDate(b []byte) (int64, Reason) {
	if len(b) != 10 {
		return 0, NotDate
	}
	return isoDate(b)
}

// isoDate reads the first ten bytes of b.
func isoDate(b []byte) (int64, Reason) {
	c, y, m, d := two(b), two(b[2:]), two(b[5:]), two(b[8:])
	if b[4] != '-' || b[7] != '-' || c > 99 || y > 99 || m > 99 || d > 99 {
		return 0, NotDate
	}
	y += c * 100
	if why := validDate(y, m, d); why != OK {
		return 0, why
	}
	return civilDays(y, m, d), OK
}

// ParseTimestamp reads YYYY-MM-DD, or YYYY-MM-DD{T or space}HH:MM[:SS[.fraction]][Z or ±HH[:]MM], as microseconds since
// 1970-01-01 UTC. Without an offset the time is taken as UTC.
func ParseTimestamp(b []byte) (int64, Reason) {
	if len(b) < 10 {
		return 0, NotTimestamp
	}
	days, why := isoDate(b)
	if why != OK {
		if why == NotDate {
			why = NotTimestamp
		}
		return 0, why
	}
	micros := days * secondsPerDay * microsPerSecond
	if len(b) == 10 {
		return micros, OK
	}
	if b[10] != 'T' && b[10] != ' ' && b[10] != 't' {
		return 0, NotTimestamp
	}
	t, n, why := isoTime(b[11:])
	if why != OK {
		return 0, why
	}
	offset, ok := zone(b[11+n:])
	if !ok {
		return 0, NotTimestamp
	}
	return inYears(micros + t - offset)
}

// The first and last microsecond of the years 1 to 9999: an offset can carry a time out of them.
const (
	firstMicros = -62_135_596_800 * microsPerSecond
	lastMicros  = 253_402_300_800*microsPerSecond - 1
)

func inYears(micros int64) (int64, Reason) {
	if micros < firstMicros || micros > lastMicros {
		return 0, YearRange
	}
	return micros, OK
}

// isoTime reads HH:MM[:SS[.fraction]] and returns microseconds and the bytes read.
func isoTime(b []byte) (micros int64, n int, why Reason) {
	if len(b) < 5 || b[2] != ':' {
		return 0, 0, NotTimestamp
	}
	h, m, s := two(b), two(b[3:]), 0
	n = 5
	if len(b) >= 8 && b[5] == ':' {
		s, n = two(b[6:]), 8
	}
	switch {
	case h > 99 || m > 99 || s > 99:
		return 0, 0, NotTimestamp
	case h > 23 || m > 59 || s > 59:
		return 0, 0, NoSuchDate
	}
	micros = int64(h*3600+m*60+s) * microsPerSecond
	if n == 8 && len(b) > 9 && (b[8] == '.' || b[8] == ',') {
		f, k, why := fraction(b[9:])
		if why != OK {
			return 0, 0, why
		}
		return micros + f, 9 + k, OK
	}
	return micros, n, OK
}

// fraction reads the digits behind the point as microseconds; digits beyond the sixth must be zeros.
func fraction(b []byte) (micros int64, n int, why Reason) {
	unit := int64(100_000)
	for ; n < len(b) && b[n]-'0' <= 9; n++ {
		d := int64(b[n] - '0')
		if unit == 0 && d != 0 {
			return 0, 0, TooFine
		}
		micros += d * unit
		unit /= 10
	}
	if n == 0 {
		return 0, 0, NotTimestamp
	}
	return micros, n, OK
}

// zone reads nothing, Z, ±HH, ±HHMM or ±HH:MM and returns microseconds east of UTC. One space before it is allowed.
func zone(b []byte) (int64, bool) {
	if len(b) > 1 && b[0] == ' ' {
		b = b[1:]
	}
	if len(b) == 0 || len(b) == 1 && b[0]|0x20 == 'z' {
		return 0, true
	}
	if b[0] != '+' && b[0] != '-' || len(b) < 3 {
		return 0, false
	}
	h, m, rest := two(b[1:]), 0, b[3:]
	if len(rest) > 0 && rest[0] == ':' {
		rest = rest[1:]
		if len(rest) != 2 {
			return 0, false
		}
	}
	switch len(rest) {
	case 0:
	case 2:
		m = two(rest)
	default:
		return 0, false
	}
	if h > 18 || m > 59 {
		return 0, false
	}
	east := int64(h*3600+m*60) * microsPerSecond
	if b[0] == '-' {
		east = -east
	}
	return east, true
}
