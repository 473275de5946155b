package convert

import "encoding/binary"

// stampReader is ParseTimestamp for the cells of a column, which mostly have one form and seldom a new day: YYYY-MM-DD HH:MM:SS, with
// a T between and a Z behind or without, is read eight bytes at a time, and the day only where it changes.
type stampReader struct {
	month  uint64 // YYYY-MM- as it stood in the last cell of that form, 0 before
	day    uint16
	micros int64 // of the day's midnight
}

const (
	dateForm   = 0x2d30302d30303030 // 0000-00-, the first byte lowest
	clockForm  = 0x30303a30303a3030 // 00:00:00
	dateSlack  = 0x7f76767f76767676 // what carries into the high bit when a digit is more than 9, or a mark is another
	clockSlack = 0x76767f76767f7676
)

// formedAs reports whether bytes have a form, by what is left of them without it: the value of a digit, nothing of a mark.
func formedAs(x, slack uint64) bool { return (x|(x+slack))&0x8080808080808080 == 0 }

func (r *stampReader) parse(b []byte) (int64, Reason) {
	switch {
	case len(b) == 19:
	case len(b) == 20 && b[19]|0x20 == 'z':
	default:
		return ParseTimestamp(b)
	}
	month, day := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint16(b[8:])
	clock := binary.LittleEndian.Uint64(b[11:]) ^ clockForm
	if (b[10] != ' ' && b[10]|0x20 != 't') || !formedAs(clock, clockSlack) {
		return ParseTimestamp(b)
	}
	if month != r.month || day != r.day {
		if !r.turn(b, month, day) {
			return ParseTimestamp(b)
		}
	}
	pairs := clock*10 + clock>>8 // of digits, in the first byte of each
	h, m, s := pairs&0xff, pairs>>24&0xff, pairs>>48&0xff
	if h > 23 || m > 59 || s > 59 {
		return 0, NoSuchDate
	}
	return r.micros + int64(h*3600+m*60+s)*microsPerSecond, OK
}

// turn notes another day; false when it is none.
func (r *stampReader) turn(b []byte, month uint64, day uint16) bool {
	x := month ^ dateForm
	d := two(b[8:])
	if !formedAs(x, dateSlack) || d > 99 {
		return false
	}
	pairs := x*10 + x>>8
	y, m := int(pairs&0xff)*100+int(pairs>>16&0xff), int(pairs>>40&0xff)
	if validDate(y, m, d) != OK {
		return false
	}
	r.month, r.day, r.micros = month, day, civilDays(y, m, d)*secondsPerDay*microsPerSecond
	return true
}
