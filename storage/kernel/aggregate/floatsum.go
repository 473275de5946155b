package aggregate

import (
	"math"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
)

// floatSum is SUM and AVG over doubles: exact, rounded once, so that no order of rows can change a bit of it.
type floatSum struct {
	in  loader[float64]
	avg bool
	sum exact
	n   []int64
}

func (s *floatSum) Grow(n int)   { s.sum.grow(n); s.n = grow(s.n, n) }
func (s *floatSum) Bytes() int64 { return s.sum.bytes() + int64(8*cap(s.n)) + s.in.bytes() }

func (s *floatSum) Update(r *Rows, args []*batch.Vector) error {
	f := s.in.load(r, args[0])
	s.sum.reserve(len(f.vals))
	if f.groups != nil {
		for i, x := range f.vals {
			s.sum.add(f.groups[i], x)
			s.n[f.groups[i]]++
		}
		return nil
	}
	from := int32(0)
	for _, run := range f.runs {
		for _, x := range f.vals[from:run.End] {
			s.sum.add(run.Group, x)
		}
		s.n[run.Group] += int64(run.End - from)
		from = run.End
	}
	return nil
}

func (s *floatSum) Merge(r *Rows, state []*batch.Vector) error {
	var err error
	r.each(state[0], func(row int, g int32) {
		if _, e := s.sum.decode(g, state[0].Bytes(row)); e != nil {
			err = e
		}
		s.n[g] += state[1].Int64(row)
	})
	return err
}

func (s *floatSum) Absorb(other State, from, to []int32) error {
	o := other.(*floatSum)
	for i, g := range from {
		s.sum.merge(to[i], &o.sum, g)
		s.n[to[i]] += o.n[g]
	}
	return nil
}

func (s *floatSum) AppendState(out []*batch.Builder, groups []int32) {
	var buf []byte
	for _, g := range groups {
		buf = s.sum.encode(buf[:0], g)
		out[0].Bytes(buf)
		out[1].Int64(s.n[g])
	}
}

func (s *floatSum) Result(out *batch.Builder, groups []int32) error {
	for _, g := range groups {
		if s.n[g] == 0 {
			out.Null()
			continue
		}
		x := s.sum.float(g)
		if math.IsInf(x, 0) && s.sum.odd[g] == 0 {
			e := errs.New(errs.Meaning, "out-of-range", "a sum of DOUBLE is larger than a DOUBLE can hold")
			e.MySQL = 1690
			return e
		}
		if s.avg {
			x /= float64(s.n[g])
		}
		out.Float64(x)
	}
	return nil
}
