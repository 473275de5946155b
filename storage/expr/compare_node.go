package expr

import (
	"bytes"
	"unsafe"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
)

// compareNode is a comparison of two operands of one type.
type compareNode struct {
	op       kernel.Op
	a, b     node
	class    schema.Class
	unsigned bool
	buf      buffer
	x, y     []int64
	fx, fy   []float64
	sel      []int32
	truth    entryTruth
}

func newCompareNode(op kernel.Op, c *Call, args []node) *compareNode {
	t := c.Operands[0].Type()
	return &compareNode{op: op, a: args[0], b: args[1], class: t.Class(), unsigned: t.Kind == schema.Uint64}
}

func (n *compareNode) operands(b *batch.Batch, rows []int32) (va, vb *batch.Vector, err error) {
	if va, err = n.a.eval(b, rows); err != nil {
		return nil, nil, err
	}
	vb, err = n.b.eval(b, rows)
	return va, vb, err
}

func (n *compareNode) eval(b *batch.Batch, rows []int32) (*batch.Vector, error) {
	va, vb, err := n.operands(b, rows)
	if err != nil {
		return nil, err
	}
	if va.AllNull() || vb.AllNull() {
		return constant(schema.NullValue(schema.TypeBoolean), b.Len), nil
	}
	if va.Enc == batch.Const && vb.Enc == batch.Const {
		c := va.Value(0).Compare(vb.Value(0))
		return constant(schema.BoolValue(n.op.Holds(c)), b.Len), nil
	}
	out := n.buf.reset(schema.TypeBoolean, b.Len)
	n.compare(out.I, va, vb, rows)
	mergeValid(&n.buf, out, va, vb)
	return out, nil
}

func (n *compareNode) compare(dst []int64, va, vb *batch.Vector, rows []int32) {
	switch n.class {
	case schema.ClassInt64:
		n.compareInts(dst, va, vb)
	case schema.ClassFloat64:
		if vb.Enc == batch.Const {
			kernel.CompareFloatConst(n.op, dst, flatFloats(va, &n.fx), vb.F[0])
			return
		}
		kernel.CompareFloat(n.op, dst, flatFloats(va, &n.fx), flatFloats(vb, &n.fy))
	default:
		n.compareCells(dst, va, vb, rows)
	}
}

func (n *compareNode) compareInts(dst []int64, va, vb *batch.Vector) {
	x := flatInts(va, &n.x)
	if vb.Enc == batch.Const {
		if n.unsigned {
			kernel.CompareConst(n.op, dst, asUnsigned(x), uint64(vb.I[0]))
			return
		}
		kernel.CompareConst(n.op, dst, x, vb.I[0])
		return
	}
	y := flatInts(vb, &n.y)
	if n.unsigned {
		kernel.Compare(n.op, dst, asUnsigned(x), asUnsigned(y))
		return
	}
	kernel.Compare(n.op, dst, x, y)
}

// asUnsigned reads BIGINT UNSIGNED payloads as what they stand for; the bits are the same.
func asUnsigned(x []int64) []uint64 {
	return unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}

func (n *compareNode) compareCells(dst []int64, va, vb *batch.Vector, rows []int32) {
	if n.class == schema.ClassBytes && rows == nil && va.Enc == batch.Flat && vb.Enc == batch.Const && (n.op == kernel.EQ || n.op == kernel.NE) {
		kernel.EqualText(dst, va.Off, va.Data, vb.Bytes(0), n.op == kernel.NE)
		return
	}
	r := row{in: []cell{bindCell(unrun(va)), bindCell(unrun(vb))}}
	one := func(i int) {
		a, b := &r.in[0], &r.in[1]
		okA, okB := a.move(i), b.move(i)
		dst[i] = 0
		if !okA || !okB {
			return
		}
		var c int
		if n.class == schema.ClassInt128 {
			c = a.vec.W[a.k].Cmp(b.vec.W[b.k])
		} else {
			c = bytes.Compare(r.text(0), r.text(1))
		}
		dst[i] = int64(boolInt(n.op.Holds(c)))
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

func unrun(v *batch.Vector) *batch.Vector {
	if v.Enc == batch.Runs {
		return v.Flatten()
	}
	return v
}

// filter builds the selection straight from the payloads where it can: a 64-bit column against a constant.
func (n *compareNode) filter(b *batch.Batch, rows, dst []int32) ([]int32, error) {
	va, vb, err := n.operands(b, rows)
	if err != nil {
		return nil, err
	}
	if va.AllNull() || vb.AllNull() {
		return dst, nil
	}
	if n.class == schema.ClassInt64 {
		if out, done := n.filterInts(va, vb, rows, dst); done {
			return out, nil
		}
	}
	if n.class != schema.ClassInt64 || vb.Enc != batch.Const || va.Enc == batch.Const {
		v, err := n.eval(b, rows)
		if err != nil {
			return nil, err
		}
		return selectTrue(v, rows, dst), nil
	}
	if valid := rowValid(va); valid != nil {
		n.sel = kernel.SelectValid(n.sel[:0], valid, rows, b.Len)
		rows = n.sel
		if len(rows) == 0 {
			return dst, nil
		}
	}
	x := flatInts(va, &n.x)
	if n.unsigned {
		return kernel.SelectConst(n.op, dst, asUnsigned(x), uint64(vb.I[0]), rows), nil
	}
	return kernel.SelectConst(n.op, dst, x, vb.I[0], rows), nil
}

// filterInts does what can be done without spreading dictionaries over rows that nobody asks for.
func (n *compareNode) filterInts(va, vb *batch.Vector, rows, dst []int32) ([]int32, bool) {
	switch {
	case va.Enc == batch.Dict && vb.Enc == batch.Const:
		return n.filterEntries(n.op, va, vb, rows, dst)
	case va.Enc == batch.Const && vb.Enc == batch.Dict:
		return n.filterEntries(n.op.Swap(), vb, va, rows, dst)
	case va.Enc == batch.Const || vb.Enc == batch.Const:
		return dst, false
	}
	return n.filterPairs(va, vb, rows, dst), true
}

// selectTrue appends the rows (nil: all) for which a BOOLEAN vector is true.
func selectTrue(v *batch.Vector, rows, dst []int32) []int32 {
	switch v.Enc {
	case batch.Const:
		if v.IsNull(0) || v.I[0] == 0 {
			return dst
		}
		return kernel.SelectValid(dst, nil, rows, v.Len)
	case batch.Runs, batch.Dict:
		v = v.Flatten()
	}
	start := len(dst)
	dst = kernel.SelectTrue(dst, v.I[:v.Len], rows)
	if v.Valid == nil {
		return dst
	}
	k := start
	for _, r := range dst[start:] {
		dst[k] = r
		k += int(v.Valid[r])
	}
	return dst[:k]
}

// nullSafeRow is <=>.
func nullSafeRow(r *row) error {
	a, b := r.null(0), r.null(1)
	if a || b {
		r.setBool(a && b)
		return nil
	}
	r.setBool(r.compare(0, 1) == 0)
	return nil
}

// testNode is IS [NOT] NULL, TRUE and FALSE.
type testNode struct {
	name string
	arg  node
	buf  buffer
}

func (n *testNode) eval(b *batch.Batch, rows []int32) (*batch.Vector, error) {
	v, err := n.arg.eval(b, rows)
	if err != nil {
		return nil, err
	}
	if v.Enc == batch.Const {
		return constant(schema.BoolValue(n.holds(v, 0)), b.Len), nil
	}
	v = unrun(v)
	out := n.buf.reset(schema.TypeBoolean, b.Len)
	if n.name == "is null" || n.name == "is not null" {
		n.nulls(out.I, v)
		return out, nil
	}
	for i := range out.I {
		out.I[i] = int64(boolInt(n.holds(v, i)))
	}
	return out, nil
}

func (n *testNode) nulls(dst []int64, v *batch.Vector) {
	flip := int64(boolInt(n.name == "is null"))
	if v.Valid == nil {
		fillInts(dst, 1-flip)
		return
	}
	for i, ok := range v.Valid[:len(dst)] {
		dst[i] = int64(ok) ^ flip
	}
}

func (n *testNode) holds(v *batch.Vector, i int) bool {
	null := v.IsNull(i)
	switch n.name {
	case "is null":
		return null
	case "is not null":
		return !null
	case "is true":
		return !null && v.Int64(i) != 0
	case "is not true":
		return null || v.Int64(i) == 0
	case "is false":
		return !null && v.Int64(i) == 0
	}
	return null || v.Int64(i) != 0
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
