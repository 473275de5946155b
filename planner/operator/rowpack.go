package operator

import (
	"math"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/intern"
	"github.com/assaydb/assay/storage/schema"
)

// rowPacker turns batches into words, one plane for each word of a row.
type rowPacker struct {
	shape  *rowShape
	planes [][]uint64
	hash   []uint64
	keys   []intern.Key
	dicts  []packedDict    // by column
	long   []*batch.Vector // by column: the batch's, when it has texts that a Key does not hold
}

// packedDict is the keys of a dictionary, made once.
type packedDict struct {
	of   *batch.Dictionary
	keys []intern.Key
	long bool
}

func newRowPacker(s *rowShape) *rowPacker {
	return &rowPacker{shape: s, planes: make([][]uint64, s.width), dicts: make([]packedDict, len(s.cols)), long: make([]*batch.Vector, len(s.cols))}
}

func (p *rowPacker) bytes() int64 {
	n := int64(8*cap(p.hash) + 16*cap(p.keys))
	for _, plane := range p.planes {
		n += int64(8 * cap(plane))
	}
	for i := range p.dicts {
		n += int64(16 * cap(p.dicts[i].keys))
	}
	return n
}

// pack fills the planes with the n living rows of a batch.
func (p *rowPacker) pack(b *batch.Batch, n int, numbers []uint32) {
	for w := range p.planes {
		p.planes[w] = sizedWords(p.planes[w], n)
	}
	p.hash = sizedWords(p.hash, n)
	if cap(p.keys) < n {
		p.keys = make([]intern.Key, max(n, batch.MaxRows))
	}
	p.keys = p.keys[:n]
	head, all := p.planes[0], uint64(1)<<len(p.shape.cols)-1
	for k := range head {
		head[k] = all
	}
	for i := range p.shape.cols {
		c := &p.shape.cols[i]
		if p.shape.form != nil && i < p.shape.keys {
			continue
		}
		v := b.Cols[c.input]
		if v.Enc == batch.Runs || v.Enc == batch.Const || v.Enc == batch.Numbered {
			v = v.Flatten()
		}
		p.long[i] = nil
		switch c.typ.Class() {
		case schema.ClassBytes:
			p.texts(i, v, b)
		case schema.ClassInt128:
			p.wide(i, v, b)
		default:
			p.numbers(i, v, b)
		}
		if i < p.shape.keys {
			p.mix(i)
		}
	}
	if p.shape.form != nil {
		for k, x := range numbers[:n] {
			head[k] |= uint64(x) << 32
		}
		return
	}
	for k, h := range p.hash {
		head[k] |= h >> 32 << 32
	}
}

// numbers fills the plane of a column of 64 bits. Doubles of keys are made alike where they are equal.
func (p *rowPacker) numbers(i int, v *batch.Vector, b *batch.Batch) {
	c := &p.shape.cols[i]
	out, from := p.planes[c.at], v
	if v.Enc == batch.Dict {
		from = v.Dict.Values
	}
	switch {
	case v.Enc == batch.Flat && b.Sel == nil && c.typ.Class() == schema.ClassInt64:
		for k, x := range v.I[:len(out)] {
			out[k] = uint64(x)
		}
	default:
		for k := range out {
			at := rowOf(b, k)
			if v.Enc == batch.Dict {
				at = int(v.Codes[at])
			}
			switch {
			case c.typ.Class() == schema.ClassInt64:
				out[k] = uint64(from.I[at])
			case i < p.shape.keys:
				out[k] = uint64(doubleBits(from.F[at]))
			default:
				out[k] = math.Float64bits(from.F[at])
			}
		}
	}
	p.nulls(i, v, b)
	if i < p.shape.keys {
		for k, x := range out {
			p.keys[k] = intern.Number(int64(x))
		}
	}
}

// nulls clears bit and words of NULLs.
func (p *rowPacker) nulls(i int, v *batch.Vector, b *batch.Batch) {
	if v.Valid == nil {
		return
	}
	c := &p.shape.cols[i]
	head := p.planes[0]
	for k := range head {
		head[k] &^= uint64(1-v.Valid[rowOf(b, k)]) << i
	}
	for w := c.at; w < c.at+c.words; w++ {
		plane := p.planes[w]
		for k := range plane {
			plane[k] &= -uint64(v.Valid[rowOf(b, k)])
		}
	}
}

// wide fills the planes of a column of 128 bits; their hash is that of the bytes.
func (p *rowPacker) wide(i int, v *batch.Vector, b *batch.Batch) {
	at := p.shape.cols[i].at
	var text [16]byte
	for k := range p.keys {
		row := rowOf(b, k)
		x := v.Int128(row)
		p.planes[at][k], p.planes[at+1][k] = x.Lo, uint64(x.Hi)
		if i < p.shape.keys {
			p.keys[k] = intern.KeyOf(appendWide(text[:0], x))
		}
	}
	p.nulls(i, v, b)
}

// texts fills the planes of a text column.
func (p *rowPacker) texts(i int, v *batch.Vector, b *batch.Batch) {
	at, long := p.shape.cols[i].at, false
	if v.Enc == batch.Dict {
		d := p.dict(i, v.Dict)
		for k := range p.keys {
			p.keys[k] = d.keys[v.Codes[rowOf(b, k)]]
		}
		long = d.long
	} else {
		intern.KeysOf(p.keys, v, b.Sel)
	}
	if p.shape.cols[i].words > 2 {
		p.spread(i, v, b)
		p.nulls(i, v, b)
		return
	}
	x, y := p.planes[at], p.planes[at+1]
	most := uint64(0)
	for k, key := range p.keys {
		x[k], y[k] = key[0], key[1]
		most = max(most, key[1])
	}
	if long || (intern.Key{0, most}).Long() {
		p.long[i] = v
	}
	p.nulls(i, v, b)
}

func (p *rowPacker) dict(i int, of *batch.Dictionary) *packedDict {
	d := &p.dicts[i]
	if d.of == of {
		return d
	}
	n := of.Values.Len
	if cap(d.keys) < n {
		d.keys = make([]intern.Key, n)
	}
	d.of, d.keys, d.long = of, d.keys[:n], false
	intern.KeysOf(d.keys, of.Values, nil)
	for _, k := range d.keys {
		d.long = d.long || k.Long()
	}
	return d
}

// mix adds key column i, whose keys are at hand, to the hashes: those of groupTable.hash.
func (p *rowPacker) mix(i int) {
	bit := uint64(1) << i
	head := p.planes[0]
	for k, key := range p.keys {
		column := key.Hash()
		if head[k]&bit == 0 {
			column = nullHash(p.shape.keys)
		}
		switch {
		case p.shape.keys == 1:
			p.hash[k] = column
		case i == 0:
			p.hash[k] = mixHash(keySeed, column)
		default:
			p.hash[k] = mixHash(p.hash[k], column)
		}
	}
}

// nullHash is what NULL adds to the hash of so many columns.
func nullHash(columns int) uint64 {
	if columns == 1 {
		return intern.Key{}.Hash()
	}
	return 0
}

func sizedWords(s []uint64, n int) []uint64 {
	if cap(s) < n {
		return make([]uint64, max(n, batch.MaxRows))[:n]
	}
	return s[:n]
}
