package scatter

import (
	"slices"

	"github.com/assaydb/assay/planner/fragment"
)

// fuse makes one fragment of a plan whose every stage runs in this process: each Receive becomes the root of its stage, and what is
// done in two halves, as aggregation is, becomes whole. No row changes: states are exact, so that halving is invisible.
func fuse(p *fragment.Plan) *fragment.Fragment {
	out := p.Stages[0]
	out.Root = fuseNode(p, out.Root)
	return &out
}

func fuseNode(p *fragment.Plan, n fragment.Node) fragment.Node {
	switch n := n.(type) {
	case *fragment.Receive:
		return fuseNode(p, p.Stages[n.Stage].Root)
	case *fragment.Filter:
		c := *n
		c.Input = fuseNode(p, n.Input)
		return &c
	case *fragment.Project:
		c := *n
		c.Input = fuseNode(p, n.Input)
		return &c
	case *fragment.Sort:
		c := *n
		c.Input = fuseNode(p, n.Input)
		return onlySort(&c)
	case *fragment.Window:
		c := *n
		c.Input = fuseNode(p, n.Input)
		return onlyWindow(&c)
	case *fragment.Limit:
		c := *n
		c.Input = fuseNode(p, n.Input)
		return &c
	case *fragment.Aggregate:
		c := *n
		c.Input = fuseNode(p, n.Input)
		return whole(&c)
	case *fragment.Union:
		c := &fragment.Union{}
		for _, b := range n.Branches {
			c.Branches = append(c.Branches, fuseNode(p, b))
		}
		return c
	case *fragment.HashJoin:
		c := *n
		c.Probe, c.Build = fuseNode(p, n.Probe), fuseNode(p, n.Build)
		return &c
	}
	return n
}

// whole joins Final over Partial of the same keys and calls.
func whole(n *fragment.Aggregate) fragment.Node {
	part, ok := n.Input.(*fragment.Aggregate)
	if !ok || n.Mode != fragment.Final || part.Mode != fragment.Partial || len(n.Keys) != len(part.Keys) || len(n.Calls) != len(part.Calls) {
		return n
	}
	out := &fragment.Aggregate{Input: part.Input, Mode: fragment.Complete, Calls: slices.Clone(part.Calls), Weight: part.Weight}
	for _, k := range n.Keys {
		if k < 0 || k >= len(part.Keys) {
			return n
		}
		out.Keys = append(out.Keys, part.Keys[k])
	}
	for i := range out.Calls {
		out.Calls[i].Name = n.Calls[i].Name
	}
	return out
}

// onlySort drops a top-N with ties below the same one.
func onlySort(n *fragment.Sort) fragment.Node {
	if in, ok := n.Input.(*fragment.Sort); ok && n.Ties > 0 && in.Ties == n.Ties && in.Limit == n.Limit && in.Offset == 0 && slices.Equal(in.Keys, n.Keys) {
		n.Input = in.Input
	}
	return n
}

// onlyWindow drops the order that was made for the way to the windows, and what left out rows before it: the operator divides rows
// into partitions faster than it merges sorted ones.
func onlyWindow(n *fragment.Window) fragment.Node {
	in, ok := n.Input.(*fragment.Sort)
	if !ok || !n.Sorted || in.Limit >= 0 || in.Offset > 0 || !slices.Equal(in.Keys, n.Keys()) {
		return n
	}
	n.Sorted, n.Input = false, in.Input
	if part, ok := n.Input.(*fragment.Window); ok && len(part.Calls) == 0 && part.First == n.First && slices.Equal(part.Keys(), n.Keys()) {
		n.Input = part.Input
	}
	return n
}
