package operator

import (
	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
)

// probeEntries is what the entries of one dictionary of probe keys meet in a table: everything is looked up once per entry, and
// a row costs one step from its code to the partner's code for each column that somebody reads.
type probeEntries struct {
	group []int32   // per entry, -1 for none
	row   []int32   // per entry: its partner where no group has two rows, 0 where there is none
	found []byte    // per entry: 1 where it has a partner
	whole bool      // every entry has
	codes [][]int32 // per build column: the partner's code, made when first asked for
	valid [][]byte  // per build column: 0 where the partner's value is NULL or missing; nil: nowhere
}

func newProbeEntries(group []int32, columns int) *probeEntries {
	e := &probeEntries{group: group, row: make([]int32, len(group)), found: make([]byte, len(group)), whole: true}
	for i, g := range group {
		if g < 0 {
			e.whole = false
			continue
		}
		e.row[i], e.found[i] = g, 1
	}
	e.codes, e.valid = make([][]int32, columns), make([][]byte, columns)
	return e
}

// selected appends those of the rows (nil: all) whose key has a partner.
func (e *probeEntries) selected(dst []int32, v *batch.Vector, rows []int32) []int32 {
	ends := v.CodeRuns()
	if ends == nil || rows != nil {
		return kernel.SelectCode(dst, v.Codes[:v.Len], e.found, v.Valid, rows)
	}
	return kernel.SelectCodeRuns(dst, v.Codes, ends, e.found)
}

// groupCache keeps what the entries of the last dictionaries that were probed with met.
type groupCache struct {
	table   *joinTable
	dicts   [8]*batch.Dictionary
	entries [8]*probeEntries
	next    int
}

func (c *groupCache) of(d *batch.Dictionary, t *joinTable, k *joinKeys) *probeEntries {
	if c.table != t {
		*c = groupCache{table: t}
	}
	for i, x := range c.dicts {
		if x == d {
			return c.entries[i]
		}
	}
	e := newProbeEntries(k.lookup(d.Values, t), len(t.cols))
	c.dicts[c.next], c.entries[c.next] = d, e
	c.next = (c.next + 1) % len(c.dicts)
	return e
}

// lookup finds the groups of the values of a flat vector without NULLs, or of a constant, the only key.
func (k *joinKeys) lookup(v *batch.Vector, t *joinTable) []int32 {
	vecs := []*batch.Vector{v}
	hashes := make([]uint64, v.Len)
	k.hasher.Hash(hashes, v, nil, false)
	groups := make([]int32, v.Len)
	for i := range groups {
		groups[i] = t.find(hashes[i], vecs, i)
	}
	return groups
}

// byEntries reports whether the batch at hand can be answered by the entries of its only key, and looks them up.
func (p *joinProbe) byEntries() bool {
	p.entries = nil
	kind := p.join.node.Kind
	if len(p.keys.vecs) != 1 || p.table.rows == 0 || p.join.run.env.Debug.NoJoinCodes || kind == fragment.AntiJoin || kind == fragment.NotInJoin {
		return false
	}
	switch v := p.keys.vecs[0]; {
	case v.Enc == batch.Dict:
		p.entries = p.dicts.of(v.Dict, p.table, &p.keys)
	case v.Enc == batch.Const:
		p.entries = newProbeEntries([]int32{-1}, len(p.table.cols))
		if !v.IsNull(0) {
			one := *v
			one.Len = 1
			p.entries = newProbeEntries(p.keys.lookup(&one, p.table), len(p.table.cols))
		}
	}
	return p.entries != nil
}

// restByEntries is rest where byEntries found everything.
func (p *joinProbe) restByEntries() *batch.Batch {
	v, sel := p.keys.vecs[0], p.in.Sel
	switch {
	case p.join.node.Kind == fragment.LeftJoin:
	case v.Enc == batch.Const:
		if !p.entries.whole {
			return nil
		}
	case !p.entries.whole || v.Valid != nil:
		p.rows = p.entries.selected(p.rows[:0], v, sel)
		if len(p.rows) == 0 {
			return nil
		}
		if sel = p.rows; len(sel) == p.in.Len {
			sel = nil
		}
	}
	p.out = batch.Batch{Len: p.in.Len, Sel: sel, Cols: p.in.Cols}
	if p.join.node.Kind.Pairs() {
		p.out.Cols = append(append(p.cols[:0], p.in.Cols...), p.partnersByEntries(v)...)
		p.cols = p.out.Cols
	}
	return &p.out
}

// partnersByEntries gives the build columns in step with the probe batch. Rows that found no partner hold anything under an inner
// join, which has dropped them.
func (p *joinProbe) partnersByEntries(v *batch.Vector) []*batch.Vector {
	out := make([]*batch.Vector, len(p.table.cols))
	p.at = p.at[:0]
	for i, c := range p.table.cols {
		switch {
		case !p.join.makes[len(p.in.Cols)+i]:
			out[i] = p.nothing(i)
		case v.Enc == batch.Const:
			out[i] = p.nothing(i)
			if p.entries.whole {
				out[i] = batch.NewConst(c.Value(int(p.entries.row[0])), p.in.Len)
			}
		default:
			out[i] = p.partnersOf(v, i)
		}
	}
	return out
}

// nothing is a column of NULL: where there is no partner, or nobody reads it.
func (p *joinProbe) nothing(i int) *batch.Vector {
	return batch.NewConst(schema.NullValue(p.join.build.fields[i].Type), p.in.Len)
}

// partnersOf gives one build column; one with a dictionary keeps it, so that what groups by it translates each entry once.
func (p *joinProbe) partnersOf(v *batch.Vector, i int) *batch.Vector {
	c := p.table.cols[i]
	var out *batch.Vector
	if c.Enc == batch.Dict {
		out = &batch.Vector{Type: c.Type, Enc: batch.Dict, Len: p.in.Len, Dict: c.Dict, Codes: p.scratch(i)}
		out.Ends = kernel.Recode(out.Codes, p.entryCodes(i), v)
	} else {
		if len(p.at) != p.in.Len {
			p.at = sized32(p.at, p.in.Len)
			kernel.Recode(p.at, p.entries.row, v)
		}
		out = c.Gather(p.at)
	}
	if out.Valid = p.entryValid(v, i); out.Valid != nil && out.Enc == batch.Dict {
		out.Ends = nil
	}
	return out
}

func lookUp(dst, table, codes []int32) {
	codes = codes[:len(dst)]
	for i, c := range codes {
		dst[i] = table[c]
	}
}

// entryCodes is the code in build column i of each entry's partner.
func (p *joinProbe) entryCodes(i int) []int32 {
	e := p.entries
	if e.codes[i] == nil {
		e.codes[i] = make([]int32, len(e.row))
		lookUp(e.codes[i], p.table.cols[i].Codes, e.row)
	}
	return e.codes[i]
}

// entryValid is the validity of build column i row by row, nil where no row that counts is NULL.
func (p *joinProbe) entryValid(v *batch.Vector, i int) []byte {
	e, c := p.entries, p.table.cols[i]
	left := p.join.node.Kind == fragment.LeftJoin
	if c.Valid == nil && (!left || e.whole && v.Valid == nil) {
		return nil
	}
	if e.valid[i] == nil {
		e.valid[i] = make([]byte, len(e.row))
		for k, r := range e.row {
			e.valid[i][k] = e.found[k]
			if c.Valid != nil {
				e.valid[i][k] &= c.Valid[r]
			}
		}
	}
	out := make([]byte, p.in.Len)
	for r, code := range v.Codes[:p.in.Len] {
		out[r] = e.valid[i][code]
	}
	if v.Valid != nil {
		out = kernel.MergeValid(out, out, v.Valid[:p.in.Len])
	}
	return out
}

// scratch is memory for the codes of build column i, good until the next batch.
func (p *joinProbe) scratch(i int) []int32 {
	for len(p.codes) <= i {
		p.codes = append(p.codes, nil)
	}
	p.codes[i] = sized32(p.codes[i], p.in.Len)
	return p.codes[i]
}

func sized32(s []int32, n int) []int32 {
	if cap(s) < n {
		s = make([]int32, max(n, batch.MaxRows))
	}
	return s[:n]
}
