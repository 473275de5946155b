package job

import (
	"context"
	"slices"
	"time"
)

// tellEvery is how often progress within a phase wakes watchers.
const tellEvery = 100 * time.Millisecond

// Reporter tells a Book how far a job is. Its methods do not block on watchers.
type Reporter struct {
	book *Book
	e    *entry
}

// Report sets the progress. A new phase is an event that watchers never miss; within a phase they see the newest state.
func (r *Reporter) Report(p Progress) {
	b, e := r.book, r.e
	b.mu.Lock()
	defer b.mu.Unlock()
	phase := p.Phase != e.Phase
	e.Progress = p
	e.Event++
	if phase && len(e.Phases) < maxPhases {
		e.Phases = append(slices.Clip(e.Phases), PhaseStart{p, now()})
		e.history = append(e.history, e.Job)
	}
	if phase || time.Since(e.told) > tellEvery {
		b.publish(e)
	}
}

// Count sets done and total, for work that counts things.
func (r *Reporter) Count(done, total int64) { r.Report(Progress{Done: done, Total: total}) }

// ByRequest reports whether ctx, a job's, ended since someone canceled the job, and not since the node stops.
func ByRequest(ctx context.Context) bool { return context.Cause(ctx) == errCanceled } //nolint:errorlint // the very value
