package expr

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
)

// keptDictionaries bounds the dictionaries whose results a node keeps.
const keptDictionaries = 16

// dictNode wraps a sub-expression that reads exactly one column. When that column comes as a dictionary the expression is
// computed once per entry and mapped through the codes; when it comes as runs or as a constant, once per run or once.
//
// An entry that no living row uses must not fail the query: when computing the entries fails, rows are computed one by one.
type dictNode struct {
	inner node
	typ   schema.Type
	col   int
	kept  [keptDictionaries]*entries
	next  int
	buf   buffer
	codes []int32
	runs  []int32
}

// entries is what a sub-expression gives for each entry of one dictionary.
type entries struct {
	dict   *batch.Dictionary
	seen   int           // living rows met while results was not worth computing
	failed bool          // computing them raised an error
	values *batch.Vector // flat, one per entry; nil until computed
	out    *batch.Dictionary
	recode []int32      // text, and numbers that few entries differ in: code of the input to code of out
	few    *numberCodes // of numbers
	truth  []byte       // BOOLEAN: 1 where true
	null   *batch.Vector
	nullOK bool
}

// dictionaryNode wraps n unless e is a leaf or reads not exactly one column.
func dictionaryNode(e Expr, n node) node {
	switch e.(type) {
	case *Column, *Literal:
		return n
	}
	if cols := Columns(e); len(cols) == 1 {
		return &dictNode{inner: n, typ: e.Type(), col: cols[0]}
	}
	return n
}

func (n *dictNode) eval(b *batch.Batch, rows []int32) (*batch.Vector, error) {
	v := b.Cols[n.col]
	switch v.Enc {
	case batch.Dict:
		if t := n.lookup(v, b, rows); t != nil {
			return n.mapped(v, t), nil
		}
	case batch.Const:
		return n.constant(b, v)
	case batch.Runs:
		return n.perRun(b, v, rows)
	}
	return n.inner.eval(b, rows)
}

// filter needs only the truth of each entry.
func (n *dictNode) filter(b *batch.Batch, rows, dst []int32) ([]int32, error) {
	v := b.Cols[n.col]
	if v.Enc == batch.Dict && n.typ.Kind == schema.Boolean {
		if t := n.lookup(v, b, rows); t != nil && (v.Valid == nil || t.null != nil && !isTrue(t.null, 0)) {
			return selectCode(dst, v, t.truth, rows), nil
		}
	}
	if v.Enc == batch.Flat || v.Enc == batch.Dict && n.lookup(v, b, rows) == nil {
		return filterNode(n.inner, b, rows, dst)
	}
	out, err := n.eval(b, rows)
	if err != nil {
		return nil, err
	}
	return selectTrue(out, rows, dst), nil
}

// selectCode appends those of the rows whose code's entry in table is not 0, by stretches where v tells them.
func selectCode(dst []int32, v *batch.Vector, table []byte, rows []int32) []int32 {
	if ends := v.CodeRuns(); ends != nil && rows == nil {
		return kernel.SelectCodeRuns(dst, v.Codes[:v.Len], ends, table)
	}
	return kernel.SelectCode(dst, v.Codes[:v.Len], table, v.Valid, rows)
}

func isTrue(v *batch.Vector, i int) bool { return !v.IsNull(i) && v.Int64(i) != 0 }

// lookup returns the results for the vector's dictionary, or nil when rows must be computed one by one. Entries are computed
// once as many rows have been met as half the dictionary has entries: a big dictionary of which few rows are wanted never is.
func (n *dictNode) lookup(v *batch.Vector, b *batch.Batch, rows []int32) *entries {
	t := n.find(v.Dict)
	if t.failed {
		return nil
	}
	if t.values == nil {
		live := b.Len
		if rows != nil {
			live = len(rows)
		}
		t.seen += live
		if 2*t.seen < v.Dict.Values.Len {
			return nil
		}
		if !n.compute(t) {
			return nil
		}
	}
	if v.Valid != nil && !n.computeNull(t, v.Type) {
		return nil
	}
	return t
}

func (n *dictNode) find(d *batch.Dictionary) *entries {
	for _, t := range n.kept {
		if t != nil && t.dict == d {
			return t
		}
	}
	t := &entries{dict: d}
	n.kept[n.next] = t
	n.next = (n.next + 1) % keptDictionaries
	return t
}

// over returns a batch whose only column that matters is v.
func (n *dictNode) over(v *batch.Vector) *batch.Batch {
	b := &batch.Batch{Len: v.Len, Cols: make([]*batch.Vector, n.col+1)}
	b.Cols[n.col] = v
	return b
}

func (n *dictNode) compute(t *entries) bool {
	out, err := n.inner.eval(n.over(t.dict.Values), nil)
	if err != nil {
		t.failed = true
		return false
	}
	t.values = own(out)
	switch {
	case n.typ.Kind == schema.Boolean:
		t.truth = make([]byte, t.values.Len)
		for i := range t.truth {
			t.truth[i] = byte(boolInt(isTrue(t.values, i)))
		}
	case n.typ.Class() == schema.ClassBytes:
		t.distinct(n.typ)
	case n.typ.Class() == schema.ClassInt64:
		t.distinctNumbers(n.typ)
	}
	return true
}

func (n *dictNode) computeNull(t *entries, typ schema.Type) bool {
	if t.null == nil && !t.nullOK {
		t.nullOK = true
		v := batch.NewConst(schema.NullValue(typ), 1)
		if out, err := n.inner.eval(n.over(v), nil); err == nil {
			t.null = own(out)
		}
	}
	return t.null != nil
}

// own copies a vector out of the scratch of the node that made it.
func own(v *batch.Vector) *batch.Vector {
	b := batch.NewBuilder(v.Type, v.Len)
	for i := range v.Len {
		b.Row(v, i)
	}
	return b.Finish()
}

// distinct makes the dictionary of results: entries that became equal share a code. NULL results take code 0 and are marked
// by the rows' validity.
func (t *entries) distinct(typ schema.Type) {
	b := batch.NewBuilder(typ, t.values.Len)
	codes := make(map[string]int32, t.values.Len)
	t.recode = make([]int32, t.values.Len)
	for i := range t.values.Len {
		if t.values.IsNull(i) {
			continue
		}
		s := t.values.Bytes(i)
		c, ok := codes[string(s)]
		if !ok {
			c = int32(len(codes))
			codes[string(s)] = c
			b.Bytes(s)
		}
		t.recode[i] = c
	}
	if b.Len() == 0 {
		b.Text("")
	}
	t.out = &batch.Dictionary{Values: b.Finish()}
}

// mapped spreads the entries' results over the rows.
func (n *dictNode) mapped(v *batch.Vector, t *entries) *batch.Vector {
	if n.typ.Class() == schema.ClassBytes {
		if v.Valid != nil && !t.null.IsNull(0) {
			return n.mappedText(v, t)
		}
		return n.recoded(v, t)
	}
	if t.few != nil {
		return n.recodedNumbers(v, t)
	}
	out := n.buf.reset(n.typ, v.Len)
	codes := v.Codes[:v.Len]
	switch n.typ.Class() {
	case schema.ClassInt64:
		gather(out.I, t.values.I, codes)
	case schema.ClassInt128:
		gather(out.W, t.values.W, codes)
	case schema.ClassFloat64:
		gather(out.F, t.values.F, codes)
	}
	n.validity(out, v, t)
	return out
}

func gather[T any](dst, values []T, codes []int32) {
	for i, c := range codes {
		dst[i] = values[c]
	}
}

// validity marks rows whose entry gave NULL, and settles rows that are NULL themselves.
func (n *dictNode) validity(out, v *batch.Vector, t *entries) {
	if t.values.Valid != nil {
		n.buf.valid = sized(n.buf.valid, v.Len)
		gather(n.buf.valid, t.values.Valid, v.Codes[:v.Len])
		out.Valid = n.buf.valid
	}
	if v.Valid == nil {
		return
	}
	nothing := t.null.IsNull(0)
	for i, ok := range v.Valid[:v.Len] {
		switch {
		case ok != 0:
		case nothing:
			n.buf.setNull(out, i)
		default:
			if out.Valid != nil {
				out.Valid[i] = 1
			}
			put(out, i, t.null)
		}
	}
}

// put stores the first value of a vector of the same type, not text.
func put(out *batch.Vector, i int, v *batch.Vector) {
	switch out.Type.Class() {
	case schema.ClassInt64:
		out.I[i] = v.I[0]
	case schema.ClassInt128:
		out.W[i] = v.W[0]
	case schema.ClassFloat64:
		out.F[i] = v.F[0]
	}
}

func (n *dictNode) recoded(v *batch.Vector, t *entries) *batch.Vector {
	out := &n.buf.vec
	*out = batch.Vector{Type: n.typ, Enc: batch.Dict, Len: v.Len, Dict: t.out}
	n.codes = sized(n.codes, v.Len)
	out.Ends = kernel.Recode(n.codes, t.recode, v)
	out.Codes, out.Valid = n.codes, v.Valid
	if t.values.Valid == nil {
		return out
	}
	n.buf.valid = sized(n.buf.valid, v.Len)
	gather(n.buf.valid, t.values.Valid, v.Codes[:v.Len])
	out.Ends, out.Valid = nil, kernel.MergeValid(n.buf.valid, n.buf.valid, v.Valid)
	return out
}

// mappedText is for expressions that make text of NULL, such as COALESCE(c, 'none').
func (n *dictNode) mappedText(v *batch.Vector, t *entries) *batch.Vector {
	b := batch.NewBuilder(n.typ, v.Len)
	for i := range v.Len {
		if v.IsNull(i) {
			b.Bytes(t.null.Bytes(0))
		} else {
			b.Row(t.values, int(v.Codes[i]))
		}
	}
	return b.Finish()
}

func (n *dictNode) constant(b *batch.Batch, v *batch.Vector) (*batch.Vector, error) {
	one := *v
	one.Len = 1
	out, err := n.inner.eval(n.over(&one), nil)
	if err != nil {
		return nil, err
	}
	return batch.NewConst(out.Value(0), b.Len), nil
}

// perRun computes the runs that living rows touch.
func (n *dictNode) perRun(b *batch.Batch, v *batch.Vector, rows []int32) (*batch.Vector, error) {
	flat := *v
	flat.Enc, flat.Ends, flat.Len = batch.Flat, nil, len(v.Ends)
	touched := []int32(nil)
	if rows != nil {
		touched = n.touched(v.Ends, rows)
	}
	out, err := n.inner.eval(n.over(&flat), touched)
	if err != nil {
		return nil, err
	}
	if out.Enc == batch.Const {
		c := *out
		c.Len = b.Len
		return &c, nil
	}
	w := *unrun(out).Flatten()
	w.Enc, w.Ends, w.Len = batch.Runs, v.Ends, b.Len
	return &w, nil
}

func (n *dictNode) touched(ends, rows []int32) []int32 {
	out := n.runs[:0]
	k := 0
	for _, r := range rows {
		for ends[k] <= r {
			k++
		}
		if len(out) == 0 || out[len(out)-1] != int32(k) {
			out = append(out, int32(k))
		}
	}
	n.runs = out
	return out
}
