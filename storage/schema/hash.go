package schema

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/bits"

	"github.com/assaydb/assay/storage/errs"
	"github.com/zeebo/xxh3"
)

// ColumnHash is the sum mod 2^128 of the XXH3-128 hashes of a column's values: the same for any order of the rows and for any
// cut into segments. It shows that what was stored is what was converted; it is no defence against a forger.
type ColumnHash struct{ Hi, Lo uint64 }

// Seeds tell the classes apart, so that the number 0, the empty string and NULL differ.
const (
	seedInt64   = 1
	seedInt128  = 2
	seedFloat64 = 3
	seedBytes   = 4
)

// nullHash stands for NULL: the XXH3-128 of no bytes under seed 0, fixed for the format.
var nullHash = hashOf(nil, 0)

// Add adds another sum.
func (h *ColumnHash) Add(o ColumnHash) {
	var c uint64
	h.Lo, c = bits.Add64(h.Lo, o.Lo, 0)
	h.Hi, _ = bits.Add64(h.Hi, o.Hi, c)
}

// AddTimes adds n times the hash of one value.
func (h *ColumnHash) AddTimes(o ColumnHash, n uint64) {
	hi, lo := bits.Mul64(o.Lo, n)
	h.Add(ColumnHash{Hi: hi + o.Hi*n, Lo: lo})
}

// HashNull returns the hash of NULL.
func HashNull() ColumnHash { return nullHash }

// HashInt64 returns the hash of a ClassInt64 value.
func HashInt64(v int64) ColumnHash { return hashWord(uint64(v), seedInt64) }

// HashInt128 returns the hash of a ClassInt128 value.
func HashInt128(hi int64, lo uint64) ColumnHash {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], lo)
	binary.LittleEndian.PutUint64(b[8:], uint64(hi))
	return hashOf(b[:], seedInt128)
}

// HashFloat64 returns the hash of a DOUBLE: -0 counts as 0 and every NaN as one.
func HashFloat64(f float64) ColumnHash {
	bits := math.Float64bits(f)
	if f == 0 {
		bits = 0
	} else if f != f {
		bits = math.Float64bits(math.NaN())
	}
	return hashWord(bits, seedFloat64)
}

// HashBytes returns the hash of a ClassBytes value.
func HashBytes(s []byte) ColumnHash { return hashOf(s, seedBytes) }

func hashOf(b []byte, seed uint64) ColumnHash {
	u := xxh3.Hash128Seed(b, seed)
	return ColumnHash{Hi: u.Hi, Lo: u.Lo}
}

// String returns 32 hex digits.
func (h ColumnHash) String() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], h.Hi)
	binary.BigEndian.PutUint64(b[8:], h.Lo)
	return hex.EncodeToString(b[:])
}

// MarshalText writes 32 hex digits.
func (h ColumnHash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads 32 hex digits.
func (h *ColumnHash) UnmarshalText(t []byte) error {
	var b [16]byte
	if n, err := hex.Decode(b[:], t); err != nil || n != 16 || len(t) != 32 {
		return errs.New(errs.Invalid, "bad-hash", "%q is not a column hash", t)
	}
	h.Hi, h.Lo = binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
	return nil
}
