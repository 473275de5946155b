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

// zone converts between instants and wall clocks, both in microseconds since 1970. It remembers the stretches of constant offset that
// it met, so it belongs to one goroutine.
type zone struct {
	loc *time.Location // nil for UTC
	stretch
	met  []stretch
	next int
}

// stretch is the instants from lo to hi (exclusive) for which an offset holds.
type stretch struct {
	lo, hi, offset int64
}

// mostStretches bounds those that are remembered: a year has two of them where clocks are changed.
const mostStretches = 64

func newZone(env *Env) *zone {
	if env == nil || env.Zone == nil || env.Zone == time.UTC || env.Zone.String() == "UTC" {
		return &zone{}
	}
	return &zone{loc: env.Zone, stretch: stretch{lo: 1, hi: 0}}
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

// walls returns the wall clocks of instants, which are the same in UTC.
func (z *zone) walls(scratch *[]int64, x []int64) []int64 {
	if z == nil || z.loc == nil {
		return x
	}
	*scratch = sized(*scratch, len(x))
	out := (*scratch)[:len(x)]
	now := z.stretch
	for i, us := range x {
		if us < now.lo || us >= now.hi {
			z.find(us)
			now = z.stretch
		}
		out[i] = us + now.offset
	}
	return out
}

// find makes current the stretch that holds an instant.
func (z *zone) find(us int64) {
	for _, s := range z.met {
		if us >= s.lo && us < s.hi {
			z.stretch = s
			return
		}
	}
	t := time.UnixMicro(us).In(z.loc)
	_, off := t.Zone()
	z.stretch = stretch{lo: us, hi: us + 1, offset: int64(off) * microsPerSecond}
	start, end := t.ZoneBounds()
	if !start.IsZero() {
		z.lo = start.UnixMicro()
	}
	if !end.IsZero() {
		z.hi = end.UnixMicro()
	}
	if len(z.met) < mostStretches {
		z.met = append(z.met, z.stretch)
		return
	}
	z.met[z.next] = z.stretch
	z.next = (z.next + 1) % mostStretches
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
