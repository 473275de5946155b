package schema

import "math/bits"

// XXH3-128 of eight bytes, written out (XXH3_len_4to8_128b of the reference): most values are of that size, and the general
// function spends more time on finding the right case than on hashing.

const (
	xxhPrime64 = 0x9E3779B185EBCA87
	xxhMix     = 0x9FB21C651E98DF25
	xxhFinal   = 0x165667919E3779F9
	// xxhFlip is the default secret's bytes 16 to 24 and 24 to 32, combined.
	xxhFlip = 0xdb979083e96dd4de ^ 0x1f67b3b7a4a44072
)

// hashWord is hashOf the eight bytes of x, little-endian, under a seed below 256.
func hashWord(x, seed uint64) ColumnHash {
	seed |= seed << 56
	flip := uint64(xxhFlip)
	hi, lo := bits.Mul64(x^(flip+seed), xxhPrime64+8<<2)
	hi += lo << 1
	lo ^= hi >> 3
	lo ^= lo >> 35
	lo *= xxhMix
	lo ^= lo >> 28
	hi ^= hi >> 37
	hi *= xxhFinal
	hi ^= hi >> 32
	return ColumnHash{Hi: hi, Lo: lo}
}
