package operator

import (
	"encoding/binary"
	"slices"
	"sync/atomic"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel"
	"github.com/assaydb/assay/storage/kernel/sortkey"
	"github.com/assaydb/assay/storage/schema"
)

// partRows is about how many rows a part has at least: fewer are not worth a part of their own.
const partRows = 4096

// windowParts is all rows in memory, cut by the hash of their partition. Every part holds whole partitions and is sorted by itself.
type windowParts struct {
	of     *windowing
	rows   *batch.Batch
	hashes []uint64
	parts  [][]int32
	taken  atomic.Int64
}

func newWindowParts(w *windowing, sets []*sorter) (*windowParts, error) {
	p := &windowParts{of: w, rows: gathered(sets, w.in.fields)}
	if err := w.run.stopped(); err != nil {
		return nil, err
	}
	p.hashes = make([]uint64, p.rows.Len)
	var h kernel.Hasher
	for i, c := range w.node.Partition {
		h.Hash(p.hashes, p.rows.Cols[c], nil, i > 0)
	}
	p.cut(w.run.env.Parallelism)
	return p, nil
}

// gathered is the rows of all sorters as one batch.
func gathered(sets []*sorter, fields []batch.Field) *batch.Batch {
	out := &batch.Batch{}
	for _, s := range sets {
		out.Len += s.rows
	}
	for c, f := range fields {
		var list []*batch.Vector
		for _, s := range sets {
			list = append(list, s.cols[c].Finish())
		}
		out.Cols = append(out.Cols, joined(f.Type, list))
	}
	return out
}

// joined puts flat vectors behind one another.
func joined(t schema.Type, list []*batch.Vector) *batch.Vector {
	if len(list) == 1 {
		return list[0]
	}
	out := &batch.Vector{Type: t}
	if t.Class() == schema.ClassBytes {
		out.Off = []uint32{0}
	}
	nulls := slices.ContainsFunc(list, func(v *batch.Vector) bool { return v.Valid != nil })
	for _, v := range list {
		out.I, out.W, out.F = append(out.I, v.I...), append(out.W, v.W...), append(out.F, v.F...)
		if t.Class() == schema.ClassBytes && v.Len > 0 {
			base := uint32(len(out.Data)) - v.Off[0]
			out.Data = append(out.Data, v.Data[v.Off[0]:v.Off[v.Len]]...)
			for _, off := range v.Off[1 : v.Len+1] {
				out.Off = append(out.Off, base+off)
			}
		}
		for i := 0; nulls && i < v.Len; i++ {
			ok := byte(1)
			if v.Valid != nil {
				ok = v.Valid[i]
			}
			out.Valid = append(out.Valid, ok)
		}
		out.Len += v.Len
	}
	return out
}

// cut lists the rows of every part, in their order.
func (p *windowParts) cut(workers int) {
	bits := uint(0)
	for bits < 8 && p.rows.Len>>bits > partRows && (1<<bits < 4*workers || p.rows.Len>>bits > 4*partRows) {
		bits++
	}
	counts := make([]int, 1<<bits)
	for _, h := range p.hashes {
		counts[h>>(64-bits)]++
	}
	all, at := make([]int32, p.rows.Len), 0
	for _, n := range counts {
		p.parts = append(p.parts, all[at:at:at+n])
		at += n
	}
	for i, h := range p.hashes {
		k := h >> (64 - bits)
		p.parts[k] = append(p.parts[k], int32(i))
	}
}

// next sorts one more part; nil when all are taken.
func (p *windowParts) next() *batch.Batch {
	for {
		k := int(p.taken.Add(1)) - 1
		if k >= len(p.parts) {
			return nil
		}
		if len(p.parts[k]) > 0 {
			return p.sorted(p.parts[k])
		}
	}
}

func (p *windowParts) sorted(rows []int32) *batch.Batch {
	if !p.of.run.env.Debug.NoWindowHash {
		keyed := p.byHash(rows)
		idx := make([]int32, len(keyed))
		for i, k := range keyed {
			idx[i] = k.row
		}
		if out := p.gather(idx); p.apart(keyed, out) {
			return out
		}
	}
	return p.gather(p.byValue(rows))
}

// apart reports whether no two partitions have one hash: rows of such could lie between each other.
func (p *windowParts) apart(keyed []keyedRow, rows *batch.Batch) bool {
	same := p.of.order[:len(p.of.node.Partition)]
	for i := 1; i < len(keyed) && len(same) > 0; i++ {
		if keyed[i].key[0] == keyed[i-1].key[0] && same.compare(rows, i, rows, i-1) != 0 {
			return false
		}
	}
	return true
}

func (p *windowParts) gather(idx []int32) *batch.Batch {
	out := &batch.Batch{Len: len(idx)}
	for _, c := range p.rows.Cols {
		out.Cols = append(out.Cols, c.Gather(idx))
	}
	return out
}

// byHash sorts by the hash of the partition, which tells partitions apart faster than their values do, and within it by the order.
func (p *windowParts) byHash(rows []int32) []keyedRow {
	within := p.of.order[len(p.of.node.Partition):]
	keyed := make([]keyedRow, len(rows))
	var scratch []byte
	for i, row := range rows {
		keyed[i].row = row
		keyed[i].key, scratch = within.hashedKey(p.hashes[row], p.rows, int(row), scratch)
	}
	slices.SortFunc(keyed, func(x, y keyedRow) int {
		if c := x.key.compare(&y.key); c != 0 {
			return c
		}
		return within.compare(p.rows, int(x.row), p.rows, int(y.row))
	})
	return keyed
}

// hashedKey is a normal key that begins with a hash.
func (o order) hashedKey(hash uint64, b *batch.Batch, row int, scratch []byte) (key normalKey, _ []byte) {
	scratch = scratch[:0]
	for _, k := range o {
		if scratch = sortkey.AppendMost(scratch, b.Cols[k.Column], row, k.Desc, normalKeyBytes-8); len(scratch) >= normalKeyBytes-8 {
			break
		}
	}
	var cut [normalKeyBytes - 8]byte
	copy(cut[:], scratch)
	key[0] = hash
	for i := range key[1:] {
		key[1+i] = binary.BigEndian.Uint64(cut[8*i:])
	}
	return key, scratch
}

// byValue sorts by the columns themselves.
func (p *windowParts) byValue(rows []int32) []int32 {
	part := &batch.Batch{Len: len(rows)}
	for _, c := range p.rows.Cols {
		part.Cols = append(part.Cols, c.Gather(rows))
	}
	idx := p.of.order.permutation(part)
	for i, k := range idx {
		idx[i] = rows[k]
	}
	return idx
}
