package segment

import (
	"cmp"
	"container/list"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// Hot keeps decoded pages, dictionaries, rows per entry, page directories and bloom filters of chunks that queries read again and again, up to a
// limit in bytes. What it keeps has passed every check once and is never changed. Safe for concurrent use.
//
// A chunk enters when it is first read while there is room. Once the limit is reached only every admitEvery-th newcomer enters,
// and the chunk unused for longest leaves: so scans of more than the limit, one after another, still find most of what is kept,
// where plain least-recently-used would always have thrown out what comes next.
type Hot struct {
	mu     sync.Mutex
	limit  int64
	used   int64
	asked  uint
	chunks map[schema.ID]map[hotPlace]*list.Element
	order  *list.List // of *hotChunk, newest first
}

// hotPlace is a chunk's place in its segment.
type hotPlace struct{ group, column int32 }

// hotChunk is what is kept of one chunk. Parts are filled in as they are read; a nil *hotChunk keeps nothing.
type hotChunk struct {
	of        *Hot
	id        schema.ID
	place     hotPlace
	bytes     int64 // under of.mu
	gone      bool  // under of.mu: evicted, readers may still hold it
	directory atomic.Pointer[[]page]
	dict      atomic.Pointer[hotDictionary]
	bloom     atomic.Pointer[[]byte]
	rows      atomic.Pointer[rowsOfEntries]
	pages     []atomic.Pointer[batch.Vector]
	numbers   []atomic.Pointer[batch.Vector] // pages asked for as numbers; notNumbered where they are none
}

// hotDictionary is a dictionary, numbers in ascending order: so the entries that pass a comparison lie together, and the filter
// over codes is a comparison too. remap gives the new code of a stored one; nil where nothing moved.
type hotDictionary struct {
	*batch.Dictionary
	remap   []int32
	numbers atomic.Pointer[batch.Vector] // the entries as numbers
}

const (
	admitEvery    = 8
	hotChunkBytes = 256 // a chunk's own structures
	hotPageBytes  = 328 // a page's vector, pointers and directory entry
)

// NewHot returns a cache of at most limit bytes; with a limit of zero or less it keeps nothing.
func NewHot(limit int64) *Hot {
	return &Hot{limit: limit, chunks: map[schema.ID]map[hotPlace]*list.Element{}, order: list.New()}
}

// chunk returns what is kept of a chunk of n pages, nil when it is not admitted.
func (h *Hot) chunk(id schema.ID, place hotPlace, n int) *hotChunk {
	if h == nil || h.limit <= 0 {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if e := h.chunks[id][place]; e != nil {
		h.order.MoveToFront(e)
		return e.Value.(*hotChunk)
	}
	if h.used > h.limit-h.limit/16 {
		if h.asked++; h.asked%admitEvery != 0 {
			return nil
		}
	}
	c := &hotChunk{of: h, id: id, place: place, pages: make([]atomic.Pointer[batch.Vector], n), numbers: make([]atomic.Pointer[batch.Vector], n)}
	if h.chunks[id] == nil {
		h.chunks[id] = map[hotPlace]*list.Element{}
	}
	h.chunks[id][place] = h.order.PushFront(c)
	h.grow(c, int64(hotChunkBytes+n*hotPageBytes))
	return c
}

// grow counts bytes for a chunk and makes room. mu is held.
func (h *Hot) grow(c *hotChunk, n int64) {
	if c.gone {
		return
	}
	c.bytes += n
	h.used += n
	for h.used > h.limit && h.order.Len() > 0 {
		h.drop(h.order.Back())
	}
}

func (h *Hot) drop(e *list.Element) {
	c := h.order.Remove(e).(*hotChunk)
	if delete(h.chunks[c.id], c.place); len(h.chunks[c.id]) == 0 {
		delete(h.chunks, c.id)
	}
	h.used -= c.bytes
	c.gone = true
}

// Bytes returns what is kept now.
func (h *Hot) Bytes() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.used
}

// Forget drops what is kept of a segment.
func (h *Hot) Forget(id schema.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.chunks[id] {
		h.drop(e)
	}
}

// keep stores x once and counts its bytes.
func keep[T any](c *hotChunk, at *atomic.Pointer[T], x *T, bytes int64) {
	if !at.CompareAndSwap(nil, x) {
		return
	}
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	c.of.grow(c, bytes)
}

// keepPage stores a copy of a decoded page: the reader's buffers are about to be reused.
func (c *hotChunk) keepPage(i int, v *batch.Vector) *batch.Vector {
	kept := packRuns(v)
	if kept == nil {
		kept = cloneVector(v)
	}
	keep(c, &c.pages[i], kept, kept.MemBytes())
	return kept
}

func cloneVector(v *batch.Vector) *batch.Vector {
	out := *v
	out.Ends = nil
	out.Valid, out.Codes, out.Off = exact(v.Valid), exact(v.Codes), exact(v.Off)
	out.I, out.W, out.F, out.Data = exact(v.I), exact(v.W), exact(v.F), exact(v.Data)
	out.N = exact(v.N)
	return &out
}

// exact copies a slice into memory of just its size; nil stays nil, and so does the difference of nil and empty.
func exact[T any](s []T) []T {
	if s == nil {
		return nil
	}
	out := make([]T, len(s))
	copy(out, s)
	return out
}

// WithHot returns the file with decoded pages kept in h; nil keeps nothing.
func (f *File) WithHot(h *Hot) *File {
	out := *f
	out.hot = h
	return &out
}

// inOrder sorts the entries of a dictionary of numbers.
func inOrder(d *batch.Dictionary) *hotDictionary {
	v := d.Values
	var compare func(a, b int32) int
	switch {
	case v.Type.Kind == schema.Uint64:
		compare = func(a, b int32) int { return cmp.Compare(uint64(v.I[a]), uint64(v.I[b])) }
	case v.Type.Class() == schema.ClassInt64:
		compare = func(a, b int32) int { return cmp.Compare(v.I[a], v.I[b]) }
	case v.Type.Class() == schema.ClassFloat64:
		compare = func(a, b int32) int { return schema.CompareFloat(v.F[a], v.F[b]) }
	default:
		return &hotDictionary{Dictionary: d}
	}
	order := make([]int32, v.Len)
	for k := range order {
		order[k] = int32(k)
	}
	if slices.IsSortedFunc(order, compare) {
		return &hotDictionary{Dictionary: &batch.Dictionary{Values: v, Ascending: true}}
	}
	slices.SortFunc(order, compare)
	remap := make([]int32, v.Len)
	for code, k := range order {
		remap[k] = int32(code)
	}
	return &hotDictionary{Dictionary: &batch.Dictionary{Values: v.Gather(order), Ascending: true}, remap: remap}
}
