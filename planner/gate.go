package planner

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/assaydb/assay/storage/errs"
)

// gate admits so many queries at once; a few more wait a little.
type gate struct {
	slots   chan struct{}
	waiting atomic.Int64
	limits  Limits
}

func newGate(l Limits) *gate { return &gate{slots: make(chan struct{}, l.MaxConcurrent), limits: l} }

// enter waits for a turn and returns what gives it back.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	leave = func() { <-g.slots }
	select {
	case g.slots <- struct{}{}:
		return leave, nil
	default:
	}
	if g.waiting.Add(1) > int64(g.limits.MaxQueue) {
		g.waiting.Add(-1)
		return nil, g.busy()
	}
	defer g.waiting.Add(-1)
	timer := time.NewTimer(g.limits.QueueWait)
	defer timer.Stop()
	select {
	case g.slots <- struct{}{}:
		return leave, nil
	case <-timer.C:
		return nil, g.busy()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (g *gate) busy() error {
	return errs.New(errs.Busy, "too-many-queries", "%d queries run already (max_concurrent)", g.limits.MaxConcurrent).WithHint("try again in a few seconds")
}
