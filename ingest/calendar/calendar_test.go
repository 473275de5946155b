package calendar_test

import (
	"testing"
	"time"

	"github.com/assaydb/assay/ingest/calendar"
)

func TestPeriods(t *testing.T) {
	for _, c := range []struct{ text, before, next, end string }{
		{"2025", "2024", "2026", "2026-01-01"},
		{"2025-Q1", "2024-Q4", "2025-Q2", "2025-04-01"},
		{"2025-01", "2024-12", "2025-02", "2025-02-01"},
		{"2024-02-29", "2024-02-28", "2024-03-01", "2024-03-01"},
		{"2025-W01", "2024-W52", "2025-W02", "2025-01-06"},
		{"2020-W53", "2020-W52", "2021-W01", "2021-01-04"},
	} {
		p, ok := calendar.Parse(c.text)
		if !ok || p.String() != c.text || p.Add(-1).String() != c.before || p.Add(1).String() != c.next || p.End().Format(time.DateOnly) != c.end {
			t.Errorf("%s: %v %s, %s before, %s next, ends %s", c.text, ok, p, p.Add(-1), p.Add(1), p.End())
		}
		if in := calendar.Containing(p.End().Add(-time.Second), p.Unit()); in != p {
			t.Errorf("the last second of %s lies in %s", p, in)
		}
	}
	for _, text := range []string{"", "jan", "2025-13", "2025-1", "2025-Q5", "2025-Q0", "2025-W54", "2021-W53", "2025-02-30", "2025-01 ", "2025-Q1x"} {
		if p, ok := calendar.Parse(text); ok {
			t.Errorf("%q is read as %s", text, p)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("2025-W01")
	f.Fuzz(func(t *testing.T, text string) {
		if p, ok := calendar.Parse(text); ok && (p.String() != text || p.Add(1).Add(-1) != p) {
			t.Errorf("%q is %s", text, p)
		}
	})
}
