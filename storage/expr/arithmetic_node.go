package expr

import (
	"math"
	"math/big"
	"math/bits"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
)

func onesCount(x int64) int { return bits.OnesCount64(uint64(x)) }

// exactRow computes one exact result from scaled integers; ok is false when it is NULL (division by zero).
type exactRow func(a, b decimal.Int128) (w decimal.Int128, ok bool, err error)

// arithmeticRow returns the row function of an arithmetic call: the plain meaning, which the fast paths must equal.
func arithmeticRow(c *Call) rowFunc {
	if len(c.Operands) == 1 {
		return negateRow(c.Typ)
	}
	if c.Operands[0].Type().Kind == schema.Double {
		return doubleRow(c.Name, c.Typ)
	}
	f, t := exactFunc(c), c.Typ
	return func(r *row) error {
		w, ok, err := f(r.wide(0), r.wide(1))
		if err != nil || !ok {
			return err
		}
		if !inRange(w, t) {
			return rangeError{t}
		}
		r.setWide(w)
		return nil
	}
}

func negateRow(t schema.Type) rowFunc {
	if t.Kind == schema.Double {
		return func(r *row) error { r.setF(-r.f64(0)); return nil }
	}
	return func(r *row) error {
		w, ok := r.wide(0).Neg()
		if !ok || !inRange(w, t) {
			return rangeError{t}
		}
		r.setWide(w)
		return nil
	}
}

func doubleRow(name string, t schema.Type) rowFunc {
	f := map[string]func(a, b float64) float64{
		"+": func(a, b float64) float64 { return a + b }, "-": func(a, b float64) float64 { return a - b },
		"*": func(a, b float64) float64 { return a * b }, "/": func(a, b float64) float64 { return a / b },
		"%": math.Mod, "div": func(a, b float64) float64 { return math.Trunc(a / b) },
	}[name]
	divides := name == "/" || name == "%" || name == "div"
	return func(r *row) error {
		a, b := r.f64(0), r.f64(1)
		if divides && b == 0 {
			return nil
		}
		x := f(a, b)
		if math.IsInf(x, 0) && !math.IsInf(a, 0) && !math.IsInf(b, 0) {
			return rangeError{schema.TypeDouble}
		}
		if t.Kind == schema.Double {
			r.setF(x)
			return nil
		}
		i, ok := floatToInt(x, t)
		if !ok {
			return rangeError{t}
		}
		r.setI(i)
		return nil
	}
}

func exactFunc(c *Call) exactRow {
	sa, sb, s := int(c.Operands[0].Type().Scale), int(c.Operands[1].Type().Scale), int(c.Typ.Scale)
	wide := rangeError{c.Typ}
	switch c.Name {
	case "+", "-":
		add := decimal.Int128.Add
		if c.Name == "-" {
			add = decimal.Int128.Sub
		}
		return func(a, b decimal.Int128) (decimal.Int128, bool, error) {
			x, ok1 := a.Rescale(sa, s)
			y, ok2 := b.Rescale(sb, s)
			w, ok := add(x, y)
			if !ok1 || !ok2 || !ok {
				return w, false, wide
			}
			return w, true, nil
		}
	case "*":
		return multiply(sa+sb-s, wide)
	case "/":
		return divide(s-sa+sb, wide)
	}
	return remainder(c.Name, sa, sb, wide)
}

func multiply(drop int, wide rangeError) exactRow {
	return func(a, b decimal.Int128) (decimal.Int128, bool, error) {
		w, ok := a.Mul(b)
		if ok {
			w, ok = w.Rescale(drop, 0)
		} else if drop > 0 {
			w, ok = bigQuotient(new(big.Int).Mul(a.Big(), b.Big()), decimal.Pow10(drop).Big())
		}
		if !ok {
			return w, false, wide
		}
		return w, true, nil
	}
}

// divide returns a*10^up / b, rounded half away from zero.
func divide(up int, wide rangeError) exactRow {
	return func(a, b decimal.Int128) (decimal.Int128, bool, error) {
		if b.Sign() == 0 {
			return b, false, nil
		}
		if q, ok := divide64(a, b, up); ok {
			return q, true, nil
		}
		n, ok := a.Rescale(0, up)
		if ok {
			n, ok = n.DivRound(b)
		} else {
			n, ok = bigQuotient(new(big.Int).Mul(a.Big(), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(up)), nil)), b.Big())
		}
		if !ok {
			return n, false, wide
		}
		return n, true, nil
	}
}

// divide64 is divide for operands that fit 64 bits throughout.
func divide64(a, b decimal.Int128, up int) (decimal.Int128, bool) {
	x, okX := a.Int64()
	y, okY := b.Int64()
	if !okX || !okY || up > schema.MaxInt64Digits || y == math.MinInt64 {
		return a, false
	}
	n, fits := decimal.MulInt64(x, decimal.Pow10Int64[up]).Int64()
	if !fits || n == math.MinInt64 {
		return a, false
	}
	q, r := n/y, n%y
	if r = max(r, -r); r >= max(y, -y)-r {
		q++
		if (n < 0) != (y < 0) {
			q -= 2
		}
	}
	return decimal.FromInt64(q), true
}

// bigQuotient divides beyond 128 bits, rounding half away from zero.
func bigQuotient(n, d *big.Int) (decimal.Int128, bool) {
	q, r := new(big.Int).QuoRem(n, d, new(big.Int))
	if r.Abs(r).Lsh(r, 1).CmpAbs(d) >= 0 {
		q.Add(q, big.NewInt(int64(n.Sign()*d.Sign())))
	}
	return decimal.FromBig(q)
}

func remainder(name string, sa, sb int, wide rangeError) exactRow {
	s := max(sa, sb)
	return func(a, b decimal.Int128) (decimal.Int128, bool, error) {
		if b.Sign() == 0 {
			return b, false, nil
		}
		x, ok1 := a.Rescale(sa, s)
		y, ok2 := b.Rescale(sb, s)
		if !ok1 || !ok2 {
			return bigRemainder(name, a, b, sa, sb, wide)
		}
		q, m, ok := x.QuoRem(y)
		if name == "%" {
			return m, true, nil
		}
		if !ok {
			return q, false, wide
		}
		return q, true, nil
	}
}

func bigRemainder(name string, a, b decimal.Int128, sa, sb int, wide rangeError) (decimal.Int128, bool, error) {
	s := max(sa, sb)
	up := func(x decimal.Int128, from int) *big.Int {
		return new(big.Int).Mul(x.Big(), decimal.Pow10(s-from).Big())
	}
	q, m := new(big.Int).QuoRem(up(a, sa), up(b, sb), new(big.Int))
	if name == "%" {
		q = m
	}
	w, ok := decimal.FromBig(q)
	if !ok {
		return w, false, wide
	}
	return w, true, nil
}

// sumNode is + - * over 64-bit operands of one scale (any scales for *), the case that nearly all queries are made of. What
// it cannot do it leaves to the row node.
type sumNode struct {
	slow    *rowNode
	op      byte
	checked bool // BIGINT: overflow is an error; DECIMAL results have room by their type
	wide    bool // the result has 128 bits
	a, b    node
	buf     buffer
	x, y    []int64
	ends    []int32 // of stretches
}

// newSumNode returns nil when the call is not one it can do.
func newSumNode(c *Call, args []node) node {
	slow := newRowNode(c, args, true, arithmeticRow(c))
	if len(args) != 2 || len(c.Name) != 1 || c.Name == "/" || c.Name == "%" {
		return slow
	}
	ta, tb := c.Operands[0].Type(), c.Operands[1].Type()
	if ta.Kind == schema.Double {
		return &doubleNode{slow: slow, op: c.Name[0], a: args[0], b: args[1]}
	}
	if ta.Class() != schema.ClassInt64 || tb.Class() != schema.ClassInt64 || c.Typ.Kind == schema.Uint64 || ta.Kind == schema.Uint64 || tb.Kind == schema.Uint64 {
		return slow
	}
	n := &sumNode{slow: slow, op: c.Name[0], checked: c.Typ.Kind == schema.Int64, wide: c.Typ.Class() == schema.ClassInt128, a: args[0], b: args[1]}
	if c.Name == "*" {
		if int(ta.Scale)+int(tb.Scale) != int(c.Typ.Scale) {
			return slow
		}
		return n
	}
	if n.a = atScale(args[0], ta, c.Typ.Scale); n.a == nil {
		return slow
	}
	if n.b = atScale(args[1], tb, c.Typ.Scale); n.b == nil {
		return slow
	}
	return n
}

// atScale brings a 64-bit operand to a larger scale; nil when 64 bits may not hold it.
func atScale(arg node, t schema.Type, scale uint8) node {
	if t.Scale == scale {
		return arg
	}
	p, _ := digitsOf(t)
	up := int(scale) - int(t.Scale)
	if up < 0 || p+up > schema.MaxInt64Digits {
		return nil
	}
	return &scaleNode{arg: arg, typ: schema.DecimalType(p+up, int(scale)), factor: decimal.Pow10Int64[up]}
}

func (n *sumNode) eval(b *batch.Batch, rows []int32) (*batch.Vector, error) {
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
	if out := n.perStretch(va, vb, b.Len); out != nil {
		return out, nil
	}
	out := n.buf.reset(n.slow.typ, b.Len)
	if n.wide {
		n.computeWide(out.W, va, vb)
	} else if n.compute(out.I, va, vb) && n.checked {
		// Some row wrapped; only a living row without NULL may complain, which the row node decides.
		return n.slow.eval(b, rows)
	}
	mergeValid(&n.buf, out, va, vb)
	return out, nil
}

func (n *sumNode) compute(dst []int64, va, vb *batch.Vector) (overflow bool) {
	switch {
	case vb.Enc == batch.Const:
		return n.constRight(dst, flatInts(va, &n.x), vb.I[0])
	case va.Enc == batch.Const:
		return n.constLeft(dst, va.I[0], flatInts(vb, &n.y))
	}
	x, y := flatInts(va, &n.x), flatInts(vb, &n.y)
	switch n.op {
	case '+':
		return kernel.Add(dst, x, y)
	case '-':
		return kernel.Sub(dst, x, y)
	}
	return kernel.Mul(dst, x, y)
}

func (n *sumNode) constRight(dst, x []int64, c int64) bool {
	switch {
	case n.op == '*':
		return kernel.MulConst(dst, x, c)
	case n.op == '+':
		return kernel.AddConst(dst, x, c)
	case c == math.MinInt64:
		n.y = sized(n.y, len(x))
		fillInts(n.y, c)
		return kernel.Sub(dst, x, n.y)
	}
	return kernel.AddConst(dst, x, -c)
}

func (n *sumNode) constLeft(dst []int64, c int64, y []int64) bool {
	if n.op == '-' {
		return kernel.RSubConst(dst, y, c)
	}
	return n.constRight(dst, y, c)
}

func (n *sumNode) computeWide(dst []decimal.Int128, va, vb *batch.Vector) {
	x, y := flatInts(va, &n.x), flatInts(vb, &n.y)
	switch n.op {
	case '+':
		kernel.AddWide(dst, x, y)
	case '-':
		kernel.SubWide(dst, x, y)
	default:
		kernel.MulWide(dst, x, y)
	}
}

// flatInts returns the 64-bit payloads row by row, in scratch unless they lie so already.
func flatInts(v *batch.Vector, scratch *[]int64) []int64 {
	if v.Enc == batch.Flat {
		return v.I[:v.Len]
	}
	*scratch = sized(*scratch, v.Len)
	spread(*scratch, func(p *batch.Vector) []int64 { return p.I }, v)
	return *scratch
}
