package expr

import (
	"errors"
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// Bounds on text that functions make.
const (
	MaxTextBytes   = 1 << 20 // one value
	maxVectorBytes = 1 << 30 // all values of one batch
)

// rowFunc computes one row: it reads its arguments from r and sets the result, or leaves it NULL.
type rowFunc func(r *row) error

// plain makes the builder of a row function that needs neither the call nor the environment.
func plain(f rowFunc) func(*Call, *Env) (rowFunc, error) {
	return func(*Call, *Env) (rowFunc, error) { return f, nil }
}

// row is the window of a row function on its arguments and its result.
type row struct {
	in  []cell
	out *batch.Vector
	at  int  // the row
	set bool // a result was set
}

// cell is one argument: a payload vector and where the current row's value lies in it.
type cell struct {
	vec   *batch.Vector // holds the payload
	codes []int32       // set for dictionaries
	valid []byte
	fixed bool // constant: k stays 0
	k     int
}

// bindCell takes a vector apart once per batch. Runs must have been flattened.
func bindCell(v *batch.Vector) cell {
	c := cell{vec: v, valid: v.Valid}
	switch v.Enc {
	case batch.Dict:
		c.vec, c.codes = v.Dict.Values, v.Codes
	case batch.Const:
		c.fixed = true
	}
	return c
}

// move points the cell at a row and reports whether it is a value.
func (c *cell) move(i int) bool {
	if c.fixed {
		i = 0
	}
	if c.codes != nil {
		c.k = int(c.codes[i])
	} else {
		c.k = i
	}
	return c.valid == nil || c.valid[i] != 0
}

func (c *cell) null(i int) bool {
	if c.fixed {
		i = 0
	}
	return c.valid != nil && c.valid[i] == 0
}

func (r *row) i64(n int) int64              { c := &r.in[n]; return c.vec.I[c.k] }
func (r *row) f64(n int) float64            { c := &r.in[n]; return c.vec.F[c.k] }
func (r *row) text(n int) []byte            { c := &r.in[n]; v := c.vec; return v.Data[v.Off[c.k]:v.Off[c.k+1]] }
func (r *row) null(n int) bool              { return r.in[n].null(r.at) }
func (r *row) unsigned(n int) bool          { return r.in[n].vec.Type.Kind == schema.Uint64 }
func (r *row) typ(n int) schema.Type        { return r.in[n].vec.Type }
func (r *row) setI(x int64)                 { r.out.I[r.at] = x; r.set = true }
func (r *row) setF(x float64)               { r.out.F[r.at] = noSign(x); r.set = true }
func (r *row) setW(x decimal.Int128)        { r.out.W[r.at] = x; r.set = true }
func (r *row) setBool(b bool)               { r.setI(int64(boolInt(b))) }
func (r *row) setBytes(s []byte)            { r.out.Data = append(r.out.Data, s...); r.set = true }
func (r *row) setText(s string)             { r.out.Data = append(r.out.Data, s...); r.set = true }
func (r *row) add(s ...byte)                { r.out.Data = append(r.out.Data, s...); r.set = true }
func (r *row) extend(f func([]byte) []byte) { r.out.Data = f(r.out.Data); r.set = true }

// noSign makes 0 of -0, which SQL cannot tell apart, so that equal results are shown alike. The sum is not fused with a product
// before it: a product that underflows would keep its sign.
func noSign(x float64) float64 { return float64(x) + 0 }

// wide returns the scaled integer of an exact argument.
func (r *row) wide(n int) decimal.Int128 {
	c := &r.in[n]
	switch {
	case c.vec.Type.Class() == schema.ClassInt128:
		return c.vec.W[c.k]
	case c.vec.Type.Kind == schema.Uint64:
		return decimal.FromUint64(uint64(c.vec.I[c.k]))
	}
	return decimal.FromInt64(c.vec.I[c.k])
}

// setWide sets an exact result of either class from its scaled integer, which must be in range.
func (r *row) setWide(w decimal.Int128) {
	if r.out.Type.Class() == schema.ClassInt128 {
		r.setW(w)
		return
	}
	r.setI(int64(w.Lo))
}

// value returns an argument as a scalar.
func (r *row) value(n int) schema.Value {
	c := &r.in[n]
	if r.null(n) {
		return schema.NullValue(c.vec.Type)
	}
	v := schema.Value{Type: c.vec.Type}
	switch v.Type.Class() {
	case schema.ClassInt64:
		v.I = c.vec.I[c.k]
	case schema.ClassInt128:
		v.W = c.vec.W[c.k]
	case schema.ClassFloat64:
		v.F = c.vec.F[c.k]
	case schema.ClassBytes:
		v.S = string(r.text(n))
	}
	return v
}

// copy makes an argument of the result's type the result.
func (r *row) copy(n int) {
	if r.null(n) {
		return
	}
	switch r.out.Type.Class() {
	case schema.ClassInt64:
		r.setI(r.i64(n))
	case schema.ClassInt128:
		r.setW(r.in[n].vec.W[r.in[n].k])
	case schema.ClassFloat64:
		r.setF(r.f64(n))
	case schema.ClassBytes:
		r.setBytes(r.text(n))
	}
}

// rowNode evaluates a row function over the rows of a batch.
type rowNode struct {
	call   Expr
	typ    schema.Type
	strict bool // NULL in, NULL out, without a call
	f      rowFunc
	args   []node
	buf    buffer
	r      row
	vecs   []*batch.Vector
	flat   []buffer
	stop   func() error // Env.Stop
	since  int          // rows since it was asked
}

// stopRows is how many rows are computed between two looks at Env.Stop.
const stopRows = 32

func newRowNode(e Expr, args []node, strict bool, f rowFunc) *rowNode {
	return &rowNode{
		call: e, typ: e.Type(), strict: strict, f: f, args: args,
		vecs: make([]*batch.Vector, len(args)), flat: make([]buffer, len(args)), r: row{in: make([]cell, len(args))},
	}
}

func (n *rowNode) eval(b *batch.Batch, rows []int32) (*batch.Vector, error) {
	constant := true
	for i, a := range n.args {
		v, err := a.eval(b, rows)
		if err != nil {
			return nil, err
		}
		if v.Enc == batch.Runs {
			v = v.Flatten()
		}
		n.vecs[i] = v
		n.r.in[i] = bindCell(v)
		constant = constant && v.Enc == batch.Const
	}
	if constant {
		out, err := n.loop(1, nil)
		if err != nil {
			return nil, err
		}
		out.Enc, out.Len = batch.Const, b.Len
		return out, nil
	}
	return n.loop(b.Len, rows)
}

func (n *rowNode) loop(length int, rows []int32) (*batch.Vector, error) {
	out := n.buf.reset(n.typ, length)
	n.r.out = out
	if n.typ.Class() == schema.ClassBytes {
		return out, n.texts(length, rows)
	}
	if rows == nil {
		for i := range length {
			if err := n.one(i); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	for _, i := range rows {
		if err := n.one(int(i)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// texts fills offsets for all rows, so that the vector is well formed where rows are skipped, too.
func (n *rowNode) texts(length int, rows []int32) error {
	out := n.r.out
	out.Off, out.Data = append(out.Off[:0], 0), out.Data[:0]
	out.Off = slices.Grow(out.Off, length)
	k := 0
	for i := range length {
		if rows != nil && (k == len(rows) || int(rows[k]) != i) {
			out.Off = append(out.Off, uint32(len(out.Data)))
			continue
		}
		k++
		start := len(out.Data)
		if err := n.one(i); err != nil {
			return err
		}
		if len(out.Data)-start > MaxTextBytes || len(out.Data) > maxVectorBytes {
			return tooLong(n.call)
		}
		if !n.r.set {
			out.Data = out.Data[:start]
		}
		out.Off = append(out.Off, uint32(len(out.Data)))
	}
	n.buf.keep(out)
	return nil
}

func tooLong(e Expr) error {
	return errs.New(errs.Limit, "text-too-long", "%s makes a text of more than %d bytes", Format(e), MaxTextBytes)
}

func (n *rowNode) one(i int) error {
	if n.since++; n.stop != nil && n.since >= stopRows {
		n.since = 0
		if err := n.stop(); err != nil {
			return err
		}
	}
	n.r.at, n.r.set = i, false
	valid := true
	for a := range n.r.in {
		ok := n.r.in[a].move(i)
		valid = valid && ok
	}
	if valid || !n.strict {
		if err := n.f(&n.r); err != nil {
			return inExpr(err, n.call)
		}
	}
	if !n.r.set {
		n.buf.setNull(n.r.out, i)
	}
	return nil
}

// inExpr names the expression in an error that a row function raised without knowing it.
func inExpr(err error, e Expr) error {
	if r, ok := errors.AsType[rangeError](err); ok {
		return outOfRange(r, e)
	}
	if errors.Is(err, errTooLong) {
		return tooLong(e)
	}
	return err
}
