package aggregate

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/bits"
)

// A double is an integer times 2^-1074. An accumulator keeps the exact sum as digits of 32 bits held in int64, so that 2^31
// additions fit before carries must move (R. M. Neal's small superaccumulator). Most groups see doubles of similar size, so a
// group first gets a window of a few digits and the full width only when a value falls outside it.
const (
	fullDigits   = 70
	windowDigits = 6
	maxAdds      = 1 << 30 // per state, before carries are moved
)

type digitsFull [fullDigits]int64

// exact is one superaccumulator per group.
type exact struct {
	window []int64 // windowDigits per group
	base   []int8  // lowest digit of the window, plus one; 0 when the group is empty
	full   map[int32]*digitsFull
	odd    map[int32]byte // infinities and NaN seen
	adds   int64
}

// The bits of odd.
const (
	oddPlus = 1 << iota
	oddMinus
	oddNaN
)

func (e *exact) grow(n int) {
	e.window = grow(e.window, n*windowDigits)
	e.base = grow(e.base, n)
}

func (e *exact) bytes() int64 {
	return int64(8*cap(e.window)+cap(e.base)) + int64(len(e.full))*(8*fullDigits+16) + int64(len(e.odd)*8)
}

// add adds x to group g.
func (e *exact) add(g int32, x float64) {
	b := math.Float64bits(x)
	exp := int(b>>52) & 0x7ff
	m := b & (1<<52 - 1)
	switch exp {
	case 0:
		if m == 0 {
			return
		}
		exp = 1
	case 0x7ff:
		e.special(g, x)
		return
	default:
		m |= 1 << 52
	}
	digit, shift := (exp-1)>>5, uint(exp-1)&31
	sign := int64(b) >> 63
	d := e.room(g, digit)
	d[0] += (int64(m<<shift&math.MaxUint32) ^ sign) - sign
	d[1] += (int64(m>>(32-shift)&math.MaxUint32) ^ sign) - sign
	d[2] += (int64(m>>(64-shift)) ^ sign) - sign
}

// room returns the three digits of group g from digit on.
func (e *exact) room(g int32, digit int) []int64 {
	at := digit + 1 - int(e.base[g])
	if e.base[g] != 0 && uint(at) <= windowDigits-3 {
		return e.window[int(g)*windowDigits+at:][:3:3]
	}
	return e.widen(g, digit)
}

func (e *exact) widen(g int32, digit int) []int64 {
	if e.base[g] == 0 {
		e.base[g] = int8(max(digit-1, 0)) + 1
		at := digit + 1 - int(e.base[g])
		return e.window[int(g)*windowDigits+at:][:3:3]
	}
	return e.wide(g)[digit:][:3:3]
}

// wide returns the full accumulator of a group, making it when there is none. The window stays in use beside it.
func (e *exact) wide(g int32) *digitsFull {
	d := e.full[g]
	if d == nil {
		if e.full == nil {
			e.full = map[int32]*digitsFull{}
		}
		d = new(digitsFull)
		e.full[g] = d
	}
	return d
}

func (e *exact) special(g int32, x float64) {
	bit := byte(oddNaN)
	if x > 0 {
		bit = oddPlus
	} else if x < 0 {
		bit = oddMinus
	}
	e.mark(g, bit)
}

func (e *exact) mark(g int32, odd byte) {
	if odd == 0 {
		return
	}
	if e.odd == nil {
		e.odd = map[int32]byte{}
	}
	e.odd[g] |= odd
}

// reserve announces n additions and moves carries when digits might otherwise overflow.
func (e *exact) reserve(n int) {
	if e.adds += int64(n); e.adds < maxAdds {
		return
	}
	e.adds = int64(n)
	for g := range e.base {
		if e.base[g] == 0 {
			continue
		}
		d := e.digits(int32(g))
		clear(e.window[g*windowDigits:][:windowDigits])
		if d != (digitsFull{}) {
			*e.wide(int32(g)) = d
		}
	}
}

// digits returns the group's sum with carries moved: digits 0 to 2^32-1, the last one signed.
func (e *exact) digits(g int32) digitsFull {
	var d digitsFull
	if w := e.full[g]; w != nil {
		d = *w
	}
	if e.base[g] != 0 {
		for i, v := range e.window[int(g)*windowDigits:][:windowDigits] {
			if v != 0 {
				d[int(e.base[g])-1+i] += v
			}
		}
	}
	for i := range fullDigits - 1 {
		d[i+1] += d[i] >> 32
		d[i] &= math.MaxUint32
	}
	return d
}

// merge adds the group og of another accumulator.
func (e *exact) merge(g int32, o *exact, og int32) {
	e.mark(g, o.odd[og])
	d := o.digits(og)
	neg := d.absolute()
	e.addDigits(g, &d, neg)
}

// addDigits adds or subtracts a magnitude, within the group's window where it fits.
func (e *exact) addDigits(g int32, d *digitsFull, neg bool) {
	lo, hi := d.span()
	if lo == hi {
		return
	}
	e.reserve(1)
	to := e.place(g, lo, hi)
	for i, v := range d[lo:hi] {
		if neg {
			v = -v
		}
		to[i] += v
	}
}

// place returns the digits lo to hi of group g.
func (e *exact) place(g int32, lo, hi int) []int64 {
	if e.base[g] == 0 && hi-lo <= windowDigits-1 {
		e.base[g] = int8(max(lo-1, 0)) + 1
	}
	at := lo + 1 - int(e.base[g])
	if e.base[g] != 0 && at >= 0 && at+hi-lo <= windowDigits {
		return e.window[int(g)*windowDigits+at:]
	}
	return e.wide(g)[lo:hi]
}

// span returns the range of digits that are not zero.
func (d *digitsFull) span() (lo, hi int) {
	lo, hi = 0, fullDigits
	for lo < hi && d[lo] == 0 {
		lo++
	}
	for hi > lo && d[hi-1] == 0 {
		hi--
	}
	return lo, hi
}

// absolute makes d a magnitude and reports whether it was negative.
func (d *digitsFull) absolute() bool {
	neg := d[fullDigits-1] < 0
	if neg {
		d.negate()
	}
	return neg
}

// float rounds the sum to the nearest double, once.
func (e *exact) float(g int32) float64 {
	switch odd := e.odd[g]; {
	case odd&oddNaN != 0 || odd == oddPlus|oddMinus:
		return math.NaN()
	case odd == oddPlus:
		return math.Inf(1)
	case odd == oddMinus:
		return math.Inf(-1)
	}
	d := e.digits(g)
	return d.round()
}

func (d *digitsFull) round() float64 {
	neg := d.absolute()
	top := fullDigits - 1
	for top >= 0 && d[top] == 0 {
		top--
	}
	if top < 0 {
		return 0
	}
	f := d.magnitude(top)
	if neg {
		return -f
	}
	return f
}

// magnitude rounds a positive number whose highest digit is top: 64 leading bits with a sticky bit decide, since the conversion of
// a uint64 rounds to nearest even.
func (d *digitsFull) magnitude(top int) float64 {
	digit := func(i int) uint64 {
		if i < 0 {
			return 0
		}
		return uint64(d[i])
	}
	high := bits.Len64(digit(top)) // 1 to 32
	lead := digit(top)<<(64-uint(high)) | digit(top-1)<<(32-uint(high)) | digit(top-2)>>uint(high)
	rest := digit(top-2) & (1<<uint(high) - 1)
	for i := top - 3; i >= 0 && rest == 0; i-- {
		rest = digit(i)
	}
	bit := top*32 + high - 1 // position of the leading bit above 2^-1074
	if bit < 53 {
		return math.Float64frombits(lead >> uint(63-bit))
	}
	if rest != 0 {
		lead |= 1
	}
	return math.Ldexp(float64(lead), bit-63-1074)
}

func (d *digitsFull) negate() {
	carry := int64(0)
	for i := range fullDigits {
		v := -d[i] + carry
		if i < fullDigits-1 {
			carry = v >> 32
			v &= math.MaxUint32
		}
		d[i] = v
	}
}

// big returns the sum in units of 2^-1074.
func (e *exact) big(g int32) *big.Int {
	d := e.digits(g)
	out, digit := new(big.Int), new(big.Int)
	for i := fullDigits - 1; i >= 0; i-- {
		out.Lsh(out, 32).Add(out, digit.SetInt64(d[i]))
	}
	return out
}

// oddNegative is the sign bit in the encoded form.
const oddNegative = 8

// encode appends version, a byte of odd bits and sign, the index of the lowest digit kept, the number of digits, and the digits of
// the magnitude, 32 bits each, little-endian. Zero digits at either end are left out, so equal sums have equal bytes.
func (e *exact) encode(dst []byte, g int32) []byte {
	d := e.digits(g)
	odd := e.odd[g]
	if d.absolute() {
		odd |= oddNegative
	}
	lo, hi := d.span()
	if lo == hi {
		lo, hi = 0, 0
	}
	dst = append(dst, stateVersion, odd, byte(lo), byte(hi-lo))
	for _, v := range d[lo:hi] {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(v))
	}
	return dst
}

// decode adds an encoded sum and returns the bytes after it.
func (e *exact) decode(g int32, b []byte) ([]byte, error) {
	if len(b) < 4 || b[0] != stateVersion || b[1] > 15 {
		return nil, badState("double sum")
	}
	odd, lo, n := b[1], int(b[2]), int(b[3])
	b = b[4:]
	if lo+n > fullDigits-2 || len(b) < 4*n {
		return nil, badState("double sum")
	}
	var d digitsFull
	for i := range n {
		d[lo+i] = int64(binary.LittleEndian.Uint32(b[4*i:]))
	}
	e.mark(g, odd&^oddNegative)
	e.addDigits(g, &d, odd&oddNegative != 0)
	return b[4*n:], nil
}
