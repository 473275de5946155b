package aggregate

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// distinct is COUNT, SUM and AVG of DISTINCT arguments: the exact set of values of each group. Values of 64 bits are their own
// keys; all others are interned once for all groups and known by number, and under a dictionary each code is looked up once. With
// a single group the interner is the set.
type distinct struct {
	spec  Spec
	plain bool // one argument of 64 bits: keys are the values
	ids   interner
	set   pairSet // of keys
	idSet idSet   // of numbers
	n     []int64 // distinct values per group

	in    loader[int64]
	fl    loader[float64]
	buf   []byte
	dict  *batch.Dictionary
	codes []uint32 // id+1 by code of dict, 0 while unknown

	rows   []int32  // of the batch in hand: rows that are not NULL,
	groups []int32  // their groups,
	batch  []uint32 // their numbers

	sorted    []int64  // keys by group, once arranged
	sortedIDs []uint32 // numbers by group, once arranged
	start     []int
}

func newDistinct(s Spec) (State, []schema.Type) {
	st := &distinct{spec: s, in: loader[int64]{payload: ints}, fl: loader[float64]{payload: floats}}
	class := s.Args[0].Class()
	st.plain = len(s.Args) == 1 && (class == schema.ClassInt64 || class == schema.ClassFloat64)
	return st, []schema.Type{schema.TypeBinary}
}

func (d *distinct) Grow(n int) {
	if len(d.n) == 1 && n > 1 && !d.plain {
		first := make([]int64, 1) // counted already
		for id := range d.ids.len() {
			d.idSet.insert([]uint32{uint32(id)}, []int32{0}, first)
		}
	}
	d.n = grow(d.n, n)
}

func (d *distinct) Bytes() int64 {
	scratch := 4 * (cap(d.codes) + cap(d.rows) + cap(d.groups) + cap(d.batch))
	return d.ids.bytes() + d.set.bytes() + d.idSet.bytes() + int64(8*cap(d.n)+8*cap(d.sorted)+4*cap(d.sortedIDs)+8*cap(d.start)+scratch) + d.in.bytes()
}

// put adds a key to a group.
func (d *distinct) put(key int64, g int32) {
	if d.set.insert(key, g) {
		d.n[g]++
	}
}

// putIDs adds interned values to groups. With a single group there is no set: what is interned is counted.
func (d *distinct) putIDs(ids []uint32, groups []int32) {
	switch {
	case len(d.n) > 1:
		d.idSet.insert(ids, groups, d.n)
	case len(d.n) == 1:
		d.n[0] = int64(d.ids.len())
	}
}

// changed forgets the arrangement.
func (d *distinct) changed() { d.sorted, d.sortedIDs, d.start = nil, nil, nil }

func (d *distinct) Update(r *Rows, args []*batch.Vector) error {
	d.changed()
	if d.plain {
		d.updatePlain(r, args[0])
		return nil
	}
	switch {
	case len(args) > 1:
		d.pickTuples(r, args)
	case args[0].Enc == batch.Dict:
		d.pick(r, args[0])
		d.internCodes(args[0])
	case args[0].Enc == batch.Flat && args[0].Type.Class() == schema.ClassBytes:
		d.pick(r, args[0])
		d.ids.internRows(d.batch, args[0], d.rows)
	case args[0].Type.Class() == schema.ClassBytes:
		d.pick(r, args[0])
		for i, row := range d.rows {
			d.batch[i], _ = d.ids.intern(args[0].Bytes(int(row)))
		}
	default:
		d.pickTuples(r, args)
	}
	d.putIDs(d.batch, d.groups)
	return nil
}

// pick lists the rows that are not NULL and their groups.
func (d *distinct) pick(r *Rows, v *batch.Vector) {
	d.rows, d.groups = d.rows[:0], d.groups[:0]
	r.each(v, func(row int, g int32) {
		d.rows, d.groups = append(d.rows, int32(row)), append(d.groups, g)
	})
	d.batch = room(d.batch, len(d.rows))
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

// internCodes interns each code of a dictionary at most once.
func (d *distinct) internCodes(v *batch.Vector) {
	if d.dict != v.Dict {
		d.dict = v.Dict
		d.codes = room(d.codes, v.Dict.Values.Len)
		clear(d.codes)
	}
	for i, row := range d.rows {
		code := v.Codes[row]
		id := d.codes[code]
		if id == 0 {
			id, _ = d.ids.intern(d.tuple(v.Dict.Values, int(code)))
			id++
			d.codes[code] = id
		}
		d.batch[i] = id - 1
	}
}

// tuple returns the bytes of one value of a single argument.
func (d *distinct) tuple(v *batch.Vector, k int) []byte {
	if v.Type.Class() == schema.ClassBytes {
		return v.Bytes(k)
	}
	d.buf = appendTuple(d.buf[:0], v, k)
	return d.buf
}

func (d *distinct) pickTuples(r *Rows, args []*batch.Vector) {
	d.batch, d.groups = d.batch[:0], d.groups[:0]
	r.each(nil, func(row int, g int32) {
		d.buf = d.buf[:0]
		for _, v := range args {
			if v.IsNull(row) {
				return
			}
			d.buf = appendTuple(d.buf, v, row)
		}
		id, _ := d.ids.intern(d.buf)
		d.batch, d.groups = append(d.batch, id), append(d.groups, g)
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

// keys returns the keys of a group, numbers those of interned values.
func (d *distinct) keys(g int32) []int64 {
	d.arrange()
	return d.sorted[d.start[g]:d.start[g+1]]
}

func (d *distinct) numbers(g int32) []uint32 {
	d.arrange()
	return d.sortedIDs[d.start[g]:d.start[g+1]]
}

// arrange orders the pairs by group, once.
func (d *distinct) arrange() {
	if d.start != nil {
		return
	}
	d.start = make([]int, len(d.n)+1)
	for g, n := range d.n {
		d.start[g+1] = d.start[g] + int(n)
	}
	total := d.start[len(d.n)]
	next := slices.Clone(d.start)
	switch {
	case d.plain:
		d.sorted = make([]int64, total)
		for _, p := range d.set.slots {
			if p.group != 0 {
				d.sorted[next[p.group-1]] = p.key
				next[p.group-1]++
			}
		}
	case len(d.n) <= 1:
		d.sortedIDs = make([]uint32, total)
		for id := range d.sortedIDs {
			d.sortedIDs[id] = uint32(id)
		}
	default:
		d.sortedIDs = make([]uint32, total)
		for _, x := range d.idSet.slots {
			if g := x >> 32; g != 0 {
				d.sortedIDs[next[g-1]] = uint32(x)
				next[g-1]++
			}
		}
	}
}

// absorbStep is how many values are moved at once.
const absorbStep = 4096

func (d *distinct) Absorb(other State, from, to []int32) error {
	o := other.(*distinct)
	d.changed()
	if o.start == nil {
		o.arrange()
		o.set, o.idSet = pairSet{}, idSet{} // from now on only the arrangement is read, by any goroutine
	}
	if d.plain {
		for i, g := range from {
			for _, key := range o.keys(g) {
				d.put(key, to[i])
			}
		}
		return nil
	}
	if len(from) == 0 {
		return nil
	}
	m := idMap{from: &o.ids, to: &d.ids, known: make([]uint32, o.ids.len())}
	d.batch, d.groups = d.batch[:0], d.groups[:0]
	for i, g := range from {
		for _, id := range o.numbers(g) {
			d.batch, d.groups = append(d.batch, id), append(d.groups, to[i])
			if len(d.batch) == absorbStep {
				d.absorbBatch(&m)
			}
		}
	}
	d.absorbBatch(&m)
	return nil
}

func (d *distinct) absorbBatch(m *idMap) {
	m.translate(d.batch)
	d.putIDs(d.batch, d.groups)
	d.batch, d.groups = d.batch[:0], d.groups[:0]
}

// idMap turns the numbers of one interner into those of another, looking each text up once.
type idMap struct {
	from, to *interner
	known    []uint32 // number there, plus one
	ask, got []uint32
}

func (m *idMap) translate(ids []uint32) {
	m.ask = m.ask[:0]
	for _, id := range ids {
		if m.known[id] == 0 {
			m.ask = append(m.ask, id)
		}
	}
	m.got = room(m.got, len(m.ask))
	m.to.internFrom(m.got, m.from, m.ask)
	for i, id := range m.ask {
		m.known[id] = m.got[i] + 1
	}
	for i, id := range ids {
		ids[i] = m.known[id] - 1
	}
}

func (d *distinct) AppendState(out []*batch.Builder, groups []int32) { d.AppendPart(out, groups, 0, 1) }

// AppendPart writes version, a byte that tells 64-bit keys (0) from byte strings (1), and the values, sorted.
func (d *distinct) AppendPart(out []*batch.Builder, groups []int32, p, n int) {
	var buf []byte
	for _, g := range groups {
		if d.plain {
			buf = d.appendKeys(append(buf[:0], stateVersion, 0), g, p, n)
		} else {
			buf = d.appendTexts(append(buf[:0], stateVersion, 1), g, p, n)
		}
		out[0].Bytes(buf)
	}
}

func (d *distinct) appendKeys(buf []byte, g int32, p, n int) []byte {
	keys := slices.Clone(d.keys(g))
	if n > 1 {
		keys = slices.DeleteFunc(keys, func(k int64) bool { return int(hashPair(k, math.MaxInt32)>>56)&(n-1) != p })
	}
	slices.Sort(keys)
	for _, k := range keys {
		buf = intCodec{}.append(buf, k)
	}
	return buf
}

func (d *distinct) appendTexts(buf []byte, g int32, p, n int) []byte {
	ids := slices.Clone(d.numbers(g))
	if n > 1 {
		ids = slices.DeleteFunc(ids, func(id uint32) bool { return int(d.ids.keys[id].hash()>>48)&(n-1) != p })
	}
	var x, y [16]byte
	slices.SortFunc(ids, func(a, b uint32) int { return bytes.Compare(d.ids.text(a, &x), d.ids.text(b, &y)) })
	for _, id := range ids {
		text := d.ids.text(id, &x)
		buf = append(binary.AppendUvarint(buf, uint64(len(text))), text...)
	}
	return buf
}

func (d *distinct) Merge(r *Rows, state []*batch.Vector) error {
	d.changed()
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
		id, _ := d.ids.intern(b[w : w+int(n)])
		d.putIDs([]uint32{id}, []int32{g})
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
		v := d.values(int32(g))
		if err := st.Update(&Rows{Len: v.Len, Runs: []Run{{End: int32(v.Len), Group: int32(g)}}}, []*batch.Vector{v}); err != nil {
			return nil, err
		}
	}
	return st, nil
}

// values gives the values of a group as a column of the argument's type.
func (d *distinct) values(g int32) *batch.Vector {
	b := batch.NewBuilder(d.spec.Args[0], int(d.n[g]))
	if d.plain {
		for _, k := range d.keys(g) {
			if d.spec.Args[0].Class() == schema.ClassFloat64 {
				b.Float64(keyFloat(k))
			} else {
				b.Int64(k)
			}
		}
		return b.Finish()
	}
	var buf [16]byte
	for _, id := range d.numbers(g) {
		text := d.ids.text(id, &buf)
		if d.spec.Args[0].Class() == schema.ClassInt128 {
			x, _, _ := wideCodec{}.read(text)
			b.Int128(x)
		} else {
			b.Bytes(text)
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
