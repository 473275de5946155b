package kernel

// Civil returns the proleptic Gregorian date of a day number since 1970-01-01 (Neri and Schneider 2023, "Euclidean affine
// functions and their application to calendar algorithms"; valid for years -32,000 to 32,000).
func Civil(days int64) (year, month, day int) {
	const shift = 82
	const k = 719468 + 146097*shift
	const l = 400 * shift
	n := uint32(int32(days) + k)
	n1 := 4*n + 3
	c := n1 / 146097
	r := n1 % 146097 / 4
	n2 := 4*r + 3
	p := uint64(2939745) * uint64(n2)
	z := uint32(p >> 32)
	ny := uint32(p) / 2939745 / 4
	y := 100*c + z
	n3 := 2141*ny + 197913
	m := n3 >> 16
	d := n3 & 0xffff / 2141
	j := uint32(0)
	if ny >= 306 {
		j = 1
	}
	return int(int32(y-l)) + int(j), int(m - 12*j), int(d + 1)
}

// Days returns the day number since 1970-01-01 of a date of the proleptic Gregorian calendar. The day may lie outside the
// month.
func Days(year, month, day int) int64 {
	y := int64(year)
	if month <= 2 {
		y--
	}
	era := y
	if y < 0 {
		era = y - 399
	}
	era /= 400
	yoe := y - era*400
	m := int64(month)
	mp := (m + 9) % 12
	doy := (153*mp+2)/5 + int64(day) - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 719468
}
