package operator

import (
	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// joinProbe finds the partners of one batch after another and gives them in batches of at most Debug.BatchRows pairs.
type joinProbe struct {
	join  *joining
	table *joinTable
	keys  joinKeys
	cond  *expr.Program
	dicts groupCache

	in      *batch.Batch
	group   []int32 // per row of in: the group of its partners, -1 for none
	nullKey []byte  // per row: 1 when a key is NULL
	matched []byte  // per row: 1 once a pair passed the condition
	row     int     // next pair: living row of in
	sub     int     // and partner of its group
	stage   probeStage
	left    []int32 // scratch: the pairs' probe rows
	right   []int32 // scratch: the pairs' build rows
	rows    []int32 // scratch: selections
	out     batch.Batch

	entries *probeEntries // of the batch, when its only key has a dictionary or is constant
	at      []int32       // scratch: each row's partner
	cols    []*batch.Vector
	codes   [][]int32 // scratch: by build column
}

// probeStage says what is left to do for the current batch.
type probeStage uint8

const (
	probeDone  probeStage = iota
	probePairs            // pairs, in pieces
	probeRest             // probe rows by whether they matched
)

func (j *joining) newProbe() (*joinProbe, error) {
	p := &joinProbe{join: j}
	var err error
	if p.keys, err = j.run.joinKeys(j.node.ProbeKeys, len(j.probe.fields)); err != nil {
		return nil, err
	}
	if j.node.Cond == nil {
		return p, nil
	}
	p.cond, err = expr.Compile(j.node.Cond, &j.run.expr)
	return p, err
}

// begin looks up the partners of a batch.
func (p *joinProbe) begin(b *batch.Batch) error {
	p.in, p.row, p.sub, p.entries = b, 0, 0, nil
	if err := p.keys.eval(b); err != nil {
		return err
	}
	p.stage = probePairs
	if !p.join.node.Kind.Pairs() && p.cond == nil || p.oneToOne() {
		p.stage = probeRest
		if p.byEntries() {
			return nil
		}
	}
	if cap(p.group) < b.Len {
		n := max(b.Len, batch.MaxRows)
		p.group, p.matched, p.nullKey = make([]int32, n), make([]byte, n), make([]byte, n)
	}
	p.group, p.matched, p.nullKey = p.group[:b.Len], p.matched[:b.Len], p.nullKey[:b.Len]
	clear(p.matched)
	p.lookup(b)
	return nil
}

// oneToOne reports that no row has more than one partner and nothing is left to test: rows can then stay where they are.
func (p *joinProbe) oneToOne() bool {
	return p.table.single && p.cond == nil && p.join.node.Kind.Pairs()
}

func (p *joinProbe) lookup(b *batch.Batch) {
	for i := range p.group {
		p.group[i], p.nullKey[i] = -1, 1
	}
	rows := p.keys.known(b)
	if rows == nil {
		rows = everyRow(b.Len)
	}
	for _, r := range rows {
		p.nullKey[r] = 0
	}
	if p.table.rows == 0 {
		return
	}
	if len(p.keys.vecs) == 1 && p.keys.vecs[0].Enc == batch.Dict {
		v := p.keys.vecs[0]
		groups := p.dicts.of(v.Dict, p.table, &p.keys).group
		for _, r := range rows {
			p.group[r] = groups[v.Codes[r]]
		}
		return
	}
	hashes := p.keys.hash(b.Len, rows)
	for _, r := range rows {
		p.group[r] = p.table.find(hashes[r], p.keys.vecs, int(r))
	}
}

// next gives the next piece of the current batch, nil when it is done.
func (p *joinProbe) next() (*batch.Batch, error) {
	for p.stage == probePairs {
		out, err := p.pairs()
		if err != nil {
			return nil, err
		}
		if out != nil && p.join.node.Kind.Pairs() {
			return out, nil
		}
	}
	if p.stage == probeDone {
		return nil, nil
	}
	p.stage = probeDone
	if p.entries != nil {
		return p.restByEntries(), nil
	}
	return p.rest(), nil
}

// pairs gives some pairs that pass the condition, nil when none of this piece does.
func (p *joinProbe) pairs() (*batch.Batch, error) {
	p.collect()
	if len(p.left) == 0 {
		return nil, nil
	}
	p.out = batch.Batch{Len: len(p.left)}
	for i, c := range p.in.Cols {
		p.out.Cols = append(p.out.Cols, p.picked(i, c, p.left))
	}
	for i, c := range p.table.cols {
		p.out.Cols = append(p.out.Cols, p.picked(len(p.in.Cols)+i, c, p.right))
	}
	if p.cond == nil {
		for _, r := range p.left {
			p.matched[r] = 1
		}
		return &p.out, nil
	}
	sel, err := p.cond.Filter(&p.out)
	if err != nil || len(sel) == 0 {
		return nil, err
	}
	for _, i := range sel {
		p.matched[p.left[i]] = 1
	}
	p.out.Sel = sel
	return &p.out, nil
}

// picked gathers column i of the output, when somebody reads it.
func (p *joinProbe) picked(i int, c *batch.Vector, rows []int32) *batch.Vector {
	if p.join.node.Kind.Pairs() && !p.join.makes[i] {
		return batch.NewConst(schema.NullValue(p.join.fields[i].Type), len(rows))
	}
	return c.Gather(rows)
}

// collect lists the next pairs in left and right and moves on.
func (p *joinProbe) collect() {
	p.left, p.right = p.left[:0], p.right[:0]
	most := p.join.run.env.Debug.BatchRows
	for ; p.row < p.in.Alive(); p.row++ {
		r := p.living(p.row)
		g := p.group[r]
		if g < 0 {
			continue
		}
		from, to := int(p.table.first[g])+p.sub, int(p.table.first[g+1])
		n := min(to-from, most-len(p.left))
		for _, row := range p.table.list[from : from+n] {
			p.left, p.right = append(p.left, r), append(p.right, row)
		}
		if p.sub += n; from+n < to {
			return
		}
		p.sub = 0
	}
	p.stage = probeRest
}

func (p *joinProbe) living(i int) int32 {
	if p.in.Sel != nil {
		return p.in.Sel[i]
	}
	return int32(i)
}

// rest gives the probe rows that the kind of join asks for once all pairs are known.
func (p *joinProbe) rest() *batch.Batch {
	kind := p.join.node.Kind
	direct := p.oneToOne()
	p.rows = p.rows[:0]
	for i := range p.in.Alive() {
		r := p.living(i)
		if p.wanted(kind, r, direct) {
			p.rows = append(p.rows, r)
		}
	}
	if len(p.rows) == 0 {
		return nil
	}
	p.out = batch.Batch{Len: p.in.Len, Sel: p.rows, Cols: p.in.Cols}
	if len(p.rows) == p.in.Len {
		p.out.Sel = nil
	}
	if kind.Pairs() {
		p.out.Cols = append(append([]*batch.Vector(nil), p.in.Cols...), p.partners(direct)...)
	}
	return &p.out
}

func (p *joinProbe) wanted(kind fragment.JoinKind, r int32, direct bool) bool {
	found := p.group[r] >= 0
	if p.cond != nil {
		found = p.matched[r] == 1
	}
	switch kind {
	case fragment.InnerJoin:
		return direct && found
	case fragment.LeftJoin:
		return direct || !found
	case fragment.SemiJoin:
		return found
	case fragment.NotInJoin:
		if p.table.empty {
			return true
		}
		return !found && !p.table.nulls && p.nullKey[r] == 0
	}
	return !found
}

// partners gives the build columns in step with the probe batch: each row's only partner, or NULL.
func (p *joinProbe) partners(direct bool) []*batch.Vector {
	out := make([]*batch.Vector, len(p.table.cols))
	if p.table.rows == 0 || !direct {
		for i := range out {
			out[i] = p.nothing(i)
		}
		return out
	}
	at, missing := make([]int32, p.in.Len), false
	for _, r := range p.rows {
		if g := p.group[r]; g >= 0 {
			at[r] = p.table.list[g]
		} else {
			missing = true
		}
	}
	for i, c := range p.table.cols {
		if !p.join.makes[len(p.in.Cols)+i] {
			out[i] = p.nothing(i)
			continue
		}
		out[i] = c.Gather(at)
		if missing {
			out[i].Valid = p.without(out[i].Valid)
		}
	}
	return out
}

// without marks the rows that have no partner as NULL.
func (p *joinProbe) without(valid []byte) []byte {
	if valid == nil {
		valid = make([]byte, p.in.Len)
		for i := range valid {
			valid[i] = 1
		}
	}
	for _, r := range p.rows {
		if p.group[r] < 0 {
			valid[r] = 0
		}
	}
	return valid
}
