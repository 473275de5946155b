package coverage

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/assaydb/assay/ingest/calendar"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/schema"
)

// The states of a slot.
const (
	Expected = "expected" // not there, not due yet
	Missing  = "missing"  // not there and overdue
	Waiting  = "held"     // a delivery waits for approval, none is in force
	Loaded   = "loaded"
)

// The marks of a slot that is loaded.
const (
	Late       = "late"         // its first delivery came after it was due
	Rejects    = "with_rejects" // records of what is in force were rejected and not amended
	Superseded = "superseded"   // an earlier delivery was replaced
	Unexpected = "unexpected"   // no expectation names it
	Held       = "held"         // a further delivery waits for approval
)

// Slot is how a source's period stands.
type Slot struct {
	Table      string      `json:"table"`
	Source     string      `json:"source"`
	Period     string      `json:"period"`
	State      string      `json:"state"`
	Marks      []string    `json:"marks"`
	Due        *time.Time  `json:"due_at,omitempty"`
	Loaded     *time.Time  `json:"loaded_at,omitempty"` // when its first delivery came
	Rows       int64       `json:"rows"`
	Rejected   int64       `json:"rejected"` // of what is in force, less what amendments brought
	Deliveries []schema.ID `json:"deliveries"`
	Superseded int         `json:"superseded"` // deliveries that were replaced
}

// Key orders slots: by period, then source.
func (s *Slot) Key() string { return s.Period + "\x00" + s.Source }

// Is reports whether a state or a mark is the slot's.
func (s *Slot) Is(state string) bool { return s.State == state || slices.Contains(s.Marks, state) }

// States lists what Is knows.
func States() []string {
	return []string{Expected, Missing, Waiting, Loaded, Late, Rejects, Superseded, Unexpected}
}

type slotName struct{ source, period string }

// found is what a snapshot has of a slot.
type found struct {
	live       []schema.ID
	rows       int64
	rejected   int64
	superseded int
	first      int64 // microseconds since 1970
	held       bool
}

// Report returns every slot that is expected of a table or has a delivery, in order. A table without expectations gives the latter.
func Report(snap *catalog.Snapshot, t *schema.Table, e *Expectation, now time.Time) (iter.Seq[*Slot], error) {
	var periods []calendar.Period
	if e != nil {
		var err error
		if periods, err = e.periods(now); err != nil {
			return nil, err
		}
	}
	have := gather(snap, t.ID)
	due := map[string]time.Time{}
	names := make([]slotName, 0, len(have))
	for _, p := range periods {
		due[p.String()] = e.due(p)
		for _, source := range e.Sources {
			names = append(names, slotName{source, p.String()})
		}
	}
	expected := len(names)
	for name := range have {
		if _, ok := due[name.period]; !ok || !contains(e.Sources, name.source) {
			names = append(names, name)
		}
	}
	early := map[slotName]bool{} // not among the periods that have ended, and yet no surprise
	for _, n := range names[expected:] {
		early[n] = true
	}
	slices.SortFunc(names, func(a, b slotName) int {
		if c := strings.Compare(a.period, b.period); c != 0 {
			return c
		}
		return strings.Compare(a.source, b.source)
	})
	return func(yield func(*Slot) bool) {
		for _, n := range names {
			s := have[n].slot(t.Name, n)
			if early[n] && !e.foresees(n) {
				s.Marks = append(s.Marks, Unexpected)
			}
			if at, ok := due[n.period]; ok && !early[n] {
				s.Due = &at
				s.judge(now)
			}
			if !yield(s) {
				return
			}
		}
	}, nil
}

func contains(sorted []string, s string) bool {
	_, ok := slices.BinarySearch(sorted, s)
	return ok
}

// foresees reports whether a slot is one of those to come.
func (e *Expectation) foresees(n slotName) bool {
	if e == nil {
		return true // nothing is known of what should come
	}
	from, _ := calendar.Parse(e.Periods.From)
	p, ok := calendar.Parse(n.period)
	return ok && e.Periods.To == "" && p.Unit() == from.Unit() && !p.First().Before(from.First()) && contains(e.Sources, n.source)
}

// gather looks at every delivery of a table once.
func gather(snap *catalog.Snapshot, table uint32) map[slotName]*found {
	have := map[slotName]*found{}
	at := func(d *catalog.Delivery) *found {
		n := slotName{d.Source, d.Period}
		if have[n] == nil {
			have[n] = &found{}
		}
		return have[n]
	}
	for d := range snap.Deliveries(table) {
		if !d.Named {
			continue
		}
		f := at(d)
		if f.first == 0 || d.LoadedAt < f.first {
			f.first = d.LoadedAt
		}
		switch {
		case d.Removed == 0:
			f.live = append(f.live, d.ID)
			f.rows += d.Accepted
			f.rejected += d.Rejected - snap.Amended(d)
		case !d.Superseded.IsZero():
			f.superseded++
		}
	}
	for _, h := range snap.HeldOf(table) {
		if h.Delivery.Named && !h.Rejected {
			at(&h.Delivery).held = true
		}
	}
	return have
}

func (f *found) slot(table string, n slotName) *Slot {
	s := &Slot{Table: table, Source: n.source, Period: n.period, State: Expected, Marks: []string{}, Deliveries: []schema.ID{}}
	if f == nil {
		return s
	}
	s.Rows, s.Rejected, s.Superseded = f.rows, f.rejected, f.superseded
	s.Deliveries = append(s.Deliveries, f.live...)
	switch {
	case len(f.live) > 0:
		s.State = Loaded
		at := time.UnixMicro(f.first).UTC()
		s.Loaded = &at
		if f.held {
			s.Marks = append(s.Marks, Held)
		}
	case f.held:
		s.State = Waiting
	}
	if f.rejected > 0 {
		s.Marks = append(s.Marks, Rejects)
	}
	if f.superseded > 0 {
		s.Marks = append(s.Marks, Superseded)
	}
	return s
}

// judge compares with what was due.
func (s *Slot) judge(now time.Time) {
	switch {
	case s.Loaded != nil && s.Loaded.After(*s.Due):
		s.Marks = append(s.Marks, Late)
	case s.State == Expected && !now.Before(*s.Due):
		s.State = Missing
	case s.State == Waiting && !now.Before(*s.Due):
		s.Marks = append(s.Marks, Late)
	}
}
