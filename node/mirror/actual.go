package mirror

import (
	"context"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/assaydb/assay/storage/object"
	"github.com/assaydb/assay/storage/schema"
)

// actual is what the object store holds, from one listing and from what was done since.
type actual struct {
	mu       sync.Mutex
	segments map[schema.ID]map[string]object.Info // by segment: every key under which it lies
	files    map[schema.ID]map[string]int64       // by delivery: side files and their sizes
	touched  map[schema.ID]time.Time              // by delivery: newest side file
}

func newActual() *actual {
	return &actual{segments: map[schema.ID]map[string]object.Info{}, files: map[schema.ID]map[string]int64{}, touched: map[schema.ID]time.Time{}}
}

// listActual reads what is there.
func listActual(ctx context.Context, s object.Store) (*actual, error) {
	a := newActual()
	for _, prefix := range []string{livePrefix, keptPrefix, stagingPrefix, deliveriesPrefix} {
		if err := object.Each(ctx, s, prefix, func(i object.Info) error { a.put(i); return nil }); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// put notes an object. Names that the mirror did not give are none of its business.
func (a *actual) put(i object.Info) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if strings.HasPrefix(i.Key, deliveriesPrefix) {
		if id, err := schema.ParseID(path.Base(path.Dir(i.Key))); err == nil {
			add(a.files, id, path.Base(i.Key), i.Bytes)
			if i.Modified.After(a.touched[id]) {
				a.touched[id] = i.Modified
			}
		}
		return
	}
	if id, ok := segmentOf(i.Key); ok {
		add(a.segments, id, i.Key, i)
	}
}

func add[V any](m map[schema.ID]map[string]V, id schema.ID, key string, v V) {
	if m[id] == nil {
		m[id] = map[string]V{}
	}
	m[id][key] = v
}

// drop notes that an object is gone.
func (a *actual) drop(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if strings.HasPrefix(key, deliveriesPrefix) {
		if id, err := schema.ParseID(path.Base(path.Dir(key))); err == nil {
			if delete(a.files[id], path.Base(key)); len(a.files[id]) == 0 {
				delete(a.files, id)
				delete(a.touched, id)
			}
		}
		return
	}
	if id, ok := segmentOf(key); ok {
		if delete(a.segments[id], key); len(a.segments[id]) == 0 {
			delete(a.segments, id)
		}
	}
}

// places returns the keys under which a whole copy of a segment lies: those of the wrong size do not count.
func (a *actual) places(s *schema.Segment) (keys []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, i := range a.segments[s.ID] {
		if i.Bytes == s.Bytes {
			keys = append(keys, key)
		}
	}
	return keys
}

// all returns every key of a segment.
func (a *actual) all(id schema.ID) (items []object.Info) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, i := range a.segments[id] {
		items = append(items, i)
	}
	return items
}

func (a *actual) hasFile(delivery schema.ID, name string, bytes int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	n, ok := a.files[delivery][name]
	return ok && n == bytes
}
