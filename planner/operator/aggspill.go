package operator

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/aggregate"
)

// aggSpill is the spilled part of an aggregation: radixParts files of keys and states. Normally a partition holds whole groups, by
// the hash of their keys, and is finished by itself; a partition that is still too large is cut again by further bits. When there
// are few groups with large sets of distinct values, a partition instead holds part of the values of every group (byValue):
// partitions are then reduced one after another to states without DISTINCT, which add up.
type aggSpill struct {
	agg     *aggregation
	level   int
	byValue bool
	files   []*spillFile
	next    atomic.Int64
	reduced *aggTable
}

// maxSpillLevel bounds the recursion: five levels of five bits separate any keys that 25 bits of hash can.
const maxSpillLevel = 5

// fewGroups is below which sets of distinct values are cut by value.
const fewGroups = 256

func (a *aggregation) newSpill(level int, byValue bool) (*aggSpill, error) {
	s := &aggSpill{agg: a, level: level, byValue: byValue}
	for p := range radixParts {
		f, err := a.run.spill.create(fmt.Sprintf("aggregate-%d-%d", level, p))
		if err != nil {
			return nil, err
		}
		s.files = append(s.files, f)
	}
	a.stats.files.Add(radixParts)
	return s, nil
}

// spill moves the table into the aggregation's partitions, which the first caller makes.
func (t *aggTable) spill() error {
	a := t.agg
	a.spillMu.Lock()
	if a.spilled == nil {
		s, err := a.newSpill(0, a.logs == nil && a.numbers == nil && t.groups < fewGroups && t.splits())
		if err != nil {
			a.spillMu.Unlock()
			return err
		}
		a.spilled = s
	}
	a.spillMu.Unlock()
	return t.spillTo(a.spilled)
}

// splits reports whether some state can be cut by value.
func (t *aggTable) splits() bool {
	for _, st := range t.states {
		if _, ok := st.(aggregate.Splitter); ok {
			return true
		}
	}
	return false
}

func (t *aggTable) spillTo(s *aggSpill) error {
	defer t.release()
	for _, l := range t.rowLogs() {
		if err := l.foldAll(); err != nil {
			return err
		}
		if err := l.into.spill(&l.hold); err != nil {
			return err
		}
	}
	if t.groups == 0 {
		return t.reset()
	}
	if t.scratch == nil {
		t.scratch = &frameBuffer{}
	}
	groups := allGroups(t.groups)
	var parts [][]int32
	if !s.byValue {
		if t.keys == nil {
			parts = [][]int32{groups}
		} else {
			parts = t.keys.partitions(radixBits*s.level, radixBits)
		}
	}
	for p := range s.files {
		if !s.byValue {
			if groups = nil; p < len(parts) {
				groups = parts[p]
			}
		}
		if err := t.spillPart(s, p, groups); err != nil {
			return err
		}
	}
	return t.reset()
}

// cut is how many of n groups go into one batch: few when their states are large.
func (t *aggTable) cut(n, most int) int {
	each := t.bytes()/int64(max(t.groups, 1)) + 1
	return max(1, min(n, most, int(frameBytes/each)))
}

// frameBytes is about how large a batch of states may be.
const frameBytes = 4 << 20

func (t *aggTable) spillPart(s *aggSpill, p int, groups []int32) error {
	for len(groups) > 0 {
		if err := t.agg.run.stopped(); err != nil {
			return err
		}
		n := t.cut(len(groups), batch.MaxRows)
		cols, err := t.stateColumns(s, p, groups[:n])
		if err != nil {
			return err
		}
		written, err := s.files[p].write(&batch.Batch{Cols: cols, Len: n}, t.scratch)
		if err != nil {
			return err
		}
		t.agg.stats.spilled.Add(written)
		groups = groups[n:]
	}
	return nil
}

// stateColumns gives keys and states; by value, only part p of each set, and of the other states everything in part 0 and nothing
// in the rest.
func (t *aggTable) stateColumns(s *aggSpill, p int, groups []int32) ([]*batch.Vector, error) {
	if !s.byValue {
		return t.columns(groups, true, nil)
	}
	var out []*batch.Builder
	for _, k := range t.agg.keys {
		out = append(out, batch.NewBuilder(k, len(groups)))
	}
	if t.keys != nil {
		t.keys.emit(out, groups)
	}
	for i, st := range t.states {
		spec := t.specs[i]
		types, err := aggregate.StateTypes(spec)
		if err != nil {
			return nil, err
		}
		var cols []*batch.Builder
		for _, typ := range types {
			cols = append(cols, batch.NewBuilder(typ, len(groups)))
		}
		if sp, ok := st.(aggregate.Splitter); ok {
			sp.AppendPart(cols, groups, p, radixParts)
		} else if p == 0 {
			st.AppendState(cols, groups)
		} else if err := appendEmpty(spec, cols, len(groups)); err != nil {
			return nil, err
		}
		out = append(out, cols...)
	}
	return finishAll(out), nil
}

// appendEmpty appends the state of n empty groups.
func appendEmpty(spec aggregate.Spec, cols []*batch.Builder, n int) error {
	st, err := aggregate.New(spec)
	if err != nil {
		return err
	}
	st.Grow(1)
	st.AppendState(cols, make([]int32, n))
	return nil
}

func finishAll(bs []*batch.Builder) []*batch.Vector {
	out := make([]*batch.Vector, len(bs))
	for i, b := range bs {
		out[i] = b.Finish()
	}
	return out
}

// finish is called once every table was spilled.
func (s *aggSpill) finish() error {
	if !s.byValue || s.agg.node.Mode == fragment.Partial {
		return nil
	}
	out, err := s.agg.newReduced()
	if err != nil {
		return err
	}
	for p := range s.files {
		t, err := s.load(p, nil)
		if err != nil {
			return err
		}
		if err := out.reduce(t); err != nil {
			return err
		}
		t.release()
		if err := out.account(false); err != nil {
			return err
		}
	}
	s.reduced = out
	return nil
}

// take gives the next finished partition.
func (s *aggSpill) take(ctx context.Context, out *groupOutput) (bool, error) {
	if s.reduced != nil {
		if s.next.Add(1) > 1 {
			return false, nil
		}
		return true, out.start(s.agg, s.reduced)
	}
	for {
		cur := s
		if n := len(out.nested); n > 0 {
			cur = out.nested[n-1]
		}
		p := int(cur.next.Add(1)) - 1
		if p >= len(cur.files) {
			if len(out.nested) == 0 {
				return false, ctx.Err()
			}
			out.nested = out.nested[:len(out.nested)-1]
			continue
		}
		deeper, t, err := cur.loadOrCut(p)
		switch {
		case err != nil:
			return false, err
		case deeper != nil:
			out.nested = append(out.nested, deeper)
		case t.len() == 0:
			t.release()
		default:
			return true, out.start(s.agg, t)
		}
	}
}

// loadOrCut merges a partition's frames into a table; when that outgrows the grant, into a nested spill by further bits.
func (s *aggSpill) loadOrCut(p int) (*aggSpill, *aggTable, error) {
	var deeper *aggSpill
	t, err := s.load(p, func(t *aggTable) (err error) {
		if s.byValue || s.level+1 >= maxSpillLevel || t.keys == nil {
			return memoryExceeded(s.agg.run.grant, "a GROUP BY")
		}
		if deeper == nil {
			if deeper, err = s.agg.newSpill(s.level+1, false); err != nil {
				return err
			}
		}
		return t.spillTo(deeper)
	})
	if err != nil || deeper == nil {
		return nil, t, err
	}
	return deeper, nil, t.spillTo(deeper)
}

// load merges the frames of a partition; full is called when the grant refuses, and must empty the table.
func (s *aggSpill) load(p int, full func(*aggTable) error) (*aggTable, error) {
	t, err := s.agg.newStateTable()
	if err != nil {
		return nil, err
	}
	r, err := s.files[p].rewind()
	if err != nil {
		return nil, err
	}
	defer s.files[p].discard()
	for {
		if err := s.agg.run.stopped(); err != nil {
			return nil, err
		}
		b, err := r.next()
		if err != nil {
			return nil, err
		}
		if b == nil {
			return t, nil
		}
		if err := t.fold(b); err != nil {
			return nil, err
		}
		if t.fits() {
			continue
		}
		if full == nil {
			return nil, memoryExceeded(s.agg.run.grant, "a GROUP BY")
		}
		if err := full(t); err != nil {
			return nil, err
		}
	}
}
