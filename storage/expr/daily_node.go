package expr

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// dailyNode writes texts that depend on the day alone, such as DATE_FORMAT(c, '%Y-%m'), as a dictionary: many rows share few
// texts, and grouping by the result then works on codes. The dictionary grows from batch to batch and keeps its codes; each
// growth publishes a new Dictionary, so that what others keep by the old one stays true.
type dailyNode struct {
	arg     node
	write   func(dst []byte, day int64) []byte
	zone    *zone
	out     batch.Vector
	x       []int64
	codes   []int32
	byDay   map[int64]int32
	byText  map[string]int32
	dict    *batch.Dictionary
	scratch []byte
}

// maxDailyTexts bounds the dictionary; beyond it a new one begins.
const maxDailyTexts = 4096

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
	if v.Enc == batch.Const {
		if v.IsNull(0) {
			return constant(schema.NullValue(schema.TypeVarchar), b.Len), nil
		}
		return constant(schema.TextValue(string(n.write(nil, n.day(v.I[0], v.Type)))), b.Len), nil
	}
	if n.dict == nil || len(n.byDay) > maxDailyTexts {
		n.dict = &batch.Dictionary{Values: &batch.Vector{Type: schema.TypeVarchar, Off: []uint32{0}}}
		n.byDay, n.byText = map[int64]int32{}, map[string]int32{}
	}
	n.codes = sized(n.codes, b.Len)
	valid := rowValid(v)
	n.encode(flatInts(v, &n.x), v.Type, valid, rows)
	n.out = batch.Vector{Type: schema.TypeVarchar, Enc: batch.Dict, Len: b.Len, Codes: n.codes, Dict: n.dict, Valid: valid}
	return &n.out, nil
}

func (n *dailyNode) day(v int64, t schema.Type) int64 {
	if t.Kind == schema.Timestamp {
		return schema.DayOf(n.zone.wall(v))
	}
	return v
}

// encode finds the code of every row that is wanted; the others, whose payload may be anything, take code 0.
func (n *dailyNode) encode(x []int64, t schema.Type, valid []byte, rows []int32) {
	last, code, known := int64(0), int32(0), false
	one := func(i int) {
		if valid != nil && valid[i] == 0 {
			n.codes[i] = 0
			return
		}
		if day := n.day(x[i], t); !known || day != last {
			last, code, known = day, n.code(day), true
		}
		n.codes[i] = code
	}
	if rows == nil {
		for i := range x {
			one(i)
		}
	} else {
		clear(n.codes)
		for _, i := range rows {
			one(int(i))
		}
	}
	if n.dict.Values.Len == 0 {
		n.add("") // every row is NULL: a dictionary has at least one entry
	}
}

func (n *dailyNode) code(day int64) int32 {
	c, ok := n.byDay[day]
	if ok {
		return c
	}
	n.scratch = n.write(n.scratch[:0], day)
	if c, ok = n.byText[string(n.scratch)]; !ok {
		c = n.add(string(n.scratch))
	}
	n.byDay[day] = c
	return c
}

// add publishes a dictionary with one more entry; the older ones share its memory up to their own end.
func (n *dailyNode) add(s string) int32 {
	old := n.dict.Values
	c := int32(old.Len)
	n.byText[s] = c
	v := &batch.Vector{Type: schema.TypeVarchar, Len: old.Len + 1, Data: append(old.Data, s...)}
	v.Off = append(old.Off, uint32(len(v.Data)))
	n.dict = &batch.Dictionary{Values: v}
	return c
}
