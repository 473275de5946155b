package scatter

import (
	"context"
	"errors"
	"slices"

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

// checkPlan refuses stages that receive from themselves, directly or not, from none, or with others.
func checkPlan(p *fragment.Plan) error {
	if len(p.Stages) == 0 {
		return errs.New(errs.Invalid, "bad-plan", "a plan has no stage")
	}
	used := make([]bool, len(p.Stages))
	used[0] = true
	var visit func(k int) error
	visit = func(k int) error {
		for _, from := range receives(p.Stages[k].Root, nil) {
			switch {
			case from <= 0 || from >= len(p.Stages):
				return errs.New(errs.Invalid, "bad-plan", "stage %d receives from stage %d of %d", k, from, len(p.Stages))
			case used[from]:
				return errs.New(errs.Invalid, "bad-plan", "stage %d has two receivers", from)
			}
			used[from] = true
			if err := visit(from); err != nil {
				return err
			}
		}
		return nil
	}
	return visit(0)
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

// stage starts a stage and those it receives from. A stage that scans runs where its segments are, any other here.
func (s *Scatter) stage(ctx context.Context, p *fragment.Plan, k int) (operator.Stream, error) {
	f := &p.Stages[k]
	inputs := operator.Inputs{}
	for _, from := range receives(f.Root, nil) {
		in, err := s.stage(ctx, p, from)
		if err != nil {
			return nil, closeInputs(inputs, err)
		}
		inputs[from] = in
	}
	if k == 0 || len(inputs) > 0 && !scans(f.Root) {
		return NewLocal("coordinator", s.env).Run(ctx, f, inputs)
	}
	return s.leaf(ctx, k, f, inputs)
}

func closeInputs(inputs operator.Inputs, err error) error {
	for _, in := range inputs {
		err = errors.Join(err, in.Close())
	}
	return err
}

func scans(n fragment.Node) bool {
	if _, ok := n.(*fragment.Scan); ok {
		return true
	}
	return slices.ContainsFunc(n.Inputs(), scans)
}

// leaf runs a stage on every node that holds some of its segments. What it receives goes to all of them.
func (s *Scatter) leaf(ctx context.Context, k int, f *fragment.Fragment, inputs operator.Inputs) (operator.Stream, error) {
	var at []int
	var roots []fragment.Node
	cut := &sharing{s, map[*fragment.Scan]*fragment.Scan{}}
	for i := range s.nodes {
		if root, rows := cut.share(f.Root, i); rows || i == 0 {
			at, roots = append(at, i), append(roots, root)
		}
	}
	branches := s.branches(inputs, len(at))
	g := newGathered(ctx, k, f.Root.Fields(), nil)
	for i, node := range at {
		mine := *f
		mine.Root = roots[i]
		part, err := s.nodes[node].Run(g.ctx, &mine, branches[i])
		if err != nil {
			for _, rest := range branches[i+1:] {
				err = closeInputs(rest, err)
			}
			return nil, errors.Join(err, g.Close())
		}
		g.parts = append(g.parts, part)
	}
	return g, nil
}

// branches makes a copy of the inputs for each node.
func (s *Scatter) branches(inputs operator.Inputs, nodes int) []operator.Inputs {
	out := make([]operator.Inputs, nodes)
	for from, in := range inputs {
		b := newBroadcast(in, s.env.Memory, nodes)
		for i := range out {
			if out[i] == nil {
				out[i] = operator.Inputs{}
			}
			out[i][from] = b.branch()
		}
	}
	return out
}

// sharing cuts one stage between nodes; segments that are not listed are listed once.
type sharing struct {
	*Scatter
	listed map[*fragment.Scan]*fragment.Scan
}

// share returns the tree with only the segments placed on node i, and whether there are any. Without segments (Values) the tree is
// node 0's. A join goes with its probe side.
func (s *sharing) share(n fragment.Node, i int) (fragment.Node, bool) {
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
	case *fragment.Window:
		c := *n
		in, shared := s.share(n.Input, i)
		c.Input = in
		return &c, shared
	case *fragment.HashJoin:
		c := *n
		in, shared := s.share(n.Probe, i)
		c.Probe = in
		return &c, shared
	}
	return n, i == 0
}

func (s *sharing) shareScan(n *fragment.Scan, i int) (fragment.Node, bool) {
	if s.placement == nil && n.Source != nil {
		return n, i == 0 // which is the first node's, whole
	}
	if s.listed[n] == nil {
		s.listed[n] = n.Listed()
	}
	n = s.listed[n]
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
