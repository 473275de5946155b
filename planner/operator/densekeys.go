package operator

import (
	"encoding/binary"
	"math"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/intern"
	"github.com/assaydb/assay/storage/schema"
)

// numberForm is which values of a single key column are grouped by number, and where: integers, or texts of one form by their
// numbers (batch.Digits), from base on and below base + span. Partition p has those from base + p<<bits on. All workers have the
// same form.
type numberForm struct {
	digits *batch.Digits // nil: integers
	base   int64
	span   uint64
	bits   uint
}

const (
	// denseSpan is in how wide a range numbers are grouped so. It begins a quarter of this below the least that was seen.
	denseSpan = 1 << 26
	// denseBits makes partitions whose states fit the second-level cache.
	denseBits = 15
	// densePer is how many numbers the range may have for each group, unless the scan has half as many rows as the range has numbers.
	densePer = 32
)

// offset is where a number lies, false when it is not for this form.
func (f *numberForm) offset(x int64) (uint32, bool) {
	d := uint64(x) - uint64(f.base)
	return uint32(d), d < f.span
}

// parse is offset of the bytes of a key.
func (f *numberForm) parse(b []byte) (uint32, bool) {
	if f.digits == nil {
		return f.offset(int64(binary.LittleEndian.Uint64(b)))
	}
	n, ok := f.digits.Parse(b)
	if !ok {
		return 0, false
	}
	return f.offset(int64(n))
}

// key gives the key at an offset.
func (f *numberForm) key(offset uint32, buf *[32]byte) intern.Key {
	x := f.base + int64(offset)
	if f.digits == nil {
		return intern.Number(x)
	}
	return intern.KeyOf(f.digits.Append(buf[:0], uint32(x)))
}

func (f *numberForm) alike(d *batch.Digits) bool {
	return f.digits == d || f.digits != nil && *f.digits == *d
}

// parts is how many partitions there are.
func (f *numberForm) parts() int { return int(f.span >> f.bits) }

// newNumberForm looks whether the groups of a table lie close enough together to be grouped by number, nil when they do not.
func (t *aggTable) newNumberForm(v *batch.Vector) *numberForm {
	f := &numberForm{span: denseSpan, bits: denseBits, base: math.MinInt64}
	switch {
	case t.agg.run.env.Debug.NoNumbers || len(t.agg.keys) != 1 || t.merge || t.keys.wide != nil:
		return nil
	case v.Enc == batch.Numbered:
		f.digits, f.base = v.Digits, 0
	case v.Type.Class() != schema.ClassInt64:
		return nil
	}
	if t.agg.run.env.Debug.LogGroups > 0 {
		f.span, f.bits = 1<<14, 6 // many partitions of few rows
	}
	lo, hi, n := int64(math.MaxInt64), int64(math.MinInt64), 0
	var buf [16]byte
	for g := range t.keys.ids.Len() {
		k := t.keys.ids.Key(uint32(g))
		if k == (intern.Key{}) {
			continue
		}
		x := int64(k[0])
		if f.digits != nil {
			number, ok := f.digits.Parse(t.keys.ids.Text(uint32(g), &buf))
			if !ok {
				continue
			}
			x = int64(number)
		}
		lo, hi, n = min(lo, x), max(hi, x), n+1
	}
	span := uint64(hi) - uint64(lo)
	if n == 0 || 2*n < t.groups || span >= f.span/4*3 || span > uint64(densePer*n) && span > uint64(2*rowsBelow(t.agg.node.Input)) {
		return nil
	}
	f.base = lo - int64(min(f.span/4, uint64(lo)-uint64(f.base)))
	return f
}

// rowsBelow is how many rows the scan below a node has at most, 0 when that is unknown.
func rowsBelow(n fragment.Node) int64 {
	rows := int64(0)
	for {
		switch x := n.(type) {
		case *fragment.Filter:
			n = x.Input
		case *fragment.Project:
			n = x.Input
		case *fragment.Scan:
			for i := range x.Segments {
				rows += x.Segments[i].Rows
			}
			return rows
		default:
			return 0
		}
	}
}

// denseKeys is the keys of a groupTable by number: those of one partition.
type denseKeys struct {
	form  *numberForm
	first uint32   // offset of the partition
	at    []uint32 // number of the group plus one, by offset in the partition; 0 while unknown
	of    []uint32 // offset by group
}

func newDenseTable(f *numberForm, part int, t *groupTable) *groupTable {
	t.dense = &denseKeys{form: f, first: uint32(part) << f.bits}
	return t
}

func (d *denseKeys) bytes() int64 { return int64(4 * (cap(d.at) + cap(d.of))) }

// number numbers the key at an offset.
func (d *denseKeys) number(offset uint32) int32 {
	if d.at == nil {
		d.at = make([]uint32, 1<<d.form.bits)
	}
	slot := offset - d.first
	if d.at[slot] == 0 {
		d.of = append(d.of, offset)
		d.at[slot] = uint32(len(d.of))
	}
	return int32(d.at[slot]) - 1
}

// numbers numbers the keys of rows of a log.
func (d *denseKeys) numbers(dst []int32, rows []uint64, width int) {
	if len(dst) == 0 {
		return
	}
	d.number(uint32(rows[0] >> 32)) // makes room
	at, first := d.at, d.first
	for i := range dst {
		offset := uint32(rows[i*width] >> 32)
		g := at[offset-first]
		if g == 0 {
			g = uint32(d.number(offset)) + 1
		}
		dst[i] = int32(g) - 1
	}
}

// adopt numbers the listed keys of another table, all of which are for this partition.
func (d *denseKeys) adopt(dst []int32, o *groupTable, groups []int32) {
	var buf [16]byte
	for k, g := range groups {
		offset, _ := d.form.parse(o.ids.Text(uint32(g), &buf))
		dst[k] = d.number(offset)
	}
}

func (d *denseKeys) hash(g int32) uint64 {
	var buf [32]byte
	return d.form.key(d.of[g], &buf).Hash()
}

func (d *denseKeys) emit(out *batch.Builder, groups []int32) {
	var buf [32]byte
	for _, g := range groups {
		x := d.form.base + int64(d.of[g])
		if d.form.digits == nil {
			out.Int64(x)
		} else {
			out.Bytes(d.form.digits.Append(buf[:0], uint32(x)))
		}
	}
}
