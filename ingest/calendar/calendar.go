// Package calendar reads the names of periods that deliveries cover: years, quarters, months, weeks (ISO 8601) and days.
//
// A Period is a value; its text is always the one of its own form: 2025, 2025-Q1, 2025-01, 2025-W05, 2025-01-31.
package calendar

import (
	"fmt"
	"time"
)

// Unit is how long a period is.
type Unit string

// The units.
const (
	Year    Unit = "year"
	Quarter Unit = "quarter"
	Month   Unit = "month"
	Week    Unit = "week"
	Day     Unit = "day"
)

// Period is one period: a unit and its first day, in UTC.
type Period struct {
	unit  Unit
	first time.Time
}

// Parse reads a period's name. What is none of the forms is no error of the sender's: slots may be named in any way.
func Parse(text string) (Period, bool) {
	var y, n int
	for _, f := range []struct {
		unit   Unit
		format string
	}{{Quarter, "%4d-Q%1d"}, {Week, "%4d-W%2d"}} {
		if _, err := fmt.Sscanf(text, f.format, &y, &n); err != nil || n < 1 {
			continue
		}
		p := Period{f.unit, time.Date(y, time.Month(3*n-2), 1, 0, 0, 0, 0, time.UTC)}
		if f.unit == Week {
			p.first = weekStart(y, n)
		}
		return p, p.String() == text // 2025-Q7 would be another quarter's
	}
	for _, f := range []struct {
		unit   Unit
		layout string
	}{{Day, time.DateOnly}, {Month, "2006-01"}, {Year, "2006"}} {
		if at, err := time.Parse(f.layout, text); err == nil {
			return Period{f.unit, at}, true
		}
	}
	return Period{}, false
}

// weekStart is the Monday of an ISO week: the first week is the one with January the 4th.
func weekStart(year, week int) time.Time {
	fourth := time.Date(year, time.January, 4, 0, 0, 0, 0, time.UTC)
	monday := fourth.AddDate(0, 0, -(int(fourth.Weekday())+6)%7)
	return monday.AddDate(0, 0, 7*(week-1))
}

// String returns the period's name.
func (p Period) String() string {
	switch p.unit {
	case Year:
		return p.first.Format("2006")
	case Quarter:
		return fmt.Sprintf("%04d-Q%d", p.first.Year(), (p.first.Month()+2)/3)
	case Month:
		return p.first.Format("2006-01")
	case Week:
		y, w := p.first.ISOWeek()
		return fmt.Sprintf("%04d-W%02d", y, w)
	}
	return p.first.Format(time.DateOnly)
}

// Unit returns how long the period is.
func (p Period) Unit() Unit { return p.unit }

// First returns its first day, and End the first one behind it.
func (p Period) First() time.Time { return p.first }

// End returns the first day behind the period.
func (p Period) End() time.Time { return p.Add(1).first }

// Add returns the period n later, or earlier.
func (p Period) Add(n int) Period {
	switch p.unit {
	case Year:
		return Period{p.unit, p.first.AddDate(n, 0, 0)}
	case Quarter:
		return Period{p.unit, p.first.AddDate(0, 3*n, 0)}
	case Month:
		return Period{p.unit, p.first.AddDate(0, n, 0)}
	case Week:
		return Period{p.unit, p.first.AddDate(0, 0, 7*n)}
	}
	return Period{p.unit, p.first.AddDate(0, 0, n)}
}

// Containing returns the period of a unit that a time lies in.
func Containing(at time.Time, unit Unit) Period {
	y, m, d := at.UTC().Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	switch unit {
	case Year:
		day = time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)
	case Quarter:
		day = time.Date(y, (m-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC)
	case Month:
		day = time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
	case Week:
		day = day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	}
	return Period{unit, day}
}
