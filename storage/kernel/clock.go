package kernel

// Microseconds in the units of a clock.
const (
	Second = 1_000_000
	Minute = 60 * Second
	Hour   = 60 * Minute
	Day    = 24 * Hour
)

// Wall clocks lie in the years 1 to 9999. To take remainders of numbers that are never negative, the loops below first add a
// multiple of the modulus that is larger than any of those years asks for.
const (
	farHours   = 24 * 400 * 366 * 60
	farMinutes = 60 * farHours
	farSeconds = 60 * farMinutes
	farDays    = 7 * 1_000_000
)

// floorDiv rounds towards minus infinity; every caller's n is a constant, which the compiler turns into a multiplication.
func floorDiv(x, n int64) int64 {
	q := x / n
	return q + (x-q*n)>>63
}

// DaysOf writes the day number of each wall clock in microseconds since 1970.
func DaysOf(dst, x []int64) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = floorDiv(v, Day)
	}
}

// Weekdays writes the day of the week of each day number: 0 is Monday, or Sunday when sundayFirst is set.
func Weekdays(dst, days []int64, sundayFirst bool) {
	shift := int64(farDays + 3)
	if sundayFirst {
		shift++
	}
	dst = dst[:len(days)]
	for i, d := range days {
		dst[i] = int64(uint32(d+shift) % 7)
	}
}

// Hours writes the hour, 0 to 23, of each wall clock.
func Hours(dst, x []int64) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = int64(uint64(floorDiv(v, Hour)+farHours) % 24)
	}
}

// Minutes writes the minute, 0 to 59, of each wall clock.
func Minutes(dst, x []int64) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = int64(uint64(floorDiv(v, Minute)+farMinutes) % 60)
	}
}

// Seconds writes the second, 0 to 59, of each wall clock.
func Seconds(dst, x []int64) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = int64(uint64(floorDiv(v, Second)+farSeconds) % 60)
	}
}

// Between writes the whole units between a and b, towards zero, negative when b is earlier. The common units have loops of
// their own, whose divisions are multiplications.
func Between(dst, a, b []int64, unit int64) {
	dst, b = dst[:len(a)], b[:len(a)]
	switch unit {
	case 1:
		for i, x := range a {
			dst[i] = b[i] - x
		}
	case Second:
		for i, x := range a {
			dst[i] = (b[i] - x) / Second
		}
	case Minute:
		for i, x := range a {
			dst[i] = (b[i] - x) / Minute
		}
	case Hour:
		for i, x := range a {
			dst[i] = (b[i] - x) / Hour
		}
	case Day:
		for i, x := range a {
			dst[i] = (b[i] - x) / Day
		}
	default:
		for i, x := range a {
			dst[i] = (b[i] - x) / unit
		}
	}
}
