package operator

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// Sizes of the direct index: built at once while small, and once the same dictionaries have come twice while it is not; never
// beyond the largest.
const (
	directSmall = 1 << 12
	directLarge = 1 << 20
	rangeLimit  = 1 << 16 // widest range of an integer column that counts as codes
)

// directGroups finds groups by dictionary codes: the codes of a row's key columns form an index into an array of group numbers,
// which is filled as combinations first occur, so that each key is hashed once per row group and not once per row. Integer
// columns of a narrow range serve as codes too. Code 0 stands for NULL.
type directGroups struct {
	table *groupTable
	cols  []codeColumn
	index []int32 // group number, -1 while unknown
	slot  []int32
}

// codeColumn says how one key column gives codes; it is comparable, and the index is good while it stays the same.
type codeColumn struct {
	dict   *batch.Dictionary
	lo, hi int64 // of an integer column, when dict is nil
	one    bool  // a constant: lo or text is its value
	text   string
	card   int32
}

// groups fills dst and reports whether it could.
func (d *directGroups) groups(dst []int32, cols []*batch.Vector, b *batch.Batch) bool {
	if !d.enter(cols, b) {
		return false
	}
	slot := d.combine(cols, b, len(dst))
	missing := int32(0)
	for i, s := range slot {
		g := d.index[s]
		dst[i] = g
		missing |= g
	}
	if missing < 0 {
		for i, s := range slot {
			if dst[i] >= 0 {
				continue
			}
			if d.index[s] < 0 {
				d.index[s] = d.table.row(cols, rowOf(b, i))
			}
			dst[i] = d.index[s]
		}
	}
	return true
}

// enter makes the index fit the columns of the batch; false when they give no codes, too many, or are seen for the first time.
func (d *directGroups) enter(cols []*batch.Vector, b *batch.Batch) bool {
	if d.cols == nil {
		d.cols = make([]codeColumn, len(cols))
	}
	same, size := true, int64(1)
	for i, v := range cols {
		c, ok := d.column(d.cols[i], v, b)
		if !ok {
			return false
		}
		if c != d.cols[i] {
			d.cols[i], same = c, false
		}
		if size *= int64(c.card); size > directLarge {
			d.index = nil
			return false
		}
	}
	if same && d.index != nil {
		return true
	}
	if d.index = nil; !same && size > directSmall {
		return false
	}
	d.index = make([]int32, size)
	for i := range d.index {
		d.index[i] = -1
	}
	return true
}

func (d *directGroups) column(old codeColumn, v *batch.Vector, b *batch.Batch) (codeColumn, bool) {
	switch v.Enc {
	case batch.Dict:
		return codeColumn{dict: v.Dict, card: int32(v.Dict.Values.Len) + 1}, v.Dict.Values.Len < directLarge
	case batch.Const:
		return constCode(v)
	case batch.Flat:
		if v.Type.Class() == schema.ClassInt64 {
			return intCodes(old, v, b)
		}
	}
	return old, false
}

// constCode gives a constant the codes 0 (NULL) and 1.
func constCode(v *batch.Vector) (codeColumn, bool) {
	c := codeColumn{one: true, card: 2}
	switch {
	case v.AllNull():
	case v.Type.Class() == schema.ClassBytes:
		c.text = string(v.Bytes(0))
	case v.Type.Class() == schema.ClassInt128:
		return c, false
	default:
		c.lo = bits64(v, 0)
	}
	return c, true
}

// intCodes keeps the range of the batches before where it still holds, so that the index stays.
func intCodes(old codeColumn, v *batch.Vector, b *batch.Batch) (codeColumn, bool) {
	var lo, hi int64
	if b.Sel == nil {
		lo, hi = v.I[0], v.I[0]
		for _, x := range v.I[:b.Len] {
			lo, hi = min(lo, x), max(hi, x)
		}
	} else {
		lo, hi = v.I[b.Sel[0]], v.I[b.Sel[0]]
		for _, k := range b.Sel {
			lo, hi = min(lo, v.I[k]), max(hi, v.I[k])
		}
	}
	if old.card > 0 && old.dict == nil && !old.one {
		if lo >= old.lo && hi <= old.hi {
			return old, true
		}
		lo, hi = min(lo, old.lo), max(hi, old.hi)
	}
	if uint64(hi-lo) >= rangeLimit {
		return codeColumn{}, false
	}
	return codeColumn{lo: lo, hi: hi, card: int32(hi-lo) + 2}, true
}

// combine computes each living row's place in the index.
func (d *directGroups) combine(cols []*batch.Vector, b *batch.Batch, n int) []int32 {
	if cap(d.slot) < n {
		d.slot = make([]int32, n)
	}
	slot := d.slot[:n]
	clear(slot)
	for i, v := range cols {
		c := d.cols[i]
		switch {
		case c.one:
			code := int32(1)
			if v.AllNull() {
				code = 0
			}
			for k := range slot {
				slot[k] = slot[k]*c.card + code
			}
		case v.Valid != nil:
			for k := range slot {
				row := rowOf(b, k)
				code := int32(0)
				if v.Valid[row] != 0 {
					code = c.code(v, row)
				}
				slot[k] = slot[k]*c.card + code
			}
		case c.dict != nil && b.Sel == nil:
			for k, code := range v.Codes[:n] {
				slot[k] = slot[k]*c.card + code + 1
			}
		case c.dict != nil:
			for k, row := range b.Sel {
				slot[k] = slot[k]*c.card + v.Codes[row] + 1
			}
		default:
			for k := range slot {
				slot[k] = slot[k]*c.card + int32(v.I[rowOf(b, k)]-c.lo) + 1
			}
		}
	}
	return slot
}

func (c codeColumn) code(v *batch.Vector, row int) int32 {
	if c.dict != nil {
		return v.Codes[row] + 1
	}
	return int32(v.I[row]-c.lo) + 1
}

func (d *directGroups) bytes() int64 { return int64(4*cap(d.index) + 4*cap(d.slot)) }
