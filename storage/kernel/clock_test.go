package kernel_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/assaydb/assay/storage/kernel"
	"pgregory.net/rapid"
)

// TestClocksAgreeWithTime compares the parts of wall clocks of the years 1 to 9999 with package time.
func TestClocksAgreeWithTime(t *testing.T) {
	first, last := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC).UnixMicro()
	check(t, func(t *rapid.T, r *rand.Rand) {
		x := []int64{first, last, 0, -1, 1, -kernel.Day, kernel.Day - 1}
		for range 50 {
			x = append(x, first+r.Int64N(last-first))
		}
		n := len(x)
		days, mondays, sundays, hours, minutes, seconds := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
		kernel.DaysOf(days, x)
		kernel.Weekdays(mondays, days, false)
		kernel.Weekdays(sundays, days, true)
		kernel.Hours(hours, x)
		kernel.Minutes(minutes, x)
		kernel.Seconds(seconds, x)
		for i, us := range x {
			at := time.UnixMicro(us).UTC()
			want := [...]int64{kernel.Days(at.Year(), int(at.Month()), at.Day()), int64(at.Weekday()+6) % 7, int64(at.Weekday()), int64(at.Hour()), int64(at.Minute()), int64(at.Second())}
			if got := [...]int64{days[i], mondays[i], sundays[i], hours[i], minutes[i], seconds[i]}; got != want {
				t.Fatalf("%s: %v, not %v", at, got, want)
			}
		}
	})
}

func TestBetween(t *testing.T) {
	check(t, func(t *rapid.T, r *rand.Rand) {
		a, b := ints(r, 40), ints(r, 40)
		got := make([]int64, len(a))
		for _, unit := range []int64{1, kernel.Second, kernel.Minute, kernel.Hour, kernel.Day, 7 * kernel.Day, 3} {
			kernel.Between(got, a, b, unit)
			for i := range a {
				if want := (b[i] - a[i]) / unit; got[i] != want {
					t.Fatalf("from %d to %d in units of %d: %d, not %d", a[i], b[i], unit, got[i], want)
				}
			}
		}
	})
}

func BenchmarkClock(b *testing.B) {
	x, y, dst := make([]int64, rows), make([]int64, rows), make([]int64, rows)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range x {
		x[i] = 1_700_000_000_000_000 + r.Int64N(1<<50)
		y[i] = x[i] + r.Int64N(25*kernel.Hour)
	}
	run(b, "days", 8, func() { kernel.DaysOf(dst, x) })
	run(b, "weekdays", 8, func() { kernel.Weekdays(dst, x, false) })
	run(b, "hours", 8, func() { kernel.Hours(dst, x) })
	run(b, "minutes between", 16, func() { kernel.Between(dst, x, y, kernel.Minute) })
}
