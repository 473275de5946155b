package segment

import (
	"container/list"
	"context"
	"io"
	"sync"

	"github.com/assaydb/assay/storage/schema"
)

// Cache keeps the parsed indexes of segments, the longest unused leave first when they pass its limit in bytes. It keeps no
// file open: an index goes with whatever ReaderAt asks for the segment next. Safe for concurrent use.
type Cache struct {
	mu    sync.Mutex
	limit int64
	used  int64
	byID  map[schema.ID]*list.Element
	order *list.List // of *keptFile, newest first
}

// NewCache returns a cache of at most limit bytes.
func NewCache(limit int64) *Cache {
	return &Cache{limit: limit, byID: map[schema.ID]*list.Element{}, order: list.New()}
}

// Open is Open for the segment with the id, without reading the file when its index is known. The size must be the one at
// which it was parsed: a file of another size is read afresh.
func (c *Cache) Open(ctx context.Context, r io.ReaderAt, size int64, name string, id schema.ID) (*File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if known := c.get(id); known != nil && known.size == size {
		return &File{r: r, name: name, size: size, x: known.x, memory: known.memory}, nil
	}
	f, err := Open(ctx, r, size, name)
	if err != nil {
		return nil, err
	}
	if f.ID() == id {
		c.put(f)
	}
	return f, nil
}

// OpenForeign is package function OpenForeign for the attached file with the id. The footer is read and hashed every time, since the file is
// not ours; it is decoded only when it is not the one whose index is known.
func (c *Cache) OpenForeign(ctx context.Context, r io.ReaderAt, size int64, name string, id schema.ID) (*File, error) {
	known := c.get(id)
	if known != nil && known.foreign == nil {
		known = nil
	}
	f, err := openForeign(ctx, r, size, name, known)
	if err == nil && (known == nil || f.x != known.x) {
		c.putAs(id, f)
	}
	return f, err
}

func (c *Cache) get(id schema.ID) *File {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byID[id]
	if e == nil {
		return nil
	}
	c.order.MoveToFront(e)
	return &e.Value.(*keptFile).File
}

func (c *Cache) put(f *File) { c.putAs(f.ID(), f) }

// keptFile is an index without the reader, which the caller closes.
type keptFile struct {
	File
	id schema.ID
}

func (c *Cache) putAs(id schema.ID, f *File) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(id)
	c.byID[id] = c.order.PushFront(&keptFile{File{size: f.size, x: f.x, memory: f.memory, foreign: f.foreign}, id})
	c.used += f.memory
	for c.used > c.limit && c.order.Len() > 0 {
		c.drop(c.order.Back().Value.(*keptFile).id)
	}
}

// Forget drops what is known of a segment: its file was set aside or removed.
func (c *Cache) Forget(id schema.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(id)
}

func (c *Cache) drop(id schema.ID) {
	if e := c.byID[id]; e != nil {
		c.used -= e.Value.(*keptFile).memory
		c.order.Remove(e)
		delete(c.byID, id)
	}
}

// Bytes returns what the cache holds now.
func (c *Cache) Bytes() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.used
}
