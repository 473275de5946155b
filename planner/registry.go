package planner

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// Running is a query under way. SQL is its text: show it only to who sent it and to operators of the node.
type Running struct {
	ID        schema.ID
	Principal string
	SQL       string
	Started   time.Time
}

// registry knows the running queries.
type registry struct {
	mu      sync.Mutex
	queries map[schema.ID]entry
}

type entry struct {
	Running
	cancel context.CancelCauseFunc
}

func newRegistry() *registry { return &registry{queries: map[schema.ID]entry{}} }

func (r *registry) add(q Running, cancel context.CancelCauseFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queries[q.ID] = entry{q, cancel}
}

func (r *registry) remove(id schema.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.queries, id)
}

func (r *registry) cancel(id schema.ID) bool {
	r.mu.Lock()
	q, ok := r.queries[id]
	r.mu.Unlock()
	if ok {
		q.cancel(errs.New(errs.Canceled, "query-canceled", "query %s was canceled", id))
	}
	return ok
}

func (r *registry) list() []Running {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Running
	for _, q := range r.queries {
		out = append(out, q.Running)
	}
	slices.SortFunc(out, func(a, b Running) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return out
}
