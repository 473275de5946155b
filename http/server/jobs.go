package server

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

const maxJobs = 100 // remembered; the oldest ended ones go first

// jobs runs maintenance one job of a kind at a time and remembers how it ended.
type jobs struct {
	log  *slog.Logger
	mu   sync.Mutex
	list []*job
	stop context.CancelFunc
	ctx  context.Context
	wait sync.WaitGroup
}

// job is one run. Its fields are guarded by jobs.mu; views are copies.
type job struct {
	ID      schema.ID  `json:"id"`
	Kind    string     `json:"kind"`
	State   string     `json:"state"` // RUNNING SUCCEEDED FAILED CANCELED
	Done    int64      `json:"done"`
	Total   int64      `json:"total"`
	Started time.Time  `json:"started_at"`
	Ended   *time.Time `json:"ended_at,omitempty"`
	Result  any        `json:"result,omitempty"`
	Error   *problem   `json:"error,omitempty"`
}

func newJobs(log *slog.Logger) *jobs {
	ctx, stop := context.WithCancel(context.Background())
	return &jobs{log: log, ctx: ctx, stop: stop}
}

type work func(ctx context.Context, report func(done, total int64)) (any, error)

// start begins a job; Conflict when one of the kind runs.
func (j *jobs) start(kind string, do work) (job, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.ctx.Err() != nil {
		return job{}, errs.New(errs.Unavailable, "draining", "this node is shutting down")
	}
	for _, other := range j.list {
		if other.Kind == kind && other.State == stateRunning {
			return job{}, errs.New(errs.Conflict, "job-running", "a %s job runs already: %s", kind, other.ID)
		}
	}
	if len(j.list) == maxJobs {
		j.list = slices.Delete(j.list, 0, 1)
	}
	run := &job{ID: schema.NewID(), Kind: kind, State: stateRunning, Started: time.Now().UTC()}
	j.list = append(j.list, run)
	j.wait.Go(func() { j.run(run, do) })
	return *run, nil
}

func (j *jobs) run(run *job, do work) {
	result, err := do(j.ctx, func(done, total int64) {
		j.mu.Lock()
		defer j.mu.Unlock()
		run.Done, run.Total = done, total
	})
	j.mu.Lock()
	defer j.mu.Unlock()
	now := time.Now().UTC()
	run.Ended, run.Result, run.State = &now, result, stateSucceeded
	if err != nil {
		p, _ := problemOf(err)
		run.Error, run.State = &p, stateFailed
		if j.ctx.Err() != nil {
			run.State = stateCanceled
		}
		j.log.Error("job failed", "kind", run.Kind, "job", run.ID.String(), "error", err)
	}
}

// views copies the jobs, newest first.
func (j *jobs) views() []job {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []job
	for _, run := range slices.Backward(j.list) {
		out = append(out, *run)
	}
	return out
}

// close cancels what runs and waits for it.
func (j *jobs) close() {
	j.stop()
	j.wait.Wait()
}

func (s *Server) handleStartJob(kind string, do work) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, _ *http.Request) error {
		run, err := s.jobs.start(kind, do)
		if err != nil {
			return err
		}
		w.Header().Set("Location", "/v1/jobs/"+run.ID.String())
		return writeJSON(w, http.StatusAccepted, run)
	}
}

func (s *Server) handleJobs(w http.ResponseWriter, r *http.Request) error {
	q := paramsOf(r)
	out, err := pageOf(q, slices.Values(s.jobs.views()), func(v job) string { return v.ID.String() }, func(v job) any { return v })
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

func (s *Server) handleJob(w http.ResponseWriter, r *http.Request) error {
	id, err := schema.ParseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	for _, v := range s.jobs.views() {
		if v.ID == id {
			return writeJSON(w, http.StatusOK, v)
		}
	}
	return errs.New(errs.NotFound, "unknown-job", "there is no job %s", id)
}
