package object

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// pageKeys is how many objects one page of a listing holds.
const pageKeys = 1000

// Memory is a store that lasts as long as the process.
type Memory struct {
	mu      sync.RWMutex
	objects map[string]memoryObject
}

type memoryObject struct {
	data     []byte // never changed once stored
	modified time.Time
}

var _ Store = (*Memory)(nil)

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{objects: map[string]memoryObject{}} }

// String implements Store.
func (m *Memory) String() string { return "memory:" }

// Put implements Store.
func (m *Memory) Put(ctx context.Context, key string, body io.ReadSeeker) error {
	return m.put(ctx, key, body, false)
}

// PutIfAbsent implements Store.
func (m *Memory) PutIfAbsent(ctx context.Context, key string, body io.ReadSeeker) error {
	return m.put(ctx, key, body, true)
}

// Upload implements Store.
func (m *Memory) Upload(ctx context.Context, key string, body io.Reader) error {
	return m.put(ctx, key, body, false)
}

func (m *Memory) put(ctx context.Context, key string, body io.Reader, absent bool) error {
	if err := begin(ctx, key); err != nil {
		return err
	}
	if err := rewind(body); err != nil {
		return err
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.objects[key]; ok && absent {
		return exists(m, key)
	}
	m.objects[key] = memoryObject{data, time.Now().UTC()}
	return nil
}

// begin checks what every call checks.
func begin(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return CheckKey(key)
}

func rewind(body io.Reader) error {
	if s, ok := body.(io.Seeker); ok {
		_, err := s.Seek(0, io.SeekStart)
		return err
	}
	return nil
}

func (m *Memory) find(ctx context.Context, key string) (memoryObject, error) {
	if err := begin(ctx, key); err != nil {
		return memoryObject{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	o, ok := m.objects[key]
	if !ok {
		return o, notFound(m, key)
	}
	return o, nil
}

// Get implements Store.
func (m *Memory) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	o, err := m.find(ctx, key)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(o.data)), nil
}

// GetRange implements Store.
func (m *Memory) GetRange(ctx context.Context, key string, off, n int64) (io.ReadCloser, error) {
	o, err := m.find(ctx, key)
	if err != nil {
		return nil, err
	}
	if off, n, err = cut(key, off, n, int64(len(o.data))); err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(o.data[off : off+n])), nil
}

// Head implements Store.
func (m *Memory) Head(ctx context.Context, key string) (Info, error) {
	o, err := m.find(ctx, key)
	return Info{Key: key, Bytes: int64(len(o.data)), Modified: o.modified}, err
}

// List implements Store.
func (m *Memory) List(ctx context.Context, prefix, cursor string) (Page, error) {
	if err := ctx.Err(); err != nil {
		return Page{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	var all []Info
	for key, o := range m.objects {
		if strings.HasPrefix(key, prefix) && key > cursor {
			all = append(all, Info{Key: key, Bytes: int64(len(o.data)), Modified: o.modified})
		}
	}
	slices.SortFunc(all, func(a, b Info) int { return strings.Compare(a.Key, b.Key) })
	return firstPage(all), nil
}

// firstPage cuts a sorted listing; the cursor is the last key given.
func firstPage(all []Info) Page {
	if len(all) <= pageKeys {
		return Page{Items: all}
	}
	return Page{Items: all[:pageKeys], Next: all[pageKeys-1].Key}
}

// Copy implements Store.
func (m *Memory) Copy(ctx context.Context, from, to string) error {
	o, err := m.find(ctx, from)
	if err != nil {
		return err
	}
	return m.Put(ctx, to, bytes.NewReader(o.data))
}

// Delete implements Store.
func (m *Memory) Delete(ctx context.Context, key string) error {
	if err := begin(ctx, key); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, key)
	return nil
}
