package extsort

import (
	"bytes"
	"cmp"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// merge gives the rows of several runs in order. Ties go to the earlier run, which holds the earlier rows.
type merge struct {
	cfg   Config
	dicts []*batch.Dictionary // united
	ranks [][]uint64          // per key column, of the united dictionary's entries
	heads []*head
	heap  []*head
}

// head is the block of a run that is being merged.
type head struct {
	order int
	src   blocks
	dicts []*batch.Dictionary
	maps  [][]int32 // per column, codes to united codes; nil where they are the same
	cols  []*batch.Vector
	keys  [][]uint64 // per key column; nil where values are compared as they are
	rows  int
	row   int
	part  int // its number among the blocks of the batch being made
}

// blocks are sorted rows, some at a time; no rows are the end.
type blocks interface {
	block() (cols []*batch.Vector, rows int, err error)
}

// newMerge merges runs, and behind them the rows in memory, when there are any.
func newMerge(cfg Config, runs []*run, last *ordered) (*merge, error) {
	m := &merge{cfg: cfg, dicts: make([]*batch.Dictionary, len(cfg.Types)), ranks: make([][]uint64, len(cfg.Keys))}
	for _, r := range runs {
		src, err := r.open(cfg.Types)
		if err != nil {
			return nil, err
		}
		m.add(src, r.dicts)
	}
	if last != nil {
		m.add(last, last.dictionaries())
	}
	for j, t := range cfg.Types {
		m.uniteColumn(j, t)
	}
	for k, j := range cfg.Keys {
		if m.dicts[j] != nil {
			m.ranks[k] = ranks(m.dicts[j])
		}
	}
	for _, h := range m.heads {
		if err := m.load(h); err != nil {
			return nil, err
		}
		if h.rows > 0 {
			m.push(h)
		}
	}
	return m, nil
}

func (m *merge) add(src blocks, dicts []*batch.Dictionary) {
	m.heads = append(m.heads, &head{order: len(m.heads), src: src, dicts: dicts, maps: make([][]int32, len(m.cfg.Types))})
}

// uniteColumn keeps a column coded when it is coded in every run.
func (m *merge) uniteColumn(j int, t schema.Type) {
	dicts := make([]*batch.Dictionary, len(m.heads))
	for i, h := range m.heads {
		if dicts[i] = h.dicts[j]; dicts[i] == nil {
			return
		}
	}
	united, maps := merged(t, dicts)
	m.dicts[j] = united
	for i, h := range m.heads {
		if maps != nil {
			h.maps[j] = maps[i]
		}
	}
}

// load reads a run's next block; rows is 0 at its end.
func (m *merge) load(h *head) error {
	cols, rows, err := h.src.block()
	if err != nil {
		return err
	}
	h.cols, h.rows, h.row, h.part = cols, rows, 0, -1
	for j, v := range cols {
		switch {
		case m.dicts[j] == nil:
			cols[j] = v.Flatten()
		case h.maps[j] != nil:
			cols[j] = recode(v, m.dicts[j], h.maps[j])
		}
	}
	h.keys = make([][]uint64, len(m.cfg.Keys))
	for k, j := range m.cfg.Keys {
		if rows == 0 {
			break
		}
		if v := cols[j]; v.Enc == batch.Dict || v.Type.Class() == schema.ClassInt64 || v.Type.Class() == schema.ClassFloat64 {
			h.keys[k] = make([]uint64, rows)
			wordKeys(h.keys[k], v, m.ranks[k])
		}
	}
	return nil
}

// recode translates a vector's codes.
func recode(v *batch.Vector, d *batch.Dictionary, to []int32) *batch.Vector {
	out := &batch.Vector{Type: v.Type, Enc: batch.Dict, Len: v.Len, Valid: v.Valid, Dict: d, Codes: make([]int32, v.Len)}
	for i, code := range v.Codes {
		out.Codes[i] = to[code]
	}
	return out
}

func (m *merge) less(a, b *head) bool {
	for k, j := range m.cfg.Keys {
		if c := m.compare(a, b, k, j); c != 0 {
			return c < 0
		}
	}
	return a.order < b.order
}

func (m *merge) compare(a, b *head, k, j int) int {
	x, y := a.cols[j], b.cols[j]
	if x.Valid != nil || y.Valid != nil {
		xn, yn := x.Valid != nil && x.Valid[a.row] == 0, y.Valid != nil && y.Valid[b.row] == 0
		switch {
		case xn && yn:
			return 0
		case xn:
			return -1
		case yn:
			return 1
		}
	}
	switch {
	case a.keys[k] != nil:
		return cmp.Compare(a.keys[k][a.row], b.keys[k][b.row])
	case x.Type.Class() == schema.ClassInt128:
		return x.W[a.row].Cmp(y.W[b.row])
	}
	return bytes.Compare(x.Data[x.Off[a.row]:x.Off[a.row+1]], y.Data[y.Off[b.row]:y.Off[b.row+1]])
}

func (m *merge) push(h *head) {
	m.heap = append(m.heap, h)
	for i := len(m.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !m.less(m.heap[i], m.heap[up]) {
			return
		}
		m.heap[i], m.heap[up] = m.heap[up], m.heap[i]
		i = up
	}
}

// fix restores the heap after its first head has moved on.
func (m *merge) fix() {
	for i := 0; ; {
		least := i
		for _, c := range [2]int{2*i + 1, 2*i + 2} {
			if c < len(m.heap) && m.less(m.heap[c], m.heap[least]) {
				least = c
			}
		}
		if least == i {
			return
		}
		m.heap[i], m.heap[least] = m.heap[least], m.heap[i]
		i = least
	}
}

func (m *merge) dictionaries() []*batch.Dictionary { return m.dicts }

func (m *merge) next() (*batch.Batch, error) {
	var refs []ref
	var parts [][]*batch.Vector
	for _, h := range m.heads {
		h.part = -1
	}
	for len(m.heap) > 0 && len(refs) < batch.MaxRows {
		h := m.heap[0]
		if h.part < 0 {
			h.part = len(parts)
			parts = append(parts, h.cols)
		}
		refs = append(refs, ref{int32(h.part), int32(h.row)})
		if h.row++; h.row == h.rows {
			if err := m.load(h); err != nil {
				return nil, err
			}
			if h.rows == 0 {
				last := len(m.heap) - 1
				m.heap[0], m.heap = m.heap[last], m.heap[:last]
			}
		}
		m.fix()
	}
	if len(refs) == 0 {
		return nil, nil
	}
	out := &batch.Batch{Len: len(refs), Cols: make([]*batch.Vector, len(m.cfg.Types))}
	column := make([]*batch.Vector, len(parts))
	for j, t := range m.cfg.Types {
		for i, p := range parts {
			column[i] = p[j]
		}
		out.Cols[j] = gather(t, m.dicts[j], column, refs)
	}
	return out, nil
}
