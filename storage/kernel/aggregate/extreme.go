package aggregate

import (
	"math"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// newExtreme makes MIN, MAX and ANY_VALUE, which is MIN: any value will do, and the smallest is the same everywhere.
func newExtreme(s Spec) (State, []schema.Type) {
	types := []schema.Type{s.Args[0]}
	largest := s.Name == "max"
	switch s.Args[0].Class() {
	case schema.ClassBytes:
		return &extremeText{max: largest}, types
	case schema.ClassInt128:
		return &extremeWide{in: loader[decimal.Int128]{payload: wides}, max: largest}, types
	case schema.ClassFloat64:
		return &extreme{float: true, max: largest, floats: loader[float64]{payload: floats}}, types
	}
	e := &extreme{max: largest, in: loader[int64]{payload: ints}}
	if s.Args[0].Kind == schema.Uint64 {
		e.flip = math.MinInt64
	}
	return e, types
}

// extreme keeps the smallest key of each group. Keys order as the values do: unsigned ones have their top bit flipped, doubles
// become their ordered bit pattern, and for MAX every key is complemented.
type extreme struct {
	in     loader[int64]
	floats loader[float64]
	keys   []int64
	best   []int64
	seen   []byte
	flip   int64
	float  bool
	max    bool
}

// floatKey maps doubles to integers in SQL's order: -0 equals 0 and NaN is above all.
func floatKey(x float64) int64 {
	if x == 0 {
		return 0
	}
	if x != x {
		return math.MaxInt64
	}
	b := int64(math.Float64bits(x))
	return b ^ int64(uint64(b>>63)>>1)
}

func keyFloat(k int64) float64 {
	if k == math.MaxInt64 {
		return math.NaN()
	}
	return math.Float64frombits(uint64(k ^ int64(uint64(k>>63)>>1)))
}

func (e *extreme) Grow(n int) {
	old := len(e.best)
	e.best, e.seen = grow(e.best, n), grow(e.seen, n)
	for i := old; i < len(e.best); i++ {
		e.best[i] = math.MaxInt64
	}
}

func (e *extreme) Bytes() int64 {
	return int64(9*cap(e.best)+8*cap(e.keys)) + e.in.bytes() + e.floats.bytes()
}

// mask turns a value into its key and back.
func (e *extreme) mask() int64 {
	if e.max {
		return ^e.flip
	}
	return e.flip
}

func (e *extreme) load(r *Rows, v *batch.Vector) folded[int64] {
	if !e.float {
		return e.in.load(r, v)
	}
	f := e.floats.load(r, v)
	e.keys = room(e.keys, len(f.vals))
	for i, x := range f.vals {
		e.keys[i] = floatKey(x)
	}
	return folded[int64]{vals: e.keys, groups: f.groups, runs: f.runs}
}

func (e *extreme) Update(r *Rows, args []*batch.Vector) error {
	if e.coded(r, args[0]) {
		return nil
	}
	f := e.load(r, args[0])
	mask := e.mask()
	if f.groups != nil {
		best := e.best
		groups := f.groups[:len(f.vals)]
		for i, x := range f.vals {
			g := groups[i]
			if x ^= mask; x <= best[g] { // equal too: the greatest key is also that of a group without values
				best[g], e.seen[g] = x, 1
			}
		}
		return nil
	}
	from := int32(0)
	for _, run := range f.runs {
		if int(from) < len(f.vals) && run.End > from {
			e.fold(run.Group, smallest(f.vals[from:run.End], mask))
		}
		from = run.End
	}
	return nil
}

// coded folds a constant, or dictionary codes: of ascending entries the codes are compared in place of the values.
func (e *extreme) coded(r *Rows, v *batch.Vector) bool {
	if v.Enc == batch.Const && v.Valid == nil && r.Groups == nil {
		key, from := e.key(v, 0), int32(0)
		for _, run := range r.runs(&e.in.one) {
			if run.End > from {
				e.fold(run.Group, key)
			}
			from = run.End
		}
		return true
	}
	codes, ok := e.in.codes(r, v)
	if !ok {
		return false
	}
	if r.Groups != nil {
		return !e.float && e.scatterCodes(v.Dict.Values.I, codes, r.Groups)
	}
	if !v.Dict.Ascending {
		return false
	}
	from := int32(0)
	for _, run := range r.runs(&e.in.one) {
		if run.End > from {
			e.fold(run.Group, e.key(v.Dict.Values, int(e.extremeCode(codes[from:run.End]))))
		}
		from = run.End
	}
	return true
}

func (e *extreme) extremeCode(codes []int32) int32 {
	if e.max {
		return greatestCode(codes)
	}
	return leastCode(codes)
}

// key is that of an element of a payload.
func (e *extreme) key(v *batch.Vector, k int) int64 {
	if e.float {
		return floatKey(v.F[k]) ^ e.mask()
	}
	return v.I[k] ^ e.mask()
}

func (e *extreme) scatterCodes(entries []int64, codes, groups []int32) bool {
	mask, best := e.mask(), e.best
	groups = groups[:len(codes)]
	for i, code := range codes {
		g := groups[i]
		if x := entries[code] ^ mask; x <= best[g] {
			best[g], e.seen[g] = x, 1
		}
	}
	return true
}

func smallest(vals []int64, mask int64) int64 {
	best := vals[0] ^ mask
	for _, x := range vals {
		best = min(best, x^mask)
	}
	return best
}

func (e *extreme) fold(g int32, key int64) {
	e.best[g] = min(e.best[g], key)
	e.seen[g] = 1
}

func (e *extreme) Merge(r *Rows, state []*batch.Vector) error { return e.Update(r, state) }

func (e *extreme) Absorb(other State, from, to []int32) error {
	o := other.(*extreme)
	for i, g := range from {
		if o.seen[g] != 0 {
			e.fold(to[i], o.best[g])
		}
	}
	return nil
}

func (e *extreme) AppendState(out []*batch.Builder, groups []int32) { e.emit(out[0], groups) }

func (e *extreme) Result(out *batch.Builder, groups []int32) error {
	e.emit(out, groups)
	return nil
}

func (e *extreme) emit(out *batch.Builder, groups []int32) {
	mask := e.mask()
	for _, g := range groups {
		switch x := e.best[g] ^ mask; {
		case e.seen[g] == 0:
			out.Null()
		case e.float:
			out.Float64(keyFloat(x))
		default:
			out.Int64(x)
		}
	}
}

// extremeWide is the same over 128-bit decimals.
type extremeWide struct {
	in   loader[decimal.Int128]
	best []decimal.Int128
	seen []byte
	max  bool
}

func (e *extremeWide) Grow(n int)   { e.best, e.seen = grow(e.best, n), grow(e.seen, n) }
func (e *extremeWide) Bytes() int64 { return int64(17*cap(e.best)) + 2*e.in.bytes() }

func (e *extremeWide) fold(g int32, x decimal.Int128) {
	if e.seen[g] == 0 || e.max == (x.Cmp(e.best[g]) > 0) {
		e.best[g] = x
	}
	e.seen[g] = 1
}

func (e *extremeWide) Update(r *Rows, args []*batch.Vector) error {
	f := e.in.load(r, args[0])
	run := 0
	rows := Rows{Len: len(f.vals), Groups: f.groups, Runs: f.runs}
	for i, x := range f.vals {
		e.fold(rows.Group(i, &run), x)
	}
	return nil
}

func (e *extremeWide) Merge(r *Rows, state []*batch.Vector) error { return e.Update(r, state) }

func (e *extremeWide) Absorb(other State, from, to []int32) error {
	o := other.(*extremeWide)
	for i, g := range from {
		if o.seen[g] != 0 {
			e.fold(to[i], o.best[g])
		}
	}
	return nil
}

func (e *extremeWide) AppendState(out []*batch.Builder, groups []int32) {
	for _, g := range groups {
		if e.seen[g] == 0 {
			out[0].Null()
			continue
		}
		out[0].Int128(e.best[g])
	}
}

func (e *extremeWide) Result(out *batch.Builder, groups []int32) error {
	e.AppendState([]*batch.Builder{out}, groups)
	return nil
}
