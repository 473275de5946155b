package aggregate

import (
	"encoding/binary"
	"math/bits"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// count is COUNT(*) and COUNT(x, ...): rows in which no argument is NULL.
type count struct {
	n []int64
}

func newCount(Spec) (State, []schema.Type) { return &count{}, []schema.Type{schema.TypeInt64} }

func (c *count) Grow(n int)   { c.n = grow(c.n, n) }
func (c *count) Bytes() int64 { return int64(8 * cap(c.n)) }

func (c *count) Update(r *Rows, args []*batch.Vector) error {
	for _, v := range args {
		if v.HasNulls() {
			c.counting(r, args)
			return nil
		}
	}
	if r.Groups != nil {
		for _, g := range r.Groups[:r.Len] {
			c.n[g]++
		}
		return nil
	}
	var one [1]Run
	from := int32(0)
	for _, run := range r.runs(&one) {
		c.n[run.Group] += int64(run.End - from)
		from = run.End
	}
	return nil
}

// counting adds the validity of each row, so that NULLs cost no branch.
func (c *count) counting(r *Rows, args []*batch.Vector) {
	if len(args) == 1 && (args[0].Enc == batch.Flat || args[0].Enc == batch.Dict) {
		c.validity(r, args[0].Valid)
		return
	}
	r.each(nil, func(row int, g int32) {
		for _, v := range args {
			if v.IsNull(row) {
				return
			}
		}
		c.n[g]++
	})
}

func (c *count) validity(r *Rows, valid []byte) {
	if r.Groups != nil {
		for k, g := range r.Groups[:r.Len] {
			c.n[g] += int64(valid[r.row(k)])
		}
		return
	}
	var one [1]Run
	k := 0
	for _, run := range r.runs(&one) {
		if r.Sel == nil {
			c.n[run.Group] += ones(valid[k:run.End])
			k = int(run.End)
			continue
		}
		n := int64(0)
		for ; k < int(run.End); k++ {
			n += int64(valid[r.row(k)])
		}
		c.n[run.Group] += n
	}
}

// ones counts the values: eight bytes of 0 and 1 have as many bits.
func ones(valid []byte) int64 {
	n := 0
	for len(valid) >= 8 {
		n += bits.OnesCount64(binary.LittleEndian.Uint64(valid))
		valid = valid[8:]
	}
	for _, v := range valid {
		n += int(v)
	}
	return int64(n)
}

func (c *count) Merge(r *Rows, state []*batch.Vector) error {
	r.each(state[0], func(row int, g int32) { c.n[g] += state[0].Int64(row) })
	return nil
}

func (c *count) Absorb(other State, from, to []int32) error {
	o := other.(*count)
	for i, g := range from {
		c.n[to[i]] += o.n[g]
	}
	return nil
}

func (c *count) AppendState(out []*batch.Builder, groups []int32) {
	for _, g := range groups {
		out[0].Int64(c.n[g])
	}
}

func (c *count) Result(out *batch.Builder, groups []int32) error {
	for _, g := range groups {
		out.Int64(c.n[g])
	}
	return nil
}
