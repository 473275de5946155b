package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/failpoint"
	"github.com/assaydb/assay/storage/schema"
)

// Config is what a Book needs.
type Config struct {
	Dir        string // for the records; made when it is not there
	MaxRunning int    // jobs at once; 0 means DefaultMaxRunning
	MaxHistory int    // ended jobs of one kind that are remembered; 0 means DefaultMaxHistory
	Logger     *slog.Logger
}

// Limits of a Book.
const (
	DefaultMaxRunning = 256
	DefaultMaxHistory = 500
	// MaxWatchers is how many may watch jobs at once.
	MaxWatchers = 256
	// MaxResultBytes bounds what is kept of a job's result.
	MaxResultBytes = 1 << 20
	maxPhases      = 64 // noted of one job
)

// Work does a job. It returns soon after ctx ends; the result must marshal to JSON.
type Work func(ctx context.Context, r *Reporter) (result any, err error)

// Spec says what job is wanted.
type Spec struct {
	ID        schema.ID // zero: a new one. With the id of a known job, Start returns that job and begins nothing
	Kind      string
	Subject   map[string]string
	Exclusive bool // refuse it while another of its kind runs
	Resumable bool // its owner will ask for it after a restart: stopping the node does not end it
}

// Book holds the jobs of one node.
type Book struct {
	cfg  Config
	mu   sync.Mutex
	jobs map[schema.ID]*entry
	left map[schema.ID]*entry // cut by a crash and not yet resumed
	ctx  context.Context
	stop context.CancelFunc
	wait sync.WaitGroup

	watching int
}

// entry is a job in memory, guarded by Book.mu. Results are on disk.
type entry struct {
	Job
	resumable bool
	cancel    context.CancelCauseFunc
	history   []Job         // at the beginnings of phases, for watchers that come back
	changed   chan struct{} // closed and replaced when there is something new
	told      time.Time
}

var errCanceled = errors.New("the job was canceled")

// Open reads the records. Jobs that ran when the process ended wait for their owners: Left, Resume, EndLeft.
func Open(cfg Config) (*Book, error) {
	if cfg.MaxRunning <= 0 {
		cfg.MaxRunning = DefaultMaxRunning
	}
	if cfg.MaxHistory <= 0 {
		cfg.MaxHistory = DefaultMaxHistory
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	b := &Book{cfg: cfg, jobs: map[schema.ID]*entry{}, left: map[schema.ID]*entry{}}
	b.ctx, b.stop = context.WithCancel(context.Background())
	return b, b.read()
}

// Start begins a job and returns it. Its record is durable then.
func (b *Book) Start(spec Spec, do Work) (Job, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if old, known := b.jobs[spec.ID]; known {
		return old.Job, nil
	}
	if err := b.room(spec); err != nil {
		return Job{}, err
	}
	if spec.ID.IsZero() {
		spec.ID = schema.NewID()
	}
	e := &entry{
		Job:       Job{ID: spec.ID, Kind: spec.Kind, Subject: spec.Subject, State: Running, Started: now()},
		resumable: spec.Resumable, changed: make(chan struct{}),
	}
	return b.begin(e, do)
}

func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

func (b *Book) room(spec Spec) error {
	if b.ctx.Err() != nil {
		return errs.New(errs.Unavailable, "draining", "this node is shutting down")
	}
	running := 0
	for _, e := range b.jobs {
		if e.State.Ended() {
			continue
		}
		running++
		if spec.Exclusive && e.Kind == spec.Kind {
			return errs.New(errs.Conflict, "job-running", "a %s job runs already: %s", spec.Kind, e.ID)
		}
	}
	if running >= b.cfg.MaxRunning {
		return errs.New(errs.Busy, "too-many-jobs", "%d jobs are under way, which is the limit (max_jobs)", running).WithHint("try again when some have ended")
	}
	return nil
}

// begin runs a job whose entry is ready.
func (b *Book) begin(e *entry, do Work) (Job, error) {
	e.Runs++
	e.Event = uint64(e.Runs) << 32
	if err := b.write(&e.Job); err != nil {
		return Job{}, err
	}
	failpoint.Hit("job/recorded")
	var ctx context.Context
	ctx, e.cancel = context.WithCancelCause(b.ctx)
	if e.CancelWish {
		e.cancel(errCanceled)
	}
	b.jobs[e.ID] = e
	b.wait.Go(func() { b.run(ctx, e, do) })
	return e.Job, nil
}

func (b *Book) run(ctx context.Context, e *entry, do Work) {
	result, err := do(ctx, &Reporter{b, e})
	failpoint.Hit("job/worked")
	e.cancel(nil)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil && b.ctx.Err() != nil && e.resumable && !e.CancelWish {
		b.publish(e) // its record says RUNNING: it goes on with the next start
		return
	}
	end := e.Job
	at := now()
	end.Ended, end.State = &at, Succeeded
	if err != nil {
		end.State, end.Failure = Failed, failureOf(err)
		if e.CancelWish || b.ctx.Err() != nil {
			end.State = Canceled
		}
		b.cfg.Logger.Warn("job failed", "kind", e.Kind, "job", e.ID.String(), "state", string(end.State), "error", err)
	}
	b.finish(e, end, result)
}

// finish makes a job's end durable and then visible.
func (b *Book) finish(e *entry, end Job, result any) {
	end.Event++
	end.Result = marshalResult(result)
	if err := b.write(&end); err != nil {
		// What the job did is done; after a restart it is begun again and finds that out.
		b.cfg.Logger.Error("the end of a job could not be recorded", "job", e.ID.String(), "error", err)
	}
	failpoint.Hit("job/ended")
	end.Result = nil
	e.Job = end
	e.history = nil
	b.publish(e)
	b.forget(e.Kind)
}

// publish wakes whoever watches.
func (b *Book) publish(e *entry) {
	close(e.changed)
	e.changed = make(chan struct{})
	e.told = time.Now()
}

// forget drops the oldest ended jobs of a kind beyond the bound.
func (b *Book) forget(kind string) {
	var ended []*entry
	for _, e := range b.jobs {
		if e.Kind == kind && e.State.Ended() {
			ended = append(ended, e)
		}
	}
	if len(ended) <= b.cfg.MaxHistory {
		return
	}
	slices.SortFunc(ended, func(x, y *entry) int { return y.Ended.Compare(*x.Ended) })
	for _, e := range ended[b.cfg.MaxHistory:] {
		if err := b.remove(e.ID); err != nil {
			b.cfg.Logger.Warn("an old job's record could not be removed", "job", e.ID.String(), "error", err)
		}
		delete(b.jobs, e.ID)
	}
}

// Get returns a job with its result.
func (b *Book) Get(id schema.ID) (Job, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.jobs[id]
	if !ok {
		return Job{}, errs.New(errs.NotFound, "unknown-job", "there is no job %s", id)
	}
	j := e.Job
	if !j.State.Ended() {
		return j, nil
	}
	kept, err := b.readOne(id.String())
	if err != nil {
		return Job{}, fmt.Errorf("read job %s: %w", id, err)
	}
	j.Result = kept.Result
	return j, nil
}

// List returns the jobs, newest first, without their results.
func (b *Book) List() []Job {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Job, 0, len(b.jobs))
	for _, e := range b.jobs {
		out = append(out, e.Job)
	}
	slices.SortFunc(out, func(x, y Job) int { return slices.Compare(y.ID[:], x.ID[:]) })
	return out
}

// Cancel asks a job to end. The wish is durable: a restart does not lose it. A job that has ended is returned as it is.
func (b *Book) Cancel(id schema.ID) (Job, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.jobs[id]
	if !ok {
		return Job{}, errs.New(errs.NotFound, "unknown-job", "there is no job %s", id)
	}
	if e.State.Ended() || e.CancelWish {
		return e.Job, nil
	}
	wished := e.Job
	wished.CancelWish = true
	if err := b.write(&wished); err != nil {
		return Job{}, err
	}
	e.CancelWish = true
	if e.cancel != nil {
		e.cancel(errCanceled)
	}
	b.publish(e)
	return e.Job, nil
}

// Close stops what runs and waits for it. Resumable jobs go on with the next Open.
func (b *Book) Close() error {
	b.mu.Lock()
	b.stop()
	b.mu.Unlock()
	b.wait.Wait()
	return nil
}
