package storage

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// settling bounds the files of one draft that are synced and read back at the same time. A sync waits for the disk, not for a
// processor, and journals take many syncs in one go: an upload into thousands of partitions would otherwise spend its time
// waiting for one after the other.
const settling = 16

// settler runs what is left to do for files that are complete. The first error stops it.
type settler struct {
	group  *errgroup.Group
	outer  context.Context // until cancelled
	ctx    context.Context // and until a task fails or wait has returned
	cancel context.CancelFunc
}

func newSettler(ctx context.Context) *settler {
	s := &settler{}
	s.outer, s.cancel = context.WithCancel(ctx)
	s.group, s.ctx = errgroup.WithContext(s.outer)
	s.group.SetLimit(settling)
	return s
}

// add starts a task as soon as there is room; it fails when a task has failed.
func (s *settler) add(task func(context.Context) error) error {
	if s.ctx.Err() != nil {
		return s.wait()
	}
	s.group.Go(func() error { return task(s.ctx) })
	return nil
}

// wait returns the first error once all tasks have ended.
func (s *settler) wait() error {
	if err := s.group.Wait(); err != nil {
		return err
	}
	return s.outer.Err()
}

// stop cancels the tasks and waits for them.
func (s *settler) stop() {
	s.cancel()
	s.group.Wait() //nolint:errcheck // nobody wants what is being dropped
}
