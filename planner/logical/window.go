package logical

import (
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/window"
)

// Window computes window functions that share their partitions and their order. Its output is the input's columns, then the calls.
// Peers that a function tells apart stand in the order of Ties, then of Others. Ties are all columns that the windows of the SELECT
// were put over, Others those that windows below gave: rows that are equal in Ties differ at most in Others, so that of these only
// those count that are read. First leaves out rows at the end of each partition.
type Window struct {
	Input     Node
	Partition []int // columns of the input, as all others
	Order     []SortKey
	Ties      []int
	Others    []int
	Calls     []WindowCall
	First     window.First
}

// WindowCall is one window function over columns of the input.
type WindowCall struct {
	Spec window.Spec
	Args []int
	Name string
}

// Inputs returns the input.
func (n *Window) Inputs() []Node { return []Node{n.Input} }

// Fields returns the input's columns, then the calls.
func (n *Window) Fields() []batch.Field {
	out := slices.Clone(n.Input.Fields())
	for _, c := range n.Calls {
		out = append(out, batch.Field{Name: c.Name, Type: c.Spec.Result})
	}
	return out
}

// over returns the same functions over another input of the same columns.
func (n *Window) over(in Node) *Window {
	out := *n
	out.Input = in
	return &out
}

// Sorted returns the order in which the rows are looked at: partition, order, ties.
func (n *Window) Sorted() []SortKey {
	var out []SortKey
	used := map[int]bool{}
	add := func(k SortKey) {
		if !used[k.Column] {
			used[k.Column] = true
			out = append(out, k)
		}
	}
	for _, c := range n.Partition {
		add(SortKey{Column: c})
	}
	for _, k := range n.Order {
		add(k)
	}
	for _, c := range slices.Concat(n.Ties, n.Others) {
		add(SortKey{Column: c})
	}
	return out
}

// pruneWindow drops functions that nobody reads, and the whole node when none is left that leaves out rows or computes something.
func pruneWindow(n *Window, w need) (Node, moved) {
	width := len(n.Input.Fields())
	in := slices.Clone(w[:width:width])
	out := &Window{First: n.First}
	for i, c := range n.Calls {
		if w[width+i] {
			out.Calls = append(out.Calls, c)
		}
	}
	ordered := n.First.By == window.FirstByNumber || slices.ContainsFunc(out.Calls, func(c WindowCall) bool { return c.Spec.Ordered() })
	read := func(list []int) {
		for _, c := range list {
			in[c] = true
		}
	}
	if len(out.Calls) > 0 || n.First.By != window.AllRows {
		read(n.Partition)
		for _, k := range n.Order {
			in[k.Column] = true
		}
		if ordered {
			read(n.Ties)
		}
		for _, c := range out.Calls {
			read(c.Args)
		}
	}
	input, m := prune(n.Input, in)
	at := slices.Clone(m)
	for i, next := 0, len(input.Fields()); i < len(n.Calls); i++ {
		if !w[width+i] {
			at = append(at, -1)
			continue
		}
		at = append(at, next)
		next++
	}
	if len(out.Calls) == 0 && n.First.By == window.AllRows {
		return input, at
	}
	out.Input, out.Partition = input, m.columns(n.Partition)
	for _, k := range n.Order {
		out.Order = append(out.Order, SortKey{m[k.Column], k.Desc})
	}
	if ordered {
		out.Ties = m.columns(n.Ties)
		for _, c := range n.Others {
			if in[c] {
				out.Others = append(out.Others, m[c])
			}
		}
	}
	for i, c := range out.Calls {
		out.Calls[i] = WindowCall{c.Spec, m.columns(c.Args), c.Name}
	}
	return out, at
}

func (m moved) columns(list []int) []int {
	var out []int
	for _, c := range list {
		out = append(out, m[c])
	}
	return out
}
