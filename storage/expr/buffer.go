package expr

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// buffer owns the memory of one node's flat results and lends it to one evaluation at a time.
type buffer struct {
	vec   batch.Vector
	i     []int64
	w     []decimal.Int128
	f     []float64
	off   []uint32
	data  []byte
	valid []byte
}

// reset returns a flat vector of n rows without NULLs; payloads hold what the last use left. Text starts empty: its offsets
// are the caller's.
func (b *buffer) reset(t schema.Type, n int) *batch.Vector {
	b.vec = batch.Vector{Type: t, Len: n}
	switch t.Class() {
	case schema.ClassInt64:
		b.i = sized(b.i, n)
		b.vec.I = b.i
	case schema.ClassInt128:
		b.w = sized(b.w, n)
		b.vec.W = b.w
	case schema.ClassFloat64:
		b.f = sized(b.f, n)
		b.vec.F = b.f
	case schema.ClassBytes:
		b.vec.Off, b.vec.Data = b.off[:0], b.data[:0]
	}
	return &b.vec
}

func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		s = make([]T, max(n, min(2*cap(s), batch.MaxRows)))
	}
	return s[:n]
}

// keep remembers text memory that grew.
func (b *buffer) keep(v *batch.Vector) { b.off, b.data = v.Off, v.Data }

// setNull marks a row of the vector that reset returned.
func (b *buffer) setNull(v *batch.Vector, i int) {
	if v.Valid == nil {
		v.Valid = b.allValid(v.Len)
	}
	v.Valid[i] = 0
}

// allValid returns the buffer's validity with every row a value.
func (b *buffer) allValid(n int) []byte {
	b.valid = sized(b.valid, n)
	for i := range b.valid {
		b.valid[i] = 1
	}
	return b.valid
}

// constant returns a NULL or a value as a constant vector of n rows.
func constant(v schema.Value, n int) *batch.Vector { return batch.NewConst(v, n) }
