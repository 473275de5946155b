package aggregate

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// bitwise is BIT_AND, BIT_OR and BIT_XOR over 64-bit patterns. AND is kept complemented, so that every empty group is zero.
type bitwise struct {
	in   loader[int64]
	op   string
	bits []uint64
}

func newBits(s Spec) (State, []schema.Type) {
	return &bitwise{in: loader[int64]{payload: ints}, op: s.Name}, []schema.Type{schema.TypeUint64}
}

func (s *bitwise) Grow(n int)   { s.bits = grow(s.bits, n) }
func (s *bitwise) Bytes() int64 { return int64(8*cap(s.bits)) + s.in.bytes() }

func (s *bitwise) fold(g int32, x uint64) {
	switch s.op {
	case "bit_and":
		s.bits[g] |= ^x
	case "bit_or":
		s.bits[g] |= x
	default:
		s.bits[g] ^= x
	}
}

func (s *bitwise) value(g int32) uint64 {
	if s.op == "bit_and" {
		return ^s.bits[g]
	}
	return s.bits[g]
}

func (s *bitwise) Update(r *Rows, args []*batch.Vector) error {
	f := s.in.load(r, args[0])
	run := 0
	rows := Rows{Len: len(f.vals), Groups: f.groups, Runs: f.runs}
	for i, x := range f.vals {
		s.fold(rows.Group(i, &run), uint64(x))
	}
	return nil
}

func (s *bitwise) Merge(r *Rows, state []*batch.Vector) error { return s.Update(r, state) }

func (s *bitwise) Absorb(other State, from, to []int32) error {
	o := other.(*bitwise)
	for i, g := range from {
		s.fold(to[i], o.value(g))
	}
	return nil
}

func (s *bitwise) AppendState(out []*batch.Builder, groups []int32) {
	for _, g := range groups {
		out[0].Int64(int64(s.value(g)))
	}
}

func (s *bitwise) Result(out *batch.Builder, groups []int32) error {
	s.AppendState([]*batch.Builder{out}, groups)
	return nil
}
