package coverage

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/assaydb/assay/ingest/calendar"
	"github.com/assaydb/assay/storage/errs"
)

// Kind is the kind of the catalog's document that keeps an Expectation.
const Kind = "expectations"

// Limits of an Expectation.
const (
	MaxSources = 20_000
	MaxSlots   = 1_000_000 // sources times periods
	MaxDueDay  = 3660
)

// Expectation says what a table should get.
type Expectation struct {
	Sources []string `json:"sources"`
	Periods Periods  `json:"periods"`
	// DueDay counts the days after a period's end: 10 for the tenth day of the next month. A delivery that comes later is late.
	DueDay int `json:"due_day"`
}

// Periods is a run of periods. Without To it goes on to the newest period that has ended.
type Periods struct {
	From string `json:"from"`
	To   string `json:"to,omitempty"`
}

// Parse reads an Expectation as JSON, strictly read before, and checks it.
func Parse(body string) (*Expectation, error) {
	e := &Expectation{}
	if err := json.Unmarshal([]byte(body), e); err != nil {
		return nil, errs.New(errs.Invalid, "bad-expectations", "the expectations cannot be read: %w", err)
	}
	return e, e.Check()
}

// Body is the JSON that Parse reads.
func (e *Expectation) Body() string {
	text, err := json.Marshal(e)
	if err != nil {
		panic("BUG: coverage: expectations do not marshal: " + err.Error())
	}
	return string(text)
}

// Check brings the sources into order and refuses what cannot be meant.
func (e *Expectation) Check() error {
	bad := func(format string, args ...any) error {
		return errs.New(errs.Meaning, "bad-expectations", format, args...)
	}
	if len(e.Sources) == 0 || len(e.Sources) > MaxSources {
		return bad("%d sources are expected, 1 to %d can be", len(e.Sources), MaxSources)
	}
	slices.Sort(e.Sources)
	for i, s := range e.Sources {
		if s == "" || len(s) > 256 {
			return bad("a source has %d bytes, 1 to 256 are allowed", len(s))
		}
		if i > 0 && s == e.Sources[i-1] {
			return bad("source %q is there twice", s)
		}
	}
	if e.DueDay < 1 || e.DueDay > MaxDueDay {
		return bad("due_day=%d is not 1 to %d: it counts the days after a period's end", e.DueDay, MaxDueDay)
	}
	from, ok := calendar.Parse(e.Periods.From)
	if !ok {
		return bad("periods.from=%q is no period; write it like 2025, 2025-Q1, 2025-01, 2025-W05 or 2025-01-31", e.Periods.From)
	}
	if e.Periods.To == "" {
		return nil
	}
	to, ok := calendar.Parse(e.Periods.To)
	if !ok || to.Unit() != from.Unit() || to.First().Before(from.First()) {
		return bad("periods.to=%q is no %s from %s on", e.Periods.To, from.Unit(), from)
	}
	_, err := e.periods(to.End())
	return err
}

// periods lists the periods that are expected by a time: those that have ended, or all of them where there is a last one.
func (e *Expectation) periods(now time.Time) ([]calendar.Period, error) {
	p, _ := calendar.Parse(e.Periods.From)
	last, bounded := calendar.Parse(e.Periods.To)
	var out []calendar.Period
	for ; ; p = p.Add(1) {
		if bounded && p.First().After(last.First()) || !bounded && p.End().After(now) {
			return out, nil
		}
		if (len(out)+1)*len(e.Sources) > MaxSlots {
			return nil, errs.New(errs.Limit, "too-many-slots", "%d sources from %s on are more than %d slots", len(e.Sources), e.Periods.From, MaxSlots).
				WithHint("begin later, or say which period is the last")
		}
		out = append(out, p)
	}
}

// due is the moment from which on a period's delivery is late.
func (e *Expectation) due(p calendar.Period) time.Time { return p.End().AddDate(0, 0, e.DueDay) }
