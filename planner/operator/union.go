package operator

import (
	"context"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
)

// unionPull gives the rows of one puller of each branch, branch after branch.
type unionPull struct {
	in    []puller
	stats *counters
}

// union puts the branches behind one another: worker i reads the i-th puller of every branch.
func (r *runner) union(n *fragment.Union) (*pipe, error) {
	if len(n.Branches) == 0 {
		return nil, errs.New(errs.Invalid, "bad-fragment", "a union has no branch")
	}
	c := &counters{name: "Union"}
	p := &pipe{fields: n.Fields(), stats: c}
	for _, b := range n.Branches {
		in, err := r.build(b)
		if err != nil {
			return nil, err
		}
		if len(in.fields) != len(p.fields) {
			return nil, errs.New(errs.Invalid, "bad-fragment", "a branch of a union has %d columns, not %d", len(in.fields), len(p.fields))
		}
		for i, f := range in.fields {
			if f.Type != p.fields[i].Type {
				return nil, errs.New(errs.Invalid, "bad-fragment", "column %d of a union is %s in one branch and %s in another", i, p.fields[i].Type, f.Type)
			}
		}
		c.inputs = append(c.inputs, in.stats)
		for i, pull := range in.pulls {
			if i == len(p.pulls) {
				p.pulls = append(p.pulls, &unionPull{stats: c})
			}
			w := p.pulls[i].(*unionPull)
			w.in = append(w.in, pull)
		}
	}
	return p, nil
}

func (u *unionPull) next(ctx context.Context) (*batch.Batch, error) {
	for len(u.in) > 0 {
		b, err := u.in[0].next(ctx)
		if b != nil || err != nil {
			if b != nil {
				u.stats.emitted(b)
			}
			return b, err
		}
		u.in = u.in[1:]
	}
	return nil, nil
}
