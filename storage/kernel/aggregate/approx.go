package aggregate

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
	"github.com/zeebo/xxh3"
)

// HyperLogLog with 2^12 registers of the 64-bit XXH3 hash; a group begins as a list of the registers set and becomes an array when
// the list is no longer smaller. The estimate is Ertl's ("New cardinality estimation algorithms for HyperLogLog sketches", 2017),
// a function of the registers alone, so it does not depend on the order of rows or merges.
const (
	sketchBits      = 12
	sketchRegisters = 1 << sketchBits
	sketchRanks     = 64 - sketchBits
	sketchSparse    = 512 // list entries of 4 bytes
)

// approx is APPROX_COUNT_DISTINCT.
type approx struct {
	dense  [][]byte
	sparse [][]uint32 // register<<8 | rank, unordered, one entry a register
	held   int64
	buf    []byte
	dict   *batch.Dictionary
	hashes []uint64
}

func newApprox(Spec) (State, []schema.Type) { return &approx{}, []schema.Type{schema.TypeBinary} }

func (a *approx) Grow(n int) { a.dense, a.sparse = grow(a.dense, n), grow(a.sparse, n) }

func (a *approx) Bytes() int64 {
	return int64(24*(cap(a.dense)+cap(a.sparse))+8*cap(a.hashes)) + a.held
}

func (a *approx) Update(r *Rows, args []*batch.Vector) error {
	v := args[0]
	if v.Enc == batch.Dict {
		a.enter(v.Dict)
		r.each(v, func(row int, g int32) { a.add(g, a.hashes[v.Codes[row]]) })
		return nil
	}
	r.each(v, func(row int, g int32) { a.add(g, a.hash(v, row)) })
	return nil
}

// enter hashes the entries of a dictionary once.
func (a *approx) enter(d *batch.Dictionary) {
	if a.dict == d {
		return
	}
	a.dict = d
	a.hashes = room(a.hashes, d.Values.Len)
	for i := range a.hashes {
		a.hashes[i] = a.hash(d.Values, i)
	}
}

func (a *approx) hash(v *batch.Vector, row int) uint64 {
	if v.Type.Class() == schema.ClassBytes {
		return xxh3.Hash(v.Bytes(row))
	}
	a.buf = appendTuple(a.buf[:0], v, row)
	return xxh3.Hash(a.buf)
}

func (a *approx) add(g int32, h uint64) {
	rank := bits.LeadingZeros64(h<<sketchBits|1<<(sketchBits-1)) + 1
	a.set(g, uint32(h>>sketchRanks), byte(rank))
}

func (a *approx) set(g int32, register uint32, rank byte) {
	if d := a.dense[g]; d != nil {
		d[register] = max(d[register], rank)
		return
	}
	list := a.sparse[g]
	for i, e := range list {
		if e>>8 == register {
			list[i] = max(e, register<<8|uint32(rank))
			return
		}
	}
	old := cap(list)
	if list = append(list, register<<8|uint32(rank)); len(list) > sketchSparse/8 {
		a.densify(g, list)
		a.held -= int64(4 * old)
		return
	}
	a.held += int64(4 * (cap(list) - old))
	a.sparse[g] = list
}

func (a *approx) densify(g int32, list []uint32) {
	d := make([]byte, sketchRegisters)
	for _, e := range list {
		d[e>>8] = byte(e)
	}
	a.dense[g], a.sparse[g] = d, nil
	a.held += sketchRegisters
}

// eachRegister calls f for the registers of a group that are set, in order.
func (a *approx) eachRegister(g int32, f func(register uint32, rank byte)) {
	if d := a.dense[g]; d != nil {
		for i, rank := range d {
			if rank != 0 {
				f(uint32(i), rank)
			}
		}
		return
	}
	list := slices.Clone(a.sparse[g])
	slices.Sort(list)
	for _, e := range list {
		f(e>>8, byte(e))
	}
}

func (a *approx) Absorb(other State, from, to []int32) error {
	o := other.(*approx)
	for i, g := range from {
		o.eachRegister(g, func(register uint32, rank byte) { a.set(to[i], register, rank) })
	}
	return nil
}

// AppendState writes version, the register bits, and the set registers in order, four bytes each.
func (a *approx) AppendState(out []*batch.Builder, groups []int32) {
	for _, g := range groups {
		buf := []byte{stateVersion, sketchBits}
		a.eachRegister(g, func(register uint32, rank byte) {
			buf = binary.LittleEndian.AppendUint32(buf, register<<8|uint32(rank))
		})
		out[0].Bytes(buf)
	}
}

func (a *approx) Merge(r *Rows, state []*batch.Vector) error {
	var err error
	r.each(state[0], func(row int, g int32) {
		b := state[0].Bytes(row)
		if len(b) < 2 || len(b)%4 != 2 || b[0] != stateVersion || b[1] != sketchBits {
			err = badState("approximate count")
			return
		}
		for b = b[2:]; len(b) > 0; b = b[4:] {
			e := binary.LittleEndian.Uint32(b)
			if e>>8 >= sketchRegisters || byte(e) > sketchRanks+1 {
				err = badState("approximate count")
				return
			}
			a.set(g, e>>8, byte(e))
		}
	})
	return err
}

func (a *approx) Result(out *batch.Builder, groups []int32) error {
	for _, g := range groups {
		var counts [sketchRanks + 2]int
		counts[0] = sketchRegisters
		a.eachRegister(g, func(_ uint32, rank byte) { counts[rank]++; counts[0]-- })
		out.Int64(int64(math.Round(estimate(&counts))))
	}
	return nil
}

// estimate is Ertl's improved raw estimator from the histogram of ranks.
func estimate(counts *[sketchRanks + 2]int) float64 {
	const m = float64(sketchRegisters)
	z := m * tau(1-float64(counts[sketchRanks+1])/m)
	for k := sketchRanks; k >= 1; k-- {
		z = 0.5 * (z + float64(counts[k]))
	}
	z += m * sigma(float64(counts[0])/m)
	return m * m / (2 * math.Ln2) / z
}

func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x *= x
		old := z
		z += float64(x * y)
		y += y
		if z == old {
			return z
		}
	}
}

func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		old := z
		y *= 0.5
		z -= float64((1 - x) * (1 - x) * y)
		if z == old {
			return z / 3
		}
	}
}
