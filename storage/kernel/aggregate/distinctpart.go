package aggregate

import "github.com/assaydb/assay/storage/kernel/intern"

// distinctPart is the values of one part of a distinct state, the pairs of group and value, and the rows not yet among them.
type distinctPart struct {
	open  []distinctRow   // the end of the log, filled up to its capacity
	log   []distinctChunk // what lies before it
	texts *intern.Arena   // of long values in the log
	ids   intern.Table
	set   idSet // of pairs; empty with a single group
	from  []distinctSource

	batch  []uint32
	groups []int32
}

// distinctRow is one row: a value, whose text lies in an arena when it is long, and the group.
type distinctRow struct {
	key   intern.Key
	group int32
}

const distinctRowBytes = 24

// distinctChunk is some rows of a log and where their long texts lie; to, when not nil, translates their groups.
type distinctChunk struct {
	rows  []distinctRow
	texts *intern.Arena
	to    []int32
}

// distinctSource is the part of another state that is to be merged.
type distinctSource struct {
	ids *intern.Table
	set *idSet
	to  []int32
}

// The first chunk of a log is small, since there are many logs.
const (
	chunkFirst = 64
	chunkMost  = 1024
)

func (p *distinctPart) bytes() int64 {
	n := p.ids.Bytes() + p.set.bytes() + int64(8*cap(p.batch)) + distinctRowBytes*int64(cap(p.open))
	texts := p.texts
	if texts != nil {
		n += texts.Bytes()
	}
	for _, c := range p.log {
		n += distinctRowBytes * int64(cap(c.rows))
		if c.texts != texts && c.texts != nil {
			n += c.texts.Bytes()
			texts = c.texts
		}
	}
	for _, s := range p.from {
		n += s.ids.Bytes() + s.set.bytes()
	}
	return n
}

// add logs a row.
func (p *distinctPart) add(k intern.Key, g int32) {
	if len(p.open) == cap(p.open) {
		p.extend()
	}
	p.open = append(p.open, distinctRow{k, g})
}

// keep copies a long value for the log.
func (p *distinctPart) keep(k intern.Key, text []byte) intern.Key {
	if p.texts == nil {
		p.texts = &intern.Arena{}
	}
	k[1] = intern.Logged(p.texts.Keep(text))
	return k
}

func (p *distinctPart) extend() {
	size := min(max(2*cap(p.open), chunkFirst), chunkMost)
	p.close()
	p.open = make([]distinctRow, 0, size)
}

// close puts the end of the log to the rest.
func (p *distinctPart) close() {
	if len(p.open) > 0 {
		p.log = append(p.log, distinctChunk{rows: p.open, texts: p.texts})
	}
	p.open = nil
}

// settle adds log and sources to the set and counts the new pairs of each group, except of a single one.
func (p *distinctPart) settle(counts []int64) {
	p.close()
	for _, c := range p.log {
		p.settleChunk(c, counts)
	}
	for i := range p.from {
		p.merge(&p.from[i], counts)
	}
	p.log, p.from, p.texts = nil, nil, nil
	p.batch, p.groups = nil, nil
}

func (p *distinctPart) settleChunk(c distinctChunk, counts []int64) {
	p.batch, p.groups = room(p.batch, len(c.rows)), room(p.groups, len(c.rows))
	keys := p.ids.Keys(len(c.rows))
	for i := range c.rows {
		keys[i], p.groups[i] = c.rows[i].key, c.rows[i].group
	}
	if c.texts == nil {
		p.ids.InternKeys(p.batch)
	} else {
		p.ids.InternLogged(p.batch, c.texts)
	}
	p.put(c.to, counts)
}

// put adds the pairs of the batch in hand.
func (p *distinctPart) put(to []int32, counts []int64) {
	if len(counts) <= 1 {
		return
	}
	if to != nil {
		for i, g := range p.groups {
			p.groups[i] = to[g]
		}
	}
	p.set.insert(p.batch, p.groups, counts)
}

// merge adds another part.
func (p *distinctPart) merge(s *distinctSource, counts []int64) {
	known := make([]uint32, s.ids.Len())
	ask := make([]uint32, 0, absorbStep)
	for at := 0; at < len(known); at += absorbStep {
		ask = ask[:0]
		for id := at; id < min(at+absorbStep, len(known)); id++ {
			ask = append(ask, uint32(id))
		}
		p.ids.InternFrom(known[at:at+len(ask)], s.ids, ask)
	}
	if len(counts) <= 1 {
		return
	}
	p.batch, p.groups = p.batch[:0], p.groups[:0]
	for _, x := range s.set.slots {
		if x == 0 {
			continue
		}
		p.batch, p.groups = append(p.batch, known[uint32(x)]), append(p.groups, int32(x>>32)-1)
		if len(p.batch) == absorbStep {
			p.put(s.to, counts)
			p.batch, p.groups = p.batch[:0], p.groups[:0]
		}
	}
	p.put(s.to, counts)
}

// pairUp makes the pairs of group 0, which has had all values alone.
func (p *distinctPart) pairUp(counts []int64) {
	for id := range p.ids.Len() {
		p.set.insert([]uint32{uint32(id)}, []int32{0}, counts)
	}
}

// each gives every pair of a settled part.
func (p *distinctPart) each(groups int, f func(g int32, id uint32)) {
	if groups <= 1 {
		for id := range p.ids.Len() {
			f(0, uint32(id))
		}
		return
	}
	for _, x := range p.set.slots {
		if x != 0 {
			f(int32(x>>32)-1, uint32(x))
		}
	}
}
