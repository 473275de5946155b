package operator

import (
	"context"
	"time"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
)

// filterPull narrows the selection to the rows for which the condition is true.
type filterPull struct {
	in    puller
	cond  *expr.Program
	stats *counters
	out   batch.Batch
}

func (r *runner) filter(n *fragment.Filter) (*pipe, error) {
	in, err := r.build(n.Input)
	if err != nil {
		return nil, err
	}
	c := &counters{name: "Filter", detail: expr.Format(n.Cond), inputs: []*counters{in.stats}}
	p := &pipe{fields: in.fields, stats: c}
	for _, pull := range in.pulls {
		cond, err := expr.Compile(n.Cond, &r.expr)
		if err != nil {
			return nil, err
		}
		p.pulls = append(p.pulls, &filterPull{in: pull, cond: cond, stats: c})
	}
	return p, nil
}

func (f *filterPull) next(ctx context.Context) (*batch.Batch, error) {
	for {
		b, err := f.in.next(ctx)
		if b == nil || err != nil {
			return nil, err
		}
		begin := time.Now()
		sel, err := f.cond.Filter(b)
		f.stats.nanos.Add(int64(time.Since(begin)))
		if err != nil {
			return nil, err
		}
		if len(sel) == 0 {
			continue
		}
		f.out = batch.Batch{Cols: b.Cols, Len: b.Len, Sel: sel}
		if len(sel) == b.Len {
			f.out.Sel = nil
		}
		f.stats.emitted(&f.out)
		return &f.out, nil
	}
}
