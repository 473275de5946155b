package extsort

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// ordered gives the rows of batches in memory in key order.
type ordered struct {
	cols  []*column
	perm  []uint32
	owner []uint32 // per row, its batch
	first []uint32 // per batch, its first row
	pos   int
}

// column is one column of all batches; codes are those of dict when it is set.
type column struct {
	typ   schema.Type
	parts []*batch.Vector // per batch; flat, or coded by dict
	dict  *batch.Dictionary
}

func newOrdered(cfg Config, batches []*batch.Batch) *ordered {
	o := &ordered{first: make([]uint32, len(batches))}
	n := 0
	for i, b := range batches {
		o.first[i] = uint32(n)
		n += b.Len
	}
	o.owner = make([]uint32, n)
	for i, b := range batches {
		for r := range b.Len {
			o.owner[int(o.first[i])+r] = uint32(i)
		}
	}
	for j, t := range cfg.Types {
		parts := make([]*batch.Vector, len(batches))
		for i, b := range batches {
			parts[i] = b.Cols[j]
		}
		o.cols = append(o.cols, newColumn(t, parts))
	}
	o.perm = make([]uint32, n)
	for i := range o.perm {
		o.perm[i] = uint32(i)
	}
	sorter := radix{perm: o.perm, spare: make([]uint32, n)}
	for k := len(cfg.Keys) - 1; k >= 0; k-- {
		o.cols[cfg.Keys[k]].sortBy(&sorter)
	}
	o.perm = sorter.perm
	return o
}

// newColumn unites the dictionaries when every part has one, and makes the parts flat otherwise.
func newColumn(t schema.Type, parts []*batch.Vector) *column {
	c := &column{typ: t, parts: parts}
	var dicts []*batch.Dictionary
	for _, v := range parts {
		switch {
		case v.Enc == batch.Dict:
			dicts = append(dicts, v.Dict)
		case v.AllNull():
			dicts = append(dicts, nil)
		default:
			return c.flatten()
		}
	}
	united, maps := unite(t, dicts)
	if united == nil {
		return c.flatten()
	}
	c.dict = united
	for i, v := range c.parts {
		c.parts[i] = recode(v, united, maps[i])
	}
	return c
}

func (c *column) flatten() *column {
	for i, v := range c.parts {
		c.parts[i] = v.Flatten()
	}
	return c
}

// recode translates a vector's codes; an all-NULL constant becomes codes too.
func recode(v *batch.Vector, d *batch.Dictionary, to []int32) *batch.Vector {
	out := &batch.Vector{Type: v.Type, Enc: batch.Dict, Len: v.Len, Valid: v.Valid, Dict: d, Codes: make([]int32, v.Len)}
	if v.Enc != batch.Dict {
		out.Valid = make([]byte, v.Len)
		return out
	}
	for i, code := range v.Codes {
		out.Codes[i] = to[code]
	}
	return out
}

func (o *ordered) dictionaries() []*batch.Dictionary {
	d := make([]*batch.Dictionary, len(o.cols))
	for i, c := range o.cols {
		d[i] = c.dict
	}
	return d
}

func (o *ordered) next() (*batch.Batch, error) {
	if o.pos == len(o.perm) {
		return nil, nil
	}
	rows := o.perm[o.pos:min(o.pos+batch.MaxRows, len(o.perm))]
	o.pos += len(rows)
	refs := make([]ref, len(rows))
	for i, r := range rows {
		b := o.owner[r]
		refs[i] = ref{part: int32(b), row: int32(r - o.first[b])}
	}
	out := &batch.Batch{Len: len(rows), Cols: make([]*batch.Vector, len(o.cols))}
	for j, c := range o.cols {
		out.Cols[j] = gather(c.typ, c.dict, c.parts, refs)
	}
	return out, nil
}
