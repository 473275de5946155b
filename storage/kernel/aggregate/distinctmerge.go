package aggregate

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/intern"
)

// absorbStep is how many values are moved at once.
const absorbStep = 4096

// Absorb takes all groups of a state at once by taking over what its parts hold, to be settled later; some of them value by value.
func (d *distinct) Absorb(other State, from, to []int32) error {
	o := other.(*distinct)
	d.changed()
	if d.absorbNumbers(o, from, to) {
		return nil
	}
	if o.start == nil && len(from) > 0 && len(from) == len(o.n) && (o.cut || d.cut || o.parts[0].ids.Len()+d.parts[0].ids.Len() > distinctMany) {
		d.takeOver(o, from, to)
		return nil
	}
	o.arrange() // from now on only the arrangement is read, by any goroutine
	known := make([]uint32, o.bound())
	d.Settle()
	d.settled = false
	groups := make([]int32, 0, absorbStep)
	for i, g := range from {
		for numbers := range slices.Chunk(o.numbers(g), absorbStep) {
			groups = groups[:0]
			for range numbers {
				groups = append(groups, to[i])
			}
			d.absorb(o, numbers, groups, known)
		}
	}
	d.keep()
	return nil
}

// bound is above all numbers.
func (d *distinct) bound() int {
	if !d.cut {
		return d.parts[0].ids.Len()
	}
	most := 0
	for p := range d.parts {
		most = max(most, d.parts[p].ids.Len())
	}
	return most << distinctBits
}

// absorb adds values of another state; known keeps the numbers here, plus one, by those there.
func (d *distinct) absorb(o *distinct, numbers []uint32, groups []int32, known []uint32) {
	for i, number := range numbers {
		if known[number] == 0 {
			ids, id := o.at(number)
			known[number] = d.adopt(ids, id) + 1
		}
		if len(d.n) > 1 {
			p, id := 0, known[number]-1
			if d.cut {
				p, id = int(id%distinctParts), id>>distinctBits
			}
			d.parts[p].set.insert([]uint32{id}, groups[i:i+1], d.n)
		}
	}
}

// pending reports whether parts hold what was taken over and is not settled yet.
func (d *distinct) pending() bool {
	return slices.ContainsFunc(d.parts, func(p distinctPart) bool {
		return len(p.from) > 0 || slices.ContainsFunc(p.log, func(c distinctChunk) bool { return c.to != nil })
	})
}

// takeOver makes all of another state part of this one. The other is empty afterwards.
func (d *distinct) takeOver(o *distinct, from, to []int32) {
	for _, s := range []*distinct{d, o} {
		if !s.cut {
			s.divide()
		}
	}
	if o.pending() {
		o.Settle() // what it took over has groups of a third state
	}
	groups := make([]int32, len(o.n))
	for i, g := range from {
		groups[g] = to[i]
	}
	if len(d.n) > 1 && len(o.n) == 1 {
		o.Grow(2) // so that its pairs are there to be read
	}
	for p := range d.parts {
		into, part := &d.parts[p], &o.parts[p]
		part.close()
		for _, c := range part.log {
			into.log = append(into.log, distinctChunk{rows: c.rows, texts: c.texts, to: groups})
		}
		if part.ids.Len() > 0 {
			into.from = append(into.from, distinctSource{ids: &part.ids, set: &part.set, to: groups})
		}
	}
	d.rows += o.rows
	o.parts, o.cut, o.n = make([]distinctPart, 1), false, make([]int64, len(o.n))
	o.rows, o.settled, o.start = 0, true, make([]int, len(o.n)+1)
}

func (d *distinct) AppendState(out []*batch.Builder, groups []int32) { d.AppendPart(out, groups, 0, 1) }

// AppendPart writes version, a byte that tells 64-bit keys (0) from byte strings (1), and the values, sorted.
func (d *distinct) AppendPart(out []*batch.Builder, groups []int32, p, n int) {
	var buf []byte
	for _, g := range groups {
		numbers := slices.Clone(d.numbers(g))
		if n > 1 {
			shift := 56 - bits.Len(uint(n-1)) // bits that cut no parts here
			numbers = slices.DeleteFunc(numbers, func(number uint32) bool { return int(d.hash(number)>>shift)&(n-1) != p })
		}
		if d.plain {
			buf = d.appendNumbers(append(buf[:0], stateVersion, 0), numbers, d.numbersOfPart(g, p, n))
		} else {
			buf = d.appendTexts(append(buf[:0], stateVersion, 1), numbers, d.numbersOfPart(g, p, n))
		}
		out[0].Bytes(buf)
	}
}

// numbersOfPart gives those of a group's values that are numbers of 32 bits and whose keys' hashes lie in part p of n, sorted.
func (d *distinct) numbersOfPart(g int32, p, n int) []uint32 {
	if d.numbers32 == nil {
		return nil
	}
	shift := 56 - bits.Len(uint(n-1))
	var buf []byte
	var out []uint32
	d.numbers32.sets[g].each(func(x uint32) {
		if n > 1 {
			buf = d.numbers32.appendKey(buf[:0], x)
			if int(intern.KeyOf(buf).Hash()>>shift)&(n-1) != p {
				return
			}
		}
		out = append(out, x)
	})
	slices.Sort(out)
	return out
}

func (d *distinct) appendNumbers(buf []byte, numbers, short []uint32) []byte {
	keys := make([]int64, 0, len(numbers)+len(short))
	for _, number := range numbers {
		keys = append(keys, d.key(number))
	}
	for _, x := range short {
		keys = append(keys, int64(x))
	}
	slices.Sort(keys)
	for _, k := range keys {
		buf = intCodec{}.append(buf, k)
	}
	return buf
}

// appendTexts merges texts and numbers, whose texts are in order as they are.
func (d *distinct) appendTexts(buf []byte, numbers, short []uint32) []byte {
	var x, y [16]byte
	var next []byte
	slices.SortFunc(numbers, func(a, b uint32) int { return bytes.Compare(d.text(a, &x), d.text(b, &y)) })
	for _, number := range numbers {
		text := d.text(number, &x)
		for ; len(short) > 0; short = short[1:] {
			if next = d.numbers32.appendKey(next[:0], short[0]); bytes.Compare(next, text) > 0 {
				break
			}
			buf = append(binary.AppendUvarint(buf, uint64(len(next))), next...)
		}
		buf = append(binary.AppendUvarint(buf, uint64(len(text))), text...)
	}
	for _, n := range short {
		next = d.numbers32.appendKey(next[:0], n)
		buf = append(binary.AppendUvarint(buf, uint64(len(next))), next...)
	}
	return buf
}

func (d *distinct) Merge(r *Rows, state []*batch.Vector) error {
	d.changed()
	d.demote()
	var err error
	r.each(state[0], func(row int, g int32) {
		if e := d.mergeOne(state[0].Bytes(row), g); e != nil {
			err = e
		}
		d.keep()
	})
	return err
}

func (d *distinct) mergeOne(b []byte, g int32) error {
	if len(b) < 2 || b[0] != stateVersion || d.plain != (b[1] == 0) {
		return badState("distinct values")
	}
	for b = b[2:]; len(b) > 0; {
		var text []byte
		if d.plain {
			if len(b) < 8 {
				return badState("distinct values")
			}
			text, b = b[:8], b[8:]
		} else {
			n, w := binary.Uvarint(b)
			if w <= 0 || n > uint64(len(b)-w) {
				return badState("distinct values")
			}
			text, b = b[w:w+int(n)], b[w+int(n):]
		}
		if d.cut {
			d.log(text, g)
		} else {
			d.put(text, g)
		}
	}
	return nil
}
