package window

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/aggregate"
)

const (
	fanout = 16
	// treeRows is the mean length of frames from which the partition gets a tree.
	treeRows = 4 * fanout
	// slideFrames and slideRows are how many frames, and rows in them, are folded at once.
	slideFrames = 1024
	slideRows   = 1 << 16
)

// tree holds the partial states of every fanout rows of a partition, of every fanout of those, and so on. levels[k] are the columns
// of the states of fanout^(k+1) rows each; what is left over at the end of a level has none.
type tree struct {
	lo     int32 // first row
	levels [][]*batch.Vector
}

// sliding is for all other frames: each is put together from nodes of the tree and single rows at its edges.
func (w *states) sliding(lo, hi int) error {
	t := &tree{lo: int32(lo)}
	var err error
	if rows := w.lengths(lo, hi); rows > treeRows*(hi-lo) {
		if t.levels, err = w.levels(lo, hi); err != nil {
			return err
		}
	}
	p := &pieces{of: t, nodes: make([]piece, len(t.levels)+1)}
	for i := lo; i < hi; i++ {
		if w.fresh(i, lo) {
			if p.frames == slideFrames || p.rows > slideRows {
				if err := w.fold(p); err != nil {
					return err
				}
			}
			w.of[i] = int32(w.out.Len() + p.frames)
			p.add(w.f.lo[i], w.f.hi[i])
			continue
		}
		w.of[i] = w.of[i-1]
	}
	return w.fold(p)
}

// lengths is the rows of all distinct frames together.
func (w *states) lengths(lo, hi int) (n int) {
	for i := lo; i < hi; i++ {
		if w.fresh(i, lo) {
			n += int(w.f.hi[i] - w.f.lo[i])
		}
	}
	return n
}

// levels builds the states from the bottom up.
func (w *states) levels(lo, hi int) (out [][]*batch.Vector, err error) {
	types, err := aggregate.StateTypes(*w.spec.Aggregate)
	if err != nil {
		return nil, err
	}
	for n := (hi - lo) / fanout; n > 0; n /= fanout {
		if err := w.stop(); err != nil {
			return nil, err
		}
		st, err := w.new(n)
		if err != nil {
			return nil, err
		}
		rows := aggregate.Rows{Len: n * fanout, Runs: make([]aggregate.Run, n)}
		for i := range rows.Runs {
			rows.Runs[i] = aggregate.Run{End: int32((i + 1) * fanout), Group: int32(i)}
		}
		if len(out) == 0 {
			err = st.Update(&rows, cut(w.args, lo, lo+rows.Len))
		} else {
			err = st.Merge(&rows, cut(out[len(out)-1], 0, rows.Len))
		}
		if err != nil {
			return nil, err
		}
		var cols []*batch.Builder
		for _, t := range types {
			cols = append(cols, batch.NewBuilder(t, n))
		}
		st.AppendState(cols, numbers(n))
		var level []*batch.Vector
		for _, c := range cols {
			level = append(level, c.Finish())
		}
		out = append(out, level)
	}
	return out, nil
}

func cut(cols []*batch.Vector, lo, hi int) []*batch.Vector {
	out := make([]*batch.Vector, len(cols))
	for i, c := range cols {
		out[i] = c.Slice(lo, hi)
	}
	return out
}

// piece is what some frames take from one level, in the order of the frames: which rows or nodes, and for which frame.
type piece struct {
	at   []int32
	runs []aggregate.Run
}

// pieces is what up to slideFrames frames are put together from: nodes[0] are rows, nodes[k+1] nodes of level k.
type pieces struct {
	of     *tree
	nodes  []piece
	frames int
	rows   int
}

// add takes a frame apart: at every level what its edges leave over, and the rest from the level above.
func (p *pieces) add(lo, hi int32) {
	frame := int32(p.frames)
	p.frames++
	if lo >= hi {
		return
	}
	if len(p.of.levels) == 0 {
		p.take(0, lo, hi, frame)
		return
	}
	lo, hi = lo-p.of.lo, hi-p.of.lo
	for k := range p.nodes {
		base := int32(0)
		if k == 0 {
			base = p.of.lo
		}
		up, down := (lo+fanout-1)/fanout, hi/fanout
		if k == len(p.of.levels) || up >= down {
			p.take(k, base+lo, base+hi, frame)
			return
		}
		p.take(k, base+lo, base+up*fanout, frame)
		p.take(k, base+down*fanout, base+hi, frame)
		lo, hi = up, down
	}
}

func (p *pieces) take(level int, lo, hi, frame int32) {
	if lo >= hi {
		return
	}
	n := &p.nodes[level]
	for k := lo; k < hi; k++ {
		n.at = append(n.at, k)
	}
	p.rows += int(hi - lo)
	n.runs = append(n.runs, aggregate.Run{End: int32(len(n.at)), Group: frame})
}

// fold appends the results of the frames and begins anew.
func (w *states) fold(p *pieces) error {
	if p.frames == 0 {
		return nil
	}
	if err := w.stop(); err != nil {
		return err
	}
	st, err := w.new(p.frames)
	if err != nil {
		return err
	}
	for k := range p.nodes {
		n := &p.nodes[k]
		if len(n.at) == 0 {
			continue
		}
		rows := aggregate.Rows{Len: len(n.at), Runs: n.runs}
		if k == 0 {
			err = st.Update(&rows, gather(w.args, n.at))
		} else {
			err = st.Merge(&rows, gather(p.of.levels[k-1], n.at))
		}
		if err != nil {
			return err
		}
		n.at, n.runs = n.at[:0], n.runs[:0]
	}
	err = st.Result(w.out, numbers(p.frames))
	p.frames, p.rows = 0, 0
	return err
}

func gather(cols []*batch.Vector, rows []int32) []*batch.Vector {
	out := make([]*batch.Vector, len(cols))
	for i, c := range cols {
		out[i] = c.Gather(rows)
	}
	return out
}
