package aggregate

import (
	"encoding/binary"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/intern"
	"github.com/assaydb/assay/storage/schema"
)

// distinctFold is what folding rows into a distinct state keeps from batch to batch: of a dictionary each entry is looked up once.
type distinctFold struct {
	in     loader[int64]
	fl     loader[float64]
	buf    []byte
	dict   *batch.Dictionary
	codes  []uint32     // number+1 by entry of dict, 0 while unknown, while values are few
	keys   []intern.Key // key by entry, when they are many
	packed []intern.Key // of the batch in hand
	rows   []int32      // of the batch in hand: rows that are not NULL,
	groups []int32      // their groups,
	batch  []uint32     // their numbers
	short  []uint32     // of the batch in hand: integers
}

func newDistinctFold() distinctFold {
	return distinctFold{in: loader[int64]{payload: ints}, fl: loader[float64]{payload: floats}}
}

func (f *distinctFold) bytes() int64 {
	return int64(4*(cap(f.codes)+cap(f.rows)+cap(f.groups)+cap(f.batch)+cap(f.short))+16*(cap(f.keys)+cap(f.packed))) + f.in.bytes()
}

func (d *distinct) Update(r *Rows, args []*batch.Vector) error {
	d.changed()
	switch {
	case len(args) == 1 && d.takesNumbers(r, args[0]):
	case d.numbers32 != nil:
		d.updateMixed(r, args[0])
	case d.plain:
		d.updateNumbers(r, args[0])
	case len(args) > 1 || args[0].Type.Class() != schema.ClassBytes:
		d.updateTuples(r, args)
	default:
		v := args[0]
		if v.Enc == batch.Numbered {
			v = v.Flatten()
		}
		d.pick(r, v)
		d.updateTexts(v)
	}
	d.keep()
	return nil
}

// putBatch adds the numbers of the batch in hand, while values are few.
func (d *distinct) putBatch(groups []int32) {
	if len(d.n) > 1 {
		d.parts[0].set.insert(d.fold.batch, groups, d.n)
	}
}

// pick lists the rows that are not NULL and their groups.
func (d *distinct) pick(r *Rows, v *batch.Vector) {
	f := &d.fold
	f.rows, f.groups = f.rows[:0], f.groups[:0]
	r.each(v, func(row int, g int32) {
		f.rows, f.groups = append(f.rows, int32(row)), append(f.groups, g)
	})
	f.batch = room(f.batch, len(f.rows))
}

// updateTexts folds the rows picked.
func (d *distinct) updateTexts(v *batch.Vector) {
	f := &d.fold
	switch {
	case v.Enc == batch.Dict && d.cut:
		d.logEntries(v)
	case v.Enc == batch.Dict:
		d.internEntries(v)
	case v.Enc == batch.Flat && d.cut:
		d.logRows(v)
	case v.Enc == batch.Flat:
		d.parts[0].ids.InternRows(f.batch, v, f.rows)
		d.putBatch(f.groups)
	default:
		for i, row := range f.rows {
			d.put(v.Bytes(int(row)), f.groups[i])
		}
	}
}

// logRows logs the rows picked of a flat column.
func (d *distinct) logRows(v *batch.Vector) {
	f := &d.fold
	f.packed = room(f.packed, len(f.rows))
	intern.KeysOf(f.packed, v, f.rows)
	for i, k := range f.packed {
		p := &d.parts[k.Hash()>>(64-distinctBits)]
		if k.Long() {
			row := f.rows[i]
			k = d.keepLong(p, k, v.Data[v.Off[row]:v.Off[row+1]])
		}
		p.add(k, f.groups[i])
	}
	d.rows += len(f.rows)
}

// keepLong copies a long value for the log of its part. It counts as the rows that would take as much memory.
func (d *distinct) keepLong(p *distinctPart, k intern.Key, text []byte) intern.Key {
	d.rows += len(text) / distinctRowBytes
	return p.keep(k, text)
}

// log adds a value to the log of its part.
func (d *distinct) log(b []byte, g int32) {
	k := intern.KeyOf(b)
	p := &d.parts[k.Hash()>>(64-distinctBits)]
	if k.Long() {
		k = d.keepLong(p, k, b)
	}
	p.add(k, g)
	d.rows++
}

func (d *distinct) logKey(k intern.Key, g int32) {
	d.parts[k.Hash()>>(64-distinctBits)].add(k, g)
	d.rows++
}

// put adds one value to a group at once.
func (d *distinct) put(b []byte, g int32) {
	p := d.part(intern.KeyOf(b).Hash())
	id, _ := p.ids.Intern(b)
	if len(d.n) > 1 {
		p.set.insert([]uint32{id}, []int32{g}, d.n)
	}
}

// internEntries interns each entry of a dictionary at most once.
func (d *distinct) internEntries(v *batch.Vector) {
	f := &d.fold
	if f.dict != v.Dict {
		f.dict = v.Dict
		f.codes = room(f.codes, v.Dict.Values.Len)
		clear(f.codes)
	}
	for i, row := range f.rows {
		code := v.Codes[row]
		id := f.codes[code]
		if id == 0 {
			id, _ = d.parts[0].ids.Intern(v.Dict.Values.Bytes(int(code)))
			id++
			f.codes[code] = id
		}
		f.batch[i] = id - 1
	}
	d.putBatch(f.groups)
}

// logEntries makes the key of each entry once. The text of a long one is copied with the first of its rows, for all of them until
// the log is settled.
func (d *distinct) logEntries(v *batch.Vector) {
	f := &d.fold
	if f.dict != v.Dict {
		f.dict = v.Dict
		f.keys = room(f.keys, v.Dict.Values.Len)
		intern.KeysOf(f.keys, v.Dict.Values, nil)
	}
	for i, row := range f.rows {
		code := v.Codes[row]
		k := f.keys[code]
		if k.Long() && !k.Logged() {
			k = d.keepLong(&d.parts[k.Hash()>>(64-distinctBits)], k, v.Dict.Values.Bytes(int(code)))
			f.keys[code] = k
		}
		d.logKey(k, f.groups[i])
	}
}

func (d *distinct) updateNumbers(r *Rows, v *batch.Vector) {
	f := d.numbersOf(r, v)
	if d.cut {
		run := 0
		rows := Rows{Len: len(f.vals), Groups: f.groups, Runs: f.runs}
		for i, x := range f.vals {
			d.logKey(intern.Number(x), rows.Group(i, &run))
		}
		return
	}
	keys := d.parts[0].ids.Keys(len(f.vals))
	for i, x := range f.vals {
		keys[i] = intern.Number(x)
	}
	d.fold.batch = room(d.fold.batch, len(f.vals))
	d.parts[0].ids.InternKeys(d.fold.batch)
	if len(d.n) > 1 {
		d.putBatch(d.groupsOf(f))
	}
}

// groupsOf spells the group of each row out.
func (d *distinct) groupsOf(f folded[int64]) []int32 {
	if f.groups != nil {
		return f.groups
	}
	d.fold.groups = room(d.fold.groups, len(f.vals))
	k := int32(0)
	for _, run := range f.runs {
		for ; k < run.End; k++ {
			d.fold.groups[k] = run.Group
		}
	}
	return d.fold.groups
}

// numbersOf loads an argument of 64 bits; doubles as keys, so that equal ones are one.
func (d *distinct) numbersOf(r *Rows, v *batch.Vector) folded[int64] {
	if d.spec.Args[0].Class() != schema.ClassFloat64 {
		return d.fold.in.load(r, v)
	}
	g := d.fold.fl.load(r, v)
	f := folded[int64]{groups: g.groups, runs: g.runs, vals: make([]int64, len(g.vals))}
	for i, x := range g.vals {
		f.vals[i] = floatKey(x)
	}
	return f
}

func (d *distinct) updateTuples(r *Rows, args []*batch.Vector) {
	f := &d.fold
	r.each(nil, func(row int, g int32) {
		f.buf = f.buf[:0]
		for _, v := range args {
			if v.IsNull(row) {
				return
			}
			f.buf = appendTuple(f.buf, v, row)
		}
		if d.cut {
			d.log(f.buf, g)
		} else {
			d.put(f.buf, g)
		}
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
