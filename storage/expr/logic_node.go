package expr

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
)

// logicNode is AND, OR and NOT. An operand that decides a row spares it the others' errors, wherever it stands: FALSE and NULL go
// before an error under AND, TRUE and NULL under OR. So operands may be reordered, pruned and folded without a query failing or
// not failing because of it.
type logicNode struct {
	op    LogicOp
	args  []node
	stop  func() error // Env.Stop
	buf   buffer
	open  []int32 // rows still undecided
	got   []int32
	rest  []int32
	parts [2][]int32
}

func newLogicNode(l *Logic, args []node, env *Env) *logicNode {
	return &logicNode{op: l.Op, args: args, stop: env.Stop}
}

// eval keeps the undecided rows: those not FALSE under AND, not TRUE under OR. Later operands see only them.
func (n *logicNode) eval(b *batch.Batch, rows []int32) (*batch.Vector, error) {
	if n.op == Not {
		return n.not(b, rows)
	}
	decides := int64(0)
	if n.op == Or {
		decides = 1
	}
	out := n.buf.reset(schema.TypeBoolean, b.Len)
	fillInts(out.I, 1-decides)
	open := kernel.SelectValid(n.open[:0], nil, rows, b.Len)
	for i, a := range n.args {
		if len(open) == 0 {
			break
		}
		v, err := a.eval(b, someOf(open, b))
		if err != nil {
			return out, n.evalLate(out, b, open, n.args[i:], decides)
		}
		open = n.settle(out, unrun(v), open, decides)
	}
	n.open = open[:0]
	return out, nil
}

// someOf is a selection as nodes take it: nil when it is every row.
func someOf(rows []int32, b *batch.Batch) []int32 {
	if len(rows) == b.Len {
		return nil
	}
	return rows
}

// settle notes what an operand says of the open rows and returns those that are still open.
func (n *logicNode) settle(out, v *batch.Vector, open []int32, decides int64) []int32 {
	c := bindCell(v)
	k := 0
	for _, r := range open {
		if !c.move(int(r)) {
			n.buf.setNull(out, int(r))
			open[k] = r
			k++
			continue
		}
		if (c.vec.I[c.k] != 0) == (decides != 0) {
			out.I[r] = decides
			if out.Valid != nil {
				out.Valid[r] = 1
			}
			continue
		}
		open[k] = r
		k++
	}
	return open[:k]
}

func (n *logicNode) not(b *batch.Batch, rows []int32) (*batch.Vector, error) {
	v, err := n.args[0].eval(b, rows)
	if err != nil {
		return nil, err
	}
	if v.Enc == batch.Const {
		if v.IsNull(0) {
			return v, nil
		}
		return constant(schema.BoolValue(v.I[0] == 0), b.Len), nil
	}
	v = unrun(v).Flatten()
	out := n.buf.reset(schema.TypeBoolean, b.Len)
	for i, x := range v.I[:b.Len] {
		out.I[i] = int64(boolInt(x == 0))
	}
	out.Valid = v.Valid
	return out, nil
}

// filter narrows the selection operand by operand.
func (n *logicNode) filter(b *batch.Batch, rows, dst []int32) ([]int32, error) {
	switch n.op {
	case And:
		return n.filterAnd(b, rows, dst)
	case Or:
		return n.filterOr(b, rows, dst)
	}
	v, err := n.eval(b, rows)
	if err != nil {
		return nil, err
	}
	return selectTrue(v, rows, dst), nil
}

func (n *logicNode) filterAnd(b *batch.Batch, rows, dst []int32) ([]int32, error) {
	for i, a := range n.args {
		into := n.parts[i%2][:0]
		last := i == len(n.args)-1
		if last {
			into = dst
		}
		start := len(into)
		out, err := filterNode(a, b, rows, into)
		if err != nil {
			return n.filterLate(b, rows, n.args[i:], dst)
		}
		if last {
			return out, nil
		}
		n.parts[i%2] = out
		if rows = out[start:]; len(rows) == 0 {
			return dst, nil
		}
	}
	return dst, nil
}

func (n *logicNode) filterOr(b *batch.Batch, rows, dst []int32) ([]int32, error) {
	found := n.parts[0][:0]
	spare := n.parts[1]
	all := rows
	for _, a := range n.args {
		var err error
		if n.got, err = filterNode(a, b, rows, n.got[:0]); err != nil {
			v, err := n.eval(b, all)
			if err != nil {
				return nil, err
			}
			return selectTrue(v, all, dst), nil
		}
		if len(n.got) == 0 {
			continue
		}
		n.rest, n.open = kernel.Subtract(n.open[:0], rows, n.got, b.Len), n.rest
		rows = n.rest
		found, spare = kernel.Union(spare[:0], found, n.got), found
		if len(rows) == 0 {
			break
		}
	}
	n.parts = [2][]int32{found, spare}
	return append(dst, found...), nil
}
