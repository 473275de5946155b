package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/assaydb/assay/ingest/job"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// keepAlive is how often a silent stream of events says that it is still there.
const keepAlive = 15 * time.Second

// jobView is a job as the API shows it: its failure is a problem like any other.
type jobView struct {
	job.Job
	Failure *struct{} `json:"failure,omitempty"` // hides the stored form
	Error   *problem  `json:"error,omitempty"`
}

func jobViewOf(j job.Job) jobView {
	v := jobView{Job: j}
	if j.Failure != nil {
		p, _ := problemOf(j.Failure.Err())
		v.Error = &p
	}
	return v
}

// counted is upkeep that counts what it does.
type counted func(ctx context.Context, report func(done, total int64)) (any, error)

// handleStartJob starts upkeep, one of a kind at a time.
func (s *Server) handleStartJob(kind string, do counted) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, _ *http.Request) error {
		j, err := s.parts.Jobs.Start(job.Spec{Kind: kind, Exclusive: true}, func(ctx context.Context, r *job.Reporter) (any, error) { return do(ctx, r.Count) })
		if err != nil {
			return err
		}
		return acceptJob(w, j)
	}
}

// acceptJob answers that a job is under way.
func acceptJob(w http.ResponseWriter, j job.Job) error {
	w.Header().Set("Location", "/v1/jobs/"+j.ID.String())
	return writeJSON(w, http.StatusAccepted, jobViewOf(j))
}

func (s *Server) handleJobs(w http.ResponseWriter, r *http.Request) error {
	q, all := paramsOf(r), s.parts.Jobs.List()
	kind, state := q.text("kind"), q.text("state")
	all = slices.DeleteFunc(all, func(j job.Job) bool { return kind != "" && j.Kind != kind || state != "" && string(j.State) != state })
	out, err := pageOf(q, slices.Values(all), func(j job.Job) string { return j.ID.String() }, func(j job.Job) any { return jobViewOf(j) })
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

func jobID(r *http.Request) (schema.ID, error) { return schema.ParseID(r.PathValue("id")) }

func (s *Server) handleJob(w http.ResponseWriter, r *http.Request) error {
	id, err := jobID(r)
	if err != nil {
		return err
	}
	j, err := s.parts.Jobs.Get(id)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, jobViewOf(j))
}

// handleCancelJob asks a job to end: 202 while it has still to, 200 when it has ended.
func (s *Server) handleCancelJob(w http.ResponseWriter, r *http.Request) error {
	id, err := jobID(r)
	if err != nil {
		return err
	}
	j, err := s.parts.Jobs.Cancel(id)
	if err != nil {
		return err
	}
	status := http.StatusAccepted
	if j.State.Ended() {
		status = http.StatusOK
	}
	return writeJSON(w, status, jobViewOf(j))
}

// handleJobEvents sends a job's events (server-sent events) until it has ended. Last-Event-ID goes on behind an event.
func (s *Server) handleJobEvents(w http.ResponseWriter, r *http.Request) error {
	id, err := jobID(r)
	if err != nil {
		return err
	}
	after := uint64(0)
	if text := r.Header.Get("Last-Event-ID"); text != "" {
		if after, err = strconv.ParseUint(text, 10, 64); err != nil {
			return errs.New(errs.Invalid, "bad-event-id", "Last-Event-ID %q is not one that this server gave", text)
		}
	}
	watch, err := s.parts.Jobs.Watch(id, after)
	if err != nil {
		return err
	}
	defer watch.Close()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // proxies that gather would hold events back
	w.WriteHeader(http.StatusOK)
	ctx, stop := context.WithCancel(r.Context())
	defer stop()
	defer context.AfterFunc(s.drained, stop)()
	return s.sendEvents(ctx, w, watch)
}

// Watcher gives a job's events, one after another; io.EOF behind the last.
type Watcher interface {
	Next(ctx context.Context) (job.Job, error)
	Close()
}

func (s *Server) sendEvents(ctx context.Context, w http.ResponseWriter, watch Watcher) error {
	control, phase := http.NewResponseController(w), ""
	for {
		if err := control.Flush(); err != nil {
			return abort{err}
		}
		one, cancel := context.WithTimeout(ctx, keepAlive)
		j, err := watch.Next(one)
		silent := one.Err() != nil && ctx.Err() == nil
		cancel()
		switch {
		case err == nil:
			err = sendEvent(w, j, &phase)
		case errors.Is(err, io.EOF):
			return control.Flush()
		case silent:
			_, err = io.WriteString(w, ": still here\n\n")
		default: // the client went, or the node stops: whoever still cares comes back with Last-Event-ID
			return nil
		}
		if err != nil {
			return abort{err}
		}
	}
}

func sendEvent(w io.Writer, j job.Job, phase *string) error {
	name := "progress"
	switch {
	case j.State.Ended():
		name = "end"
	case j.Phase != *phase:
		name = "phase"
	}
	*phase = j.Phase
	_, err := fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", j.Event, name, marshal(jobViewOf(j)))
	return err
}
