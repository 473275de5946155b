package operator

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/intern"
)

// packedKeys packs the codes of several key columns into one key of up to packedBits bits. The fields are as wide as the largest
// codes are now; when a column needs more, all keys are packed anew, which costs little since codes at least double in between.
// The keys' hashes are made of the values and not of the codes, so that all tables cut the same keys into the same partition.
type packedKeys struct {
	cols   []codeSpace
	fields []keyField
	total  uint // bits in all
	w      [2][]uint64
}

// keyField is where a column's code lies.
type keyField struct {
	word, at, bits uint
}

func (f keyField) of(k intern.Key) uint64 { return k[f.word] >> f.at & (1<<f.bits - 1) }

// packedBits leaves the last byte of a key free: there intern.Key marks texts that it does not hold.
const packedBits = 120

// learn brings codes and fields up to the batch and reports whether keys of before must be packed anew; ok is false when the
// codes no longer fit a key.
func (p *packedKeys) learn(cols []*batch.Vector, b *batch.Batch, n int) (fields []keyField, repack, ok bool) {
	for i, v := range cols {
		p.cols[i].learn(v, b, n)
	}
	return p.relearn()
}

// layout gives each column its field, wider ones first, and none across two words.
func (p *packedKeys) layout() ([]keyField, bool) {
	fields := make([]keyField, len(p.cols))
	used, room := [2]uint{}, [2]uint{64, packedBits - 64}
	for width := uint(64); width > 0; width-- {
		for i := range p.cols {
			w := max(p.cols[i].width(), 1)
			if w != width {
				continue
			}
			word := uint(0)
			if used[0]+w > room[0] {
				word = 1
			}
			if used[word]+w > room[word] {
				return nil, false
			}
			fields[i] = keyField{word: word, at: used[word], bits: w}
			used[word] += w
		}
	}
	return fields, true
}

// use takes new fields into use.
func (p *packedKeys) use(fields []keyField) {
	p.fields, p.total = fields, 0
	for i, f := range fields {
		p.cols[i].settled()
		p.total += f.bits
	}
}

// repacked is a key of the old fields in new ones.
func (p *packedKeys) repacked(k intern.Key, fields []keyField) (out intern.Key) {
	for i, f := range fields {
		out[f.word] |= p.cols[i].recode(p.fields[i].of(k)) << f.at
	}
	return out
}

// pack packs the living rows of a batch that was learned.
func (p *packedKeys) pack(cols []*batch.Vector, b *batch.Batch, n int) {
	for w := range p.w {
		if cap(p.w[w]) < n {
			p.w[w] = make([]uint64, max(n, batch.MaxRows))
		}
		p.w[w] = p.w[w][:n]
		clear(p.w[w])
	}
	for i, v := range cols {
		writeCodes(&p.cols[i], p.w[p.fields[i].word], p.fields[i].at, v, b)
	}
}

// writeCodes adds the codes of a column to words.
func writeCodes[W uint32 | uint64](s *codeSpace, w []W, at uint, v *batch.Vector, b *batch.Batch) {
	switch {
	case v.AllNull():
	case v.Enc == batch.Const:
		code := W(s.code(v, 0)) << at
		for k := range w {
			w[k] |= code
		}
	case v.Enc == batch.Dict:
		writeEntries(s.trans, w, at, v, b)
	case s.interned:
		for k, code := range s.rows[:len(w)] {
			w[k] |= W(code) << at
		}
	default:
		writeRange(uint64(s.lo)-1, w, at, v, b)
	}
}

func writeEntries[W uint32 | uint64](trans []uint32, w []W, at uint, v *batch.Vector, b *batch.Batch) {
	switch {
	case v.Valid != nil:
		for k := range w {
			row := rowOf(b, k)
			w[k] |= W(trans[v.Codes[row]]) & -W(v.Valid[row]) << at
		}
	case b.Sel != nil:
		for k, row := range b.Sel {
			w[k] |= W(trans[v.Codes[row]]) << at
		}
	default:
		for k, e := range v.Codes[:len(w)] {
			w[k] |= W(trans[e]) << at
		}
	}
}

func writeRange[W uint32 | uint64](lo uint64, w []W, at uint, v *batch.Vector, b *batch.Batch) {
	switch {
	case v.Valid != nil:
		for k := range w {
			row := rowOf(b, k)
			w[k] |= W(uint64(v.I[row])-lo) & -W(v.Valid[row]) << at
		}
	case b.Sel != nil:
		for k, row := range b.Sel {
			w[k] |= W(uint64(v.I[row])-lo) << at
		}
	default:
		for k, x := range v.I[:len(w)] {
			w[k] |= W(uint64(x)-lo) << at
		}
	}
}

// hash is made of the values of a key.
func (p *packedKeys) hash(k intern.Key) uint64 {
	h := uint64(keySeed)
	for i, f := range p.fields {
		h = mixHash(h, p.cols[i].hash(f.of(k)))
	}
	return h
}

func (p *packedKeys) bytes() int64 {
	n := int64(8 * (cap(p.w[0]) + cap(p.w[1])))
	for i := range p.cols {
		n += p.cols[i].bytes()
	}
	return n
}
