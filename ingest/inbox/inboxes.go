package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/assaydb/assay/storage/durable"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/failpoint"
)

// MaxInboxes bounds the inboxes of one node.
const MaxInboxes = 100

const (
	specFile    = "spec.inbox"
	specKind    = "inbox"
	specVersion = 1
)

// Inboxes are the inboxes of one node: each is a folder of its own with its spec and the records of its objects. One goroutine runs
// per inbox, from Open or Put until Delete or Close.
type Inboxes struct {
	cfg  Settings
	mu   sync.Mutex
	all  map[string]*running
	ctx  context.Context
	stop context.CancelFunc
}

// Settings are what all inboxes of a node share.
type Settings struct {
	Dir    string
	Roots  []string // folders below which file locations may lie
	Loader Loader
	Slots  chan struct{}
	Logger *slog.Logger
}

// running is one inbox. watch is nil while its location cannot be opened.
type running struct {
	spec  Spec
	stop  context.CancelFunc
	ended chan struct{}

	mu     sync.Mutex
	watch  *Watch
	last   time.Time
	failed error
}

// View is an inbox as it stands.
type View struct {
	Name string `json:"name"`
	Spec
	LastScan *time.Time `json:"last_scan,omitempty"`
	Error    string     `json:"error,omitempty"` // of the last look
	Loaded   int        `json:"loaded"`
	Retry    int        `json:"retry"`
	Dead     int        `json:"dead"`
}

// OpenInboxes starts every inbox that is kept.
func OpenInboxes(cfg Settings) (*Inboxes, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	b := &Inboxes{cfg: cfg, all: map[string]*running{}}
	b.ctx, b.stop = context.WithCancel(context.Background())
	if err := durable.MakeFolder(cfg.Dir); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("list the inboxes: %w", err)
	}
	for _, e := range entries {
		_, body, err := durable.Read(filepath.Join(cfg.Dir, e.Name(), specFile), specKind)
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted, or never made whole
		}
		var spec Spec
		if err == nil {
			err = json.Unmarshal(body, &spec)
		}
		if err != nil {
			cfg.Logger.Error("an inbox cannot be read and is not watched", "inbox", e.Name(), "error", err)
			continue
		}
		b.start(e.Name(), spec)
	}
	return b, nil
}

var nameRule = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// Put makes an inbox, or changes it: what was loaded from the same location stays known.
func (b *Inboxes) Put(name string, spec Spec) (View, error) {
	if !nameRule.MatchString(name) {
		return View{}, errs.New(errs.Invalid, "bad-inbox-name", "%q is no name of an inbox", name).WithHint("use up to 64 letters, digits, - and _")
	}
	if _, err := spec.Check(b.cfg.Roots); err != nil {
		return View{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	old := b.all[name]
	if old == nil && len(b.all) >= MaxInboxes {
		return View{}, errs.New(errs.Limit, "too-many-inboxes", "there are %d inboxes, which is the limit", len(b.all))
	}
	body, err := json.Marshal(spec)
	if err != nil {
		return View{}, fmt.Errorf("record the inbox: %w", err)
	}
	dir := filepath.Join(b.cfg.Dir, name)
	if err := durable.MakeFolder(dir); err != nil {
		return View{}, err
	}
	if err := durable.Write(filepath.Join(dir, specFile), specKind, specVersion, append(body, '\n')); err != nil {
		return View{}, err
	}
	failpoint.Hit("inbox/spec-kept")
	if old != nil {
		old.end()
	}
	return b.start(name, spec).view(name), nil
}

// start begins to watch; the caller holds mu, or is alone.
func (b *Inboxes) start(name string, spec Spec) *running {
	r := &running{spec: spec, ended: make(chan struct{})}
	var ctx context.Context
	ctx, r.stop = context.WithCancel(b.ctx)
	b.all[name] = r
	go func() {
		defer close(r.ended)
		r.run(ctx, Config{
			Dir: filepath.Join(b.cfg.Dir, name, "objects"), Spec: spec, Roots: b.cfg.Roots, Loader: b.cfg.Loader, Slots: b.cfg.Slots,
			Logger: b.cfg.Logger.With("inbox", name),
		})
	}()
	return r
}

func (r *running) end() {
	r.stop()
	<-r.ended
}

func (r *running) run(ctx context.Context, cfg Config) {
	for {
		every, err := r.once(ctx, cfg)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			cfg.Logger.Warn("a look at an inbox failed and will be tried again", "error", err)
		}
		r.mu.Lock()
		r.last, r.failed = time.Now().UTC(), err
		r.mu.Unlock()
		select {
		case <-time.After(every):
		case <-ctx.Done():
			return
		}
	}
}

func (r *running) once(ctx context.Context, cfg Config) (every time.Duration, err error) {
	r.mu.Lock()
	w := r.watch
	r.mu.Unlock()
	if w == nil {
		if w, err = Open(ctx, cfg); err != nil {
			return DefaultEvery, err
		}
		r.mu.Lock()
		r.watch = w
		r.mu.Unlock()
	}
	return w.Every(), w.Scan(ctx)
}

func (r *running) view(name string) View {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := View{Name: name, Spec: r.spec}
	if !r.last.IsZero() {
		last := r.last
		v.LastScan = &last
	}
	if r.failed != nil {
		v.Error = "the location could not be looked at; the server's log has the reason"
		if e := errs.As(r.failed); e != nil {
			v.Error = e.Error()
		}
	}
	if r.watch != nil {
		v.Loaded, v.Retry, v.Dead = len(r.watch.Objects(Loaded)), len(r.watch.Objects(Retry)), len(r.watch.Objects(Dead))
	}
	return v
}

func (b *Inboxes) find(name string) (*running, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r, ok := b.all[name]
	if !ok {
		return nil, errs.New(errs.NotFound, "unknown-inbox", "there is no inbox %q", name)
	}
	return r, nil
}

// Get returns an inbox.
func (b *Inboxes) Get(name string) (View, error) {
	r, err := b.find(name)
	if err != nil {
		return View{}, err
	}
	return r.view(name), nil
}

// List returns the inboxes by name.
func (b *Inboxes) List() []View {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := []View{}
	for _, name := range slices.Sorted(maps.Keys(b.all)) {
		out = append(out, b.all[name].view(name))
	}
	return out
}

// Delete ends an inbox and forgets what it has seen; what it loaded stays.
func (b *Inboxes) Delete(name string) error {
	r, err := b.find(name)
	if err != nil {
		return err
	}
	r.end()
	b.mu.Lock()
	defer b.mu.Unlock()
	dir := filepath.Join(b.cfg.Dir, name)
	// The spec goes first: without it the rest is a leftover that no start watches.
	if err := os.Remove(filepath.Join(dir, specFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete the inbox: %w", err)
	}
	if err := errors.Join(durable.SyncFolder(dir), os.RemoveAll(dir)); err != nil {
		return fmt.Errorf("delete the inbox: %w", err)
	}
	delete(b.all, name)
	return nil
}

// Objects lists what an inbox knows; state "" means all.
func (b *Inboxes) Objects(name, state string) ([]Object, error) {
	w, err := b.watch(name)
	if err != nil || w == nil {
		return nil, err
	}
	return w.Objects(state), nil
}

func (b *Inboxes) watch(name string) (*Watch, error) {
	r, err := b.find(name)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.watch, nil
}

// Revive has dead objects of an inbox tried again.
func (b *Inboxes) Revive(name, key string) (int, error) {
	w, err := b.watch(name)
	if err != nil || w == nil {
		return 0, err
	}
	return w.Revive(key)
}

// Close stops watching and waits.
func (b *Inboxes) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stop()
	for _, r := range b.all {
		<-r.ended
	}
	return nil
}
