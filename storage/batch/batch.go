package batch

import "github.com/assaydb/assay/storage/schema"

// Batch is Len rows of some columns. Sel, when not nil, lists the rows that are alive, ascending; nil means all.
type Batch struct {
	Cols []*Vector
	Len  int
	Sel  []int32
}

// Alive returns the number of rows that are alive.
func (b *Batch) Alive() int {
	if b.Sel != nil {
		return len(b.Sel)
	}
	return b.Len
}

// MemBytes counts the bytes of the columns.
func (b *Batch) MemBytes() int64 {
	n := int64(4 * len(b.Sel))
	for _, c := range b.Cols {
		n += c.MemBytes()
	}
	return n
}

// Field names and types one column of a batch stream.
type Field struct {
	Name string      `json:"name"`
	Type schema.Type `json:"type"`
}
