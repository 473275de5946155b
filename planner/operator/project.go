package operator

import (
	"context"
	"time"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
)

// projectPull computes expressions; plain columns pass through untouched.
type projectPull struct {
	in    puller
	exprs []projection
	stats *counters
	out   batch.Batch
}

type projection struct {
	column int // pass this column through; -1: evaluate
	prog   *expr.Program
}

func (r *runner) project(n *fragment.Project) (*pipe, error) {
	in, err := r.build(n.Input)
	if err != nil {
		return nil, err
	}
	c := &counters{name: "Project", inputs: []*counters{in.stats}}
	p := &pipe{fields: n.Fields(), stats: c}
	for _, pull := range in.pulls {
		pp := &projectPull{in: pull, stats: c}
		if pp.exprs, err = r.projections(n.Exprs, len(in.fields)); err != nil {
			return nil, err
		}
		p.pulls = append(p.pulls, pp)
	}
	return p, nil
}

func (r *runner) projections(list []expr.Expr, columns int) ([]projection, error) {
	out := make([]projection, len(list))
	for i, e := range list {
		out[i].column = -1
		if c, ok := e.(*expr.Column); ok {
			if c.Index < 0 || c.Index >= columns {
				return nil, columnError("a projection", c.Index, columns)
			}
			out[i].column = c.Index
			continue
		}
		prog, err := expr.Compile(e, &r.expr)
		if err != nil {
			return nil, err
		}
		out[i].prog = prog
	}
	return out, nil
}

func (p *projectPull) next(ctx context.Context) (*batch.Batch, error) {
	b, err := p.in.next(ctx)
	if b == nil || err != nil {
		return nil, err
	}
	begin := time.Now()
	cols := make([]*batch.Vector, len(p.exprs))
	for i, e := range p.exprs {
		if e.column >= 0 {
			cols[i] = b.Cols[e.column]
			continue
		}
		if cols[i], err = e.prog.Eval(b); err != nil {
			return nil, err
		}
	}
	p.out = batch.Batch{Cols: cols, Len: b.Len, Sel: b.Sel}
	p.stats.nanos.Add(int64(time.Since(begin)))
	p.stats.emitted(&p.out)
	return &p.out, nil
}
