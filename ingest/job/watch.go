package job

import (
	"context"
	"io"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// Watcher gives the events of one job. Close it.
type Watcher struct {
	book  *Book
	id    schema.ID
	after uint64
}

// Watch follows a job from behind an event's number, 0 for its beginning. Events within a phase are only the newest one: who is slow
// misses numbers, never a phase or the end.
func (b *Book) Watch(id schema.ID, after uint64) (*Watcher, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.jobs[id]; !ok {
		return nil, errs.New(errs.NotFound, "unknown-job", "there is no job %s", id)
	}
	if b.watching >= MaxWatchers {
		return nil, errs.New(errs.Busy, "too-many-watchers", "%d watch jobs already, which is the limit", b.watching)
	}
	b.watching++
	return &Watcher{b, id, after}, nil
}

// Next returns the job at its next event; io.EOF after the last one, or when the job is forgotten.
func (w *Watcher) Next(ctx context.Context) (Job, error) {
	for {
		j, changed, err := w.step()
		if err != nil || changed == nil {
			return j, err
		}
		select {
		case <-changed:
		case <-w.book.ctx.Done():
			return Job{}, errs.New(errs.Unavailable, "draining", "this node is shutting down")
		case <-ctx.Done():
			return Job{}, ctx.Err()
		}
	}
}

// step returns an event, or the channel to wait on.
func (w *Watcher) step() (Job, <-chan struct{}, error) {
	b := w.book
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.jobs[w.id]
	if !ok {
		return Job{}, nil, io.EOF
	}
	for _, old := range e.history {
		if old.Event > w.after {
			w.after = old.Event
			return old, nil, nil
		}
	}
	if e.Event > w.after {
		w.after = e.Event
		return e.Job, nil, nil
	}
	if e.State.Ended() {
		return Job{}, nil, io.EOF
	}
	return Job{}, e.changed, nil
}

// Close ends the watching.
func (w *Watcher) Close() {
	w.book.mu.Lock()
	defer w.book.mu.Unlock()
	w.book.watching--
}
