// Package limit bounds what clients can make the server hold at once: work of one kind (Gate) and open connections (Listener).
//
// Both are safe for any number of goroutines and start none.
package limit

import (
	"context"
	"time"

	"github.com/assaydb/assay/storage/errs"
)

// Gate lets a number of callers through at once and others wait a little before they are refused.
type Gate struct {
	what  string
	slots chan struct{}
	wait  time.Duration
}

// NewGate returns a gate for most callers at once. What names the work in the refusal.
func NewGate(what string, most int, wait time.Duration) *Gate {
	return &Gate{what: what, slots: make(chan struct{}, most), wait: wait}
}

// Enter takes a slot, waiting up to the gate's patience; leave gives it back and must be called once.
func (g *Gate) Enter(ctx context.Context) (leave func(), err error) {
	patience := time.NewTimer(g.wait)
	defer patience.Stop()
	select {
	case g.slots <- struct{}{}:
		return func() { <-g.slots }, nil
	case <-ctx.Done():
		return nil, errs.New(errs.Canceled, "canceled", "the request ended while it waited: %w", ctx.Err())
	case <-patience.C:
		return nil, errs.New(errs.Busy, "busy", "%d %s are running already, which is the limit", cap(g.slots), g.what).WithHint("try again shortly")
	}
}

// Running is how many are inside now.
func (g *Gate) Running() int { return len(g.slots) }
