package operator

import (
	"sync/atomic"

	"github.com/assaydb/assay/storage/kernel/aggregate"
)

// settles reports whether some state of the table has put off work in many parts.
func (t *aggTable) settles() bool {
	for _, st := range t.states {
		if s, ok := st.(aggregate.Settler); ok && s.Pending() > 1 {
			return true
		}
	}
	return false
}

// settle has the states do what they put off, the parts side by side.
func (t *aggTable) settle() error {
	for _, st := range t.states {
		s, ok := st.(aggregate.Settler)
		if !ok {
			continue
		}
		parts, next := s.Pending(), atomic.Int64{}
		err := t.agg.run.each(min(parts, t.agg.run.env.Parallelism), func(int) error {
			for p := next.Add(1) - 1; p < int64(parts); p = next.Add(1) - 1 {
				if err := t.agg.run.stopped(); err != nil {
					return err
				}
				s.SettlePart(int(p))
			}
			return nil
		})
		if err != nil {
			return err
		}
		s.SettleCounts()
	}
	return nil
}
