package server

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/assaydb/assay/planner"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// States of background work.
const (
	stateQueued    = "QUEUED"
	stateRunning   = "RUNNING"
	stateSucceeded = "SUCCEEDED"
	stateFailed    = "FAILED"
	stateCanceled  = "CANCELED"
)

const (
	maxQueued  = 256              // background queries that wait
	sweepEvery = 10 * time.Minute // expired results are looked for
	keepMeta   = 7 * 24 * time.Hour
	metaFile   = "query.json"
	resultFile = "result.arrow"
)

// background runs queries whose results are kept on disk: DIR/<id>/query.json and result.arrow. What is known of a query survives a
// restart; a query that ran during one has failed.
type background struct {
	cfg     Config
	engine  Engine
	log     *slog.Logger
	metrics *metrics
	ctx     context.Context
	stop    context.CancelFunc
	wait    sync.WaitGroup
	slots   chan struct{}

	mu   sync.Mutex
	byID map[schema.ID]*asked
}

// asked is one background query. Guarded by background.mu.
type asked struct {
	queryView
	cancel context.CancelFunc
	res    *planner.Result // while it runs
}

// queryView is what clients see of it and what query.json holds. The SQL itself is not kept: it may hold values.
type queryView struct {
	ID           schema.ID   `json:"id"`
	State        string      `json:"state"`
	Who          string      `json:"who,omitempty"`
	Created      time.Time   `json:"created_at"`
	Ended        *time.Time  `json:"ended_at,omitempty"`
	Expires      *time.Time  `json:"expires_at,omitempty"`
	CatalogIndex uint64      `json:"catalog_index"`
	Rows         int64       `json:"rows"`
	ResultBytes  int64       `json:"result_bytes"`
	Stats        *statistics `json:"stats,omitempty"`
	Error        *problem    `json:"error,omitempty"`
	Expired      bool        `json:"expired,omitempty"`
}

func (v *queryView) ended() bool { return v.Ended != nil }

func openBackground(cfg Config, engine Engine, log *slog.Logger, m *metrics) (*background, error) {
	if err := os.MkdirAll(cfg.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("create the folder of results: %w", err)
	}
	b := &background{cfg: cfg, engine: engine, log: log, metrics: m, slots: make(chan struct{}, cfg.MaxBackground), byID: map[schema.ID]*asked{}}
	b.ctx, b.stop = context.WithCancel(context.Background())
	if err := b.recover(); err != nil {
		return nil, err
	}
	b.wait.Go(b.sweep)
	return b, nil
}

func (b *background) path(id schema.ID, name string) string {
	return filepath.Join(b.cfg.Dir, id.String(), name)
}

// recover reads what earlier runs left.
func (b *background) recover() error {
	entries, err := os.ReadDir(b.cfg.Dir)
	if err != nil {
		return fmt.Errorf("read the folder of results: %w", err)
	}
	for _, e := range entries {
		id, err := schema.ParseID(e.Name())
		if err != nil {
			continue
		}
		a := &asked{}
		raw, err := os.ReadFile(b.path(id, metaFile))
		if err != nil || json.Unmarshal(raw, &a.queryView) != nil || a.ID != id {
			os.RemoveAll(b.path(id, ""))
			continue
		}
		b.byID[id] = a
		if !a.ended() {
			p, _ := problemOf(errs.New(errs.Unavailable, "restarted", "the node stopped while the query ran"))
			b.end(a, stateFailed, &p)
		}
	}
	return nil
}

// submit accepts a query to run as soon as there is a slot.
func (b *background) submit(req *planner.Request) (queryView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ctx.Err() != nil {
		return queryView{}, errs.New(errs.Unavailable, "draining", "this node is shutting down")
	}
	waiting := 0
	for _, a := range b.byID {
		if !a.ended() {
			waiting++
		}
	}
	if waiting >= maxQueued {
		return queryView{}, errs.New(errs.Busy, "busy", "%d background queries wait already", waiting)
	}
	a := &asked{queryView: queryView{ID: schema.NewID(), State: stateQueued, Who: req.Principal.Name, Created: time.Now().UTC()}}
	if err := os.MkdirAll(b.path(a.ID, ""), 0o755); err != nil {
		return queryView{}, fmt.Errorf("create the folder of a result: %w", err)
	}
	if err := b.save(a); err != nil {
		return queryView{}, err
	}
	b.byID[a.ID] = a
	var ctx context.Context
	ctx, a.cancel = context.WithCancel(b.ctx)
	b.wait.Go(func() { b.run(ctx, a, req) })
	return a.queryView, nil
}

// save writes query.json under a temporary name first. It is called with mu held.
func (b *background) save(a *asked) error {
	name := b.path(a.ID, metaFile)
	if err := os.WriteFile(name+".tmp", marshal(a.queryView), 0o644); err != nil {
		return fmt.Errorf("write the state of a query: %w", err)
	}
	return os.Rename(name+".tmp", name)
}

func (b *background) run(ctx context.Context, a *asked, req *planner.Request) {
	defer a.cancel()
	select {
	case b.slots <- struct{}{}:
		defer func() { <-b.slots }()
	case <-ctx.Done():
		b.finish(a, ctx.Err())
		return
	}
	b.finish(a, b.execute(ctx, a, req))
}

func (b *background) execute(ctx context.Context, a *asked, req *planner.Request) error {
	b.update(a, func() { a.State = stateRunning })
	res, err := b.engine.Query(ctx, req)
	if err != nil {
		return err
	}
	defer func() {
		b.update(a, func() { a.res = nil })
		res.Close()
		b.metrics.query(res.Stats(), err)
	}()
	b.update(a, func() { a.res, a.CatalogIndex = res, res.CatalogIndex })
	rows, size, err := saveResult(ctx, b.path(a.ID, resultFile), res, b.cfg.MaxResult)
	st := statsOf(res.Stats())
	b.update(a, func() { a.Rows, a.ResultBytes, a.Stats = rows, size, &st })
	return err
}

func (b *background) update(a *asked, change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
	if err := b.save(a); err != nil {
		b.log.Warn("the state of a background query was not kept", "query", a.ID.String(), "error", err)
	}
}

// finish records how a query ended.
func (b *background) finish(a *asked, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		b.end(a, stateSucceeded, nil)
		return
	}
	state := stateFailed
	if errs.Is(classify(err), errs.Canceled) {
		if state = stateCanceled; b.ctx.Err() != nil {
			// Nobody canceled it: it may be asked again.
			state, err = stateFailed, errs.New(errs.Unavailable, "restarted", "the node stopped while the query ran")
		}
	}
	p, _ := problemOf(err)
	if p.Status == 500 {
		b.log.Error("background query failed", "query", a.ID.String(), "error", err)
	}
	b.end(a, state, &p)
	os.Remove(b.path(a.ID, resultFile))
}

func (b *background) end(a *asked, state string, p *problem) {
	now := time.Now().UTC()
	expires := now.Add(b.cfg.KeepResults)
	a.State, a.Error, a.Ended, a.Expires = state, p, &now, &expires
	if err := b.save(a); err != nil {
		b.log.Warn("the end of a background query was not kept", "query", a.ID.String(), "error", err)
	}
}

// find returns a query as it is now; other callers' queries do not exist for the caller.
func (b *background) find(id schema.ID, who string) (queryView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a, ok := b.byID[id]
	if !ok || a.Who != who {
		return queryView{}, errs.New(errs.NotFound, "unknown-query", "there is no background query %s", id)
	}
	return a.now(), nil
}

// now is the view with the progress so far.
func (a *asked) now() queryView {
	v := a.queryView
	if a.res != nil {
		st := statsOf(a.res.Stats())
		v.Stats = &st
	}
	return v
}

// list returns the caller's queries, newest first.
func (b *background) list(who string) []queryView {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []queryView
	for _, a := range b.byID {
		if a.Who == who {
			out = append(out, a.now())
		}
	}
	slices.SortFunc(out, func(x, y queryView) int { return strings.Compare(y.ID.String(), x.ID.String()) })
	return out
}

// cancel stops a query that runs, or drops the result of one that has ended.
func (b *background) cancel(id schema.ID, who string) (queryView, error) {
	if _, err := b.find(id, who); err != nil {
		return queryView{}, err
	}
	b.mu.Lock()
	a := b.byID[id]
	if a.ended() {
		b.expire(a)
	} else {
		a.cancel()
	}
	b.mu.Unlock()
	return b.find(id, who)
}

// expire removes a result and remembers that it was there. It is called with mu held.
func (b *background) expire(a *asked) {
	a.Expired = true
	left, _ := filepath.Glob(b.path(a.ID, "result.*"))
	for _, name := range left {
		os.Remove(name)
	}
	if err := b.save(a); err != nil {
		b.log.Warn("the expiry of a result was not kept", "query", a.ID.String(), "error", err)
	}
}

// sweep expires results until close.
func (b *background) sweep() {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		b.expireOld(time.Now())
		select {
		case <-tick.C:
		case <-b.ctx.Done():
			return
		}
	}
}

func (b *background) expireOld(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, a := range b.byID {
		switch {
		case !a.ended():
		case now.Sub(*a.Ended) > b.cfg.KeepResults+keepMeta:
			os.RemoveAll(b.path(id, ""))
			delete(b.byID, id)
		case !a.Expired && now.After(*a.Expires):
			b.expire(a)
		}
	}
}

// busy reports whether a query runs or waits.
func (b *background) busy() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range b.byID {
		if !a.ended() {
			return true
		}
	}
	return false
}

// close cancels what runs and waits for it.
func (b *background) close() {
	b.stop()
	b.wait.Wait()
}
