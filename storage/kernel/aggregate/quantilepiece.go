package aggregate

import (
	"math"

	"github.com/assaydb/assay/storage/batch"
)

// numberPiece is some values in the order of arrival, in 32 bits or in 64, and their groups: in runs, or one of each.
type numberPiece struct {
	narrow []int32
	wide   []int64
	runs   []Run
	of     []int32
	to     []int32 // translates the groups, when not nil
}

func (p *numberPiece) len() int { return len(p.narrow) + len(p.wide) }

func (p *numberPiece) bytes() int64 {
	return int64(4*cap(p.narrow) + 8*cap(p.wide) + 8*cap(p.runs) + 4*cap(p.of))
}

// translate makes of the piece's groups those that groups has for them.
func (p *numberPiece) translate(groups []int32) {
	if p.to == nil {
		p.to = groups
		return
	}
	for k := range p.runs {
		p.runs[k].Group = p.to[p.runs[k].Group]
	}
	for k := range p.of {
		p.of[k] = p.to[p.of[k]]
	}
	p.to = groups
}

func (p *numberPiece) group(g int32) int32 {
	if p.to != nil {
		return p.to[g]
	}
	return g
}

// The first piece of a log is small, for the sake of many small states.
const (
	pieceFirst = 64
	pieceMost  = 1 << 16
	piecesOpen = 4 // so many of the last pieces may take more: one of each form
)

// room returns a piece of the form asked for with room for n more values.
func (q *numberQuantile) room(n int, narrow, runs bool) *numberPiece {
	size := pieceFirst
	for k := len(q.log) - 1; k >= max(0, len(q.log)-piecesOpen); k-- {
		p := &q.log[k]
		free := cap(p.wide) - len(p.wide)
		if p.narrow != nil {
			free = cap(p.narrow) - len(p.narrow)
		}
		if free >= n && (p.narrow != nil) == narrow && (p.of == nil) == runs && p.to == nil {
			return p
		}
		size = max(size, min(2*max(cap(p.narrow), cap(p.wide)), pieceMost))
	}
	size = max(size, n)
	p := numberPiece{}
	if narrow {
		p.narrow = make([]int32, 0, size)
	} else {
		p.wide = make([]int64, 0, size)
	}
	if !runs {
		p.of = make([]int32, 0, size)
	}
	q.log = append(q.log, p)
	return &q.log[len(q.log)-1]
}

// give notes the groups of the values that were just appended.
func (p *numberPiece) give(groups []int32, runs []Run, base int) {
	if p.of != nil {
		p.of = append(p.of, groups...)
		return
	}
	for _, r := range runs {
		if end := int32(base) + r.End; len(p.runs) > 0 && p.runs[len(p.runs)-1].Group == r.Group {
			p.runs[len(p.runs)-1].End = end
		} else if len(p.runs) == 0 && end > 0 || len(p.runs) > 0 && end > p.runs[len(p.runs)-1].End {
			p.runs = append(p.runs, Run{End: end, Group: r.Group})
		}
	}
}

// add appends values, in groups of each or in runs.
func (q *numberQuantile) add(vals []int64, groups []int32, runs []Run) {
	if len(vals) == 0 {
		return
	}
	if groups != nil && q.part.worth(len(vals), q.groups) {
		order, cut := q.part.sort(groups[:len(vals)], q.groups)
		q.part.vals = room(q.part.vals, len(vals))
		for i, k := range order {
			q.part.vals[i] = vals[k]
		}
		vals, groups, runs = q.part.vals, nil, cut
	}
	p := q.room(len(vals), fitsNarrow(vals), groups == nil)
	base := p.len()
	if p.narrow != nil {
		p.narrow = p.narrow[:base+len(vals)]
		for i, x := range vals {
			p.narrow[base+i] = int32(x)
		}
	} else {
		p.wide = append(p.wide, vals...)
	}
	p.give(groups, runs, base)
}

func fitsNarrow(vals []int64) bool {
	over := uint64(0)
	for _, x := range vals {
		over |= uint64(x+1<<31) >> 32
	}
	return over == 0
}

// addCodes appends the entries of codes.
func (q *numberQuantile) addCodes(entries, codes, groups []int32, runs []Run) {
	if groups != nil && q.part.worth(len(codes), q.groups) {
		order, cut := q.part.sort(groups[:len(codes)], q.groups)
		for i, k := range order {
			order[i] = codes[k]
		}
		codes, groups, runs = order, nil, cut
	}
	p := q.room(len(codes), true, groups == nil)
	base := len(p.narrow)
	p.narrow = p.narrow[:base+len(codes)]
	dst := p.narrow[base:]
	for i, c := range codes {
		dst[i] = entries[c]
	}
	p.give(groups, runs, base)
}

// narrowEntries is the entries of the dictionary last met in 32 bits.
type narrowEntries struct {
	dict *batch.Dictionary
	vals []int32
	fit  bool
}

func (e *narrowEntries) bytes() int64 { return int64(4 * cap(e.vals)) }

// of returns the entries, nil when they do not fit.
func (e *narrowEntries) of(d *batch.Dictionary) []int32 {
	if e.dict != d {
		vals := d.Values.I[:d.Values.Len]
		e.dict, e.fit = d, fitsNarrow(vals)
		e.vals = e.vals[:0]
		for _, x := range vals {
			e.vals = append(e.vals, int32(max(min(x, math.MaxInt32), math.MinInt32)))
		}
	}
	if !e.fit {
		return nil
	}
	return e.vals
}

// partition sorts the rows of a batch by group where groups are few: each then has one run of values instead of scattered ones.
type partition struct {
	count []int32
	order []int32
	runs  []Run
	vals  []int64
}

func (p *partition) bytes() int64 {
	return int64(4*cap(p.count) + 4*cap(p.order) + 8*cap(p.runs) + 8*cap(p.vals))
}

func (p *partition) worth(rows, groups int) bool { return groups*8 <= rows }

// sort returns the rows in the order of their groups, and the groups in runs.
func (p *partition) sort(groups []int32, n int) (order []int32, runs []Run) {
	p.count, p.order, p.runs = room(p.count, n), room(p.order, len(groups)), p.runs[:0]
	clear(p.count)
	for _, g := range groups {
		p.count[g]++
	}
	at := int32(0)
	for g, c := range p.count {
		p.count[g] = at
		if at += c; c > 0 {
			p.runs = append(p.runs, Run{End: at, Group: int32(g)})
		}
	}
	for k, g := range groups {
		p.order[p.count[g]] = int32(k)
		p.count[g]++
	}
	return p.order, p.runs
}
