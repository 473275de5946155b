package compact

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// copier copies scanned batches, which are the scan's until its next step, into memory of their own. Text stays coded where that is
// smaller, with the entries that the batch uses.
type copier struct {
	rows  []int32
	codes []int32 // code of the scan to code of the copy plus one
}

// batch copies the living rows. Runs and constants become flat, as sorting wants them.
func (c *copier) batch(b *batch.Batch) *batch.Batch {
	rows := b.Sel
	if rows == nil {
		c.rows = c.rows[:0]
		for i := range b.Len {
			c.rows = append(c.rows, int32(i))
		}
		rows = c.rows
	}
	out := &batch.Batch{Len: len(rows), Cols: make([]*batch.Vector, len(b.Cols))}
	for i, v := range b.Cols {
		switch {
		case v.Type.Class() == schema.ClassBytes && v.Enc == batch.Const && !v.IsNull(0):
			out.Cols[i] = oneWord(v, len(rows))
			continue
		case v.Type.Class() == schema.ClassBytes && v.Enc == batch.Dict:
			out.Cols[i] = c.coded(v, rows)
			continue
		}
		bld := batch.NewBuilder(v.Type, len(rows))
		bld.Append(v, rows)
		out.Cols[i] = bld.Finish()
	}
	return out
}

// oneWord is a constant text as codes of a dictionary, which sorting unites with those of other batches.
func oneWord(v *batch.Vector, rows int) *batch.Vector {
	word := batch.NewBuilder(v.Type, 1)
	word.Bytes(v.Bytes(0))
	return &batch.Vector{Type: v.Type, Enc: batch.Dict, Len: rows, Codes: make([]int32, rows), Dict: &batch.Dictionary{Values: word.Finish()}}
}

func (c *copier) coded(v *batch.Vector, rows []int32) *batch.Vector {
	if n := v.Dict.Values.Len; cap(c.codes) < n {
		c.codes = make([]int32, n)
	}
	c.codes = c.codes[:v.Dict.Values.Len]
	clear(c.codes)
	out := &batch.Vector{Type: v.Type, Enc: batch.Dict, Len: len(rows), Codes: make([]int32, len(rows))}
	if v.Valid != nil {
		out.Valid = make([]byte, len(rows))
	}
	words := batch.NewBuilder(v.Type, 0)
	for i, r := range rows {
		if v.Valid != nil {
			if out.Valid[i] = v.Valid[r]; v.Valid[r] == 0 {
				continue
			}
		}
		code := v.Codes[r]
		if c.codes[code] == 0 {
			words.Bytes(v.Dict.Values.Bytes(int(code)))
			c.codes[code] = int32(words.Len())
		}
		out.Codes[i] = c.codes[code] - 1
	}
	if words.Len() == 0 {
		words.Text("")
	}
	out.Dict = &batch.Dictionary{Values: words.Finish()}
	return out
}
