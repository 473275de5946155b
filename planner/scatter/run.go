package scatter

import (
	"context"
	"errors"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

func (s *Scatter) run(ctx context.Context, p *fragment.Plan) (operator.Stream, error) {
	if err := checkPlan(p); err != nil {
		return nil, err
	}
	if local, ok := s.onlyLocal(); ok {
		return local.Run(ctx, fuse(p), nil)
	}
	return s.stage(ctx, p, 0)
}

// onlyLocal reports that everything runs in this process, where stages can be one.
func (s *Scatter) onlyLocal() (*Local, bool) {
	if len(s.nodes) != 1 || s.env.Debug.NoFusion {
		return nil, false
	}
	l, ok := s.nodes[0].(*Local)
	return l, ok
}

// checkPlan refuses stages that receive from themselves, from earlier ones or from none.
func checkPlan(p *fragment.Plan) error {
	if len(p.Stages) == 0 {
		return errs.New(errs.Invalid, "bad-plan", "a plan has no stage")
	}
	used := make([]int, len(p.Stages))
	for k := range p.Stages {
		for _, from := range receives(p.Stages[k].Root, nil) {
			if from <= k || from >= len(p.Stages) {
				return errs.New(errs.Invalid, "bad-plan", "stage %d receives from stage %d of %d", k, from, len(p.Stages))
			}
			if used[from]++; used[from] > 1 {
				return errs.New(errs.Invalid, "bad-plan", "stage %d has two receivers", from)
			}
		}
	}
	return nil
}

func receives(n fragment.Node, to []int) []int {
	if r, ok := n.(*fragment.Receive); ok {
		return append(to, r.Stage)
	}
	for _, in := range n.Inputs() {
		to = receives(in, to)
	}
	return to
}

// stage starts a stage and those it receives from. Stage 0 and every stage that receives run here; the others where their segments
// are.
func (s *Scatter) stage(ctx context.Context, p *fragment.Plan, k int) (operator.Stream, error) {
	f := &p.Stages[k]
	inputs := operator.Inputs{}
	fail := func(err error) (operator.Stream, error) {
		for _, in := range inputs {
			err = errors.Join(err, in.Close())
		}
		return nil, err
	}
	for _, from := range receives(f.Root, nil) {
		in, err := s.stage(ctx, p, from)
		if err != nil {
			return fail(err)
		}
		inputs[from] = in
	}
	if k == 0 || len(inputs) > 0 {
		return NewLocal("coordinator", s.env).Run(ctx, f, inputs)
	}
	return s.leaf(ctx, k, f)
}

// leaf runs a stage without inputs on every node that holds some of its segments.
func (s *Scatter) leaf(ctx context.Context, k int, f *fragment.Fragment) (operator.Stream, error) {
	var parts []operator.Stream
	g := newGathered(ctx, k, f.Root.Fields(), nil)
	for i, node := range s.nodes {
		mine := *f
		root, rows := s.share(f.Root, i)
		if !rows && i > 0 {
			continue
		}
		mine.Root = root
		part, err := node.Run(g.ctx, &mine, nil)
		if err != nil {
			g.parts = parts
			return nil, errors.Join(err, g.Close())
		}
		parts = append(parts, part)
	}
	g.parts = parts
	return g, nil
}

// share returns the tree with only the segments placed on node i, and whether there are any. Without segments (Values) the tree is
// node 0's.
func (s *Scatter) share(n fragment.Node, i int) (fragment.Node, bool) {
	switch n := n.(type) {
	case *fragment.Scan:
		return s.shareScan(n, i)
	case *fragment.Filter:
		c := *n
		in, shared := s.share(n.Input, i)
		c.Input = in
		return &c, shared
	case *fragment.Project:
		c := *n
		in, shared := s.share(n.Input, i)
		c.Input = in
		return &c, shared
	case *fragment.Sort:
		c := *n
		in, shared := s.share(n.Input, i)
		c.Input = in
		return &c, shared
	case *fragment.Limit:
		c := *n
		in, shared := s.share(n.Input, i)
		c.Input = in
		return &c, shared
	case *fragment.Aggregate:
		c := *n
		in, shared := s.share(n.Input, i)
		c.Input = in
		return &c, shared
	}
	return n, i == 0
}

func (s *Scatter) shareScan(n *fragment.Scan, i int) (fragment.Node, bool) {
	c := *n
	c.Segments, c.Ordinal = nil, nil
	for k := range n.Segments {
		if s.place(&n.Segments[k]) != i {
			continue
		}
		c.Segments = append(c.Segments, n.Segments[k])
		ordinal := int32(k)
		if n.Ordinal != nil {
			ordinal = n.Ordinal[k]
		}
		c.Ordinal = append(c.Ordinal, ordinal)
	}
	return &c, len(c.Segments) > 0
}

func (s *Scatter) place(seg *schema.Segment) int {
	if s.placement == nil {
		return 0
	}
	return s.placement(seg)
}
