package fragment

import (
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/window"
)

// Window computes window functions that share their partitions and their order. Its output is the input's columns, then the calls,
// in any order of rows. Rows of a partition are ordered by Order, of which the first Peers keys say which rows are peers and the
// others decide among those. Without calls it only leaves out the rows past First of each partition. Sorted says that the rows come
// ordered by Partition and Order already.
type Window struct {
	Input     Node
	Partition []int
	Order     []SortKey
	Peers     int
	Calls     []WindowCall
	First     window.First
	Sorted    bool
}

// WindowCall is one window function over columns of the input.
type WindowCall struct {
	Spec window.Spec
	Args []int
	Name string
}

// Inputs returns the one input.
func (n *Window) Inputs() []Node { return []Node{n.Input} }

// Fields are those of the input, then one per call.
func (n *Window) Fields() []batch.Field {
	out := slices.Clone(n.Input.Fields())
	for _, c := range n.Calls {
		out = append(out, batch.Field{Name: c.Name, Type: c.Spec.Result})
	}
	return out
}

// Keys is the order of the rows: partitions, then Order.
func (n *Window) Keys() []SortKey {
	var out []SortKey
	for _, c := range n.Partition {
		out = append(out, SortKey{Column: c})
	}
	return append(out, n.Order...)
}

func (e *encoder) window(n *Window) {
	e.node(n.Input)
	e.ints(n.Partition)
	e.keys(n.Order)
	e.count(n.Peers)
	e.count(len(n.Calls))
	for _, c := range n.Calls {
		e.windowSpec(&c.Spec)
		e.ints(c.Args)
		e.text(c.Name)
	}
	e.byte(byte(n.First.By))
	e.i(n.First.Rows)
	e.flag(n.Sorted)
}

func (e *encoder) windowSpec(s *window.Spec) {
	e.text(s.Name)
	e.i(s.Number)
	e.flag(s.Aggregate != nil)
	if s.Aggregate != nil {
		e.spec(*s.Aggregate)
	}
	e.flag(s.Frame.Rows)
	e.flag(s.Frame.Down)
	for _, b := range []window.Bound{s.Frame.Start, s.Frame.End} {
		e.byte(byte(b.Kind))
		e.i(b.Rows)
	}
	e.typ(s.Result)
}

func (d *decoder) window() Node {
	n := &Window{Input: d.node(), Partition: d.ints(), Order: d.keys(), Peers: d.count(maxColumns, 0)}
	if n.Peers > len(n.Order) {
		d.fail("%d of %d columns make peers", n.Peers, len(n.Order))
	}
	for range d.count(maxColumns, 12) {
		n.Calls = append(n.Calls, WindowCall{Spec: d.windowSpec(), Args: d.ints(), Name: d.text()})
	}
	n.First = window.First{By: window.FirstKind(d.byte()), Rows: d.i()}
	if n.First.By > window.FirstByDenseRank || n.First.Rows < 0 {
		d.fail("the first %d rows by %d are unknown", n.First.Rows, n.First.By)
	}
	n.Sorted = d.flag()
	return n
}

func (d *decoder) windowSpec() (s window.Spec) {
	s.Name, s.Number = d.text(), d.i()
	if d.flag() {
		a := d.spec()
		s.Aggregate = &a
	}
	s.Frame.Rows, s.Frame.Down = d.flag(), d.flag()
	for _, b := range []*window.Bound{&s.Frame.Start, &s.Frame.End} {
		b.Kind, b.Rows = window.BoundKind(d.byte()), d.i()
		if b.Kind > window.UnboundedFollowing {
			d.fail("the bound %d of a frame is unknown", b.Kind)
		}
	}
	s.Result = d.typ()
	return s
}
