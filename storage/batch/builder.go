package batch

import (
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// Builder grows a flat vector row by row or piece by piece. The zero Builder is not usable; call NewBuilder.
type Builder struct {
	v     Vector
	class schema.Class
}

// NewBuilder returns an empty builder with room for capacity rows.
func NewBuilder(t schema.Type, capacity int) *Builder {
	b := &Builder{v: Vector{Type: t}, class: t.Class()}
	switch b.class {
	case schema.ClassInt64:
		b.v.I = make([]int64, 0, capacity)
	case schema.ClassInt128:
		b.v.W = make([]decimal.Int128, 0, capacity)
	case schema.ClassFloat64:
		b.v.F = make([]float64, 0, capacity)
	case schema.ClassBytes:
		b.v.Off = append(make([]uint32, 0, capacity+1), 0)
	}
	return b
}

// Len returns the rows so far.
func (b *Builder) Len() int { return b.v.Len }

// MemBytes counts the bytes held so far.
func (b *Builder) MemBytes() int64 { return b.v.MemBytes() }

func (b *Builder) valid(n int) {
	b.v.Len += n
	if b.v.Valid != nil {
		for range n {
			b.v.Valid = append(b.v.Valid, 1)
		}
	}
}

// Null appends a NULL.
func (b *Builder) Null() {
	if b.v.Valid == nil {
		b.v.Valid = make([]byte, b.v.Len, b.v.Len+64)
		for i := range b.v.Valid {
			b.v.Valid[i] = 1
		}
	}
	b.v.Valid = append(b.v.Valid, 0)
	b.v.Len++
	switch b.class {
	case schema.ClassInt64:
		b.v.I = append(b.v.I, 0)
	case schema.ClassInt128:
		b.v.W = append(b.v.W, decimal.Int128{})
	case schema.ClassFloat64:
		b.v.F = append(b.v.F, 0)
	case schema.ClassBytes:
		b.v.Off = append(b.v.Off, uint32(len(b.v.Data)))
	}
}

// Int64 appends a ClassInt64 payload.
func (b *Builder) Int64(x int64) { b.v.I = append(b.v.I, x); b.valid(1) }

// Int128 appends a ClassInt128 payload.
func (b *Builder) Int128(x decimal.Int128) { b.v.W = append(b.v.W, x); b.valid(1) }

// Float64 appends a ClassFloat64 payload.
func (b *Builder) Float64(x float64) { b.v.F = append(b.v.F, x); b.valid(1) }

// Bytes appends a ClassBytes payload, copying it.
func (b *Builder) Bytes(x []byte) {
	b.v.Data = append(b.v.Data, x...)
	b.v.Off = append(b.v.Off, uint32(len(b.v.Data)))
	b.valid(1)
}

// Text appends a ClassBytes payload.
func (b *Builder) Text(x string) {
	b.v.Data = append(b.v.Data, x...)
	b.v.Off = append(b.v.Off, uint32(len(b.v.Data)))
	b.valid(1)
}

// Value appends a scalar of the builder's type.
func (b *Builder) Value(x schema.Value) {
	if x.Null {
		b.Null()
		return
	}
	switch b.class {
	case schema.ClassInt64:
		b.Int64(x.I)
	case schema.ClassInt128:
		b.Int128(x.W)
	case schema.ClassFloat64:
		b.Float64(x.F)
	case schema.ClassBytes:
		b.Text(x.S)
	}
}

// Row appends one row of a vector of the same class.
func (b *Builder) Row(v *Vector, row int) {
	if v.IsNull(row) {
		b.Null()
		return
	}
	p, k := v.Index(row)
	switch b.class {
	case schema.ClassInt64:
		b.Int64(p.I[k])
	case schema.ClassInt128:
		b.Int128(p.W[k])
	case schema.ClassFloat64:
		b.Float64(p.F[k])
	case schema.ClassBytes:
		b.Bytes(p.Data[p.Off[k]:p.Off[k+1]])
	}
}

// Append appends the rows of a vector that sel lists, all rows when sel is nil.
func (b *Builder) Append(v *Vector, sel []int32) {
	if sel == nil {
		if v.Enc == Flat && !v.HasNulls() && b.v.Valid == nil && b.class != schema.ClassBytes {
			b.v.I = append(b.v.I, v.I...)
			b.v.W = append(b.v.W, v.W...)
			b.v.F = append(b.v.F, v.F...)
			b.v.Len += v.Len
			return
		}
		for i := range v.Len {
			b.Row(v, i)
		}
		return
	}
	for _, i := range sel {
		b.Row(v, int(i))
	}
}

// Finish returns the vector and leaves the builder empty and unusable.
func (b *Builder) Finish() *Vector {
	v := b.v
	b.v = Vector{}
	return &v
}
