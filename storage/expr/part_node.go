package expr

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
)

// partNode computes a part of the date or of the time of day. The commonest parts have kernels; of the others neighbouring rows
// are often of one day, so the last day's result is kept.
type partNode struct {
	arg  node
	name string
	typ  schema.Type
	f    dayPart  // either of the day
	t    timePart // or of the time of day
	zone *zone
	buf  buffer
	x    []int64
	wall []int64
}

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
		n.compute(out, v.I[:1], v.Type)
		return constant(schema.IntValue(n.typ, out[0]), b.Len), nil
	}
	out := n.buf.reset(n.typ, b.Len)
	n.compute(out.I, flatInts(v, &n.x), v.Type)
	out.Valid = rowValid(v)
	return out, nil
}

func (n *partNode) compute(dst, x []int64, t schema.Type) {
	if t.Kind == schema.Timestamp {
		x = n.zone.walls(&n.wall, x)
	}
	if n.t != nil {
		n.times(dst, x, t)
		return
	}
	if t.Kind == schema.Timestamp {
		kernel.DaysOf(dst, x)
		x = dst
	}
	switch n.name {
	case "weekday":
		kernel.Weekdays(dst, x, false)
		return
	case "year":
		kernel.Years(dst, x)
		return
	case "month":
		kernel.Months(dst, x)
		return
	}
	last, result := int64(0), n.f(0)
	for i, v := range x {
		if v != last {
			last = v
			result = n.f(v)
		}
		dst[i] = result
	}
}

func (n *partNode) times(dst, x []int64, t schema.Type) {
	switch {
	case t.Kind == schema.Timestamp && n.name == "hour":
		kernel.Hours(dst, x)
		return
	case t.Kind == schema.Timestamp && n.name == "minute":
		kernel.Minutes(dst, x)
		return
	case t.Kind == schema.Timestamp && n.name == "second":
		kernel.Seconds(dst, x)
		return
	}
	for i, v := range x {
		switch t.Kind {
		case schema.Time:
			v = max(v, -v)
		case schema.Timestamp:
			v -= schema.DayOf(v) * microsPerDay
		default:
			v = 0
		}
		dst[i] = n.t(v)
	}
}

// walls returns the wall clocks of instants, which are the same in UTC.
func (z *zone) walls(scratch *[]int64, x []int64) []int64 {
	if z == nil || z.loc == nil {
		return x
	}
	*scratch = sized(*scratch, len(x))
	for i, v := range x {
		(*scratch)[i] = z.wall(v)
	}
	return *scratch
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
