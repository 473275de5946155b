package expr

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel"
)

// pairBlock is how many pairs are made dense at a time: both sides stay in L1.
const pairBlock = 1024

// filterPairs selects among the rows of two 64-bit operands that are not constant. Only rows that are asked for are looked at.
func (n *compareNode) filterPairs(va, vb *batch.Vector, rows, dst []int32) []int32 {
	va, vb = unrun(va), unrun(vb)
	dense := rows == nil && va.Valid == nil && vb.Valid == nil
	switch {
	case dense:
		n.sel = kernel.SelectValid(n.sel[:0], nil, nil, va.Len)
		rows = n.sel
	case va.Valid != nil || vb.Valid != nil:
		n.sel = kernel.SelectValid(n.sel[:0], va.Valid, rows, va.Len)
		if vb.Valid != nil {
			n.sel = keepValid(n.sel, vb.Valid)
		}
		rows = n.sel
	}
	for len(rows) > 0 {
		part := rows[:min(pairBlock, len(rows))]
		rows = rows[len(part):]
		dst = n.selectPairs(dst, pairSide(&n.x, va, part, dense), pairSide(&n.y, vb, part, dense), part)
	}
	return dst
}

func (n *compareNode) selectPairs(dst []int32, x, y []int64, rows []int32) []int32 {
	if n.unsigned {
		return kernel.SelectPairs(n.op, dst, asUnsigned(x), asUnsigned(y), rows)
	}
	return kernel.SelectPairs(n.op, dst, x, y, rows)
}

// keepValid drops NULL rows in place.
func keepValid(rows []int32, valid []byte) []int32 {
	k := 0
	for _, r := range rows {
		rows[k] = r
		k += int(valid[r])
	}
	return rows[:k]
}

// pairSide makes the listed rows of a flat vector or one with a dictionary dense. Dense rows follow one another.
func pairSide(scratch *[]int64, v *batch.Vector, rows []int32, dense bool) []int64 {
	if dense {
		lo, hi := int(rows[0]), int(rows[0])+len(rows)
		if v.Enc == batch.Flat {
			return v.I[lo:hi]
		}
		*scratch = sized(*scratch, len(rows))
		gather(*scratch, v.Dict.Values.I, v.Codes[lo:hi])
		return *scratch
	}
	*scratch = sized(*scratch, len(rows))
	out := *scratch
	if v.Enc == batch.Flat {
		gather(out, v.I, rows)
		return out
	}
	values := v.Dict.Values.I
	for i, r := range rows {
		out[i] = values[v.Codes[r]]
	}
	return out
}

// entryTruth is which entries of a dictionary pass against a value, as it happens where one of two columns is constant over a page.
type entryTruth struct {
	dict  *batch.Dictionary
	value int64
	seen  int // living rows met while the table was not worth making
	table []byte
}

// entries returns the truth of each entry, nil while as many rows as half of them were not met.
func (n *compareNode) entries(op kernel.Op, d *batch.Dictionary, value int64, rows []int32, length int) []byte {
	t := &n.truth
	if t.dict != d || t.value != value {
		*t = entryTruth{dict: d, value: value, table: t.table[:0]}
	}
	if len(t.table) > 0 {
		return t.table
	}
	if rows != nil {
		length = len(rows)
	}
	if t.seen += length; 2*t.seen < d.Values.Len {
		return nil
	}
	n.x = sized(n.x, d.Values.Len)
	if n.unsigned {
		kernel.CompareConst(op, n.x, asUnsigned(d.Values.I), uint64(value))
	} else {
		kernel.CompareConst(op, n.x, d.Values.I, value)
	}
	for _, x := range n.x {
		t.table = append(t.table, byte(x))
	}
	return t.table
}

// filterEntries selects by the codes of a dictionary against a constant; false when it is not worth it.
func (n *compareNode) filterEntries(op kernel.Op, v, c *batch.Vector, rows, dst []int32) ([]int32, bool) {
	table := n.entries(op, v.Dict, c.I[0], rows, v.Len)
	if table == nil {
		return dst, false
	}
	return selectCode(dst, v, table, rows), true
}
