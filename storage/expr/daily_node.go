package expr

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// dailyNode writes texts that depend on the day alone, such as DATE_FORMAT(c, '%Y-%m'), as a dictionary: many rows share few
// texts, and grouping by the result then works on codes.
type dailyNode struct {
	arg     node
	write   func(dst []byte, day int64) []byte
	zone    *zone
	out     batch.Vector
	x       []int64
	wall    []int64
	days    dayCodes
	texts   *batch.Vector // the dictionary being written
	byText  map[string]int32
	dict    *batch.Dictionary
	scratch []byte
}

func newDailyNode(write func([]byte, int64) []byte, arg node, env *Env) *dailyNode {
	n := &dailyNode{arg: arg, write: write, zone: newZone(env)}
	n.days.add = n.code
	n.forget()
	return n
}

// maxDailyTexts bounds the dictionary; beyond it a new one begins with the next batch.
const maxDailyTexts = 4096

func (n *dailyNode) forget() {
	n.texts, n.byText, n.dict = &batch.Vector{Type: schema.TypeVarchar, Off: []uint32{0}}, map[string]int32{}, nil
	n.days.forget()
}

// dailyText returns how a call writes a day, nil when it is not of this kind.
func dailyText(c *Call) func([]byte, int64) []byte {
	if len(c.Operands) == 0 || c.Operands[0].Type().Kind == schema.Time {
		return nil
	}
	format := ""
	switch c.Name {
	case "dayname":
		format = "%W"
	case "monthname":
		format = "%M"
	case "date_format":
		l, ok := c.Operands[1].(*Literal)
		if !ok || l.Value.Null || hasTime(l.Value.S) {
			return nil
		}
		format = l.Value.S
	default:
		return nil
	}
	return func(dst []byte, day int64) []byte { return appendFormat(dst, format, day*microsPerDay, false) }
}

func (n *dailyNode) eval(b *batch.Batch, rows []int32) (*batch.Vector, error) {
	v, err := n.arg.eval(b, rows)
	if err != nil {
		return nil, err
	}
	clock := v.Type.Kind == schema.Timestamp
	if v.Enc == batch.Const {
		if v.IsNull(0) {
			return constant(schema.NullValue(schema.TypeVarchar), b.Len), nil
		}
		day := v.I[0]
		if clock {
			day = schema.DayOf(n.zone.wall(day))
		}
		return constant(schema.TextValue(string(n.write(nil, day))), b.Len), nil
	}
	if n.texts.Len > maxDailyTexts {
		n.forget()
	}
	x, valid := flatInts(v, &n.x), rowValid(v)
	if clock {
		x = n.zone.walls(&n.wall, x)
	}
	codes := n.days.encode(x, clock, valid, rows)
	n.out = batch.Vector{Type: schema.TypeVarchar, Enc: batch.Dict, Len: b.Len, Codes: codes, Dict: n.dictionary(), Valid: valid}
	return &n.out, nil
}

// code finds the code of a day's text.
func (n *dailyNode) code(day int64) int32 {
	n.scratch = n.write(n.scratch[:0], day)
	c, ok := n.byText[string(n.scratch)]
	if !ok {
		c = int32(n.texts.Len)
		n.byText[string(n.scratch)] = c
		n.append(n.scratch)
	}
	return c
}

func (n *dailyNode) append(s []byte) {
	n.texts.Data = append(n.texts.Data, s...)
	n.texts.Off = append(n.texts.Off, uint32(len(n.texts.Data)))
	n.texts.Len++
}

// dictionary publishes the texts; one without any has an entry that no row uses.
func (n *dailyNode) dictionary() *batch.Dictionary {
	if n.texts.Len == 0 {
		n.byText[""] = 0
		n.append(nil)
	}
	if n.dict == nil || n.dict.Values.Len < n.texts.Len {
		values := *n.texts
		n.dict = &batch.Dictionary{Values: &values}
	}
	return n.dict
}
