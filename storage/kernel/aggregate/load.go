package aggregate

import (
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
)

// folded is an argument column made dense: only the folded rows, without NULLs, in their order. Exactly one of groups and runs
// is set, unless vals is empty.
type folded[T any] struct {
	vals   []T
	groups []int32
	runs   []Run
}

// loader makes columns dense and keeps the buffers for it. One dense pass keeps every kernel free of selections, validity and
// encodings, and costs nothing for the commonest form, a flat column without NULLs or selection.
type loader[T any] struct {
	payload func(*batch.Vector) []T
	vals    []T
	groups  []int32
	picked  []int32 // codes
	rows    []Run
	one     [1]Run
}

func ints(v *batch.Vector) []int64           { return v.I }
func wides(v *batch.Vector) []decimal.Int128 { return v.W }
func floats(v *batch.Vector) []float64       { return v.F }
func (l *loader[T]) bytes() int64 {
	return int64(cap(l.vals)*8 + cap(l.groups)*4 + cap(l.picked)*4 + cap(l.rows)*8)
}

func room[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

func (l *loader[T]) load(r *Rows, v *batch.Vector) folded[T] {
	if r.Len == 0 || v.AllNull() {
		return folded[T]{}
	}
	if v.Enc == batch.Runs && v.Valid != nil {
		v = v.Flatten()
	}
	f := folded[T]{groups: r.Groups, runs: r.runs(&l.one)}
	switch {
	case v.Enc == batch.Const:
		f.vals = l.fill(l.payload(v)[0], r.Len)
		return f
	case v.Valid != nil:
		return l.withoutNulls(r, v, f)
	case v.Enc == batch.Runs:
		f.vals = l.spread(r, v)
	case v.Enc == batch.Dict:
		f.vals = l.decode(r, v)
	case r.Sel != nil:
		f.vals = l.gather(l.payload(v), r.Sel)
	default:
		f.vals = l.payload(v)[:r.Len]
	}
	return f
}

func (l *loader[T]) fill(x T, n int) []T {
	l.vals = room(l.vals, n)
	for i := range l.vals {
		l.vals[i] = x
	}
	return l.vals
}

// spread writes out the runs of a column without NULL.
func (l *loader[T]) spread(r *Rows, v *batch.Vector) []T {
	l.vals = room(l.vals, r.Len)
	p, at := l.payload(v), 0
	for k, end := range v.Ends {
		to := int(end)
		if r.Sel != nil {
			n, _ := slices.BinarySearch(r.Sel[at:], end)
			to = at + n
		}
		for i := range l.vals[at:min(to, r.Len)] {
			l.vals[at+i] = p[k]
		}
		if at = to; at >= r.Len {
			break
		}
	}
	return l.vals
}

func (l *loader[T]) gather(p []T, sel []int32) []T {
	l.vals = room(l.vals, len(sel))
	for i, k := range sel {
		l.vals[i] = p[k]
	}
	return l.vals
}

func (l *loader[T]) decode(r *Rows, v *batch.Vector) []T {
	entries := l.payload(v.Dict.Values)
	if r.Sel == nil {
		return l.gather(entries, v.Codes[:r.Len])
	}
	l.vals = room(l.vals, r.Len)
	for i, k := range r.Sel {
		l.vals[i] = entries[v.Codes[k]]
	}
	return l.vals
}

// withoutNulls drops NULL rows without a branch on validity: it writes always and advances by the validity byte.
func (l *loader[T]) withoutNulls(r *Rows, v *batch.Vector, f folded[T]) folded[T] {
	l.vals = room(l.vals, r.Len)
	p, codes := l.payload(v), []int32(nil)
	if v.Enc == batch.Dict { // not where Codes is set: a reused vector may have some from another encoding
		p, codes = l.payload(v.Dict.Values), v.Codes
	}
	if f.groups != nil {
		l.groups = room(l.groups, r.Len)
		n := 0
		for k, g := range f.groups[:r.Len] {
			row := r.row(k)
			i := row
			if codes != nil {
				i = int(codes[row])
			}
			l.vals[n], l.groups[n] = p[i], g
			n += int(v.Valid[row])
		}
		return folded[T]{vals: l.vals[:n], groups: l.groups[:n]}
	}
	return l.runsWithoutNulls(r, v.Valid, p, codes, f.runs)
}

func (l *loader[T]) runsWithoutNulls(r *Rows, valid []byte, p []T, codes []int32, runs []Run) folded[T] {
	l.rows = l.rows[:0]
	n, k := 0, 0
	for _, run := range runs {
		for ; k < int(run.End); k++ {
			row := r.row(k)
			i := row
			if codes != nil {
				i = int(codes[row])
			}
			l.vals[n] = p[i]
			n += int(valid[row])
		}
		l.rows = append(l.rows, Run{End: int32(n), Group: run.Group})
	}
	return folded[T]{vals: l.vals[:n], runs: l.rows}
}

// each calls f for every non-NULL folded row: for the slow paths over any encoding.
func (r *Rows) each(v *batch.Vector, f func(row int, group int32)) {
	run := 0
	for k := range r.Len {
		g, row := r.Group(k, &run), r.row(k)
		if v == nil || !v.IsNull(row) {
			f(row, g)
		}
	}
}

// grow extends s to n elements, the new ones zero, with amortised capacity.
func grow[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	if n <= cap(s) {
		return s[:n]
	}
	t := make([]T, n, max(n, 2*cap(s)))
	copy(t, s)
	return t
}
