package expr

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
)

// partNode computes a part of the date or of the time of day. Its results are few, so they come as codes of a dictionary that keeps
// its entries from batch to batch: what groups or compares them works on codes.
type partNode struct {
	arg   node
	name  string
	typ   schema.Type
	f     dayPart  // either of the day
	t     timePart // or of the time of day
	zone  *zone
	plain bool // Env.NoDictionary
	buf   buffer
	x     []int64
	wall  []int64
	days  dayCodes
	seen  numberCodes
	out   batch.Vector
}

func newPartNode(name string, typ schema.Type, f dayPart, t timePart, arg node, env *Env) *partNode {
	n := &partNode{arg: arg, name: name, typ: typ, f: f, t: t, zone: newZone(env), plain: env.NoDictionary, seen: numberCodes{typ: typ}}
	n.days.add = func(day int64) int32 { return n.seen.code(f(day)) }
	return n
}

// mostNumbers bounds a dictionary; beyond it a new one begins with the next batch.
const mostNumbers = 1 << 16

func (n *partNode) eval(b *batch.Batch, rows []int32) (*batch.Vector, error) {
	v, err := n.arg.eval(b, rows)
	if err != nil {
		return nil, err
	}
	if v.Enc == batch.Const {
		if v.IsNull(0) {
			return constant(schema.NullValue(n.typ), b.Len), nil
		}
		out := []int64{0}
		n.compute(out, n.clocks(v)[:1], v.Type)
		return constant(schema.IntValue(n.typ, out[0]), b.Len), nil
	}
	valid := rowValid(v)
	if !n.plain {
		if codes, dict := n.codes(n.clocks(v), v.Type, valid, rows); codes != nil {
			n.out = batch.Vector{Type: n.typ, Enc: batch.Dict, Len: b.Len, Codes: codes, Dict: dict, Valid: valid}
			return &n.out, nil
		}
	}
	out := n.buf.reset(n.typ, b.Len)
	n.compute(out.I, n.clocks(v), v.Type)
	out.Valid = valid
	return out, nil
}

// clocks returns the payloads, instants as wall clocks.
func (n *partNode) clocks(v *batch.Vector) []int64 {
	x := flatInts(v, &n.x)
	if v.Type.Kind == schema.Timestamp {
		x = n.zone.walls(&n.wall, x)
	}
	return x
}

// codes gives the results as codes of a dictionary; nil where it is not worth it.
func (n *partNode) codes(x []int64, t schema.Type, valid []byte, rows []int32) ([]int32, *batch.Dictionary) {
	if n.t == nil {
		if len(n.seen.vals) > mostNumbers {
			n.seen = numberCodes{typ: n.typ}
			n.days.forget()
		}
		codes := n.days.encode(x, t.Kind == schema.Timestamp, valid, rows)
		return codes, n.seen.dictionary()
	}
	if t.Kind != schema.Timestamp || n.name == "microsecond" {
		return nil, nil
	}
	n.days.codes = sized(n.days.codes, len(x))
	most := int64(60)
	switch n.name {
	case "hour":
		most = 24
		kernel.HourCodes(n.days.codes, x)
	case "minute":
		kernel.MinuteCodes(n.days.codes, x)
	default:
		kernel.SecondCodes(n.days.codes, x)
	}
	for k := int64(len(n.seen.vals)); k < most; k++ {
		n.seen.code(k)
	}
	return n.days.codes, n.seen.dictionary()
}

// compute is the plain meaning, row by row.
func (n *partNode) compute(dst, x []int64, t schema.Type) {
	for i, v := range x[:len(dst)] {
		switch {
		case n.t != nil:
			dst[i] = n.t(timeOfDay(v, t))
		case t.Kind == schema.Timestamp:
			dst[i] = n.f(schema.DayOf(v))
		default:
			dst[i] = n.f(v)
		}
	}
}

// timeOfDay is the time since midnight of a wall clock, or the length of a TIME; a DATE has none.
func timeOfDay(v int64, t schema.Type) int64 {
	switch t.Kind {
	case schema.Time:
		return max(v, -v)
	case schema.Timestamp:
		return v - schema.DayOf(v)*microsPerDay
	}
	return 0
}

// betweenNode is TIMESTAMPDIFF of two timestamps in a unit of constant length.
type betweenNode struct {
	unit int64 // microseconds
	args [2]node
	zone *zone
	buf  buffer
	x    [2][]int64
	wall [2][]int64
}

// newBetweenNode returns nil where a row function must do it.
func newBetweenNode(c *Call, args []node, env *Env) node {
	if len(args) != 3 || c.Operands[1].Type().Kind != schema.Timestamp || c.Operands[2].Type().Kind != schema.Timestamp {
		return nil
	}
	u, _ := parseUnit(c.Operands[0].(*Literal).Value.S)
	unit := u.one.micros + u.one.days*microsPerDay
	if u.one.months != 0 || unit == 0 {
		return nil
	}
	return &betweenNode{unit: unit, args: [2]node{args[1], args[2]}, zone: newZone(env)}
}

func (n *betweenNode) eval(b *batch.Batch, rows []int32) (*batch.Vector, error) {
	var v [2]*batch.Vector
	var x [2][]int64
	for i, a := range n.args {
		var err error
		if v[i], err = a.eval(b, rows); err != nil {
			return nil, err
		}
		if v[i].AllNull() {
			return constant(schema.NullValue(schema.TypeInt64), b.Len), nil
		}
		x[i] = n.zone.walls(&n.wall[i], flatInts(v[i], &n.x[i]))
	}
	out := n.buf.reset(schema.TypeInt64, b.Len)
	kernel.Between(out.I, x[0], x[1], n.unit)
	mergeValid(&n.buf, out, v[0], v[1])
	return out, nil
}
