package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/storage/durable"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/failpoint"
	"github.com/assaydb/assay/storage/object"
	"github.com/assaydb/assay/storage/schema"
	"github.com/zeebo/xxh3"
)

// Loader loads files: an *ingest.Loader.
type Loader interface {
	Load(ctx context.Context, req *ingest.Request) (*ingest.Receipt, error)
	Settled(ctx context.Context, tried []schema.ID) (*ingest.Receipt, error)
}

// The states of an object.
const (
	Retry  = "retry"  // to be tried, again or for the first time since a crash
	Loaded = "loaded" // in force, or held for approval
	Dead   = "dead"   // given up until someone asks
)

// Object is what is known of an object's newest version.
type Object struct {
	Key      string      `json:"key"`
	Bytes    int64       `json:"bytes"`
	Modified time.Time   `json:"modified"`
	ETag     string      `json:"etag,omitempty"`
	State    string      `json:"state"`
	Tries    int         `json:"tries"`
	Next     time.Time   `json:"next_try"`
	Error    string      `json:"error,omitempty"`
	Code     string      `json:"code,omitempty"`
	Tried    []schema.ID `json:"tried,omitempty"` // deliveries of this version that were about to be committed
	Delivery schema.ID   `json:"delivery_id"`
}

func (o *Object) is(i object.Info) bool {
	return sameVersion(object.Info{Bytes: o.Bytes, Modified: o.Modified, ETag: o.ETag}, i)
}

// sameVersion compares two sights of a key. S3 tells changes to the second, so two versions of one size may differ by their ETags alone;
// a sight without one (a folder's, or a record of before) says nothing by that.
func sameVersion(a, b object.Info) bool {
	return a.Bytes == b.Bytes && a.Modified.Equal(b.Modified) && (a.ETag == b.ETag || a.ETag == "" || b.ETag == "")
}

const (
	recordKind    = "inbox-object"
	recordVersion = 1
	recordSuffix  = ".object"
	firstPause    = 10 * time.Second
	longestPause  = time.Hour
)

// Config is what a Watch needs.
type Config struct {
	Dir    string // for the records of this inbox alone
	Spec   Spec
	Roots  []string
	Loader Loader
	Slots  chan struct{} // bounds the loads that run at once, with others who share it
	Logger *slog.Logger
	Now    func() time.Time // nil: the clock
}

// Watch is one inbox.
type Watch struct {
	cfg   Config
	spec  *checked
	store object.Store

	mu      sync.Mutex
	objects map[string]*Object
	seen    map[string]sight // versions that have still to settle
}

type sight struct {
	info  object.Info
	since time.Time
}

// Open reads what is known of an inbox.
func Open(ctx context.Context, cfg Config) (*Watch, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	spec, err := cfg.Spec.Check(cfg.Roots)
	if err != nil {
		return nil, err
	}
	store, err := object.Open(ctx, cfg.Spec.Location)
	if err != nil {
		return nil, fmt.Errorf("open the inbox's location: %w", err)
	}
	w := &Watch{cfg: cfg, spec: spec, store: store, objects: map[string]*Object{}, seen: map[string]sight{}}
	return w, w.read()
}

func (w *Watch) read() error {
	if err := durable.MakeFolder(w.cfg.Dir); err != nil {
		return err
	}
	names, err := durable.Names(w.cfg.Dir, recordSuffix)
	if err != nil {
		return err
	}
	for _, name := range names {
		version, body, err := durable.Read(filepath.Join(w.cfg.Dir, name+recordSuffix), recordKind)
		o := &Object{}
		if err == nil && version != recordVersion {
			err = errs.New(errs.Corrupt, "inbox-version", "the record has version %d, this release reads %d", version, recordVersion)
		}
		if err == nil {
			err = json.Unmarshal(body, o)
		}
		if err != nil {
			// The object is loaded once more; the catalog recognises content that it has.
			w.cfg.Logger.Warn("a record of an inbox cannot be read", "record", name, "error", err)
			continue
		}
		w.objects[o.Key] = o
	}
	return nil
}

func (w *Watch) keep(o Object) error {
	body, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("record an object: %w", err)
	}
	sum := xxh3.HashString128(o.Key)
	name := fmt.Sprintf("%016x%016x%s", sum.Hi, sum.Lo, recordSuffix)
	if err := durable.Write(filepath.Join(w.cfg.Dir, name), recordKind, recordVersion, append(body, '\n')); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.objects[o.Key] = &o
	return nil
}

// Every is the time between two looks.
func (w *Watch) Every() time.Duration { return w.spec.every }

// Scan looks once at the location and loads what is new, has changed or is to be tried again.
func (w *Watch) Scan(ctx context.Context) error {
	found, err := w.list(ctx)
	if err != nil {
		return err
	}
	failpoint.Hit("inbox/listed")
	for _, info := range found {
		if err := ctx.Err(); err != nil {
			return err
		}
		if o, due := w.due(info); due {
			if err := w.load(ctx, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// list returns the objects that match, and forgets sights of those that are gone.
func (w *Watch) list(ctx context.Context) ([]object.Info, error) {
	var found []object.Info
	err := object.Each(ctx, w.store, "", func(i object.Info) error {
		if _, ok := w.spec.pattern.Match(i.Key); !ok {
			return nil
		}
		if len(found) == MaxObjects {
			return errs.New(errs.Limit, "too-many-objects", "the inbox shows more than %d objects", MaxObjects).WithHint("move what is loaded elsewhere")
		}
		found = append(found, i)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the inbox: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	here := make(map[string]bool, len(found))
	for _, i := range found {
		here[i.Key] = true
	}
	maps.DeleteFunc(w.seen, func(key string, _ sight) bool { return !here[key] })
	return found, nil
}

// due decides whether an object is to be loaded now.
func (w *Watch) due(i object.Info) (Object, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.cfg.Now()
	if o := w.objects[i.Key]; o != nil && o.is(i) {
		return *o, o.State == Retry && !now.Before(o.Next)
	}
	s, ok := w.seen[i.Key]
	if !ok || !sameVersion(s.info, i) {
		s = sight{i, now}
		w.seen[i.Key] = s
	}
	if w.spec.settle > 0 && (now.Sub(s.since) < w.spec.settle || now.Sub(i.Modified) < w.spec.settle) {
		return Object{}, false
	}
	return Object{Key: i.Key, Bytes: i.Bytes, Modified: i.Modified, ETag: i.ETag, State: Retry}, true
}

// load tries one version of an object. An error is one of this node, not of the object.
func (w *Watch) load(ctx context.Context, o Object) error {
	select {
	case w.cfg.Slots <- struct{}{}:
		defer func() { <-w.cfg.Slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	failpoint.Hit("inbox/due")
	o.Tries++
	receipt, err := w.try(ctx, &o)
	if ctx.Err() != nil && err != nil {
		return ctx.Err() // it is tried again after the start, and this time did not count
	}
	if err == nil {
		o.State, o.Delivery, o.Error, o.Code = Loaded, receipt.DeliveryID, "", ""
		failpoint.Hit("inbox/loaded")
		err := w.keep(o)
		failpoint.Hit("inbox/recorded")
		return err
	}
	o.fail(err, w.cfg.Now())
	w.cfg.Logger.Warn("an object of an inbox was not loaded", "code", o.Code, "tries", o.Tries, "state", o.State)
	return w.keep(o)
}

// fail notes an error. What another try cannot mend is dead at once.
func (o *Object) fail(err error, now time.Time) {
	o.Error, o.Code = "an internal error happened; the server's log has it", "internal"
	if e := errs.As(err); e != nil {
		o.Error, o.Code = e.Error(), e.Code
	}
	pause := min(firstPause<<min(o.Tries-1, 10), longestPause)
	o.Next = now.Add(pause)
	switch errs.KindOf(err) {
	case errs.Invalid, errs.Meaning, errs.TooLarge, errs.MediaType, errs.Limit, errs.Denied, errs.Gone:
		o.State = Dead
	case errs.Conflict:
		if o.Code != codeChanged {
			o.State = Dead
		}
	}
	if o.Tries >= MaxTries {
		o.State = Dead
	}
}

const codeChanged = "object-changed"

func (w *Watch) try(ctx context.Context, o *Object) (*ingest.Receipt, error) {
	if receipt, err := w.cfg.Loader.Settled(ctx, o.Tried); receipt != nil || err != nil {
		return receipt, err
	}
	body, err := w.store.Get(ctx, o.Key)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	req, err := ingest.ParseRequest(func(name string) string { return w.spec.Params[name] })
	if err != nil {
		return nil, err
	}
	slot, _ := w.spec.pattern.Match(o.Key)
	req.Table, req.FileName = w.spec.Table, filepath.Base(o.Key)
	if slot.Source != "" {
		req.Source = slot.Source
	}
	if slot.Period != "" {
		req.Period = slot.Period
	}
	req.Body = &unchanged{r: body, still: func() error { return w.still(ctx, o) }}
	req.Intent = func(delivery schema.ID) error {
		o.Tried = append(o.Tried, delivery)
		err := w.keep(*o)
		failpoint.Hit("inbox/intent-noted")
		return err
	}
	return w.cfg.Loader.Load(ctx, req)
}

// still refuses an object that is another than was listed.
func (w *Watch) still(ctx context.Context, o *Object) error {
	now, err := w.store.Head(ctx, o.Key)
	if err != nil {
		return err
	}
	if !o.is(now) {
		return errs.New(errs.Conflict, codeChanged, "the object changed while it was read")
	}
	return nil
}

// unchanged gives an object's bytes, and its end only when the object is still the same.
type unchanged struct {
	r     io.Reader
	still func() error
	err   error
}

// Read gives the object's bytes.
func (u *unchanged) Read(p []byte) (int, error) {
	if u.err != nil {
		return 0, u.err
	}
	n, err := u.r.Read(p)
	if errors.Is(err, io.EOF) {
		if changed := u.still(); changed != nil {
			err = changed
		}
	}
	u.err = err
	return n, err
}

// Objects lists what is known, by key; state "" means all.
func (w *Watch) Objects(state string) []Object {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []Object
	for _, key := range slices.Sorted(maps.Keys(w.objects)) {
		if o := w.objects[key]; state == "" || o.State == state {
			out = append(out, *o)
		}
	}
	return out
}

// Revive has dead objects tried again with the next look: the one of a key, or all for "". It returns how many.
func (w *Watch) Revive(key string) (n int, err error) {
	for _, o := range w.Objects(Dead) {
		if key != "" && o.Key != key {
			continue
		}
		o.State, o.Tries, o.Next = Retry, 0, w.cfg.Now()
		if err := w.keep(o); err != nil {
			return n, err
		}
		n++
	}
	if key != "" && n == 0 {
		return 0, errs.New(errs.NotFound, "not-dead", "no object %q is dead", key)
	}
	return n, nil
}
