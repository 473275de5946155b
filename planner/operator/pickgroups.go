package operator

import (
	"math"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// groupPicker chooses the groups of a table that lateGroups leaves, for one puller.
type groupPicker struct {
	cond  *expr.Program
	best  []int64 // ranks of the best groups so far, as a heap with the worst first
	ids   []int32
	ranks []int64 // of ids, with a top
	cols  []*batch.Vector
}

// pickFrom is from how many groups on a table is looked through before its rows are made.
const pickFrom = 64

// pick returns the groups of a table that are left, in order; all is true when that is every one.
func (p *groupPicker) pick(a *aggregation, t *aggTable) (ids []int32, all bool, err error) {
	l := a.late
	if l == nil || l.having == nil && l.top == nil || t.len() < pickFrom {
		return nil, true, nil
	}
	if l.having != nil && p.cond == nil {
		if p.cond, err = expr.Compile(l.having, &a.run.expr); err != nil {
			return nil, false, err
		}
	}
	p.ids, p.ranks = p.ids[:0], p.ranks[:0]
	for at := 0; at < t.len(); {
		n := min(t.len()-at, batch.MaxRows)
		if err := p.look(a, t, at, n); err != nil {
			return nil, false, err
		}
		at += n
	}
	if l.top == nil {
		return p.ids, false, nil
	}
	bound, kept := l.top.bound.Load(), p.ids[:0]
	for i, id := range p.ids {
		if p.ranks[i] >= bound {
			kept = append(kept, id)
		}
	}
	return kept, false, nil
}

// look judges n groups from at on.
func (p *groupPicker) look(a *aggregation, t *aggTable, at, n int) error {
	l, begin := a.late, len(p.ids)
	for g := at; g < at+n; g++ {
		p.ids = append(p.ids, int32(g))
	}
	if err := p.results(a, t, p.ids[begin:]); err != nil {
		return err
	}
	var sel []int32
	if l.having != nil {
		var err error
		if sel, err = p.cond.Filter(&batch.Batch{Len: n, Cols: p.cols}); err != nil {
			return err
		}
		p.ids = p.ids[:begin]
		for _, k := range sel {
			p.ids = append(p.ids, int32(at)+k)
		}
	}
	if l.top != nil {
		p.rank(l.top, p.cols[l.top.column], sel, len(p.ids)-begin)
	}
	return nil
}

// results makes those result columns that are judged, and those whose results may be refused: an error must not depend on which
// groups were left out.
func (p *groupPicker) results(a *aggregation, t *aggTable, ids []int32) error {
	if p.cols == nil {
		p.cols = make([]*batch.Vector, len(a.fields))
	}
	judged := map[int]bool{}
	if a.late.top != nil {
		judged[a.late.top.column] = true
	}
	if a.late.having != nil {
		for _, c := range expr.Columns(a.late.having) {
			judged[c] = true
		}
	}
	for i, st := range t.states {
		c := len(a.keys) + i
		if !judged[c] && sure(t.specs[i].Name, t.specs[i].Args) {
			continue
		}
		b := batch.NewBuilder(t.specs[i].Result, len(ids))
		if err := st.Result(b, ids); err != nil {
			return err
		}
		p.cols[c] = b.Finish()
	}
	return nil
}

// sure reports whether an aggregate has a result for any values: sums and means of 64-bit integers fit the widest decimal.
func sure(name string, args []schema.Type) bool {
	switch name {
	case "count", "min", "max", "any_value":
		return true
	case "sum", "avg":
		return args[0].Class() == schema.ClassInt64
	}
	return false
}

// rank notes the ranks of the groups that are left of a column, and moves the bound.
func (p *groupPicker) rank(top *topGroups, v *batch.Vector, sel []int32, n int) {
	bound := top.bound.Load()
	for k := range n {
		row := k
		if sel != nil {
			row = int(sel[k])
		}
		x := rankOf(v, row)
		if !top.desc {
			x = ^x
		}
		p.ranks = append(p.ranks, x)
		if x < bound || len(p.best) == top.rows && x <= p.best[0] {
			continue
		}
		p.offer(x, top.rows)
	}
	if len(p.best) < top.rows {
		return
	}
	for bound := top.bound.Load(); p.best[0] > bound && !top.bound.CompareAndSwap(bound, p.best[0]); {
		bound = top.bound.Load()
	}
}

// offer adds a rank to the best ones.
func (p *groupPicker) offer(x int64, most int) {
	h := p.best
	if len(h) < most {
		h = append(h, x)
		for i := len(h) - 1; i > 0 && h[i] < h[(i-1)/2]; i = (i - 1) / 2 {
			h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
		}
		p.best = h
		return
	}
	i := 0
	for {
		c := 2*i + 1
		if c+1 < len(h) && h[c+1] < h[c] {
			c++
		}
		if c >= len(h) || x <= h[c] {
			break
		}
		h[i] = h[c]
		i = c
	}
	h[i] = x
}

const worstRank = math.MinInt64

// ranked reports whether values of a type have ranks.
func ranked(t schema.Type) bool { return isNumber(t) || t.Class() == schema.ClassInt128 }

// rankOf is a number that is never smaller for a greater value; NULL has the smallest.
func rankOf(v *batch.Vector, row int) int64 {
	if v.IsNull(row) {
		return worstRank
	}
	switch v.Type.Class() {
	case schema.ClassFloat64:
		return rankFloat(v.F[row])
	case schema.ClassInt128:
		w := v.W[row]
		switch {
		case w.Hi > 0 || w.Hi == 0 && w.Lo > math.MaxInt64:
			return math.MaxInt64
		case w.Hi < -1 || w.Hi == -1 && int64(w.Lo) >= 0:
			return math.MinInt64
		}
		return int64(w.Lo)
	}
	if v.Type.Kind == schema.Uint64 {
		return v.I[row] ^ math.MinInt64
	}
	return v.I[row]
}

// rankFloat orders doubles as SQL does: -0 is 0 and NaN is above all.
func rankFloat(x float64) int64 {
	switch {
	case x == 0:
		return 0
	case x != x:
		return math.MaxInt64
	}
	b := int64(math.Float64bits(x))
	return b ^ int64(uint64(b>>63)>>1)
}
