package expr

import (
	"math"

	"github.com/assaydb/assay/storage/batch"
)

// doubleNode is + - * over DOUBLE.
type doubleNode struct {
	slow *rowNode
	op   byte
	a, b node
	buf  buffer
	x, y []float64
}

func (n *doubleNode) eval(b *batch.Batch, rows []int32) (*batch.Vector, error) {
	va, err := n.a.eval(b, rows)
	if err != nil {
		return nil, err
	}
	vb, err := n.b.eval(b, rows)
	if err != nil {
		return nil, err
	}
	if va.Enc == batch.Const && vb.Enc == batch.Const || va.AllNull() || vb.AllNull() {
		return n.slow.eval(b, rows)
	}
	out := n.buf.reset(n.slow.typ, b.Len)
	if !n.compute(out.F, flatFloats(va, &n.x), flatFloats(vb, &n.y)) {
		return n.slow.eval(b, rows)
	}
	mergeValid(&n.buf, out, va, vb)
	return out, nil
}

// compute reports whether every result is finite; the row node tells an overflow from an infinity that was there.
func (n *doubleNode) compute(dst, x, y []float64) bool {
	y = y[:len(x)]
	switch n.op {
	case '+':
		for i := range x {
			dst[i] = x[i] + y[i]
		}
	case '-':
		for i := range x {
			dst[i] = x[i] - y[i]
		}
	default:
		for i := range x {
			dst[i] = noSign(x[i] * y[i])
		}
	}
	var sum float64
	for _, f := range dst[:len(x)] {
		sum += f * 0 // NaN for infinities and NaN, else 0
	}
	return !math.IsNaN(sum)
}

func flatFloats(v *batch.Vector, scratch *[]float64) []float64 {
	if v.Enc == batch.Flat {
		return v.F[:v.Len]
	}
	*scratch = sized(*scratch, v.Len)
	spread(*scratch, func(p *batch.Vector) []float64 { return p.F }, v)
	return *scratch
}
