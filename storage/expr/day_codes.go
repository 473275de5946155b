package expr

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
)

// dayCodes turns days into codes of a dictionary of what a function makes of them: once per day, then one division and one look-up
// a row. Codes stay what they are from batch to batch. When days bring new results the owner publishes its dictionary anew, so what
// others keep by the old one stays true; the older ones share its memory up to their own end.
type dayCodes struct {
	add   func(day int64) int32 // the code of a day, a new one for a new result
	from  int64                 // the day of table[0]
	table []int32               // code by day, -1 while it is not known
	codes []int32
}

// mostDays bounds the table: days further apart are looked up one by one.
const mostDays = 1 << 16

// daySlack is by how many days a table grows at least.
const daySlack = 64

// encode gives the codes of all rows of x, wall clocks or days; rows that are NULL or not listed may have any code.
func (d *dayCodes) encode(x []int64, clock bool, valid []byte, rows []int32) []int32 {
	d.codes = sized(d.codes, len(x))
	unit := int64(1)
	if clock {
		unit = kernel.Day
	}
	if !kernel.DayCodes(d.codes, x, d.from, unit == kernel.Day, d.table) {
		return d.codes
	}
	wanted := func(i int) bool { return valid == nil || valid[i] != 0 }
	if rows == nil {
		for i, c := range d.codes {
			if c < 0 && wanted(i) {
				d.codes[i] = d.code(dayIn(x[i], unit))
			}
		}
	}
	for _, r := range rows {
		if d.codes[r] < 0 && wanted(int(r)) {
			d.codes[r] = d.code(dayIn(x[r], unit))
		}
	}
	for i, c := range d.codes {
		d.codes[i] = max(c, 0)
	}
	return d.codes
}

func dayIn(x, unit int64) int64 {
	if unit == 1 {
		return x
	}
	return schema.DayOf(x)
}

func (d *dayCodes) code(day int64) int32 {
	if !d.reach(day) {
		return d.add(day)
	}
	c := &d.table[day-d.from]
	if *c < 0 {
		*c = d.add(day)
	}
	return *c
}

// reach widens the table to hold a day, false when it would become too long.
func (d *dayCodes) reach(day int64) bool {
	n := int64(len(d.table))
	if n > 0 && day >= d.from && day < d.from+n {
		return true
	}
	slack := max(daySlack, n/2)
	lo, hi := day-slack, day+slack
	if n > 0 {
		lo, hi = min(d.from, lo), max(d.from+n, hi)
		if day > d.from {
			lo = d.from
		} else {
			hi = d.from + n
		}
	}
	if hi-lo > mostDays {
		if lo, hi = min(d.from, day), max(d.from+n, day+1); n == 0 || hi-lo > mostDays {
			return false
		}
	}
	table := make([]int32, hi-lo)
	for i := range table {
		table[i] = -1
	}
	if n > 0 {
		copy(table[d.from-lo:], d.table)
	}
	d.from, d.table = lo, table
	return true
}

// forget begins a new dictionary.
func (d *dayCodes) forget() { d.table = nil }

// numberCodes gives codes to numbers in the order in which they come.
type numberCodes struct {
	typ   schema.Type
	byVal map[int64]int32
	vals  []int64
	dict  *batch.Dictionary
}

func (c *numberCodes) code(x int64) int32 {
	k, ok := c.byVal[x]
	if !ok {
		if c.byVal == nil {
			c.byVal = map[int64]int32{}
		}
		k = int32(len(c.vals))
		c.byVal[x], c.vals = k, append(c.vals, x)
	}
	return k
}

// dictionary publishes the numbers; one without any has an entry that no row uses.
func (c *numberCodes) dictionary() *batch.Dictionary {
	if len(c.vals) == 0 {
		c.code(0)
	}
	if c.dict == nil || c.dict.Values.Len < len(c.vals) {
		n := len(c.vals)
		c.dict = &batch.Dictionary{Values: &batch.Vector{Type: c.typ, Len: n, I: c.vals[:n:n]}}
	}
	return c.dict
}
