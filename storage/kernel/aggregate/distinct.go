package aggregate

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
	"github.com/zeebo/xxh3"
)

// distinct is COUNT, SUM and AVG of DISTINCT arguments: the exact set of values of each group. Values of 64 bits are their own
// keys; all others are interned once for all groups and known by number, and under a dictionary each code is looked up once. With
// a single group the interner is the set.
type distinct struct {
	spec  Spec
	plain bool // one argument of 64 bits: keys are the values
	ids   interner
	set   pairSet
	n     []int64 // distinct values per group

	in    loader[int64]
	fl    loader[float64]
	buf   []byte
	dict  *batch.Dictionary
	codes []int64 // id+1 by code of dict, 0 while unknown

	sorted []int64 // keys by group, once arranged
	start  []int
}

func newDistinct(s Spec) (State, []schema.Type) {
	st := &distinct{spec: s, in: loader[int64]{payload: ints}, fl: loader[float64]{payload: floats}}
	class := s.Args[0].Class()
	st.plain = len(s.Args) == 1 && (class == schema.ClassInt64 || class == schema.ClassFloat64)
	return st, []schema.Type{schema.TypeBinary}
}

func (d *distinct) Grow(n int) {
	if len(d.n) <= 1 && n > 1 && !d.plain {
		for id := range d.ids.refs {
			d.set.insert(int64(id), 0)
		}
	}
	d.n = grow(d.n, n)
}

func (d *distinct) Bytes() int64 {
	return d.ids.bytes() + d.set.bytes() + int64(8*cap(d.n)+8*cap(d.codes)+8*cap(d.sorted)+8*cap(d.start)) + d.in.bytes()
}

// put adds a key to a group.
func (d *distinct) put(key int64, g int32) {
	if d.set.insert(key, g) {
		d.n[g]++
	}
}

// putID adds an interned value to a group; fresh says that it was never seen before.
func (d *distinct) putID(id int64, fresh bool, g int32) {
	switch {
	case len(d.n) > 1:
		d.put(id, g)
	case fresh:
		d.n[g]++
	}
}

func (d *distinct) Update(r *Rows, args []*batch.Vector) error {
	d.sorted, d.start = nil, nil
	switch {
	case d.plain:
		d.updatePlain(r, args[0])
	case len(args) == 1 && args[0].Enc == batch.Dict:
		d.updateCodes(r, args[0])
	case len(args) == 1 && args[0].Type.Class() == schema.ClassBytes:
		r.each(args[0], func(row int, g int32) {
			id, fresh := d.ids.intern(args[0].Bytes(row))
			d.putID(id, fresh, g)
		})
	default:
		d.updateTuples(r, args)
	}
	return nil
}

func (d *distinct) updatePlain(r *Rows, v *batch.Vector) {
	var f folded[int64]
	if d.spec.Args[0].Class() == schema.ClassFloat64 {
		g := d.fl.load(r, v)
		f = folded[int64]{groups: g.groups, runs: g.runs, vals: make([]int64, len(g.vals))}
		for i, x := range g.vals {
			f.vals[i] = floatKey(x)
		}
	} else {
		f = d.in.load(r, v)
	}
	run := 0
	rows := Rows{Len: len(f.vals), Groups: f.groups, Runs: f.runs}
	for i, x := range f.vals {
		d.put(x, rows.group(i, &run))
	}
}

// updateCodes interns each code of a dictionary at most once.
func (d *distinct) updateCodes(r *Rows, v *batch.Vector) {
	if d.dict != v.Dict {
		d.dict = v.Dict
		d.codes = room(d.codes, v.Dict.Values.Len)
		clear(d.codes)
	}
	single := len(d.n) <= 1
	r.each(v, func(row int, g int32) {
		code := v.Codes[row]
		id := d.codes[code]
		if id != 0 && single {
			return
		}
		fresh := false
		if id == 0 {
			id, fresh = d.ids.intern(d.tuple(v.Dict.Values, int(code)))
			id++
			d.codes[code] = id
		}
		d.putID(id-1, fresh, g)
	})
}

// tuple returns the bytes of one value of a single argument.
func (d *distinct) tuple(v *batch.Vector, k int) []byte {
	if v.Type.Class() == schema.ClassBytes {
		return v.Bytes(k)
	}
	d.buf = appendTuple(d.buf[:0], v, k)
	return d.buf
}

func (d *distinct) updateTuples(r *Rows, args []*batch.Vector) {
	r.each(nil, func(row int, g int32) {
		d.buf = d.buf[:0]
		for _, v := range args {
			if v.IsNull(row) {
				return
			}
			d.buf = appendTuple(d.buf, v, row)
		}
		id, fresh := d.ids.intern(d.buf)
		d.putID(id, fresh, g)
	})
}

// appendTuple appends a value so that tuples of equal types are equal exactly when their bytes are.
func appendTuple(dst []byte, v *batch.Vector, row int) []byte {
	switch v.Type.Class() {
	case schema.ClassBytes:
		b := v.Bytes(row)
		return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
	case schema.ClassInt128:
		return wideCodec{}.append(dst, v.Int128(row))
	case schema.ClassFloat64:
		return intCodec{}.append(dst, floatKey(v.Float64(row)))
	}
	return intCodec{}.append(dst, v.Int64(row))
}

// keys returns the keys of a group.
func (d *distinct) keys(g int32) []int64 {
	if d.start == nil {
		d.arrange()
	}
	return d.sorted[d.start[g]:d.start[g+1]]
}

func (d *distinct) arrange() {
	d.start = make([]int, len(d.n)+1)
	for g, n := range d.n {
		d.start[g+1] = d.start[g] + int(n)
	}
	d.sorted = make([]int64, d.start[len(d.n)])
	if len(d.n) <= 1 && !d.plain {
		for id := range d.sorted {
			d.sorted[id] = int64(id)
		}
		return
	}
	next := slices.Clone(d.start)
	for _, p := range d.set.slots {
		if p.group != 0 {
			d.sorted[next[p.group-1]] = p.key
			next[p.group-1]++
		}
	}
}

func (d *distinct) Absorb(other State, from, to []int32) error {
	o := other.(*distinct)
	d.sorted, d.start = nil, nil
	if o.start == nil {
		o.arrange()
	}
	var ids []int64
	if !d.plain {
		ids = make([]int64, len(o.ids.refs))
	}
	for i, g := range from {
		for _, key := range o.keys(g) {
			if d.plain {
				d.put(key, to[i])
				continue
			}
			fresh := false
			if ids[key] == 0 {
				ids[key], fresh = d.ids.internHashed(o.ids.refs[key], o.ids.hashes[key])
				ids[key]++
			}
			d.putID(ids[key]-1, fresh, to[i])
		}
	}
	return nil
}

func (d *distinct) AppendState(out []*batch.Builder, groups []int32) { d.AppendPart(out, groups, 0, 1) }

// AppendPart writes version, a byte that tells 64-bit keys (0) from byte strings (1), and the values, sorted.
func (d *distinct) AppendPart(out []*batch.Builder, groups []int32, p, n int) {
	var buf []byte
	for _, g := range groups {
		keys := slices.Clone(d.keys(g))
		if n > 1 {
			keys = slices.DeleteFunc(keys, func(k int64) bool { return d.part(k, n) != p })
		}
		if d.plain {
			slices.Sort(keys)
			buf = append(buf[:0], stateVersion, 0)
			for _, k := range keys {
				buf = intCodec{}.append(buf, k)
			}
		} else {
			slices.SortFunc(keys, func(a, b int64) int { return slices.Compare(d.ids.refs[a], d.ids.refs[b]) })
			buf = append(buf[:0], stateVersion, 1)
			for _, k := range keys {
				buf = append(binary.AppendUvarint(buf, uint64(len(d.ids.refs[k]))), d.ids.refs[k]...)
			}
		}
		out[0].Bytes(buf)
	}
}

func (d *distinct) part(key int64, n int) int {
	if d.plain {
		return int(hashPair(key, math.MaxInt32)>>56) & (n - 1)
	}
	return int(d.ids.hashes[key]>>48) & (n - 1)
}

func (d *distinct) Merge(r *Rows, state []*batch.Vector) error {
	d.sorted, d.start = nil, nil
	var err error
	r.each(state[0], func(row int, g int32) {
		if e := d.mergeOne(state[0].Bytes(row), g); e != nil {
			err = e
		}
	})
	return err
}

func (d *distinct) mergeOne(b []byte, g int32) error {
	if len(b) < 2 || b[0] != stateVersion || d.plain != (b[1] == 0) {
		return badState("distinct values")
	}
	for b = b[2:]; len(b) > 0; {
		if d.plain {
			if len(b) < 8 {
				return badState("distinct values")
			}
			d.put(int64(binary.LittleEndian.Uint64(b)), g)
			b = b[8:]
			continue
		}
		n, w := binary.Uvarint(b)
		if w <= 0 || n > uint64(len(b)-w) {
			return badState("distinct values")
		}
		v := b[w : w+int(n)]
		id, fresh := d.ids.internHashed(v, xxh3.Hash(v))
		d.putID(id, fresh, g)
		b = b[w+int(n):]
	}
	return nil
}

// Collapse feeds the distinct values to the same aggregate without DISTINCT.
func (d *distinct) Collapse() (State, error) {
	plain := d.spec
	plain.Distinct = false
	if d.spec.Name == "count" {
		c := &count{}
		c.n = slices.Clone(d.n)
		return c, nil
	}
	st, _, err := build(plain)
	if err != nil {
		return nil, err
	}
	st.Grow(len(d.n))
	for g := range d.n {
		v := d.decode(d.keys(int32(g)))
		if err := st.Update(&Rows{Len: v.Len, Runs: []Run{{End: int32(v.Len), Group: int32(g)}}}, []*batch.Vector{v}); err != nil {
			return nil, err
		}
	}
	return st, nil
}

// decode turns keys back into a column of the argument's type.
func (d *distinct) decode(keys []int64) *batch.Vector {
	b := batch.NewBuilder(d.spec.Args[0], len(keys))
	for _, k := range keys {
		switch d.spec.Args[0].Class() {
		case schema.ClassInt64:
			b.Int64(k)
		case schema.ClassFloat64:
			b.Float64(keyFloat(k))
		case schema.ClassInt128:
			x, _, _ := wideCodec{}.read(d.ids.refs[k])
			b.Int128(x)
		case schema.ClassBytes:
			b.Bytes(d.ids.refs[k])
		}
	}
	return b.Finish()
}

func (d *distinct) Result(out *batch.Builder, groups []int32) error {
	if d.spec.Name == "count" {
		for _, g := range groups {
			out.Int64(d.n[g])
		}
		return nil
	}
	st, err := d.Collapse()
	if err != nil {
		return err
	}
	return st.Result(out, groups)
}
