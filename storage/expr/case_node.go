package expr

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/schema"
)

// caseNode evaluates each branch for the rows that reach it, then puts the pieces together.
type caseNode struct {
	typ          schema.Type
	whens, thens []node // thens has the ELSE as its last
	buf          buffer
	took         [][]int32 // rows per branch
	rest         [2][]int32
	branch       []int32 // per row, the branch it took
	vecs         []*batch.Vector
	cells        []cell
	labels       *batch.Dictionary // when every branch is a constant text
	codes        []int32           // per branch, its code in labels; -1 is NULL
	rowCodes     []int32
}

func compileCase(c *Case, env *Env) (node, error) {
	whens, err := compileAll(c.Whens, env)
	if err != nil {
		return nil, err
	}
	branches := append([]Expr{}, c.Thens...)
	if c.Else != nil {
		branches = append(branches, c.Else)
	} else {
		branches = append(branches, &Literal{schema.NullValue(c.Typ)})
	}
	thens, err := compileAll(branches, env)
	if err != nil {
		return nil, err
	}
	n := &caseNode{
		typ: c.Typ, whens: whens, thens: thens, took: make([][]int32, len(thens)),
		vecs: make([]*batch.Vector, len(thens)), cells: make([]cell, len(thens)),
	}
	n.findLabels(branches)
	return n, nil
}

// findLabels makes a dictionary of the branches when all are constant texts, so that grouping by the CASE works on codes.
func (n *caseNode) findLabels(branches []Expr) {
	if n.typ.Class() != schema.ClassBytes {
		return
	}
	b := batch.NewBuilder(n.typ, len(branches))
	seen := map[string]int32{}
	codes := make([]int32, len(branches))
	for i, e := range branches {
		l, ok := e.(*Literal)
		if !ok {
			return
		}
		if l.Value.Null {
			codes[i] = -1
			continue
		}
		c, ok := seen[l.Value.S]
		if !ok {
			c = int32(len(seen))
			seen[l.Value.S] = c
			b.Text(l.Value.S)
		}
		codes[i] = c
	}
	if b.Len() > 0 {
		n.labels, n.codes = &batch.Dictionary{Values: b.Finish()}, codes
	}
}

func (n *caseNode) eval(b *batch.Batch, rows []int32) (*batch.Vector, error) {
	if err := n.route(b, rows); err != nil {
		return nil, err
	}
	n.branch = sized(n.branch, b.Len)
	for i := range n.branch {
		n.branch[i] = -1
	}
	for k, took := range n.took {
		for _, r := range took {
			n.branch[r] = int32(k)
		}
	}
	if n.labels != nil {
		return n.labelled(b.Len), nil
	}
	for k, took := range n.took {
		n.vecs[k] = nil
		if len(took) == 0 {
			continue
		}
		if len(took) == b.Len {
			return n.thens[k].eval(b, nil)
		}
		v, err := n.thens[k].eval(b, took)
		if err != nil {
			return nil, err
		}
		n.vecs[k] = unrun(v)
		n.cells[k] = bindCell(n.vecs[k])
	}
	return n.assemble(b.Len), nil
}

// route decides which rows take which branch.
func (n *caseNode) route(b *batch.Batch, rows []int32) error {
	for k := range n.took {
		n.took[k] = n.took[k][:0]
	}
	for k, w := range n.whens {
		took, err := filterNode(w, b, rows, n.took[k][:0])
		if err != nil {
			return err
		}
		n.took[k] = took
		if len(took) == 0 {
			continue
		}
		rest := kernel.Subtract(n.rest[k%2][:0], rows, took, b.Len)
		n.rest[k%2] = rest
		if rows = rest; len(rows) == 0 {
			return nil
		}
	}
	last := len(n.took) - 1
	n.took[last] = kernel.SelectValid(n.took[last], nil, rows, b.Len)
	return nil
}

func (n *caseNode) labelled(length int) *batch.Vector {
	out := n.buf.reset(n.typ, length)
	*out = batch.Vector{Type: n.typ, Enc: batch.Dict, Len: length, Dict: n.labels}
	n.rowCodes = sized(n.rowCodes, length)
	out.Codes = n.rowCodes
	for i, k := range n.branch {
		code := int32(0)
		if k >= 0 {
			code = n.codes[k]
		}
		if code < 0 {
			code = 0
			n.buf.setNull(out, i)
		}
		out.Codes[i] = code
	}
	return out
}

func (n *caseNode) assemble(length int) *batch.Vector {
	out := n.buf.reset(n.typ, length)
	text := n.typ.Class() == schema.ClassBytes
	if text {
		out.Off = append(out.Off, 0)
	}
	r := row{in: make([]cell, 1), out: out}
	for i, k := range n.branch {
		if k >= 0 {
			if n.cells[k].move(i) {
				r.in[0], r.at = n.cells[k], i
				r.copyPayload()
			} else {
				n.buf.setNull(out, i)
			}
		}
		if text {
			out.Off = append(out.Off, uint32(len(out.Data)))
		}
	}
	if text {
		n.buf.keep(out)
	}
	return out
}

// copyPayload copies the value of the first argument, known not to be NULL.
func (r *row) copyPayload() {
	c := &r.in[0]
	switch r.out.Type.Class() {
	case schema.ClassInt64:
		r.out.I[r.at] = c.vec.I[c.k]
	case schema.ClassInt128:
		r.out.W[r.at] = c.vec.W[c.k]
	case schema.ClassFloat64:
		r.out.F[r.at] = c.vec.F[c.k]
	case schema.ClassBytes:
		r.out.Data = append(r.out.Data, c.vec.Data[c.vec.Off[c.k]:c.vec.Off[c.k+1]]...)
	}
}
