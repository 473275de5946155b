package kernel

// Microseconds in the units of a clock.
const (
	Second = 1_000_000
	Minute = 60 * Second
	Hour   = 60 * Minute
	Day    = 24 * Hour
)

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

// DayCodes writes the code of each row's day: x is wall clocks in microseconds, or days when clock is false; table[k] is the code of
// day from+k, negative while it is not known. What table does not know becomes -1; missing reports whether there is any.
func DayCodes(dst []int32, x []int64, from int64, clock bool, table []int32) (missing bool) {
	dst = dst[:len(x)]
	all, lo := int32(0), from
	if !clock {
		for i, v := range x {
			c := int32(-1)
			if k := uint64(v - lo); k < uint64(len(table)) {
				c = table[k]
			}
			dst[i] = c
			all |= c
		}
		return all < 0
	}
	lo *= Day
	for i, v := range x {
		c := int32(-1)
		if k := uint64(v-lo) / Day; k < uint64(len(table)) {
			c = table[k]
		}
		dst[i] = c
		all |= c
	}
	return all < 0
}

// farDay is a multiple of a day before the year 1: added to a wall clock it leaves the time of day and no sign.
const farDay = 740_000 * Day

// HourCodes writes the hour, 0 to 23, of each wall clock; what is none gets any of them.
func HourCodes(dst []int32, x []int64) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = int32(uint32(uint64(v+farDay)/Hour) % 24)
	}
}

// MinuteCodes writes the minute, 0 to 59.
func MinuteCodes(dst []int32, x []int64) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = int32(uint64(v+farDay) / Minute % 60)
	}
}

// SecondCodes writes the second, 0 to 59.
func SecondCodes(dst []int32, x []int64) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = int32(uint64(v+farDay) / Second % 60)
	}
}
