package aggregate

// quantilePiece is some values and their groups; to, when not nil, translates the groups.
type quantilePiece[T any] struct {
	vals []T
	of   []int32
	to   []int32
}

// piece returns the last piece of the log, with room for at least one value.
func (q *quantile[T]) piece() *quantilePiece[T] {
	n := len(q.log)
	if n > 0 && len(q.log[n-1].vals) < cap(q.log[n-1].vals) && q.log[n-1].to == nil {
		return &q.log[n-1]
	}
	size := pieceFirst
	if n > 0 {
		size = min(max(2*cap(q.log[n-1].vals), pieceFirst), pieceMost)
	}
	q.log = append(q.log, quantilePiece[T]{vals: make([]T, 0, size), of: make([]int32, 0, size)})
	return &q.log[n]
}

// add appends values with the groups of each or in runs.
func (q *quantile[T]) add(vals []T, groups []int32, runs []Run) {
	for from := 0; from < len(vals); {
		p := q.piece()
		n := min(len(vals)-from, cap(p.vals)-len(p.vals))
		p.vals = append(p.vals, vals[from:from+n]...)
		if groups != nil {
			p.of = append(p.of, groups[from:from+n]...)
		} else {
			for i := from; i < from+n; i++ {
				for int(runs[0].End) <= i {
					runs = runs[1:]
				}
				p.of = append(p.of, runs[0].Group)
			}
		}
		from += n
	}
}

// arrange sorts the log by group, by counting.
func (q *quantile[T]) arrange() {
	if q.start != nil {
		return
	}
	start := make([]int, q.groups+1)
	for _, p := range q.log {
		p.eachGroup(func(_ int, g int32) { start[g+1]++ })
	}
	next := make([]int, q.groups)
	for g := range q.groups {
		next[g] = start[g]
		start[g+1] += start[g]
	}
	q.sorted = make([]T, start[q.groups])
	for i, p := range q.log {
		p.eachGroup(func(k int, g int32) {
			q.sorted[next[g]] = p.vals[k]
			next[g]++
		})
		q.log[i] = quantilePiece[T]{}
	}
	q.log, q.start = nil, start
}

func (p *quantilePiece[T]) eachGroup(f func(k int, g int32)) {
	if p.to != nil {
		for k, g := range p.of {
			f(k, p.to[g])
		}
		return
	}
	for k, g := range p.of {
		f(k, g)
	}
}

// changed undoes what was derived from the log: the arranged values are a log again.
func (q *quantile[T]) changed() {
	if q.start == nil {
		return
	}
	vals, start := q.sorted, q.start
	q.sorted, q.start, q.ends = nil, nil, nil
	for g := range len(start) - 1 {
		n := start[g+1] - start[g]
		q.add(vals[start[g]:start[g+1]], nil, []Run{{End: int32(n), Group: int32(g)}})
	}
}

// takeOver makes the log of another state part of this one. The other is empty afterwards.
func (q *quantile[T]) takeOver(o *quantile[T], from, to []int32) {
	groups := make([]int32, o.groups)
	for i, g := range from {
		groups[g] = to[i]
	}
	for _, p := range o.log {
		if p.to != nil { // it was taken over before
			for k, g := range p.of {
				p.of[k] = p.to[g]
			}
		}
		q.log = append(q.log, quantilePiece[T]{vals: p.vals, of: p.of, to: groups})
	}
	q.held += o.held
	o.log, o.held = nil, 0
}

// quantileParts is in how many parts the groups are settled.
const quantileParts = 32

// Pending is how many parts SettlePart may be called for; few values are not worth it.
func (q *quantile[T]) Pending() int {
	if q.ends != nil || len(q.log) <= 2 || q.groups == 0 {
		return 0
	}
	return min(q.groups, quantileParts)
}

// SettlePart selects the answers of some of the groups. The first caller arranges the values while the others wait.
func (q *quantile[T]) SettlePart(p int) {
	q.mu.Lock()
	if q.ends == nil {
		q.arrange()
		q.ends = make([][2]T, q.groups)
	}
	q.mu.Unlock()
	parts := min(q.groups, quantileParts)
	for g := p; g < q.groups; g += parts {
		vals := q.values(int32(g))
		if len(vals) == 0 {
			continue
		}
		k, _ := q.at.of(len(vals))
		q.ends[g][0], q.ends[g][1] = q.around(vals, k)
	}
}

// SettleCounts ends settling.
func (q *quantile[T]) SettleCounts() {}
