package storage

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/kernel/sortkey"
	"github.com/assaydb/assay/storage/schema"
)

// TopRows says that of the scan's rows only the first Rows in the order of one column are wanted. The scan leaves out rows that
// are certainly beyond them, ties stay in: whoever asks sorts what is left.
type TopRows struct {
	Column int // ordinal in Columns
	Desc   bool
	Rows   int
}

// topBound is what the readers of a scan know together: the best prefixes of rows given so far. Once there are Rows of them no
// row beyond the worst of them is wanted, wherever it lies.
type topBound struct {
	TopRows
	limit atomic.Uint64 // greatest prefix still wanted
	mu    sync.Mutex
	best  prefixHeap
}

func newTopBound(t *TopRows) *topBound {
	if t == nil || t.Rows < 1 {
		return nil
	}
	b := &topBound{TopRows: *t}
	b.limit.Store(math.MaxUint64)
	return b
}

// offer tells of rows that were given out, by their prefixes.
func (t *topBound) offer(prefixes []uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range prefixes {
		t.best.add(p, t.Rows)
	}
	if len(t.best) == t.Rows {
		t.limit.Store(t.best[0])
	}
}

// beyond reports whether every row within the bound is unwanted.
func (t *topBound) beyond(b schema.Bound) bool {
	limit := t.limit.Load()
	return limit < math.MaxUint64 && t.promise(b) > limit
}

// promise is the least prefix that a row within the bound can have.
func (t *topBound) promise(b schema.Bound) uint64 {
	best := b.Min
	if t.Desc {
		best = b.Max
	}
	if best.Null || b.Nulls > 0 && !t.Desc {
		return 0
	}
	return sortkey.Prefix(batch.NewConst(best, 1), 0, t.Desc)
}

// prefixHeap keeps the smallest prefixes, the largest of them first.
type prefixHeap []uint64

func (h *prefixHeap) add(p uint64, most int) {
	switch {
	case len(*h) < most:
		*h = append(*h, p)
		if len(*h) == most {
			slices.SortFunc(*h, func(a, b uint64) int { return -compareUint(a, b) }) // a descending list is a heap
		}
	case p < (*h)[0]:
		(*h)[0] = p
		h.sink()
	}
}

func compareUint(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (h *prefixHeap) sink() {
	s, i := *h, 0
	for {
		kid := 2*i + 1
		if kid >= len(s) {
			return
		}
		if kid+1 < len(s) && s[kid+1] > s[kid] {
			kid++
		}
		if s[kid] <= s[i] {
			return
		}
		s[i], s[kid] = s[kid], s[i]
		i = kid
	}
}

// topFilter is one reader's part: scratch, and what it knows of a dictionary.
type topFilter struct {
	bound    *topBound
	prefixes []uint64 // of a flat window's payloads
	given    []uint64 // of the rows that are left
	sel      []int32
	local    prefixHeap

	dict    *batch.Dictionary
	entries []uint64 // prefix per entry
	table   []byte   // 1 for entries within limit
	limit   uint64
}

// apply returns the rows of a window that are still wanted: those within the bound and, when more than Rows of them are left,
// within the window's own best. rows nil means all.
func (f *topFilter) apply(v *batch.Vector, rows []int32) []int32 {
	limit := f.bound.limit.Load()
	if limit < math.MaxUint64 {
		rows = f.within(v, rows, limit)
	}
	n := v.Len
	if rows != nil {
		n = len(rows)
	}
	f.given = f.given[:0]
	for i := range n {
		f.given = append(f.given, f.prefix(v, rowAt(rows, i)))
	}
	if n <= f.bound.Rows {
		return rows
	}
	f.local = f.local[:0]
	for _, p := range f.given {
		f.local.add(p, f.bound.Rows)
	}
	return f.cut(rows, f.local[0])
}

func rowAt(rows []int32, i int) int {
	if rows == nil {
		return i
	}
	return int(rows[i])
}

// cut keeps the rows whose prefix in given is within the limit.
func (f *topFilter) cut(rows []int32, limit uint64) []int32 {
	out, k := f.sel[:0], 0
	for i, p := range f.given {
		if p <= limit {
			out = append(out, int32(rowAt(rows, i)))
			f.given[k] = p
			k++
		}
	}
	f.given, f.sel = f.given[:k], out
	return out
}

// prefix is the prefix of one row; those of dictionary entries are kept.
func (f *topFilter) prefix(v *batch.Vector, row int) uint64 {
	if v.Enc == batch.Dict && !v.IsNull(row) {
		f.learn(v.Dict)
		return f.entries[v.Codes[row]]
	}
	return sortkey.Prefix(v, row, f.bound.Desc)
}

func (f *topFilter) learn(d *batch.Dictionary) {
	if f.dict != d {
		f.dict, f.entries, f.table = d, sortkey.Prefixes(f.entries[:0], d.Values, d.Values.Len, f.bound.Desc), f.table[:0]
	}
}

// within selects the rows whose prefix is within the limit.
func (f *topFilter) within(v *batch.Vector, rows []int32, limit uint64) []int32 {
	nullWanted := sortkey.Prefix(batch.NewConst(schema.NullValue(v.Type), 1), 0, f.bound.Desc) <= limit
	simple := v.Valid == nil || !nullWanted
	switch {
	case v.Enc == batch.Const:
		if sortkey.Prefix(v, 0, f.bound.Desc) > limit {
			return []int32{}
		}
		return rows
	case v.Enc == batch.Dict && simple:
		f.mark(v.Dict, limit)
		f.sel = kernel.SelectCode(f.sel[:0], v.Codes[:v.Len], f.table, v.Valid, rows)
	case v.Enc == batch.Flat && v.Valid == nil:
		f.prefixes = sortkey.Prefixes(f.prefixes[:0], v, v.Len, f.bound.Desc)
		f.sel = kernel.SelectConst(kernel.LE, f.sel[:0], f.prefixes, limit, rows)
	default:
		f.oneByOne(v, rows, limit)
	}
	return f.sel
}

// mark sets the table of a dictionary for a limit.
func (f *topFilter) mark(d *batch.Dictionary, limit uint64) {
	f.learn(d)
	if len(f.table) > 0 && f.limit == limit {
		return
	}
	f.table, f.limit = f.table[:0], limit
	for _, p := range f.entries {
		bit := byte(0)
		if p <= limit {
			bit = 1
		}
		f.table = append(f.table, bit)
	}
}

func (f *topFilter) oneByOne(v *batch.Vector, rows []int32, limit uint64) {
	n := v.Len
	if rows != nil {
		n = len(rows)
	}
	f.sel = f.sel[:0]
	for i := range n {
		if row := rowAt(rows, i); f.prefix(v, row) <= limit {
			f.sel = append(f.sel, int32(row))
		}
	}
}
