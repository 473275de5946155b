package operator

import (
	"bytes"
	"context"
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
)

// joinBuild collects the build rows that one puller gives: the columns, and after them those keys that are computed.
type joinBuild struct {
	join     *joining
	keys     joinKeys
	keeps    []bool // columns that are a key or that somebody reads
	cols     []*batch.Builder
	rows     int
	nulls    bool // a row with a NULL key was seen
	reserved int64
	scratch  frameBuffer
	within   *joinPart // the partition being read back, nil for the whole side
}

// joinKeys evaluates the keys of one side over its batches. It is for one goroutine.
type joinKeys struct {
	exprs  []projection
	vecs   []*batch.Vector
	hasher kernel.Hasher
	hashes []uint64
	sel    []int32
}

func (r *runner) joinKeys(list []expr.Expr, columns int) (joinKeys, error) {
	p, err := r.projections(list, columns)
	return joinKeys{exprs: p, vecs: make([]*batch.Vector, len(p))}, err
}

// eval computes the keys of a batch.
func (k *joinKeys) eval(b *batch.Batch) error {
	for i, e := range k.exprs {
		if e.column >= 0 {
			k.vecs[i] = b.Cols[e.column]
			continue
		}
		v, err := e.prog.Eval(b)
		if err != nil {
			return err
		}
		k.vecs[i] = v
	}
	return nil
}

// known returns the living rows without a NULL key; nil for all rows of the batch.
func (k *joinKeys) known(b *batch.Batch) []int32 {
	rows := b.Sel
	for _, v := range k.vecs {
		if v.Valid == nil {
			continue
		}
		if rows == nil {
			rows = everyRow(b.Len)
		}
		if k.sel == nil {
			k.sel = make([]int32, 0, batch.MaxRows)
		}
		// A second key narrows in place: what is written is never ahead of what is read.
		out := k.sel[:0]
		for _, r := range rows {
			if !v.IsNull(int(r)) {
				out = append(out, r)
			}
		}
		k.sel, rows = out, out
	}
	return rows
}

func everyRow(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(i)
	}
	return out
}

// hash returns the hashes of the listed rows, at the rows' places.
func (k *joinKeys) hash(n int, rows []int32) []uint64 {
	if cap(k.hashes) < n {
		k.hashes = make([]uint64, max(n, batch.MaxRows))
	}
	h := k.hashes[:n]
	if len(k.vecs) == 0 {
		clear(h)
	}
	for i, v := range k.vecs {
		k.hasher.Hash(h, v, rows, i > 0)
	}
	return h
}

func (j *joining) newBuild() (*joinBuild, error) {
	keys, err := j.run.joinKeys(j.node.BuildKeys, len(j.build.fields))
	b := &joinBuild{join: j, keys: keys, keeps: j.kept()}
	b.reset()
	return b, err
}

// kept marks the build columns that are a key or that the output or the condition reads.
func (j *joining) kept() []bool {
	out := make([]bool, len(j.build.fields))
	if j.node.Kind.Pairs() {
		copy(out, j.makes[len(j.probe.fields):])
	} else {
		out = marked(out, len(j.probe.fields), j.node.Cond)
	}
	for _, k := range j.node.BuildKeys {
		out = marked(out, 0, k)
	}
	return out
}

// layout lists the columns of the table: the build side's fields, then the computed keys. keyAt says where each key lies.
func (j *joining) layout() (types []schema.Type, keyAt []int) {
	for _, f := range j.build.fields {
		types = append(types, f.Type)
	}
	for _, k := range j.node.BuildKeys {
		if c, ok := k.(*expr.Column); ok {
			keyAt = append(keyAt, c.Index)
			continue
		}
		keyAt = append(keyAt, len(types))
		types = append(types, k.Type())
	}
	return types, keyAt
}

func (b *joinBuild) reset() {
	types, _ := b.join.layout()
	b.rows, b.cols = 0, b.cols[:0]
	for _, t := range types {
		b.cols = append(b.cols, batch.NewBuilder(t, 0))
	}
}

// maxJoinRows bounds a table: rows are counted in 31 bits.
const maxJoinRows = 1<<31 - 1 - batch.MaxRows

func (b *joinBuild) drain(ctx context.Context, in puller) error {
	for n := 1; ; n++ {
		next, err := in.next(ctx)
		if next == nil || err != nil {
			return err
		}
		if err := b.add(next); err != nil {
			return err
		}
		if b.join.run.env.Debug.SpillAlways && len(b.keys.exprs) > 0 && n%4 == 0 {
			if err := b.spill(); err != nil {
				return err
			}
		}
	}
}

// add copies the rows that can find a partner.
func (b *joinBuild) add(in *batch.Batch) error {
	if err := b.keys.eval(in); err != nil {
		return err
	}
	rows := b.keys.known(in)
	n := in.Len
	if rows != nil {
		n = len(rows)
	}
	b.nulls = b.nulls || n < in.Alive()
	for i, c := range in.Cols {
		if !b.keeps[i] {
			c = batch.NewConst(schema.NullValue(c.Type), in.Len)
		}
		b.cols[i].Append(c, rows)
	}
	next := len(in.Cols)
	for i, e := range b.keys.exprs {
		if e.column < 0 {
			b.cols[next].Append(b.keys.vecs[i], rows)
			next++
		}
	}
	b.rows += n
	return b.account()
}

// rowBytes is what the table adds to each row beside its columns: hash, chain and slots.
const rowBytes = 32

// account reserves the memory of what was added; twice, since the builders of all workers become one table at the end.
func (b *joinBuild) account() error {
	size := int64(b.rows) * rowBytes
	for _, c := range b.cols {
		size += 2 * c.MemBytes()
	}
	grow := size - b.reserved
	if b.rows < maxJoinRows && b.join.run.grant.Reserve(grow) {
		b.reserved += grow
		b.join.stats.hold(grow)
		return nil
	}
	return b.spill()
}

func (b *joinBuild) release() {
	b.join.run.grant.Release(b.reserved)
	b.join.stats.hold(-b.reserved)
	b.reserved = 0
}

// joinTable is the build side by its keys: rows of equal keys form a group, a group is found through open addressing. It is
// read-only once made.
type joinTable struct {
	cols  []*batch.Vector // the build side's
	keys  []*batch.Vector // flat
	rows  int
	nulls bool // a row with a NULL key was left out
	empty bool // the whole side has no row

	mask   uint64
	slots  []int32 // group + 1
	hashes []uint64
	first  []int32 // per group: start of its rows in list; one more at the end
	list   []int32
	single bool // every group has one row, and group g is row list[g]
}

// newTable joins what the workers collected.
func (j *joining) newTable(parts []*joinBuild) (*joinTable, error) {
	types, keyAt := j.layout()
	t := &joinTable{}
	for _, p := range parts {
		t.rows += p.rows
		t.nulls = t.nulls || p.nulls
	}
	if t.rows > maxJoinRows {
		return nil, errs.New(errs.Limit, "memory-limit-exceeded", "one side of a join has %d rows that cannot be told apart by its keys", t.rows)
	}
	cols := make([]*batch.Vector, len(types))
	for i, typ := range types {
		cols[i] = appended(typ, parts, i)
	}
	for _, at := range keyAt {
		t.keys = append(t.keys, cols[at])
	}
	t.empty = t.rows == 0 && !t.nulls
	t.index()
	for i, c := range cols[:len(j.build.fields)] {
		if !j.node.Kind.Pairs() || j.makes[len(j.probe.fields)+i] {
			c = coded(c)
		}
		t.cols = append(t.cols, c)
	}
	return t, j.run.stopped()
}

func appended(typ schema.Type, parts []*joinBuild, i int) *batch.Vector {
	if len(parts) == 1 {
		return parts[0].cols[i].Finish()
	}
	out := batch.NewBuilder(typ, 0)
	for _, p := range parts {
		out.Append(p.cols[i].Finish(), nil)
	}
	return out.Finish()
}

// index groups the rows by their keys.
func (t *joinTable) index() {
	size := 16
	for size < 2*t.rows {
		size *= 2
	}
	t.slots, t.mask = make([]int32, size), uint64(size-1)
	all := joinKeys{vecs: t.keys}
	hashes := all.hash(t.rows, nil)
	groupOf := make([]int32, t.rows)
	var leader []int32 // a row of each group
	for r := range t.rows {
		h := hashes[r]
		at := h & t.mask
		for {
			g := t.slots[at] - 1
			if g < 0 {
				g = int32(len(leader))
				leader, t.hashes = append(leader, int32(r)), append(t.hashes, h)
				t.slots[at] = g + 1
				groupOf[r] = g
				break
			}
			if t.hashes[g] == h && equalRows(t.keys, r, t.keys, int(leader[g])) {
				groupOf[r] = g
				break
			}
			at = (at + 1) & t.mask
		}
	}
	t.single = len(leader) == t.rows
	t.first = make([]int32, len(leader)+1)
	for _, g := range groupOf {
		t.first[g+1]++
	}
	for g := range leader {
		t.first[g+1] += t.first[g]
	}
	t.list = make([]int32, t.rows)
	fill := slices.Clone(t.first)
	for r, g := range groupOf {
		t.list[fill[g]] = int32(r)
		fill[g]++
	}
}

// find returns the group of a row of other keys, -1 for none.
func (t *joinTable) find(h uint64, keys []*batch.Vector, row int) int32 {
	for at := h & t.mask; ; at = (at + 1) & t.mask {
		g := t.slots[at] - 1
		if g < 0 {
			return -1
		}
		if t.hashes[g] == h && equalRows(keys, row, t.keys, int(t.list[t.first[g]])) {
			return g
		}
	}
}

func equalRows(a []*batch.Vector, i int, b []*batch.Vector, j int) bool {
	for k, v := range a {
		if !equalAt(v, i, b[k], j) {
			return false
		}
	}
	return true
}

// equalAt compares two payloads that are not NULL.
func equalAt(a *batch.Vector, i int, b *batch.Vector, j int) bool {
	switch a.Type.Class() {
	case schema.ClassInt64:
		return a.Int64(i) == b.Int64(j)
	case schema.ClassInt128:
		return a.Int128(i) == b.Int128(j)
	case schema.ClassFloat64:
		return kernel.FloatKey(a.Float64(i)) == kernel.FloatKey(b.Float64(j))
	}
	return bytes.Equal(a.Bytes(i), b.Bytes(j))
}
