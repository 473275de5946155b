package segment

import (
	"bytes"
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
)

// Histogram is a column of a row group by its values: each of them, and how many rows have it.
type Histogram struct {
	Values *batch.Vector // Flat, without NULLs; nil when every row is NULL
	Rows   []uint32      // per value, 0 for one that no row has; nil when nobody counted, and every value has a row
	Nulls  int64         // rows without a value, when counted

	Pages bool // pages were read, or would have been but for what is kept of them
}

// rowsOfEntries is what is kept of a chunk: rows per entry of its dictionary as the cache has it.
type rowsOfEntries struct {
	rows  []uint32
	pages bool  // they came from the pages
	bytes int64 // that were read for it
}

// histogramMinRows is how many rows an entry must stand for on average before pages are decoded to count them.
const histogramMinRows = 16

// Histogram gives the column by its values, nil where it is not stored so that this is cheap: then its pages are to be read. With
// counted false it may leave the counting out. What it gives must not be changed; it stays valid after Reset.
func (r *ChunkReader) Histogram(counted bool) (*Histogram, error) {
	rows := r.f.x.groups[r.group].rows
	if r.FlatCodes || rows > 1<<31 {
		return nil, nil
	}
	if v := r.constant(0); v != nil {
		if v.AllNull() {
			return &Histogram{Nulls: rows}, nil
		}
		return &Histogram{Values: batch.NewConst(r.c.Min, 1).Flatten(), Rows: []uint32{uint32(rows)}}, nil
	}
	var known *rowsOfEntries
	if r.hot != nil {
		known = r.hot.rows.Load()
	}
	own := r.c.foreign == nil && r.c.encoding == encodingDictionary && r.c.Nulls >= 0
	if own && (r.c.counts.size > 0 || !counted || known != nil) {
		return r.ownHistogram(known)
	}
	if known == nil {
		var err error
		if known, err = r.countPages(); known == nil || err != nil {
			return nil, err
		}
		if r.hot != nil {
			keep(r.hot, &r.hot.rows, known, int64(4*len(known.rows)))
		}
	} else {
		r.read += known.bytes
	}
	return r.histogramOf(known, rows)
}

// ownHistogram answers from the dictionary, with the counts that are stored or were made before.
func (r *ChunkReader) ownHistogram(known *rowsOfEntries) (*Histogram, error) {
	d, err := r.Dictionary()
	if d == nil || err != nil {
		return nil, err
	}
	if known != nil {
		r.read += known.bytes
		return &Histogram{Values: d.Values, Rows: known.rows, Nulls: r.c.Nulls, Pages: known.pages}, nil
	}
	h := &Histogram{Values: d.Values, Nulls: r.c.Nulls}
	if r.c.counts.size == 0 {
		return h, nil
	}
	err = r.guard(func() error {
		h.Rows, err = r.storedCounts()
		return err
	})
	if err != nil {
		return nil, err
	}
	if r.remap != nil {
		moved := make([]uint32, len(h.Rows))
		for k, n := range h.Rows {
			moved[r.remap[k]] = n
		}
		h.Rows = moved
	}
	if r.hot != nil {
		keep(r.hot, &r.hot.rows, &rowsOfEntries{rows: h.Rows, bytes: int64(r.c.counts.size)}, int64(4*len(h.Rows)))
	}
	return h, nil
}

func (r *ChunkReader) histogramOf(known *rowsOfEntries, rows int64) (*Histogram, error) {
	var d *batch.Dictionary
	if r.c.foreign != nil {
		d = r.keptDictionary()
	} else {
		var err error
		if d, err = r.Dictionary(); err != nil {
			return nil, err
		}
	}
	if d == nil || d.Values.Len != len(known.rows) {
		return nil, nil
	}
	h := &Histogram{Values: d.Values, Rows: known.rows, Nulls: rows, Pages: true}
	for _, n := range known.rows {
		h.Nulls -= int64(n)
	}
	return h, nil
}

// keptDictionary is that of a chunk by another writer, whose reader knows it once a page was looked at.
func (r *ChunkReader) keptDictionary() *batch.Dictionary {
	if r.dict != nil {
		return r.dict
	}
	if r.hot != nil {
		if known := r.hot.dict.Load(); known != nil {
			return known.Dictionary
		}
	}
	return nil
}

// countPages decodes the column and counts codes; nil when some page does not come in codes of one dictionary, or entries are too
// many for it to be worth while.
func (r *ChunkReader) countPages() (*rowsOfEntries, error) {
	if r.c.foreign == nil && (r.c.encoding != encodingDictionary || int64(r.c.Entries)*histogramMinRows > r.f.x.groups[r.group].rows) {
		return nil, nil
	}
	if _, err := r.Dictionary(); err != nil { // its bytes are counted apart
		return nil, err
	}
	before := r.read
	var c codeCounter
	for i := range r.f.Pages(r.group) {
		v, err := r.Page(i)
		if err != nil {
			return nil, err
		}
		if !c.add(v) || int64(len(c.rows))*histogramMinRows > r.f.x.groups[r.group].rows {
			return nil, nil
		}
	}
	if c.dict == nil {
		return nil, nil
	}
	r.dict = c.dict
	c.finish()
	return &rowsOfEntries{rows: c.rows, pages: true, bytes: r.read - before}, nil
}

// codeCounter counts the rows of each entry of one dictionary.
type codeCounter struct {
	dict     *batch.Dictionary
	rows     []uint32
	lanes    []uint32        // of kernel.CountCodes
	constant []*batch.Vector // pages of one value before the dictionary was seen
}

// add counts a page and reports whether it could.
func (c *codeCounter) add(v *batch.Vector) bool {
	switch {
	case v.AllNull():
		return true
	case v.Enc == batch.Const && c.dict == nil:
		one := *v
		c.constant = append(c.constant, cloneVector(&one))
		return true
	case v.Enc == batch.Const:
		k := constantEntry(c.dict, v)
		if k >= 0 {
			c.rows[k] += uint32(v.Len)
		}
		return k >= 0
	case v.Enc != batch.Dict:
		return false
	case c.dict == nil:
		c.dict, c.rows = v.Dict, make([]uint32, v.Dict.Values.Len)
		for _, k := range c.constant {
			if !c.add(k) {
				return false
			}
		}
	}
	if c.dict != v.Dict {
		return false
	}
	c.lanes = kernel.CountCodes(c.rows, v.Codes[:v.Len], v.Valid, c.lanes)
	return true
}

func (c *codeCounter) finish() { kernel.AddLanes(c.rows, c.lanes) }

// constantEntry finds the entry that a constant page is made of, -1 when it is not one of the dictionary.
func constantEntry(d *batch.Dictionary, v *batch.Vector) int {
	if d == nil || v.Enc != batch.Const || v.Valid != nil {
		return -1
	}
	switch e := d.Values; e.Type.Class() {
	case schema.ClassInt64:
		return slices.Index(e.I[:e.Len], v.I[0])
	case schema.ClassInt128:
		return slices.Index(e.W[:e.Len], v.W[0])
	case schema.ClassFloat64:
		return slices.IndexFunc(e.F[:e.Len], func(x float64) bool { return x == v.F[0] || x != x && v.F[0] != v.F[0] })
	default:
		want := payloadBytes(v, 0)
		for k := range e.Len {
			if bytes.Equal(payloadBytes(e, k), want) {
				return k
			}
		}
	}
	return -1
}
