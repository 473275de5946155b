package storage

import (
	"container/list"
	"context"
	"io"
	"sync"

	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

// openFiles keeps segment files open between scans, so that a hot segment's index is parsed once. Files in use are never
// closed; idle ones beyond the limit go, the longest unused first.
type openFiles struct {
	mu    sync.Mutex
	limit int
	files map[schema.ID]*openFile
	idle  *list.List    // of *openFile, the longest unused first
	users int           // sum of refs, of dropped files too
	quiet chan struct{} // closed when the last user leaves a closed cache
	over  bool
}

// openFile is one open segment. loaded is closed once file or err is set.
type openFile struct {
	id      schema.ID
	refs    int
	place   *list.Element // in idle, nil while used
	dropped bool          // no longer in files: close at the last release
	loaded  chan struct{}
	handle  io.Closer
	file    *segment.File
	err     error
}

func newOpenFiles(limit int) *openFiles {
	return &openFiles{limit: limit, files: map[schema.ID]*openFile{}, idle: list.New(), quiet: make(chan struct{})}
}

// acquire returns the open file of a segment, opening it with load when it is not open. Whoever comes while it is being opened
// waits for the same attempt.
func (o *openFiles) acquire(ctx context.Context, id schema.ID, load func() (io.Closer, *segment.File, error)) (*openFile, error) {
	f, mine, err := o.enter(id)
	if err != nil {
		return nil, err
	}
	if mine {
		f.handle, f.file, f.err = load()
		close(f.loaded)
	}
	select {
	case <-f.loaded:
	case <-ctx.Done():
		o.release(f)
		return nil, ctx.Err()
	}
	if f.err != nil {
		o.drop(f)
		o.release(f)
		return nil, f.err
	}
	return f, nil
}

// enter counts the caller in and tells whether it is the one to open the file.
func (o *openFiles) enter(id schema.ID) (f *openFile, mine bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.over {
		return nil, false, errClosed()
	}
	f = o.files[id]
	if f == nil {
		f, mine = &openFile{id: id, loaded: make(chan struct{})}, true
		o.files[id] = f
	}
	if f.place != nil {
		o.idle.Remove(f.place)
		f.place = nil
	}
	f.refs++
	o.users++
	return f, mine, nil
}

// release counts a user out.
func (o *openFiles) release(f *openFile) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f.refs--
	o.users--
	switch {
	case f.refs > 0:
	case f.dropped:
		f.close()
	default:
		f.place = o.idle.PushBack(f)
		o.evict()
	}
	if o.over && o.users == 0 {
		close(o.quiet)
	}
}

// evict closes idle files beyond the limit. mu is held.
func (o *openFiles) evict() {
	for o.idle.Len() > 0 && (o.over || len(o.files) > o.limit) {
		f := o.idle.Remove(o.idle.Front()).(*openFile)
		delete(o.files, f.id)
		f.close()
	}
}

// drop forgets a file, so that the next acquire opens it anew. Its users keep it.
func (o *openFiles) drop(f *openFile) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if f.dropped || o.files[f.id] != f {
		return
	}
	delete(o.files, f.id)
	f.dropped = true
	if f.place != nil {
		o.idle.Remove(f.place)
		f.place = nil
		f.close()
	}
}

func (o *openFiles) forget(id schema.ID) {
	o.mu.Lock()
	f := o.files[id]
	o.mu.Unlock()
	if f != nil {
		o.drop(f)
	}
}

func (f *openFile) close() {
	if f.handle != nil {
		f.handle.Close()
		f.handle = nil
	}
}

// shut refuses new users, waits for the present ones and closes everything.
func (o *openFiles) shut(ctx context.Context) error {
	o.mu.Lock()
	first := !o.over
	o.over = true
	o.evict()
	if first && o.users == 0 {
		close(o.quiet)
	}
	o.mu.Unlock()
	select {
	case <-o.quiet:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
