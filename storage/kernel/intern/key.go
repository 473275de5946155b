package intern

import (
	"encoding/binary"
	"math/bits"

	"github.com/assaydb/assay/storage/batch"
	"github.com/zeebo/xxh3"
)

// Key is a text of up to MaxInline bytes, with its length plus one in the last byte; or, for a longer one, its hash, and
// longMark with its place among the long texts.
type Key [2]uint64

// MaxInline is the longest text that its key holds whole.
const MaxInline = 15

const longMark = uint64(0xff) << 56

// Long tells that the key does not hold the text itself.
func (k Key) Long() bool { return k[1] >= longMark }

// inline packs a short text.
func inline(b []byte) (k Key) {
	switch n := len(b); {
	case n >= 8:
		k[0] = binary.LittleEndian.Uint64(b)
		if n > 8 {
			k[1] = binary.LittleEndian.Uint64(b[n-8:]) >> (8 * uint(16-n))
		}
	case n >= 4:
		k[0] = uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<(8*uint(n-4))
	default:
		for i, c := range b {
			k[0] |= uint64(c) << (8 * i)
		}
	}
	k[1] |= uint64(len(b)+1) << 56
	return k
}

// Hash is a function of the text alone: of the packed form (wyhash's multiply and fold) or, when it is long, its XXH3.
func (k Key) Hash() uint64 {
	if k.Long() {
		return k[0]
	}
	hi, lo := bits.Mul64(k[0]^0xa0761d6478bd642f, k[1]^0xe7037ed1a0b428db)
	hi, lo = bits.Mul64(hi^lo^0x8ebc6af09c88c6e3, k[0]^0x589965cc75374cc3)
	return hi ^ lo
}

// KeyOf packs a text; two long ones with one hash have one key.
func KeyOf(b []byte) Key {
	if len(b) <= MaxInline {
		return inline(b)
	}
	return Key{xxh3.Hash(b), longMark}
}

// KeysOf writes the keys of the listed rows of a flat text column to dst, of all rows when rows is nil; that of NULL is any.
func KeysOf(dst []Key, v *batch.Vector, rows []int32) {
	data, off := v.Data, v.Off
	for i := range dst {
		row := i
		if rows != nil {
			row = int(rows[i])
		}
		lo, hi := off[row], off[row+1]
		if n := hi - lo; n-8 <= MaxInline-8 { // the commonest lengths of codes and identifiers, without a call
			b := data[lo:hi]
			tail := binary.LittleEndian.Uint64(b[n-8:]) >> (8 * (16 - n) & 63)
			if n == 8 {
				tail = 0
			}
			dst[i] = Key{binary.LittleEndian.Uint64(b), tail | uint64(n+1)<<56}
			continue
		}
		dst[i] = KeyOf(data[lo:hi])
	}
}

// Number is the key of a 64-bit number, that of its eight bytes.
func Number(x int64) Key { return Key{uint64(x), 9 << 56} }

// AppendText appends the text that a key holds whole.
func (k Key) AppendText(dst []byte) []byte {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:], k[0])
	binary.LittleEndian.PutUint64(b[8:], k[1])
	return append(dst, b[:k[1]>>56-1]...)
}
