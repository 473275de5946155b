package aggregate

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// sumCell is the running sum of one group in 64 bits and the number of values in it; they share a cache line.
type sumCell struct {
	lo int64
	n  int64
}

// intSum is SUM and AVG over 64-bit integers and decimals. The true sum is lo + hi*2^64: lo wraps as int64 and hi, allocated only
// when a group first leaves 64 bits, counts the wraps.
type intSum struct {
	in       loader[int64]
	spec     Spec
	unsigned bool
	avg      bool
	reach    reach
	cells    []sumCell
	hi       []int64
}

// sumType is the state column of an integer sum: the widest decimal at the argument's scale.
func sumType(s Spec) schema.Type {
	return schema.DecimalType(decimal.MaxDigits, int(s.Args[0].Scale))
}

func newSum(s Spec) (State, []schema.Type) { return newMean(s, false) }
func newAvg(s Spec) (State, []schema.Type) { return newMean(s, true) }

func newMean(s Spec, avg bool) (State, []schema.Type) {
	switch s.Args[0].Class() {
	case schema.ClassFloat64:
		return &floatSum{in: loader[float64]{payload: floats}, avg: avg}, []schema.Type{schema.TypeBinary, schema.TypeInt64}
	case schema.ClassInt128:
		return &wideSum{in: loader[decimal.Int128]{payload: wides}, spec: s, avg: avg, sum: words{width: 3}},
			[]schema.Type{schema.TypeBinary, schema.TypeInt64}
	}
	return &intSum{in: loader[int64]{payload: ints}, spec: s, avg: avg, unsigned: s.Args[0].Kind == schema.Uint64},
		[]schema.Type{sumType(s), schema.TypeInt64}
}

func (s *intSum) Grow(n int) {
	s.cells = grow(s.cells, n)
	if s.hi != nil {
		s.hi = grow(s.hi, n)
	}
}

func (s *intSum) Bytes() int64 { return int64(16*cap(s.cells)+8*cap(s.hi)) + s.in.bytes() }

// wrap records that adding v to group g left int64 in the direction dir.
func (s *intSum) wrap(g int32, dir int64) {
	if s.hi == nil {
		s.hi = make([]int64, len(s.cells), cap(s.cells))
	}
	s.hi[g] += dir
}

func (s *intSum) Update(r *Rows, args []*batch.Vector) error {
	if !s.unsigned && s.coded(r, args[0]) {
		return nil
	}
	f := s.in.load(r, args[0])
	if s.unsigned {
		s.addUnsigned(f)
		return nil
	}
	if f.groups != nil {
		s.scatter(f.vals, f.groups)
		return nil
	}
	from := int32(0)
	for _, run := range f.runs {
		if int(from) < len(f.vals) {
			lo, hi := sumInts(f.vals[from:run.End])
			s.add(run.Group, lo, hi, int64(run.End-from))
		}
		from = run.End
	}
	return nil
}

// coded adds a constant or a column of dictionary codes, if nothing can leave 64 bits within the batch.
func (s *intSum) coded(r *Rows, v *batch.Vector) bool {
	if v.Enc == batch.Const && v.Valid == nil && r.Groups == nil {
		return s.constant(r, v.I[0])
	}
	codes, ok := s.in.codes(r, v)
	if !ok || !within(s.reach.of(v.Dict), r.Len) {
		return false
	}
	entries := v.Dict.Values.I
	if r.Groups != nil {
		s.scatterCodes(entries, codes, r.Groups)
		return true
	}
	runs := r.runs(&s.in.one)
	if ends := v.CodeRuns(); ends != nil && r.Sel == nil {
		pieces(runs, codes, ends, func(g, code int32, n int64) { s.addSmall(g, n*entries[code], n) })
		return true
	}
	from := int32(0)
	for _, run := range runs {
		s.addSmall(run.Group, sumCodes(entries, codes[from:run.End]), int64(run.End-from))
		from = run.End
	}
	return true
}

// constant adds one value for all folded rows.
func (s *intSum) constant(r *Rows, x int64) bool {
	if !within(magnitude(x), r.Len) {
		return false
	}
	from := int32(0)
	for _, run := range r.runs(&s.in.one) {
		n := int64(run.End - from)
		s.addSmall(run.Group, n*x, n)
		from = run.End
	}
	return true
}

// addSmall adds a sum of n values that fits 64 bits.
func (s *intSum) addSmall(g int32, sum, n int64) {
	c := &s.cells[g]
	t := c.lo + sum
	if (t^c.lo)&(t^sum) < 0 {
		s.wrap(g, sum>>63|1)
	}
	c.lo = t
	c.n += n
}

// scatterCodes is scatter over entries.
func (s *intSum) scatterCodes(entries []int64, codes, groups []int32) {
	cells := s.cells
	groups = groups[:len(codes)]
	for i, code := range codes {
		v := entries[code]
		c := &cells[groups[i]]
		t := c.lo + v
		if (t^c.lo)&(t^v) < 0 {
			s.wrap(groups[i], v>>63|1)
		}
		c.lo = t
		c.n++
	}
}

// scatter adds value by value, each to its own group.
func (s *intSum) scatter(vals []int64, groups []int32) {
	cells := s.cells
	groups = groups[:len(vals)]
	for i, v := range vals {
		c := &cells[groups[i]]
		t := c.lo + v
		if (t^c.lo)&(t^v) < 0 {
			s.wrap(groups[i], v>>63|1)
		}
		c.lo = t
		c.n++
	}
}

func (s *intSum) addUnsigned(f folded[int64]) {
	run := 0
	r := Rows{Len: len(f.vals), Groups: f.groups, Runs: f.runs}
	for i, v := range f.vals {
		s.add(r.Group(i, &run), uint64(v), 0, 1)
	}
}

// sumInts returns the exact sum as a 128-bit pair. Low and high halves are summed apart, so that nothing can wrap within 2^31
// values and the loop has no branch.
func sumInts(vals []int64) (lo uint64, hi int64) {
	var low uint64
	var high int64
	for _, v := range vals {
		low += uint64(uint32(v))
		high += v >> 32
	}
	s, _ := decimal.Int128{Hi: high >> 32, Lo: uint64(high) << 32}.Add(decimal.FromUint64(low))
	return s.Lo, s.Hi
}

// add adds a 128-bit sum of n values to group g.
func (s *intSum) add(g int32, lo uint64, hi, n int64) {
	c := &s.cells[g]
	old := decimal.FromInt64(c.lo)
	t, _ := old.Add(decimal.Int128{Hi: hi, Lo: lo})
	c.lo = int64(t.Lo)
	c.n += n
	if d := t.Hi - c.lo>>63; d != 0 {
		s.wrap(g, d)
	}
}

func (s *intSum) total(g int32) decimal.Int128 {
	t := decimal.FromInt64(s.cells[g].lo)
	if s.hi != nil {
		t.Hi += s.hi[g]
	}
	return t
}

func (s *intSum) Merge(r *Rows, state []*batch.Vector) error {
	r.each(state[0], func(row int, g int32) {
		w := state[0].Int128(row)
		s.add(g, w.Lo, w.Hi, state[1].Int64(row))
	})
	return nil
}

func (s *intSum) Absorb(other State, from, to []int32) error {
	o := other.(*intSum)
	for i, g := range from {
		t := o.total(g)
		s.add(to[i], t.Lo, t.Hi, o.cells[g].n)
	}
	return nil
}

func (s *intSum) AppendState(out []*batch.Builder, groups []int32) {
	for _, g := range groups {
		out[0].Int128(s.total(g))
		out[1].Int64(s.cells[g].n)
	}
}

func (s *intSum) Result(out *batch.Builder, groups []int32) error {
	for _, g := range groups {
		if err := exactMean(out, s.spec, s.avg, s.total(g), true, s.cells[g].n); err != nil {
			return err
		}
	}
	return nil
}

// exactMean appends SUM or AVG of an exact sum; fits says whether the sum is within 128 bits.
func exactMean(out *batch.Builder, s Spec, avg bool, sum decimal.Int128, fits bool, n int64) error {
	if n == 0 {
		out.Null()
		return nil
	}
	if avg && fits {
		sum, fits = divide(sum, n, int(s.Result.Scale)-int(s.Args[0].Scale))
	}
	if !fits || !sum.Fits(int(s.Result.Precision)) {
		return overflow(s)
	}
	appendExact(out, s.Result, sum)
	return nil
}

// appendExact appends a scaled integer that fits the type.
func appendExact(out *batch.Builder, t schema.Type, x decimal.Int128) {
	if t.Class() == schema.ClassInt128 {
		out.Int128(x)
		return
	}
	out.Int64(int64(x.Lo))
}

func overflow(s Spec) error {
	e := errs.New(errs.Meaning, "out-of-range", "%s of %s does not fit %s", s.Name, s.Args[0], s.Result)
	e.MySQL = 1690
	return e.WithHint("cast the argument to DOUBLE if digits may be lost")
}
