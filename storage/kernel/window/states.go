package window

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/aggregate"
)

// states computes any aggregate by its states. Rows that follow each other and see the same frame share one result.
type states struct {
	spec *Spec
	args []*batch.Vector
	f    frames
	stop func() error
	out  *batch.Builder // a result per distinct frame
	of   []int32        // the distinct frame of every row
	one  [1]aggregate.Run
}

func byStates(s *Spec, args []*batch.Vector, f frames, b *Block, stop func() error) (*batch.Vector, error) {
	w := &states{spec: s, args: args, f: f, stop: stop, out: batch.NewBuilder(s.Result, b.Len), of: make([]int32, b.Len)}
	err := b.each(func(lo, hi int) error {
		if err := stop(); err != nil {
			return err
		}
		first, last := lo, hi-1
		switch {
		case f.lo[first] == f.lo[last]:
			return w.growing(lo, hi)
		case f.hi[first] == f.hi[last]:
			return w.shrinking(lo, hi)
		}
		return w.sliding(lo, hi)
	})
	if err != nil {
		return nil, err
	}
	return w.out.Finish().Gather(w.of), nil
}

// fresh reports whether row i sees another frame than the row before it, of a partition that begins at lo.
func (w *states) fresh(i, lo int) bool {
	return i == lo || w.f.lo[i] != w.f.lo[i-1] || w.f.hi[i] != w.f.hi[i-1]
}

func (w *states) new(groups int) (aggregate.State, error) {
	st, err := aggregate.New(*w.spec.Aggregate)
	if err == nil {
		st.Grow(groups)
	}
	return st, err
}

// add folds rows lo to hi into group 0.
func (w *states) add(st aggregate.State, lo, hi int32) error {
	if lo >= hi {
		return nil
	}
	args := make([]*batch.Vector, len(w.args))
	for i, a := range w.args {
		args[i] = a.Slice(int(lo), int(hi))
	}
	w.one[0] = aggregate.Run{End: hi - lo}
	return st.Update(&aggregate.Rows{Len: int(hi - lo), Runs: w.one[:]}, args)
}

// growing is for frames that all start at the same row: one state takes in what each has more than the one before.
func (w *states) growing(lo, hi int) error {
	st, err := w.new(1)
	if err != nil {
		return err
	}
	seen := w.f.lo[lo]
	for i := lo; i < hi; i++ {
		if w.fresh(i, lo) {
			if err := w.add(st, seen, w.f.hi[i]); err != nil {
				return err
			}
			seen = max(seen, w.f.hi[i])
			if err := w.result(st); err != nil {
				return err
			}
		}
		w.of[i] = int32(w.out.Len() - 1)
	}
	return nil
}

// shrinking is for frames that all end at the same row: from the last row to the first.
func (w *states) shrinking(lo, hi int) error {
	st, err := w.new(1)
	if err != nil {
		return err
	}
	seen := w.f.hi[lo]
	for i := hi - 1; i >= lo; i-- {
		if i == hi-1 || w.fresh(i+1, lo) {
			if err := w.add(st, w.f.lo[i], seen); err != nil {
				return err
			}
			seen = min(seen, w.f.lo[i])
			if err := w.result(st); err != nil {
				return err
			}
		}
		w.of[i] = int32(w.out.Len() - 1)
	}
	return nil
}

func (w *states) result(st aggregate.State) error {
	if w.out.Len()%1024 == 0 {
		if err := w.stop(); err != nil {
			return err
		}
	}
	return st.Result(w.out, []int32{0})
}
