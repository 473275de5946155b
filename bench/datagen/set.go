package datagen

import (
	"fmt"
	"math"
	"time"

	"github.com/assaydb/assay/storage/errs"
)

// The shape of the full set.
const (
	MaxHospitals   = 200
	MaxMonths      = 24
	Codes          = 400
	rowsPerPatient = 8
	pieceRows      = 16_384 // rows made by one worker at a time
	firstYear      = 2025
)

// Spec says which data to make. Rows is the total over all files. Hospitals and Months keep the first of them; 0 means all.
type Spec struct {
	Rows      int64
	Seed      uint64
	Hospitals int
	Months    int
}

// Set is a planned data set.
type Set struct {
	spec     Spec
	cells    []Cell
	tests    []test
	patients int64
	homes    []int64 // first patient rank of each hospital, and the end
	step     int64   // coprime to patients: rank*step mod patients is the number in the patient's id
	codeAt   []uint16
	factors  []int64 // quantiles of the log-normal spread, scaled by 2^20
}

// Cell is one hospital's file of one month.
type Cell struct {
	Hospital string // H0042
	Month    string // 2025-01
	Rows     int64

	hospital, month int
	hours           []float64 // share of the month's rows before each hour, and 1
	start           int64     // seconds since 1970 of the month's first hour
}

// Path is the cell's file below the output folder.
func (c Cell) Path() string { return c.Hospital + "/" + c.Month + ".csv" }

// New plans a set.
func New(spec Spec) (*Set, error) {
	if spec.Hospitals == 0 {
		spec.Hospitals = MaxHospitals
	}
	if spec.Months == 0 {
		spec.Months = MaxMonths
	}
	switch {
	case spec.Rows < 1:
		return nil, errs.New(errs.Invalid, "bad-rows", "%d rows: at least one is needed", spec.Rows)
	case spec.Rows > 8e9:
		return nil, errs.New(errs.Invalid, "bad-rows", "%d rows: patient ids have nine digits, which is enough for 8000000000", spec.Rows)
	case spec.Hospitals < 1 || spec.Hospitals > MaxHospitals:
		return nil, errs.New(errs.Invalid, "bad-hospitals", "%d hospitals: 1 to %d are possible", spec.Hospitals, MaxHospitals)
	case spec.Months < 1 || spec.Months > MaxMonths:
		return nil, errs.New(errs.Invalid, "bad-months", "%d months: 1 to %d are possible", spec.Months, MaxMonths)
	}
	s := &Set{spec: spec, tests: makeTests(), codeAt: makeCodes(), factors: makeFactors()}
	s.planPatients()
	s.planCells()
	return s, nil
}

// Rows returns the total.
func (s *Set) Rows() int64 { return s.spec.Rows }

// Cells returns the files that have rows, by month, then hospital. The caller must not change them.
func (s *Set) Cells() []Cell { return s.cells }

// before is the share of rows of the first n hospitals of the set: the square law, P(i < n) = sqrt(n/all).
func (s *Set) before(n int) float64 { return math.Sqrt(float64(n) / float64(s.spec.Hospitals)) }

// planPatients gives each hospital a range of patient ranks as long as its share of rows.
func (s *Set) planPatients() {
	s.patients = max(1, s.spec.Rows/rowsPerPatient)
	for n := range s.spec.Hospitals + 1 {
		s.homes = append(s.homes, int64(math.Round(s.before(n)*float64(s.patients))))
	}
	// The golden ratio spreads neighbours of one hospital far apart over the ids.
	s.step = int64(float64(s.patients) * 0.6180339887498949)
	for s.step < 1 || gcd(s.step, s.patients) != 1 {
		s.step++
	}
}

func (s *Set) planCells() {
	for m := range s.spec.Months {
		first := time.Date(firstYear, time.Month(1+m), 1, 0, 0, 0, 0, time.UTC)
		hours := rhythm(first)
		for h := range s.spec.Hospitals {
			of := int64(math.Round(s.before(h+1)*float64(s.spec.Rows))) - int64(math.Round(s.before(h)*float64(s.spec.Rows)))
			months := int64(s.spec.Months)
			rows := of*int64(m+1)/months - of*int64(m)/months
			if rows == 0 {
				continue
			}
			s.cells = append(s.cells, Cell{
				Hospital: hospitalID(h), Month: first.Format("2006-01"), Rows: rows, hospital: h, month: m, hours: hours, start: first.Unix(),
			})
		}
	}
}

// rhythm returns the share of a month's rows before each of its hours: mornings are busy, nights and weekends quiet.
func rhythm(first time.Time) []float64 {
	daily := [24]float64{1, 1, 1, 1, 2, 4, 9, 14, 15, 13, 11, 9, 8, 8, 7, 6, 5, 4, 3, 3, 2, 2, 1, 1}
	shares, total := []float64{0}, 0.0
	for at := first; at.Month() == first.Month(); at = at.Add(time.Hour) {
		weight := daily[at.Hour()]
		if d := at.Weekday(); d == time.Saturday || d == time.Sunday {
			weight *= 0.4
		}
		total += weight
		shares = append(shares, total)
	}
	for i := range shares {
		shares[i] /= total
	}
	return shares
}

// makeCodes is the inverse of the cubic law over 16 bits: P(code < n) = cbrt(n/400).
func makeCodes() []uint16 {
	at := make([]uint16, 1<<16)
	for i := range at {
		u := (float64(i) + 0.5) / float64(len(at))
		at[i] = uint16(float64(Codes) * u * u * u)
	}
	return at
}

// spread is the standard deviation of the logarithm of value over midpoint.
const spread = 0.35

// makeFactors returns 2^16 quantiles of the log-normal distribution as integers, so that a value needs no floating point.
func makeFactors() []int64 {
	f := make([]int64, 1<<16)
	for i := range f {
		p := (float64(i) + 0.5) / float64(len(f))
		f[i] = int64(math.Exp(spread*math.Sqrt2*math.Erfinv(2*p-1))*(1<<20) + 0.5)
	}
	return f
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// mix is the finalizer of splitmix64: a good 64-bit hash of a small integer.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// String says what is made.
func (s Spec) String() string {
	return fmt.Sprintf("%d rows, seed %d, %d hospitals, %d months", s.Rows, s.Seed, s.Hospitals, s.Months)
}
