package batch

import (
	"encoding/binary"

	"github.com/assaydb/assay/storage/schema"
)

// Digits is the form of texts that are one prefix and as many digits each: identifiers, as people print them. The prefix ends in
// no digit, so that a text has one form only, and two texts of a form are equal exactly when their numbers are.
type Digits struct {
	Prefix string
	Width  int // digits, leading zeros included: 1 to digitsMost
}

// digitsMost is the most digits; the number itself must fit 32 bits.
const digitsMost = 16

// Len is the length of every text.
func (d *Digits) Len() int { return len(d.Prefix) + d.Width }

// Parse returns the number of a text of this form.
func (d *Digits) Parse(b []byte) (uint32, bool) {
	if len(b) != d.Len() || string(b[:len(d.Prefix)]) != d.Prefix {
		return 0, false
	}
	n := uint64(0)
	for _, c := range b[len(d.Prefix):] {
		if c -= '0'; c > 9 {
			return 0, false
		}
		n = 10*n + uint64(c) // at most 16 digits
	}
	return uint32(n), n <= 1<<32-1
}

// Append appends the text of a number.
func (d *Digits) Append(dst []byte, n uint32) []byte {
	at := len(dst)
	dst = append(append(dst, d.Prefix...), "0000000000000000"[:d.Width]...)
	d.put(dst[at:], n)
	return dst
}

// put writes the digits of a number into its text, whose digits are zeros.
func (d *Digits) put(text []byte, n uint32) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], eightDigits(n%1e8))
	end := len(text)
	copy(text[end-min(d.Width, 8):end], b[8-min(d.Width, 8):])
	for n, i := n/1e8, end-9; n > 0; n, i = n/10, i-1 {
		text[i] += byte(n % 10)
	}
}

// eightDigits spells a number below 10^8, the first digit in the lowest byte: halves, then pairs, then digits side by side.
func eightDigits(n uint32) uint64 {
	x := uint64(n/10000) | uint64(n%10000)<<32
	hundreds := x * 10486 >> 20 & 0x7f0000007f
	x = hundreds | (x-100*hundreds)<<16
	tens := x * 103 >> 10 & 0x000f000f000f000f
	return (tens | (x-10*tens)<<8) + '0'*0x0101010101010101
}

// digitsOf returns the form of a text, nil when it has none.
func digitsOf(b []byte) *Digits {
	at := len(b)
	for at > 0 && b[at-1]-'0' <= 9 {
		at--
	}
	if w := len(b) - at; w == 0 || w > digitsMost {
		return nil
	}
	return &Digits{Prefix: string(b[:at]), Width: len(b) - at}
}

// Numbers returns a flat column of texts as numbers, nil unless all its values have one form. Rows are parsed eight digits at a
// time. It shares the validity of v.
func Numbers(v *Vector) *Vector {
	if v.Enc != Flat || v.Type.Kind != schema.Varchar {
		return nil
	}
	first := 0
	for first < v.Len && v.Valid != nil && v.Valid[first] == 0 {
		first++
	}
	if first == v.Len {
		return nil
	}
	d := digitsOf(v.Data[v.Off[first]:v.Off[first+1]])
	if d == nil {
		return nil
	}
	out := &Vector{Type: v.Type, Enc: Numbered, Len: v.Len, Valid: v.Valid, N: make([]uint32, v.Len), Digits: d}
	if !d.parseRows(out.N, v) {
		return nil
	}
	return out
}

// parseRows parses all rows that are not NULL; false when one has another form.
func (d *Digits) parseRows(dst []uint32, v *Vector) bool {
	if d.Width > 8 || len(d.Prefix) > 8 {
		return d.parseWide(dst, v)
	}
	// The last eight bytes hold all digits, behind bytes that are taken for zeros; the first eight hold the prefix.
	shift := 8 * uint(8-d.Width)
	zeros := uint64('0'*0x0101010101010101) & (1<<shift - 1)
	var head [8]byte
	copy(head[:], d.Prefix)
	prefix, mask := binary.LittleEndian.Uint64(head[:]), uint64(1)<<(8*len(d.Prefix))-1
	data, size, bad := v.Data, uint32(d.Len()), uint64(0)
	for i := range dst {
		lo, hi := v.Off[i], v.Off[i+1]
		if v.Valid != nil && v.Valid[i] == 0 {
			continue
		}
		if hi-lo != size {
			return false
		}
		if hi < 8 || int(lo)+8 > len(data) { // at the edges of the column
			n, ok := d.Parse(data[lo:hi])
			if !ok {
				return false
			}
			dst[i] = n
			continue
		}
		bad |= (binary.LittleEndian.Uint64(data[lo:]) ^ prefix) & mask
		x := binary.LittleEndian.Uint64(data[hi-8:])>>shift<<shift | zeros
		bad |= notDigits(x)
		dst[i] = eightNumber(x)
	}
	return bad == 0
}

// parseWide is for more than eight digits or bytes of prefix.
func (d *Digits) parseWide(dst []uint32, v *Vector) bool {
	shift := 8 * uint(16-d.Width)
	zeros := uint64('0'*0x0101010101010101) & (1<<shift - 1)
	data, size, bad := v.Data, uint32(d.Len()), uint64(0)
	for i := range dst {
		lo, hi := v.Off[i], v.Off[i+1]
		if v.Valid != nil && v.Valid[i] == 0 {
			continue
		}
		if hi-lo != size || string(data[lo:int(lo)+len(d.Prefix)]) != d.Prefix {
			return false
		}
		if d.Width <= 8 || hi < 16 {
			n, ok := d.Parse(data[lo:hi])
			if !ok {
				return false
			}
			dst[i] = n
			continue
		}
		x := binary.LittleEndian.Uint64(data[hi-8:])
		y := binary.LittleEndian.Uint64(data[hi-16:])>>shift<<shift | zeros
		n := uint64(eightNumber(y))*1e8 + uint64(eightNumber(x))
		bad |= notDigits(x) | notDigits(y) | n>>32
		dst[i] = uint32(n)
	}
	return bad == 0
}

// notDigits is 0 when eight bytes are digits.
func notDigits(x uint64) uint64 {
	const high, zero = 0xf0f0f0f0f0f0f0f0, 0x3030303030303030
	return x&high ^ zero | (x+0x0606060606060606)&high ^ zero
}

// eightNumber is the number of eight digits, the first in the lowest byte.
func eightNumber(x uint64) uint32 {
	x = x & 0x0f0f0f0f0f0f0f0f * 2561 >> 8
	x = x & 0x00ff00ff00ff00ff * 6553601 >> 16
	return uint32(x & 0x0000ffff0000ffff * 42949672960001 >> 32)
}

// Entries gives rows of codes by the numbers of their entries, v; nil when v is.
func (v *Vector) Entries(rows *Vector) *Vector {
	if v == nil {
		return nil
	}
	out := &Vector{Type: rows.Type, Enc: Numbered, Len: rows.Len, Valid: rows.Valid, N: make([]uint32, rows.Len), Digits: v.Digits}
	for i, code := range rows.Codes[:rows.Len] {
		out.N[i] = v.N[code]
	}
	return out
}

// texts spells numbered rows out.
func (v *Vector) texts() *Vector {
	d := v.Digits
	size := d.Len()
	out := &Vector{Type: v.Type, Len: v.Len, Valid: v.Valid, Off: make([]uint32, v.Len+1), Data: make([]byte, v.Len*size)}
	blank := d.Append(make([]byte, 0, size), 0)
	for i, n := range v.N[:v.Len] {
		text := out.Data[i*size : (i+1)*size]
		copy(text, blank)
		d.put(text, n)
		out.Off[i+1] = uint32((i + 1) * size)
	}
	return out
}
