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
			x = append(x, first+r.Int64N(last-first), r.Int64N(9000*kernel.Day)-4500*kernel.Day)
		}
		n := len(x)
		first := kernel.Days(1, 1, 1)
		table := make([]int32, 4000) // knows each day of some years about 1970, but every fifth
		for k := range table {
			if table[k] = int32(k); k%5 == 0 {
				table[k] = -1
			}
		}
		from := int64(-2000)
		days, ofDates, hours, minutes, seconds := make([]int32, n), make([]int32, n), make([]int32, n), make([]int32, n), make([]int32, n)
		missing := kernel.DayCodes(days, x, from, true, table)
		dates := make([]int64, n)
		for i, us := range x {
			at := time.UnixMicro(us).UTC()
			dates[i] = kernel.Days(at.Year(), int(at.Month()), at.Day())
		}
		if kernel.DayCodes(ofDates, dates, from, false, table) != missing || !missing || dates[0] != first {
			t.Fatal("the year 1 is not in the table")
		}
		kernel.HourCodes(hours, x)
		kernel.MinuteCodes(minutes, x)
		kernel.SecondCodes(seconds, x)
		for i, us := range x {
			at := time.UnixMicro(us).UTC()
			code := int32(-1)
			if k := dates[i] - from; k >= 0 && k < int64(len(table)) {
				code = table[k]
			}
			want := [...]int32{code, code, int32(at.Hour()), int32(at.Minute()), int32(at.Second())}
			if got := [...]int32{days[i], ofDates[i], hours[i], minutes[i], seconds[i]}; got != want {
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
	codes, table := make([]int32, rows), make([]int32, 1<<15)
	run(b, "day codes", 8, func() { kernel.DayCodes(codes, x, 19_000, true, table) })
	run(b, "hour codes", 8, func() { kernel.HourCodes(codes, x) })
	run(b, "minutes between", 16, func() { kernel.Between(dst, x, y, kernel.Minute) })
}
