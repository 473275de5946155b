package aggregate

import (
	"encoding/binary"
	"math"
	"sync"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// distinctNumbers is those values of a COUNT(DISTINCT) that are numbers of 32 bits, by group: texts of one form, of which storage
// gives the numbers, or integers. All values of that kind are here and never among the others, so that the two only add up.
type distinctNumbers struct {
	digits *batch.Digits // nil: integers
	sets   []numberSet
	space  numberSpace

	mu     sync.Mutex
	spaces []*numberSpace // of goroutines that settle

	in loader[uint32]
}

const (
	// numberGroups is up to how many groups have sets of their own.
	numberGroups = 1 << 16
	// numberStripes is in how many parts the sets are settled side by side.
	numberStripes = 16
	// numberTexts is up to how many texts are looked through when the first numbers come after them.
	numberTexts = 1 << 16
	// pageWorth is how many numbers a page of a bitmap must stand for; pageWorthOne that of an only group, for which the tables would
	// take more than the bitmap.
	pageWorth, pageWorthOne = 512, 128
)

func numbersIn(v *batch.Vector) []uint32 { return v.N }

func (x *distinctNumbers) grow(n int) {
	old := len(x.sets)
	x.sets = grow(x.sets, n)
	x.space.bytes += int64(len(x.sets)-old) * 88
	if x.space.worth = pageWorth; n <= 1 {
		x.space.worth = pageWorthOne
	}
}

func (x *distinctNumbers) bytes() int64 {
	if x == nil {
		return 0
	}
	return x.space.bytes + x.in.bytes()
}

func (x *distinctNumbers) alike(o *distinctNumbers) bool {
	return x.digits == o.digits || x.digits != nil && o.digits != nil && *x.digits == *o.digits
}

// number is the number of a value, given as the bytes of its key.
func (x *distinctNumbers) number(b []byte) (uint32, bool) {
	if x.digits != nil {
		return x.digits.Parse(b)
	}
	u := binary.LittleEndian.Uint64(b)
	return uint32(u), u <= math.MaxUint32
}

// appendKey appends the bytes of a number's key.
func (x *distinctNumbers) appendKey(dst []byte, n uint32) []byte {
	if x.digits != nil {
		return x.digits.Append(dst, n)
	}
	return binary.LittleEndian.AppendUint64(dst, uint64(n))
}

// add adds the rows of an argument.
func (x *distinctNumbers) add(f folded[uint32]) {
	k := 0
	for _, run := range f.runs {
		if int(run.End) > k {
			x.sets[run.Group].add(&x.space, f.vals[k:run.End])
		}
		k = int(run.End)
	}
	for i, g := range f.groups {
		s, n := &x.sets[g], f.vals[i]
		if s.pages != nil || len(s.list) == cap(s.list) {
			s.add(&x.space, f.vals[i:i+1])
			continue
		}
		s.list = append(s.list, n)
	}
}

func (x *distinctNumbers) stripes() int {
	switch {
	case x == nil:
		return 0
	case len(x.sets) == 1:
		return 1
	}
	return numberStripes
}

// settle settles the sets of a stripe; different stripes may be settled at once.
func (x *distinctNumbers) settle(stripe int) {
	x.mu.Lock()
	sp := &numberSpace{worth: x.space.worth}
	if n := len(x.spaces); n > 0 {
		sp, x.spaces = x.spaces[n-1], x.spaces[:n-1]
	}
	x.mu.Unlock()
	for g := stripe; g < len(x.sets); g += x.stripes() {
		x.sets[g].settle(sp)
	}
	x.mu.Lock()
	x.spaces = append(x.spaces, sp)
	x.mu.Unlock()
}

// settled counts what settling added; the memory to tell numbers apart is given back.
func (x *distinctNumbers) settled() {
	for _, sp := range x.spaces {
		x.space.bytes += sp.bytes - int64(4*len(sp.slots))
	}
	x.spaces = nil
}

// link puts off adding groups of another state.
func (x *distinctNumbers) link(o *distinctNumbers, from, to []int32) {
	for i, g := range from {
		if s := &o.sets[g]; len(s.list) > 0 || s.pages != nil {
			x.sets[to[i]].from = append(x.sets[to[i]].from, s)
			x.space.bytes += s.held() + 8
		}
	}
}

// pending reports whether something is put off.
func (x *distinctNumbers) pending() bool {
	for g := range x.sets {
		if len(x.sets[g].from) > 0 {
			return true
		}
	}
	return false
}

// TakeNoNumbers makes all values alike.
func (d *distinct) TakeNoNumbers() { d.noNumbers = true }

// takesNumbers folds an argument's rows when they are numbers.
func (d *distinct) takesNumbers(r *Rows, v *batch.Vector) bool {
	switch {
	case d.spec.Name != "count" || d.noNumbers || len(d.n) > numberGroups:
		return false
	case d.plain:
		if v.Type.Class() != schema.ClassInt64 || !d.updateIntegers(r, v) {
			return false
		}
	case v.Enc != batch.Numbered || !d.begin(v.Digits):
		return false
	default:
		d.numbers32.add(d.numbers32.in.load(r, v))
	}
	if d.numbers32.space.sparse {
		d.demote()
	}
	return true
}

// begin makes the state hold numbers of a form; false when it holds others.
func (d *distinct) begin(digits *batch.Digits) bool {
	if x := d.numbers32; x != nil {
		return x.alike(&distinctNumbers{digits: digits})
	}
	if d.rows+d.held() > numberTexts {
		d.noNumbers = true // it would cost more than it brings
		return false
	}
	d.numbers32 = &distinctNumbers{digits: digits, in: loader[uint32]{payload: numbersIn}}
	d.numbers32.grow(len(d.n))
	if d.rows+d.held() > 0 {
		d.sift()
	}
	return true
}

// held is how many values are interned.
func (d *distinct) held() int {
	n := 0
	for p := range d.parts {
		n += d.parts[p].ids.Len()
	}
	return n
}

// sift moves values that are numbers to them.
func (d *distinct) sift() {
	d.arrange()
	old := &distinct{spec: d.spec, plain: d.plain, n: d.n, parts: d.parts, cut: d.cut, sorted: d.sorted, start: d.start, settled: true}
	d.n, d.parts, d.cut, d.rows, d.fold = make([]int64, len(d.n)), make([]distinctPart, 1), false, 0, newDistinctFold()
	d.changed()
	for g := range old.n {
		old.eachText(int32(g), func(b []byte) { d.putAny(b, int32(g)) })
	}
}

// eachText gives the values of a group that are no numbers of 32 bits, as the bytes of their keys.
func (d *distinct) eachText(g int32, f func(b []byte)) {
	var buf [16]byte
	for _, number := range d.numbers(g) {
		f(d.text(number, &buf))
	}
}

// eachNumber gives the others.
func (d *distinct) eachNumber(g int32, f func(b []byte)) {
	if d.numbers32 == nil {
		return
	}
	var buf []byte
	d.Settle()
	d.numbers32.sets[g].each(func(x uint32) {
		buf = d.numbers32.appendKey(buf[:0], x)
		f(buf)
	})
}

// putAny adds one value wherever it belongs.
func (d *distinct) putAny(b []byte, g int32) {
	if x := d.numbers32; x != nil {
		if n, ok := x.number(b); ok {
			x.sets[g].add(&x.space, []uint32{n})
			return
		}
	}
	if d.cut {
		d.log(b, g)
	} else {
		d.put(b, g)
		d.keep()
	}
}

// demote makes numbers values like all others, and keeps it so.
func (d *distinct) demote() {
	d.noNumbers = true
	old := d.numbers32
	if old == nil {
		return
	}
	d.Settle()
	d.changed()
	d.numbers32 = nil
	var buf []byte
	for g := range old.sets {
		old.sets[g].each(func(x uint32) {
			buf = old.appendKey(buf[:0], x)
			d.putAny(buf, int32(g))
		})
		old.sets[g] = numberSet{}
	}
}

// updateIntegers folds integers: those of 32 bits as numbers, the others as ever. When most are others it gives numbers up.
func (d *distinct) updateIntegers(r *Rows, v *batch.Vector) bool {
	f := d.fold.in.load(r, v)
	d.fold.short = room(d.fold.short, len(f.vals))
	short, wide := d.fold.short, 0
	for i, n := range f.vals {
		short[i] = uint32(n)
		wide += int(min(uint64(n)>>32, 1))
	}
	if 4*wide > len(f.vals) || !d.begin(nil) {
		d.demote()
		return false
	}
	if wide == 0 {
		d.numbers32.add(folded[uint32]{vals: short, groups: f.groups, runs: f.runs})
		return true
	}
	run := 0
	rows := Rows{Len: len(f.vals), Groups: f.groups, Runs: f.runs}
	var buf [8]byte
	for i, n := range f.vals {
		binary.LittleEndian.PutUint64(buf[:], uint64(n))
		d.putAny(buf[:], rows.Group(i, &run))
	}
	return true
}

// updateMixed folds an argument of other forms beside numbers.
func (d *distinct) updateMixed(r *Rows, v *batch.Vector) {
	if v.Enc == batch.Numbered || v.Enc == batch.Runs {
		v = v.Flatten()
	}
	var buf [8]byte
	r.each(v, func(row int, g int32) {
		if !d.plain {
			d.putAny(v.Bytes(row), g)
			return
		}
		binary.LittleEndian.PutUint64(buf[:], uint64(v.Int64(row)))
		d.putAny(buf[:], g)
	})
}

// absorbNumbers takes over groups of another state as far as numbers are concerned; done tells that nothing is left to do.
func (d *distinct) absorbNumbers(o *distinct, from, to []int32) (done bool) {
	if o.numbers32 == nil && d.numbers32 == nil {
		return false
	}
	if x := o.numbers32; x != nil && d.numbers32 == nil && !d.noNumbers && len(d.n) <= numberGroups {
		d.begin(x.digits)
	}
	alike := o.numbers32 != nil && d.numbers32 != nil && d.numbers32.alike(o.numbers32)
	if alike {
		if o.numbers32.pending() {
			o.Settle()
		}
		d.numbers32.link(o.numbers32, from, to)
		return false
	}
	for i, g := range from {
		o.eachNumber(g, func(b []byte) { d.putAny(b, to[i]) })
	}
	if d.numbers32 == nil {
		return false
	}
	for i, g := range from { // some may be numbers here
		o.eachText(g, func(b []byte) { d.putAny(b, to[i]) })
	}
	o.arrange()
	d.keep()
	return true
}
