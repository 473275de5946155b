package aggregate

import (
	"bytes"
	"slices"

	"github.com/assaydb/assay/storage/batch"
)

// rankLimit is the largest dictionary whose entries are ranked; above it values are compared row by row.
const rankLimit = 1 << 16

// extremeText is MIN, MAX and ANY_VALUE over text. Under a dictionary the entries are sorted once and groups compare ranks, two
// integers a row; texts are compared once per group and dictionary.
type extremeText struct {
	max  bool
	best [][]byte
	held int64

	dict   *batch.Dictionary
	rank   []int32 // by code; best first
	order  []int32 // code by rank
	lowest []int32 // by group: best rank under dict; len(order) when none
}

func (e *extremeText) Grow(n int) {
	e.best = grow(e.best, n)
	if e.dict != nil {
		e.fillLowest(n)
	}
}

func (e *extremeText) Bytes() int64 {
	return int64(24*cap(e.best)+4*(cap(e.rank)+cap(e.order)+cap(e.lowest))) + e.held
}

func (e *extremeText) better(a, b []byte) bool { return (bytes.Compare(a, b) < 0) != e.max }

func (e *extremeText) fold(g int32, x []byte) {
	if e.best[g] == nil || !bytes.Equal(x, e.best[g]) && e.better(x, e.best[g]) {
		e.held += int64(len(x) - cap(e.best[g]))
		e.best[g] = append(make([]byte, 0, max(len(x), 1)), x...)
	}
}

func (e *extremeText) Update(r *Rows, args []*batch.Vector) error {
	v := args[0]
	if v.Enc == batch.Dict && v.Dict.Values.Len <= rankLimit {
		e.enter(v.Dict)
		e.ranks(r, v)
		return nil
	}
	r.each(v, func(row int, g int32) { e.fold(g, v.Bytes(row)) })
	return nil
}

func (e *extremeText) ranks(r *Rows, v *batch.Vector) {
	if r.Groups == nil || v.Valid != nil {
		r.each(v, func(row int, g int32) { e.lowest[g] = min(e.lowest[g], e.rank[v.Codes[row]]) })
		return
	}
	rank, lowest := e.rank, e.lowest
	for k, g := range r.Groups[:r.Len] {
		if x := rank[v.Codes[r.row(k)]]; x < lowest[g] {
			lowest[g] = x
		}
	}
}

// enter makes d the dictionary that ranks refer to.
func (e *extremeText) enter(d *batch.Dictionary) {
	if e.dict == d {
		return
	}
	e.settle()
	e.dict = d
	n := d.Values.Len
	e.order, e.rank = room(e.order, n), room(e.rank, n)
	for i := range e.order {
		e.order[i] = int32(i)
	}
	slices.SortFunc(e.order, func(a, b int32) int {
		c := bytes.Compare(d.Values.Bytes(int(a)), d.Values.Bytes(int(b)))
		if e.max {
			return -c
		}
		return c
	})
	for i, code := range e.order {
		e.rank[code] = int32(i)
	}
	e.lowest = e.lowest[:0]
	e.fillLowest(len(e.best))
}

func (e *extremeText) fillLowest(n int) {
	for len(e.lowest) < n {
		e.lowest = append(e.lowest, int32(len(e.order)))
	}
}

// settle turns ranks into texts and leaves the dictionary.
func (e *extremeText) settle() {
	if e.dict == nil {
		return
	}
	for g, x := range e.lowest {
		if int(x) < len(e.order) {
			e.fold(int32(g), e.dict.Values.Bytes(int(e.order[x])))
		}
	}
	e.dict = nil
}

func (e *extremeText) Merge(r *Rows, state []*batch.Vector) error { return e.Update(r, state) }

func (e *extremeText) Absorb(other State, from, to []int32) error {
	o := other.(*extremeText)
	o.settle()
	for i, g := range from {
		if o.best[g] != nil {
			e.fold(to[i], o.best[g])
		}
	}
	return nil
}

func (e *extremeText) AppendState(out []*batch.Builder, groups []int32) {
	e.settle()
	for _, g := range groups {
		if e.best[g] == nil {
			out[0].Null()
			continue
		}
		out[0].Bytes(e.best[g])
	}
}

func (e *extremeText) Result(out *batch.Builder, groups []int32) error {
	e.AppendState([]*batch.Builder{out}, groups)
	return nil
}
