package aggregate

// span is a stretch of values of one group in a piece of a log.
type span struct{ piece, from, to int32 }

// spanIndex lists the spans of every group: those of group g from start[g] on.
type spanIndex struct {
	start []int
	spans []span
	sizes []int
}

func (x *spanIndex) bytes() int64 {
	return int64(8*cap(x.start) + 12*cap(x.spans) + 8*cap(x.sizes))
}

// newSpanIndex indexes a log all of whose pieces are in runs.
func newSpanIndex(log []numberPiece, groups int) *spanIndex {
	x := &spanIndex{start: make([]int, groups+1), sizes: make([]int, groups)}
	for i := range log {
		from := int32(0)
		for _, r := range log[i].runs {
			g := log[i].group(r.Group)
			x.start[g+1]++
			x.sizes[g] += int(r.End - from)
			from = r.End
		}
	}
	next := make([]int, groups)
	for g := range groups {
		next[g] = x.start[g]
		x.start[g+1] += x.start[g]
	}
	x.spans = make([]span, x.start[groups])
	for i := range log {
		from := int32(0)
		for _, r := range log[i].runs {
			g := log[i].group(r.Group)
			x.spans[next[g]] = span{int32(i), from, r.End}
			next[g]++
			from = r.End
		}
	}
	return x
}

func (x *spanIndex) size(g int32) int {
	if int(g) >= len(x.sizes) {
		return 0
	}
	return x.sizes[g]
}

func (x *spanIndex) of(g int32) []span {
	if int(g) >= len(x.sizes) {
		return nil
	}
	return x.spans[x.start[g]:x.start[g+1]]
}

// spanText is where the values of one group are brought together.
type spanText struct {
	narrow []int32
	wide   []int64
}

// wide brings the values of a group together in 64 bits.
func (x *spanIndex) wide(log []numberPiece, g int32, buf *spanText) []int64 {
	buf.wide = buf.wide[:0]
	for _, s := range x.of(g) {
		if p := &log[s.piece]; p.narrow == nil {
			buf.wide = append(buf.wide, p.wide[s.from:s.to]...)
		} else {
			for _, v := range p.narrow[s.from:s.to] {
				buf.wide = append(buf.wide, int64(v))
			}
		}
	}
	return buf.wide
}

// around returns the k-th smallest value of a group (from 0) and the one after it, the same where there is none.
func (x *spanIndex) around(log []numberPiece, g int32, k int, buf *spanText) (lo, hi int64) {
	buf.narrow = buf.narrow[:0]
	for _, s := range x.of(g) {
		p := &log[s.piece]
		if p.narrow == nil {
			return selectPair(x.wide(log, g, buf), k)
		}
		buf.narrow = append(buf.narrow, p.narrow[s.from:s.to]...)
	}
	a, b := selectPair(buf.narrow, k)
	return int64(a), int64(b)
}

// arrangedMost bounds a piece that is arranged, whose places are counted in 31 bits.
const arrangedMost = 1 << 28

// arranged brings values that have a group each together by group, so that the log is in runs throughout.
func arranged(log []numberPiece, groups int) []numberPiece {
	var kept, todo, out []numberPiece
	n := 0
	for _, p := range log {
		if p.of == nil {
			kept = append(kept, p)
			continue
		}
		if n += len(p.of); n > arrangedMost {
			out, todo, n = append(out, arrange(todo, groups)), nil, len(p.of)
		}
		todo = append(todo, p)
	}
	if len(todo) > 0 {
		out = append(out, arrange(todo, groups))
	}
	return append(kept, out...)
}

// arrange makes one piece of several, sorted by group, by counting.
func arrange(log []numberPiece, groups int) numberPiece {
	next, narrow, n := make([]int32, groups), true, int32(0)
	for i := range log {
		narrow = narrow && log[i].narrow != nil
		for _, g := range log[i].of {
			next[log[i].group(g)]++
		}
	}
	var piece numberPiece
	for g, c := range next {
		next[g] = n
		if n += c; c > 0 {
			piece.runs = append(piece.runs, Run{End: n, Group: int32(g)})
		}
	}
	if narrow {
		piece.narrow = make([]int32, n)
	} else {
		piece.wide = make([]int64, n)
	}
	for i := range log {
		p := &log[i]
		switch {
		case narrow:
			place(piece.narrow, p.narrow, p, next)
		case p.narrow != nil:
			place(piece.wide, p.narrow, p, next)
		default:
			place(piece.wide, p.wide, p, next)
		}
		*p = numberPiece{}
	}
	return piece
}

func place[D, S int32 | int64](dst []D, vals []S, p *numberPiece, next []int32) {
	for k, g := range p.of {
		g = p.group(g)
		dst[next[g]] = D(vals[k])
		next[g]++
	}
}
