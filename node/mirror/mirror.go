package mirror

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/assaydb/assay/storage/object"
	"github.com/assaydb/assay/storage/schema"
)

// Defaults of Config.
const (
	DefaultParallel      = 4
	DefaultSnapshotEvery = 1000
	DefaultMinBackoff    = time.Second
	DefaultMaxBackoff    = time.Minute
	DefaultGrace         = 24 * time.Hour
	DefaultFullEvery     = time.Hour
)

// Config says what is mirrored where. Objects, Catalog and Source are required.
type Config struct {
	Objects       object.Store
	Catalog       Catalog
	Source        Source
	Logger        *slog.Logger
	Owner         string        // this catalog's identity; a mirror of another owner is refused. Empty: not checked
	Parallel      int           // transfers at once
	SnapshotEvery int           // log entries after which a fresh catalog snapshot is written
	MinBackoff    time.Duration // after a failed pass, doubling with jitter ...
	MaxBackoff    time.Duration // ... up to this
	Grace         time.Duration // how long what the catalog does not know is left alone
	FullEvery     time.Duration // how often everything is compared again, not only what changed
}

// Mirror keeps an object store in step with the catalog.
type Mirror struct {
	cfg  Config
	log  *slog.Logger
	wake chan struct{} // holds one token: something changed

	mu      sync.Mutex
	dirty   map[schema.ID]bool // deliveries to look at; meaningless while full
	full    bool               // look at all of them
	pending []entry            // log entries to ship
	room    chan struct{}      // closed and renewed when pending shrinks
	gap     bool               // pending does not continue what was shipped: write a snapshot
	heard   uint64             // index of the newest command that was marked
	done    uint64             // everything up to this index is mirrored
	changed chan struct{}      // closed and renewed when done moves or a pass ends
	status  Status
	actual  *actual       // nil until the first listing
	opened  chan struct{} // closed by it
	shipped shipped
	matched bool // the mirrored log was found to be this catalog's; Run's alone
}

// entry is one command of the catalog's log.
type entry struct {
	index   uint64
	command []byte
}

// New returns a mirror that does nothing until Run.
func New(cfg Config) *Mirror {
	cfg = cfg.withDefaults()
	return &Mirror{
		cfg: cfg, log: cfg.Logger, wake: make(chan struct{}, 1), dirty: map[schema.ID]bool{}, full: true,
		changed: make(chan struct{}), room: make(chan struct{}), opened: make(chan struct{}),
	}
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.Parallel = orDefault(c.Parallel, DefaultParallel)
	c.SnapshotEvery = orDefault(c.SnapshotEvery, DefaultSnapshotEvery)
	c.MinBackoff = orDefault(c.MinBackoff, DefaultMinBackoff)
	c.MaxBackoff = orDefault(c.MaxBackoff, DefaultMaxBackoff)
	c.Grace = orDefault(c.Grace, DefaultGrace)
	c.FullEvery = orDefault(c.FullEvery, DefaultFullEvery)
	return c
}

func orDefault[T int | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}

// Run reconciles until the context ends. It returns early only when the mirror belongs to another catalog.
func (m *Mirror) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var follower sync.WaitGroup
	follower.Go(func() { m.follow(ctx) })
	defer follower.Wait()
	defer cancel()
	backoff := m.cfg.MinBackoff
	for {
		wait := m.cfg.FullEvery
		switch err := m.pass(ctx); {
		case ctx.Err() != nil:
			return nil
		case isForeign(err):
			return err
		case err != nil:
			wait = jitter(backoff)
			backoff = min(2*backoff, m.cfg.MaxBackoff)
			m.log.Warn("the mirror is behind and will try again", "mirror", m.cfg.Objects.String(), "wait", wait, "error", err)
		default:
			backoff = m.cfg.MinBackoff
		}
		if !m.sleep(ctx, wait, backoff != m.cfg.MinBackoff) {
			return nil
		}
	}
}

// jitter spreads retries so that nodes that failed together do not return together.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }

// sleep waits for work or for the time; after a failure only for the time, since news would not mend it.
func (m *Mirror) sleep(ctx context.Context, d time.Duration, failed bool) bool {
	wake := m.wake
	if failed {
		wake = nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-wake:
	case <-timer.C:
		if !failed {
			m.markAll()
		}
	}
	return true
}

func (m *Mirror) markAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.full = true
}

// poke wakes Run.
func (m *Mirror) poke() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}
