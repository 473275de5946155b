package datagen

import (
	"math/bits"
	"math/rand/v2"
	"strconv"
	"time"
)

// Header is the first line of every file.
const Header = "hospital_id,patient_id,test_code,test_name,specimen,collected_at,resulted_at,value,unit,ref_low,ref_high,abnormal_flag,age,sex,status,comment\n"

// comments are free text as people write it: with quotes, commas and line ends.
var comments = [...]string{
	`"Specimen hemolyzed, result may be affected"`,
	`"Called to ward, read back by nurse ""J. Ortiz"""`,
	"\"Repeat requested:\nsample clotted\"",
	`"slightly hemolyzed"`,
	`"Lipemic sample, interpret with care"`,
	"\"Patient fasting? \"\"unknown\"\"\nsee order, line 2\"",
	`Result verified by dilution`,
	`"Moderately hemolyzed, potassium not reported"`,
	`"Reference range for adults, not validated for children"`,
	"\"Previous result: 3,2\r\nchange > 50 %, checked\"",
}

// appendPiece appends the rows of piece number piece of a cell. It depends on nothing but the set's Spec and its arguments.
func (s *Set) appendPiece(dst []byte, c *Cell, piece int64) []byte {
	first := piece * pieceRows
	last := min(first+pieceRows, c.Rows)
	rng := rand.NewPCG(mix(s.spec.Seed), mix(uint64(c.hospital)<<48|uint64(c.month)<<40|uint64(piece)))
	clock := clock{cell: c}
	for i := first; i < last; i++ {
		dst = s.appendRow(dst, c, &clock, i, rng)
	}
	return dst
}

// appendRow spends the bits of four random words: which they are for is said beside each use.
func (s *Set) appendRow(dst []byte, c *Cell, clock *clock, i int64, rng *rand.PCG) []byte {
	r0, r1, r2, r3 := rng.Uint64(), rng.Uint64(), rng.Uint64(), rng.Uint64()
	t := &s.tests[s.codeAt[r0&0xffff]]
	patient := s.patient(c, r0>>16, r1)
	dst = append(append(dst, c.Hospital...), ',')
	dst = appendPatient(dst, patient)
	dst = append(dst, t.fields...)
	at := clock.at(i, r2)
	dst = clock.append(dst, at)
	dst = clock.append(dst, at+600+int64(uint64(uint32(r2>>11))*(25*3600-600)>>32))
	value := max(1, t.mid*s.factors[r3&0xffff]>>20)
	dst = append(appendScaled(dst, value, t.decimals), ',')
	dst = append(dst, t.limits...)
	dst = append(append(dst, t.flag(value)...), ',')
	dst = s.appendPerson(dst, c, patient)
	dst = append(dst, statuses[(r3>>16&0xffff)*6>>16]...)
	if rare := r3 >> 32 & 0xffff; rare < 65536*2/100 {
		dst = append(dst, comments[(r3>>48)*uint64(len(comments))>>16]...)
	}
	return append(dst, '\n')
}

// statuses has six faces: final is four of them.
var statuses = [...]string{"final,", "final,", "final,", "final,", "corrected,", "preliminary,"}

// patient picks who the row is about: in 95 of 100 rows someone whose home is this hospital.
func (s *Set) patient(c *Cell, choice, pick uint64) int64 {
	lo, hi := s.homes[c.hospital], s.homes[c.hospital+1]
	if choice&0xffff < 65536*5/100 || lo == hi {
		lo, hi = 0, s.patients
	}
	n, _ := bits.Mul64(pick, uint64(hi-lo))
	h, l := bits.Mul64(uint64(lo)+n, uint64(s.step))
	_, id := bits.Div64(h, l, uint64(s.patients))
	return int64(id)
}

// appendPerson appends age and sex, which belong to the patient.
func (s *Set) appendPerson(dst []byte, c *Cell, patient int64) []byte {
	h := mix(uint64(patient) ^ s.spec.Seed<<32)
	// The larger of two draws: sick people are older than the population.
	born := 2024 - int64(max(h&0xffff, h>>16&0xffff)*95>>16)
	dst = append(strconv.AppendInt(dst, int64(firstYear+c.month/12)-born, 10), ',')
	sex := byte('F')
	switch share := h >> 32 & 0xffff; {
	case share < 65536*2/100:
		sex = 'U'
	case share < 65536*49/100:
		sex = 'M'
	}
	return append(dst, sex, ',')
}

// flag compares a value with the code's ranges; inside them it is empty, which reads as NULL.
func (t *test) flag(value int64) string {
	switch {
	case value < t.llow:
		return "LL"
	case value < t.low:
		return "L"
	case value > t.hhigh:
		return "HH"
	case value > t.high:
		return "H"
	}
	return ""
}

// clock turns row numbers into ascending times and keeps the text of the day it wrote last.
type clock struct {
	cell *Cell
	hour int
	days [2]struct {
		day  int64
		text [11]byte
	}
}

// at returns the second in which row i was collected: the i-th of n equal shares of the month's rhythm, at a random place in it.
func (k *clock) at(i int64, r uint64) int64 {
	c := k.cell
	u := (float64(i) + float64(r>>11)/(1<<53)) / float64(c.Rows)
	for k.hour+2 < len(c.hours) && c.hours[k.hour+1] <= u {
		k.hour++
	}
	within := (u - c.hours[k.hour]) / (c.hours[k.hour+1] - c.hours[k.hour])
	return c.start + int64(k.hour)*3600 + min(3599, int64(within*3600))
}

// append writes YYYY-MM-DD HH:MM:SS and a comma.
func (k *clock) append(dst []byte, at int64) []byte {
	day, second := at/86_400, at%86_400
	slot := &k.days[day&1]
	if slot.day != day {
		slot.day = day
		copy(slot.text[:], time.Unix(at, 0).UTC().Format("2006-01-02 "))
	}
	dst = append(dst, slot.text[:]...)
	dst = append(append2(dst, second/3600), ':')
	dst = append(append2(dst, second/60%60), ':')
	return append(append2(dst, second%60), ',')
}

func append2(dst []byte, n int64) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }

func appendPatient(dst []byte, n int64) []byte {
	at := len(dst)
	dst = append(dst, "P000000000,"...)
	for p := at + 9; n > 0; p-- {
		dst[p] = byte('0' + n%10)
		n /= 10
	}
	return dst
}

// appendScaled appends v / 10^decimals with exactly that many decimals.
func appendScaled(dst []byte, v int64, decimals int) []byte {
	if decimals == 0 {
		return strconv.AppendInt(dst, v, 10)
	}
	pow := [...]int64{1, 10, 100, 1000}[decimals]
	dst = append(strconv.AppendInt(dst, v/pow, 10), '.')
	for f := v % pow; pow > 1; f %= pow {
		pow /= 10
		dst = append(dst, byte('0'+f/pow))
	}
	return dst
}
