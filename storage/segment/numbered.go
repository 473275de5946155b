package segment

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// numberedEntries is from how many entries on a dictionary's pages are given as numbers; with fewer, codes serve better.
const numberedEntries = 1 << 12

// notNumbered stands for a page or dictionary that was looked at in vain.
var notNumbered = &batch.Vector{}

// Numbered is Page for a consumer that takes texts as numbers too: a page whose texts have one form comes as batch.Numbered, any
// other as ever. A page is looked at once, when it enters the cache, and kept there in the form in which it is asked for: numbers
// take four bytes a row.
func (r *ChunkReader) Numbered(i int) (*batch.Vector, error) {
	if r.typ.Kind != schema.Varchar || r.FlatCodes {
		return r.Page(i)
	}
	if v := r.constant(i); v != nil {
		return v, nil
	}
	if r.hot == nil {
		v, err := r.Page(i)
		if err != nil {
			return nil, err
		}
		return r.asNumbers(v), nil
	}
	known := r.hot.numbers[i].Load()
	if known == nil {
		return r.number(i)
	}
	if known == notNumbered {
		return r.Page(i)
	}
	return known, r.touch(i, known)
}

// number makes and keeps the numbers of a page, or keeps the page when it has none.
func (r *ChunkReader) number(i int) (*batch.Vector, error) {
	v := r.hot.pages[i].Load()
	if v != nil {
		if err := r.touch(i, v); err != nil {
			return nil, err
		}
		v = r.unpackRuns(v)
	} else if err := r.decoded(i); err != nil {
		return nil, err
	} else {
		v = &r.vec
	}
	n := r.asNumbers(v)
	if n == v {
		r.hot.numbers[i].CompareAndSwap(nil, notNumbered)
		if v == &r.vec {
			return r.unpackRuns(r.hot.keepPage(i, v)), nil
		}
		return v, nil
	}
	n.Valid = exact(n.Valid)
	keep(r.hot, &r.hot.numbers[i], n, n.MemBytes())
	return n, nil
}

// asNumbers gives a page as numbers, v itself when it has none. Validity is that of v.
func (r *ChunkReader) asNumbers(v *batch.Vector) *batch.Vector {
	var n *batch.Vector
	switch {
	case v.Enc == batch.Flat:
		n = batch.Numbers(v)
	case v.Enc == batch.Dict && v.Dict.Values.Len >= numberedEntries:
		n = r.entryNumbers(v.Dict).Entries(v)
	}
	if n == nil {
		return v
	}
	return n
}

// entryNumbers gives the numbers of a dictionary's entries, nil when they have none; they are kept with the dictionary.
func (r *ChunkReader) entryNumbers(d *batch.Dictionary) *batch.Vector {
	var at *hotDictionary
	if r.hot != nil {
		if at = r.hot.dict.Load(); at != nil && at.Dictionary != d {
			at = nil
		}
	}
	var n *batch.Vector
	if at != nil {
		n = at.numbers.Load()
	} else if r.numberedOf == d {
		n = r.numbered
	}
	if n == nil {
		if n = batch.Numbers(d.Values); n == nil {
			n = notNumbered
		}
		if at != nil {
			keep(r.hot, &at.numbers, n, n.MemBytes())
		} else {
			r.numberedOf, r.numbered = d, n
		}
	}
	if n == notNumbered {
		return nil
	}
	return n
}
