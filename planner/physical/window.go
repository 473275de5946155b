package physical

import (
	"fmt"
	"strings"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/planner/logical"
	"github.com/assaydb/assay/storage/kernel/window"
)

// window sorts where the rows are, leaves out there what is past the first of each partition, and computes where sorted rows meet:
// a partition may lie on many nodes.
func (b *builder) window(n *logical.Window) (piece, error) {
	p, err := b.build(n.Input)
	if err != nil {
		return p, err
	}
	w := &fragment.Window{Input: p.node, Partition: n.Partition, Order: sortKeys(n.Sorted()[len(n.Partition):]), Peers: len(n.Order), First: n.First}
	if p.spread {
		if n.First.By != window.AllRows {
			part := *w
			p.node = &part
		}
		p.node = &fragment.Sort{Input: p.node, Keys: w.Keys(), Limit: -1}
		p = b.gather(piece{node: p.node, spread: true, keys: w.Keys(), rows: p.rows})
		w.Input, w.Sorted = p.node, true
	}
	for _, c := range n.Calls {
		w.Calls = append(w.Calls, fragment.WindowCall{Spec: c.Spec, Args: c.Args, Name: c.Name})
	}
	return piece{node: w, rows: p.rows}, nil
}

func describeWindow(n *fragment.Window) string {
	s := "Window"
	var parts, calls []string
	fields := n.Input.Fields()
	for _, c := range n.Partition {
		parts = append(parts, fields[c].Name)
	}
	for _, c := range n.Calls {
		calls = append(calls, c.Name)
	}
	if len(parts) > 0 {
		s += " by " + strings.Join(parts, ", ")
	}
	if n.Peers > 0 {
		s += " order " + describeKeys(n.Input, n.Order[:n.Peers])
	}
	if len(calls) > 0 {
		s += " computing " + strings.Join(calls, ", ")
	}
	if n.First.By != window.AllRows {
		s += fmt.Sprintf(" first %d by %s", n.First.Rows, n.First.By)
	}
	return s
}
