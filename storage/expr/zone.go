package expr

import (
	"time"

	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
)

const (
	microsPerSecond = int64(1_000_000)
	microsPerMinute = 60 * microsPerSecond
	microsPerHour   = 60 * microsPerMinute
	microsPerDay    = 24 * microsPerHour
)

// Days and wall clocks that DATE and TIMESTAMP can hold: years 1 to 9999.
var (
	minDay = kernel.Days(1, 1, 1)
	maxDay = kernel.Days(9999, 12, 31)
)

func dayInRange(d int64) bool   { return d >= minDay && d <= maxDay }
func wallInRange(us int64) bool { return dayInRange(schema.DayOf(us)) }

// zone converts between instants and wall clocks, both in microseconds since 1970. It remembers the last stretch of constant
// offset, so it belongs to one goroutine.
type zone struct {
	loc    *time.Location // nil for UTC
	lo, hi int64          // instants for which offset holds
	offset int64
}

func newZone(env *Env) *zone {
	if env == nil || env.Zone == nil || env.Zone == time.UTC || env.Zone.String() == "UTC" {
		return &zone{}
	}
	return &zone{loc: env.Zone, lo: 1, hi: 0}
}

// wall returns what a clock in the zone shows at an instant.
func (z *zone) wall(us int64) int64 {
	if z == nil || z.loc == nil {
		return us
	}
	if us < z.lo || us >= z.hi {
		z.find(us)
	}
	return us + z.offset
}

func (z *zone) find(us int64) {
	t := time.UnixMicro(us).In(z.loc)
	_, off := t.Zone()
	z.offset = int64(off) * microsPerSecond
	z.lo, z.hi = us, us+1
	start, end := t.ZoneBounds()
	if !start.IsZero() {
		z.lo = start.UnixMicro()
	}
	if !end.IsZero() {
		z.hi = end.UnixMicro()
	}
}

// instant returns when a clock in the zone shows wall: the earlier moment when it does so twice, the moment after the gap when
// never.
func (z *zone) instant(wall int64) int64 {
	if z == nil || z.loc == nil {
		return wall
	}
	if us := wall - z.offset; us >= z.lo+microsPerDay && us < z.hi-microsPerDay {
		return us
	}
	t := time.UnixMicro(wall).UTC()
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), z.loc).UnixMicro()
}
