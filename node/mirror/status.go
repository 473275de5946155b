package mirror

import (
	"context"
	"time"
)

// Status says how far the mirror is behind.
type Status struct {
	Index     uint64    // everything up to this catalog index is mirrored
	Objects   int       // segments and side files still to be copied, moved or removed, as of the last pass
	Bytes     int64     // of them
	Oldest    time.Time // load time of the oldest delivery that is not mirrored; zero when none waits
	LogBehind int       // catalog commands not shipped
	Damaged   []string  // segments that could not be mirrored, since the copy here is damaged or missing and there is no other
	Error     string    // of the last pass; "" when it succeeded
	Passes    int64
}

// Status returns how far the mirror is behind.
func (m *Mirror) Status() Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.status
	s.Index, s.LogBehind = m.done, len(m.pending)
	return s
}

// WaitIndex waits until everything that the catalog holds at an index is in the mirror: its log up to there, and every
// segment and side file of the deliveries in force.
func (m *Mirror) WaitIndex(ctx context.Context, index uint64) error {
	for {
		m.mu.Lock()
		done, changed := m.done, m.changed
		m.mu.Unlock()
		if done >= index {
			return nil
		}
		m.poke()
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-changed:
		}
	}
}

// finishPass publishes what a pass achieved and lets waiters look again.
func (m *Mirror) finishPass(s Status, done uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s.Passes = m.status.Passes + 1
	m.status = s
	m.done = max(m.done, done)
	close(m.changed)
	m.changed = make(chan struct{})
}
