package datagen

import (
	"math/bits"
	"math/rand/v2"
	"strconv"
)

// draw makes choices from a stream of random words, all in whole numbers, so that they are the same on every machine.
type draw struct{ rng *rand.PCG }

// below is uniform over 0 to n-1.
func (d draw) below(n uint64) uint64 {
	hi, _ := bits.Mul64(d.rng.Uint64(), n)
	return hi
}

// skewed is 0 to n-1 with small numbers most often: P(< k) is the cube root of k/n.
func (d draw) skewed(n uint64) uint64 {
	u := d.rng.Uint64()
	square, _ := bits.Mul64(u, u)
	cube, _ := bits.Mul64(square, u)
	hi, _ := bits.Mul64(cube, n)
	return hi
}

// percent is true in p of 100 cases.
func (d draw) percent(p uint64) bool { return d.below(100) < p }

// number appends a whole number and a comma.
func number(dst []byte, n uint64) []byte { return append(strconv.AppendUint(dst, n, 10), ',') }

// scaled appends n / 10^decimals, and a comma.
func scaled(dst []byte, n uint64, decimals int) []byte {
	return append(appendScaled(dst, int64(n), decimals), ',')
}

// word appends a text and a comma.
func word(dst []byte, s string) []byte { return append(append(dst, s...), ',') }

// coded appends a prefix, a number of at least width digits, and a comma.
func coded(dst []byte, prefix string, n uint64, width int) []byte {
	dst = append(dst, prefix...)
	digits := strconv.FormatUint(n, 10)
	for i := len(digits); i < width; i++ {
		dst = append(dst, '0')
	}
	return append(append(dst, digits...), ',')
}

// pick appends one of several words and a comma.
func (d draw) pick(dst []byte, of []string) []byte { return word(dst, of[d.skewed(uint64(len(of)))]) }
