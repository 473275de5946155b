package segment

import (
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// column gathers one column of the row group being built. It starts with dictionary codes and gives the dictionary up when the
// values turn out to be mostly different. Codes and values are dense: NULL rows have none, as in Parquet's pages.
type column struct {
	schema.Column
	optional bool
	sorted   bool // first column of the sort key: a bloom filter would tell nothing that its bounds do not

	rows     int
	valid    []byte // per row; nil while no row is NULL
	unused   []byte // memory of valid, from the row group before
	coded    bool
	codes    []int32
	dict     *interner
	flat     *batch.Vector     // values once coded is false
	plainFor int               // row groups to go before a dictionary is tried again
	remap    []int32           // code of the input dictionary -> ours, -1 unknown
	source   *batch.Dictionary // that remap is of

	out     []byte         // the encoded chunk
	summary *columnSummary // over the whole file
}

func newColumn(c schema.Column, optional, many bool) *column {
	col := &column{Column: c, optional: optional, dict: newInterner(c.Type), flat: &batch.Vector{Type: c.Type}, summary: &columnSummary{many: many}}
	col.reset()
	return col
}

func (c *column) reset() {
	if c.valid != nil {
		c.unused = c.valid
	}
	c.rows, c.valid, c.codes, c.source = 0, nil, c.codes[:0], nil
	c.coded = physicalOf(c.Type) != physBool && c.plainFor == 0 // one bit a value needs no dictionary
	c.plainFor = max(0, c.plainFor-1)
	c.dict.reset(c.Type)
	truncate(c.flat)
}

// release gives up the memory of a row group that was encoded.
func (c *column) release() {
	c.codes, c.valid, c.unused, c.remap, c.out = nil, nil, nil, nil, nil
	c.flat = &batch.Vector{Type: c.Type}
	c.dict = &interner{class: c.dict.class, entries: &batch.Vector{Type: c.Type}}
}

// present counts the rows that are not NULL.
func (c *column) present() int {
	if c.coded {
		return len(c.codes)
	}
	return c.flat.Len
}

// memBytes is what the row group holds of this column.
func (c *column) memBytes() int64 {
	return int64(4*len(c.codes)+len(c.valid)+16*c.dict.len()+len(c.dict.entries.Data)) + c.flat.MemBytes()
}

// appendRows adds rows lo to hi (exclusive) of a vector that is not run-coded.
func (c *column) appendRows(v *batch.Vector, lo, hi int) {
	c.appendValid(v, lo, hi)
	switch v.Enc {
	case batch.Const:
		if v.Valid == nil || v.Valid[0] == 1 {
			c.appendConst(v, hi-lo)
		}
	case batch.Dict:
		c.appendDict(v, lo, hi)
	default:
		c.appendFlat(v, lo, hi)
	}
	if c.coded && c.hopeless() {
		c.giveUp()
	}
}

func (c *column) appendValid(v *batch.Vector, lo, hi int) {
	n := hi - lo
	if v.Valid != nil && c.valid == nil {
		c.valid = ones(slices.Grow(c.unused[:0], c.rows+n), c.rows)
	}
	switch {
	case c.valid == nil:
	case v.Valid == nil:
		c.valid = ones(c.valid, n)
	case v.Enc == batch.Const:
		for range n {
			c.valid = append(c.valid, v.Valid[0])
		}
	default:
		c.valid = append(c.valid, v.Valid[lo:hi]...)
	}
	c.rows += n
}

// ones appends n ones, copying what is there already.
func ones(dst []byte, n int) []byte {
	if n == 0 {
		return dst
	}
	at := len(dst)
	dst = slices.Grow(dst, n)[:at+n]
	b := dst[at:]
	b[0] = 1
	for k := 1; k < n; k *= 2 {
		copy(b[k:], b[:k])
	}
	return dst
}

func (c *column) appendConst(v *batch.Vector, n int) {
	if !c.coded {
		for range n {
			appendPayload(c.flat, v, 0)
		}
		return
	}
	code := c.dict.value(v, 0)
	at := len(c.codes)
	c.codes = slices.Grow(c.codes, n)[:at+n]
	for i := range c.codes[at:] {
		c.codes[at+i] = code
	}
}

// appendDict translates codes; an entry's value is looked at once per row group, however many rows have it.
func (c *column) appendDict(v *batch.Vector, lo, hi int) {
	if !c.coded {
		for r := lo; r < hi; r++ {
			if v.Valid == nil || v.Valid[r] == 1 {
				appendPayload(c.flat, v.Dict.Values, int(v.Codes[r]))
			}
		}
		return
	}
	c.translate(v.Dict)
	at := len(c.codes)
	c.codes = slices.Grow(c.codes, hi-lo)[:at+hi-lo]
	for i, k := range v.Codes[lo:hi] {
		if v.Valid != nil && v.Valid[lo+i] == 0 {
			continue
		}
		code := c.remap[k]
		if code < 0 {
			code = c.dict.value(v.Dict.Values, int(k))
			c.remap[k] = code
		}
		c.codes[at] = code
		at++
	}
	c.codes = c.codes[:at]
}

// translate readies remap for the codes of d: what it knows stays true as long as the dictionaries are of one family.
func (c *column) translate(d *batch.Dictionary) {
	switch {
	case c.source != nil && c.source.Extends(d):
		return
	case c.source == nil || !d.Extends(c.source):
		c.remap = c.remap[:0]
	}
	c.source = d
	for len(c.remap) < d.Values.Len {
		c.remap = append(c.remap, -1)
	}
}

func (c *column) appendFlat(v *batch.Vector, lo, hi int) {
	for r := lo; r < hi; r++ {
		if v.Valid != nil && v.Valid[r] == 0 {
			continue
		}
		if c.coded {
			c.codes = append(c.codes, c.dict.value(v, r))
		} else {
			appendPayload(c.flat, v, r)
		}
	}
}

// Dictionaries are judged after patience values: earlier every column looks distinct. A column that had to give up is tried
// again only after some row groups, since interning values in vain is the dearest part of writing them.
const (
	patience       = 64 << 10
	patienceOfMany = 64 // in a table of many columns, whose row groups have few rows
	plainGroups    = 7
	maxDictEntries = 1 << 17
	maxDictBytes   = 16 << 20
)

// hopeless tells whether the dictionary should be given up now: distinct values past half of the numbers, or three quarters
// of the texts, since a text code saves more.
func (c *column) hopeless() bool {
	d, n := c.dict.len(), len(c.codes)
	if d > maxDictEntries || len(c.dict.entries.Data) > maxDictBytes {
		return true
	}
	if n < patience && (!c.summary.many || n < patienceOfMany) {
		return false
	}
	if c.dict.class == schema.ClassBytes {
		return 4*d > 3*n
	}
	return 2*d > n
}

// worthwhile tells whether the finished chunk is better stored with its dictionary. Codes are also what makes filters and
// grouping cheap, so texts keep them up to one entry for two rows, numbers up to one for four.
func (c *column) worthwhile() bool {
	d, n := c.dict.len(), len(c.codes)
	if c.dict.class == schema.ClassBytes {
		return 2*d <= n
	}
	return 4*d <= n
}

// giveUp turns codes into values.
func (c *column) giveUp() {
	c.coded = false
	if len(c.codes) >= patience {
		c.plainFor = plainGroups
	}
	for _, code := range c.codes {
		appendPayload(c.flat, c.dict.entries, int(code))
	}
	c.codes = c.codes[:0]
	c.dict.reset(c.Type)
}

// appendPayload appends payload k of a vector of the same class.
func appendPayload(dst, src *batch.Vector, k int) {
	dst.Len++
	switch dst.Type.Class() {
	case schema.ClassInt64:
		dst.I = append(dst.I, src.I[k])
	case schema.ClassInt128:
		dst.W = append(dst.W, src.W[k])
	case schema.ClassFloat64:
		dst.F = append(dst.F, canonical(src.F[k]))
	case schema.ClassBytes:
		dst.Data = append(dst.Data, src.Data[src.Off[k]:src.Off[k+1]]...)
		dst.Off = append(dst.Off, uint32(len(dst.Data)))
	}
}
