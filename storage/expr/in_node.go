package expr

import (
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
)

// fewItems is the longest IN list that is searched from end to end.
const fewItems = 8

// sortedIn builds the node from constants of the operand's type.
func sortedIn(operand Expr, values []schema.Value, negate bool) Expr {
	in := &In{Operand: operand, Negate: negate}
	for _, v := range values {
		if v.Null {
			in.HasNull = true
			continue
		}
		in.List = append(in.List, v)
	}
	slices.SortFunc(in.List, schema.Value.Compare)
	in.List = slices.CompactFunc(in.List, func(a, b schema.Value) bool { return a.Compare(b) == 0 })
	return in
}

// inNode tests membership in a set of constants.
type inNode struct {
	arg     node
	hasNull bool
	negate  bool
	buf     buffer
	x       []int64
	few     []int64
	ints    map[int64]struct{}
	wides   map[decimal.Int128]struct{}
	texts   map[string]struct{}
}

func newInNode(in *In, arg node) *inNode {
	n := &inNode{arg: arg, hasNull: in.HasNull, negate: in.Negate}
	switch in.Operand.Type().Class() {
	case schema.ClassInt64:
		n.addInts(in.List, func(v schema.Value) int64 { return v.I })
	case schema.ClassFloat64:
		n.addInts(in.List, func(v schema.Value) int64 { return kernel.FloatKey(v.F) })
	case schema.ClassInt128:
		n.wides = make(map[decimal.Int128]struct{}, len(in.List))
		for _, v := range in.List {
			n.wides[v.W] = struct{}{}
		}
	case schema.ClassBytes:
		n.texts = make(map[string]struct{}, len(in.List))
		for _, v := range in.List {
			n.texts[v.S] = struct{}{}
		}
	}
	return n
}

func (n *inNode) addInts(list []schema.Value, key func(schema.Value) int64) {
	if len(list) <= fewItems {
		for _, v := range list {
			n.few = append(n.few, key(v))
		}
		return
	}
	n.ints = make(map[int64]struct{}, len(list))
	for _, v := range list {
		n.ints[key(v)] = struct{}{}
	}
}

func (n *inNode) eval(b *batch.Batch, rows []int32) (*batch.Vector, error) {
	v, err := n.arg.eval(b, rows)
	if err != nil {
		return nil, err
	}
	if v.AllNull() {
		return constant(schema.NullValue(schema.TypeBoolean), b.Len), nil
	}
	if v.Enc == batch.Const {
		one := *v
		one.Len = 1
		out := n.members(&one, nil)
		return constant(out.Value(0), b.Len), nil
	}
	return n.members(unrun(v), rows), nil
}

func (n *inNode) members(v *batch.Vector, rows []int32) *batch.Vector {
	out := n.buf.reset(schema.TypeBoolean, v.Len)
	switch v.Type.Class() {
	case schema.ClassInt64:
		n.find(out.I, flatInts(v, &n.x))
	case schema.ClassFloat64:
		n.x = sized(n.x, v.Len)
		for i := range n.x {
			n.x[i] = kernel.FloatKey(v.Float64(i))
		}
		n.find(out.I, n.x)
	default:
		n.findCells(out.I, v, rows)
	}
	if valid := rowValid(v); valid != nil {
		n.buf.valid = append(n.buf.valid[:0], valid...)
		out.Valid = n.buf.valid
	}
	n.finish(out)
	return out
}

// finish makes what was not found NULL when the list has one, and negates.
func (n *inNode) finish(out *batch.Vector) {
	if n.hasNull {
		for i, x := range out.I {
			if x == 0 {
				n.buf.setNull(out, i)
			}
		}
	}
	if n.negate {
		for i := range out.I {
			out.I[i] ^= 1
		}
	}
}

func (n *inNode) find(dst, x []int64) {
	if n.ints != nil {
		for i, v := range x {
			_, ok := n.ints[v]
			dst[i] = int64(boolInt(ok))
		}
		return
	}
	fillInts(dst, 0)
	for _, c := range n.few {
		for i, v := range x {
			dst[i] |= int64(boolInt(v == c))
		}
	}
}

func (n *inNode) findCells(dst []int64, v *batch.Vector, rows []int32) {
	r := row{in: []cell{bindCell(v)}}
	one := func(i int) {
		c := &r.in[0]
		ok := c.move(i)
		if ok && n.wides != nil {
			_, ok = n.wides[c.vec.W[c.k]]
		} else if ok {
			_, ok = n.texts[string(r.text(0))]
		}
		dst[i] = int64(boolInt(ok))
	}
	if rows == nil {
		for i := range dst {
			one(i)
		}
	}
	for _, i := range rows {
		one(int(i))
	}
}
