package aggregate

import (
	"slices"
	"sync"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/intern"
	"github.com/assaydb/assay/storage/schema"
)

// distinct is COUNT, SUM and AVG of DISTINCT arguments: the exact set of values of each group. Every value is interned and known by
// number; the sets are pairs of group and number. With a single group the interned values are the set.
//
// While values are few there is one part, that stays in the cache. When they become many, the values are cut into distinctParts
// parts by their hash, rows are only logged by part, and each part is settled when its log has grown: then its table is in the
// cache for many rows at once, where row by row each would wait for memory. Parts share no value, so that they are settled and
// merged side by side.
type distinct struct {
	spec  Spec
	plain bool // one argument of 64 bits: keys are those of numbers
	n     []int64
	parts []distinctPart
	cut   bool // into distinctParts parts
	rows  int  // logged and not settled

	settled bool // n counts all
	mu      sync.Mutex
	counts  [][]int64 // of parts being settled, one slice a goroutine

	fold distinctFold

	numbers32 *distinctNumbers // values that are numbers; not among all that is above
	noNumbers bool             // they have come to be like all others

	sorted []uint32 // numbers by group, once arranged
	start  []int
}

// A number is that within the part, shifted by distinctBits, and the part; with one part it is the number itself.
const (
	distinctBits  = 7
	distinctParts = 1 << distinctBits
	// distinctMany is from how many values on they are cut: about what fits the second-level cache.
	distinctMany = 1 << 15
	// distinctLog is how many rows are logged before all parts are settled.
	distinctLog = 2 << 20
)

func newDistinct(s Spec) (State, []schema.Type) {
	class := s.Args[0].Class()
	st := &distinct{spec: s, parts: make([]distinctPart, 1), fold: newDistinctFold()}
	st.plain = len(s.Args) == 1 && (class == schema.ClassInt64 || class == schema.ClassFloat64)
	return st, []schema.Type{schema.TypeBinary}
}

func (d *distinct) Grow(n int) {
	if len(d.n) == 1 && n > 1 {
		d.Settle()
		first := make([]int64, 1) // counted already
		for p := range d.parts {
			d.parts[p].pairUp(first)
		}
	}
	d.n = grow(d.n, n)
	switch {
	case d.numbers32 == nil:
	case len(d.n) > numberGroups:
		d.numbers32.grow(len(d.n))
		d.demote()
	default:
		d.numbers32.grow(len(d.n))
	}
}

func (d *distinct) Bytes() int64 {
	n := int64(8*cap(d.n)+4*cap(d.sorted)+8*cap(d.start)) + d.fold.bytes() + d.numbers32.bytes()
	for p := range d.parts {
		n += d.parts[p].bytes()
	}
	return n
}

// changed forgets what was derived.
func (d *distinct) changed() { d.sorted, d.start, d.settled = nil, nil, false }

// part returns the part of a value.
func (d *distinct) part(hash uint64) *distinctPart {
	if !d.cut {
		return &d.parts[0]
	}
	return &d.parts[hash>>(64-distinctBits)]
}

// keep decides after each batch: whether to cut into parts, and whether to settle.
func (d *distinct) keep() {
	if !d.cut && d.parts[0].ids.Len() >= distinctMany {
		d.divide()
	}
	if d.rows >= distinctLog {
		d.Settle()
		d.settled = false
	}
}

// divide cuts the only part by the values' hashes. What is counted so far is settled, but the caller goes on to log or take over more.
func (d *distinct) divide() {
	d.Settle()
	d.settled = false
	old := d.parts[0]
	d.parts, d.cut, d.fold.dict = make([]distinctPart, distinctParts), true, nil
	numbers := make([]uint32, old.ids.Len())
	for id := range numbers {
		numbers[id] = d.adopt(&old.ids, uint32(id))
	}
	if len(d.n) <= 1 {
		return
	}
	counted := make([]int64, len(d.n))
	for _, x := range old.set.slots {
		if x != 0 {
			number := numbers[uint32(x)]
			d.parts[number%distinctParts].set.insert([]uint32{number >> distinctBits}, []int32{int32(x>>32) - 1}, counted)
		}
	}
}

// adopt interns a value of another table in its part and returns its number.
func (d *distinct) adopt(from *intern.Table, id uint32) uint32 {
	h := from.Hash(id)
	var to [1]uint32
	d.part(h).ids.InternFrom(to[:], from, []uint32{id})
	if !d.cut {
		return to[0]
	}
	return to[0]<<distinctBits | uint32(h>>(64-distinctBits))
}

// Pending is how many parts SettlePart may be called for.
func (d *distinct) Pending() int {
	if d.settled {
		return 0
	}
	return len(d.parts) + d.numbers32.stripes()
}

// SettlePart adds what was logged for a part to its set. Different parts may be settled at once; SettleCounts follows the last.
func (d *distinct) SettlePart(p int) {
	if p >= len(d.parts) {
		d.numbers32.settle(p - len(d.parts))
		return
	}
	d.mu.Lock()
	var counts []int64
	if n := len(d.counts); n > 0 {
		counts, d.counts = d.counts[n-1], d.counts[:n-1]
	}
	d.mu.Unlock()
	if counts == nil {
		counts = make([]int64, len(d.n))
	}
	d.parts[p].settle(counts)
	d.mu.Lock()
	d.counts = append(d.counts, counts)
	d.mu.Unlock()
}

// SettleCounts ends settling.
func (d *distinct) SettleCounts() {
	for _, counts := range d.counts {
		for g, n := range counts {
			d.n[g] += n
		}
	}
	if len(d.n) == 1 {
		d.n[0] = 0
		for p := range d.parts {
			d.n[0] += int64(d.parts[p].ids.Len())
		}
	}
	if d.numbers32 != nil {
		d.numbers32.settled()
	}
	d.counts, d.rows, d.settled = nil, 0, true
	if d.cut {
		d.fold.dict = nil // its long entries lay in the logs
	}
}

// count is how many distinct values a group has.
func (d *distinct) count(g int32) int64 {
	if d.numbers32 != nil {
		return d.n[g] + d.numbers32.sets[g].n
	}
	return d.n[g]
}

// Settle settles all parts, one after another.
func (d *distinct) Settle() {
	if d.settled {
		return
	}
	for p := range d.Pending() {
		d.SettlePart(p)
	}
	d.SettleCounts()
}

// numbers returns those of the values of a group.
func (d *distinct) numbers(g int32) []uint32 {
	d.arrange()
	return d.sorted[d.start[g]:d.start[g+1]]
}

// arrange orders the pairs by group, once.
func (d *distinct) arrange() {
	if d.start != nil {
		return
	}
	d.Settle()
	d.start = make([]int, len(d.n)+1)
	for g, n := range d.n {
		d.start[g+1] = d.start[g] + int(n)
	}
	d.sorted = make([]uint32, d.start[len(d.n)])
	next := slices.Clone(d.start)
	for p := range d.parts {
		d.parts[p].each(len(d.n), func(g int32, id uint32) {
			if d.cut {
				id = id<<distinctBits | uint32(p)
			}
			d.sorted[next[g]] = id
			next[g]++
		})
	}
}

// at returns where a number's value is interned.
func (d *distinct) at(number uint32) (*intern.Table, uint32) {
	if d.cut {
		return &d.parts[number%distinctParts].ids, number >> distinctBits
	}
	return &d.parts[0].ids, number
}

func (d *distinct) text(number uint32, buf *[16]byte) []byte {
	ids, id := d.at(number)
	return ids.Text(id, buf)
}

func (d *distinct) hash(number uint32) uint64 {
	ids, id := d.at(number)
	return ids.Hash(id)
}

// key is the payload of a number of 64 bits.
func (d *distinct) key(number uint32) int64 {
	ids, id := d.at(number)
	return int64(ids.Key(id)[0])
}

// Collapse feeds the distinct values to the same aggregate without DISTINCT.
func (d *distinct) Collapse() (State, error) {
	plain := d.spec
	plain.Distinct = false
	d.Settle()
	if d.spec.Name == "count" {
		n := make([]int64, len(d.n))
		for g := range n {
			n[g] = d.count(int32(g))
		}
		return &count{n: n}, nil
	}
	st, _, err := build(plain)
	if err != nil {
		return nil, err
	}
	st.Grow(len(d.n))
	for g := range d.n {
		v := d.values(int32(g))
		if err := st.Update(&Rows{Len: v.Len, Runs: []Run{{End: int32(v.Len), Group: int32(g)}}}, []*batch.Vector{v}); err != nil {
			return nil, err
		}
	}
	return st, nil
}

// values gives the values of a group as a column of the argument's type.
func (d *distinct) values(g int32) *batch.Vector {
	b := batch.NewBuilder(d.spec.Args[0], int(d.n[g]))
	var buf [16]byte
	for _, number := range d.numbers(g) {
		switch d.spec.Args[0].Class() {
		case schema.ClassFloat64:
			b.Float64(keyFloat(d.key(number)))
		case schema.ClassInt64:
			b.Int64(d.key(number))
		case schema.ClassInt128:
			x, _, _ := wideCodec{}.read(d.text(number, &buf))
			b.Int128(x)
		default:
			b.Bytes(d.text(number, &buf))
		}
	}
	return b.Finish()
}

func (d *distinct) Result(out *batch.Builder, groups []int32) error {
	d.Settle()
	if d.spec.Name == "count" {
		for _, g := range groups {
			out.Int64(d.count(g))
		}
		return nil
	}
	st, err := d.Collapse()
	if err != nil {
		return err
	}
	return st.Result(out, groups)
}
