package logical

import (
	"slices"

	"github.com/assaydb/assay/storage/expr"
)

// placeWindows moves everything in the windows onto the output of the Aggregate.
func (s *selection) placeWindows() error {
	for _, c := range s.wins.calls {
		over := *c.over
		over.partition, over.order = slices.Clone(over.partition), slices.Clone(over.order)
		lists := [][]expr.Expr{c.args, c.values, over.partition}
		for _, list := range lists {
			for i := range list {
				var err error
				if list[i], err = s.place(list[i], c.call.Pos, "a window"); err != nil {
					return err
				}
			}
		}
		for i := range over.order {
			var err error
			if over.order[i].expr, err = s.place(over.order[i].expr, over.order[i].pos, "a window"); err != nil {
				return err
			}
		}
		c.over = &over
	}
	return nil
}

// layout is the columns below the windows: first those that the SELECT reads as they are, then what windows compute with.
type layout struct {
	in   Node
	p    *Project
	at   map[int]int // the input's ordinal -> here
	node Node
	of   []int // output column of each window function
}

// window puts the windows over the node and moves what is selected and ordered by onto their output.
func (s *selection) window() error {
	if len(s.wins.calls) == 0 {
		return nil
	}
	l := &layout{in: s.node, p: &Project{Input: s.node}, at: map[int]int{}}
	l.columns(s)
	for _, c := range s.wins.calls {
		for _, list := range [][]expr.Expr{c.over.partition, c.args, c.values} {
			for _, e := range list {
				l.ordinal(e)
			}
		}
		for _, o := range c.over.order {
			l.ordinal(o.expr)
		}
	}
	l.node, l.of = l.p, make([]int, len(s.wins.calls))
	for i := range l.of {
		l.of[i] = -1
	}
	for i := range l.of {
		if l.of[i] < 0 {
			l.stack(s.wins.calls, i)
		}
	}
	s.node = l.node
	for i := range s.items {
		s.items[i].expr = l.moved(s.items[i].expr)
	}
	for i := range s.order {
		s.order[i].expr = l.moved(s.order[i].expr)
	}
	return nil
}

// columns passes on every column that is read above the windows, in the order of the input.
func (l *layout) columns(s *selection) {
	fields := l.in.Fields()
	read := make([]bool, len(fields))
	mark := func(e expr.Expr) {
		for _, c := range expr.Columns(e) {
			if c < len(read) {
				read[c] = true
			}
		}
	}
	for _, it := range s.items {
		mark(it.expr)
	}
	for _, o := range s.order {
		mark(o.expr)
	}
	for i, f := range fields {
		if read[i] {
			l.ordinal(&expr.Column{Index: i, Name: f.Name, Typ: f.Type})
		}
	}
}

// ordinal is the column that holds an expression.
func (l *layout) ordinal(e expr.Expr) int {
	c, plain := e.(*expr.Column)
	for i, x := range l.p.Exprs {
		if expr.Equal(x, e) {
			return i
		}
	}
	n := len(l.p.Exprs)
	if plain {
		l.at[c.Index] = n
	}
	l.p.Exprs, l.p.Names = append(l.p.Exprs, e), append(l.p.Names, expr.Format(e))
	return n
}

func (l *layout) ordinals(list []expr.Expr) []int {
	var out []int
	for _, e := range list {
		out = append(out, l.ordinal(e))
	}
	return out
}

// stack puts one more Window over the node: for the i-th function and all after it that share its partitions and order.
func (l *layout) stack(calls []*windowCall, i int) {
	n := l.shape(calls[i].over)
	width := len(l.node.Fields())
	n.Input = l.node
	for k := i; k < len(calls); k++ {
		c := calls[k]
		if o := l.shape(c.over); !slices.Equal(o.Partition, n.Partition) || !slices.Equal(o.Order, n.Order) {
			continue
		}
		call := WindowCall{Spec: c.spec, Args: append(l.ordinals(c.args), l.ordinals(c.values)...), Name: c.name}
		same := slices.IndexFunc(n.Calls, func(o WindowCall) bool { return sameWindowCall(o, call) })
		if same < 0 {
			same = len(n.Calls)
			n.Calls = append(n.Calls, call)
		}
		l.of[k] = width + same
	}
	if slices.ContainsFunc(n.Calls, func(c WindowCall) bool { return c.Spec.Ordered() }) {
		for _, c := range n.others(width) {
			if c < len(l.p.Exprs) {
				n.Ties = append(n.Ties, c)
			} else {
				n.Others = append(n.Others, c)
			}
		}
	}
	l.node = n
}

func sameWindowCall(a, b WindowCall) bool {
	x, y := a.Spec, b.Spec
	x.Aggregate, y.Aggregate = nil, nil
	if x != y || !slices.Equal(a.Args, b.Args) || (a.Spec.Aggregate == nil) != (b.Spec.Aggregate == nil) {
		return false
	}
	return a.Spec.Aggregate == nil || sameCall(Call{Spec: *a.Spec.Aggregate}, Call{Spec: *b.Spec.Aggregate})
}

// shape is a Window without functions.
func (l *layout) shape(w *boundWindow) *Window {
	n := &Window{}
	for _, c := range l.ordinals(w.partition) {
		if !slices.Contains(n.Partition, c) {
			n.Partition = append(n.Partition, c)
		}
	}
	for _, o := range w.order {
		if _, constant := o.expr.(*expr.Literal); constant {
			continue
		}
		c := l.ordinal(o.expr)
		if !slices.Contains(n.Partition, c) && !slices.ContainsFunc(n.Order, func(k SortKey) bool { return k.Column == c }) {
			n.Order = append(n.Order, SortKey{c, o.desc})
		}
	}
	return n
}

// others lists the columns of the input that neither divide nor order it.
func (n *Window) others(width int) []int {
	var out []int
	for c := range width {
		if !slices.Contains(n.Partition, c) && !slices.ContainsFunc(n.Order, func(k SortKey) bool { return k.Column == c }) {
			out = append(out, c)
		}
	}
	return out
}

// moved puts columns of the windows' output in the place of the input's columns and of the functions.
func (l *layout) moved(e expr.Expr) expr.Expr {
	return expr.Remap(e, func(i int) int {
		if i >= windowBase {
			return l.of[i-windowBase]
		}
		return l.at[i]
	})
}
