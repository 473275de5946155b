package expr

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// mostFew is the largest dictionary of numbers that results get: that of a page's own is as good beyond.
const mostFew = 4096

// distinctNumbers gives the results codes when at most half of the entries differ in them, as in MONTH(day) and CASE ... THEN 1 ELSE
// 0: what groups, compares or sums them then works on codes.
func (t *entries) distinctNumbers(typ schema.Type) {
	few, recode := &numberCodes{typ: typ}, make([]int32, t.values.Len)
	for i := range recode {
		if t.values.IsNull(i) {
			continue
		}
		recode[i] = few.code(t.values.I[i])
		if len(few.vals) > min(1+len(recode)/2, mostFew) {
			return
		}
	}
	t.few, t.recode = few, recode
}

// recodedNumbers is recoded for numbers. A row that is NULL may have a result, such as that of ELSE.
func (n *dictNode) recodedNumbers(v *batch.Vector, t *entries) *batch.Vector {
	null := int32(-1)
	if v.Valid != nil && !t.null.IsNull(0) {
		null = t.few.code(t.null.I[0])
	}
	t.out = t.few.dictionary()
	out := n.recoded(v, t)
	if null < 0 {
		return out
	}
	for i, ok := range v.Valid[:v.Len] {
		if ok == 0 {
			out.Codes[i] = null
		}
	}
	out.Ends, out.Valid = nil, nil
	if t.values.Valid != nil { // entries that gave NULL stay so
		n.buf.valid = sized(n.buf.valid, v.Len)
		gather(n.buf.valid, t.values.Valid, v.Codes[:v.Len])
		for i, ok := range v.Valid[:v.Len] {
			n.buf.valid[i] |= ok ^ 1
		}
		out.Valid = n.buf.valid
	}
	return out
}
