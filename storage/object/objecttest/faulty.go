package objecttest

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/object"
)

// Faults are the chances, from 0 to 1, of each way to fail.
type Faults struct {
	Refuse    float64 // the call fails and does nothing, as with 503
	LoseReply float64 // a write is applied and then reported as failed
	Truncate  float64 // a body that is read ends early with an error
	Shorten   float64 // a body that is read ends early as if it were whole
	Silence   float64 // the call waits for SilentFor, then fails
	SilentFor time.Duration
}

// Faulty wraps a store and fails by chance, reproducibly by seed.
type Faulty struct {
	object.Store
	mu     sync.Mutex
	rnd    *rand.Rand
	faults Faults
	calls  int64
	failed int64
}

// NewFaulty returns a failing wrapper.
func NewFaulty(s object.Store, seed uint64, f Faults) *Faulty {
	return &Faulty{Store: s, rnd: rand.New(rand.NewPCG(seed, 1)), faults: f}
}

// Set changes the faults from now on.
func (f *Faulty) Set(faults Faults) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = faults
}

// Counts returns calls made and calls failed.
func (f *Faulty) Counts() (calls, failed int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls, f.failed
}

type outcome struct {
	refuse, lose, truncate, shorten bool
	silent                          time.Duration
}

func (f *Faulty) roll() (o outcome) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	hit := func(p float64) bool { return p > 0 && f.rnd.Float64() < p }
	o = outcome{refuse: hit(f.faults.Refuse), lose: hit(f.faults.LoseReply), truncate: hit(f.faults.Truncate), shorten: hit(f.faults.Shorten)}
	if hit(f.faults.Silence) {
		o.silent, o.refuse = f.faults.SilentFor, true
	}
	if o != (outcome{}) {
		f.failed++
	}
	return o
}

func unavailable(what string) error {
	return errs.New(errs.Unavailable, "object-store", "injected: %s", what)
}

// before waits and refuses as rolled.
func (o outcome) before(ctx context.Context) error {
	if o.silent > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(o.silent):
		}
	}
	if o.refuse {
		return unavailable("503 slow down")
	}
	return nil
}

// write runs a call that changes something.
func (f *Faulty) write(ctx context.Context, call func() error) error {
	o := f.roll()
	if err := o.before(ctx); err != nil {
		return err
	}
	err := call()
	if err == nil && o.lose {
		return unavailable("the reply was lost")
	}
	return err
}

// Put implements object.Store.
func (f *Faulty) Put(ctx context.Context, key string, body io.ReadSeeker) error {
	return f.write(ctx, func() error { return f.Store.Put(ctx, key, body) })
}

// PutIfAbsent implements object.Store.
func (f *Faulty) PutIfAbsent(ctx context.Context, key string, body io.ReadSeeker) error {
	return f.write(ctx, func() error { return f.Store.PutIfAbsent(ctx, key, body) })
}

// Upload implements object.Store.
func (f *Faulty) Upload(ctx context.Context, key string, body io.Reader) error {
	return f.write(ctx, func() error { return f.Store.Upload(ctx, key, body) })
}

// Copy implements object.Store.
func (f *Faulty) Copy(ctx context.Context, from, to string) error {
	return f.write(ctx, func() error { return f.Store.Copy(ctx, from, to) })
}

// Delete implements object.Store.
func (f *Faulty) Delete(ctx context.Context, key string) error {
	return f.write(ctx, func() error { return f.Store.Delete(ctx, key) })
}

// Head implements object.Store.
func (f *Faulty) Head(ctx context.Context, key string) (object.Info, error) {
	if err := f.roll().before(ctx); err != nil {
		return object.Info{}, err
	}
	return f.Store.Head(ctx, key)
}

// List implements object.Store.
func (f *Faulty) List(ctx context.Context, prefix, cursor string) (object.Page, error) {
	if err := f.roll().before(ctx); err != nil {
		return object.Page{}, err
	}
	return f.Store.List(ctx, prefix, cursor)
}

// Get implements object.Store.
func (f *Faulty) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	return f.read(ctx, func() (io.ReadCloser, error) { return f.Store.Get(ctx, key) })
}

// GetRange implements object.Store.
func (f *Faulty) GetRange(ctx context.Context, key string, off, n int64) (io.ReadCloser, error) {
	return f.read(ctx, func() (io.ReadCloser, error) { return f.Store.GetRange(ctx, key, off, n) })
}

func (f *Faulty) read(ctx context.Context, call func() (io.ReadCloser, error)) (io.ReadCloser, error) {
	o := f.roll()
	if err := o.before(ctx); err != nil {
		return nil, err
	}
	r, err := call()
	if err != nil || !o.truncate && !o.shorten {
		return r, err
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	var rest io.Reader = bytes.NewReader(nil)
	if o.truncate {
		rest = cutOff{}
	}
	return io.NopCloser(io.MultiReader(bytes.NewReader(data[:len(data)/2]), rest)), nil
}

type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, unavailable("the connection was cut") }
