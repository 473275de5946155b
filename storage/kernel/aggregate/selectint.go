package aggregate

import (
	"math/bits"
	"slices"
)

// selectSmall is the length below which sorting is quicker than counting.
const selectSmall = 512

// selectInt64 returns the k-th smallest element (from 0). It counts the elements by the 11 highest bits in which they differ, keeps
// the one bucket that holds the k-th, and repeats: linear, without unpredictable branches, whatever the data. s is reordered.
func selectInt64(s []int64, k int) int64 {
	for len(s) > selectSmall {
		lo, hi := extent(s)
		if lo == hi {
			return lo
		}
		shift := uint(max(bits.Len64(uint64(hi)-uint64(lo))-11, 0))
		var counts [1 << 11]int32
		for _, x := range s {
			counts[(uint64(x)-uint64(lo))>>shift]++
		}
		bucket := uint64(0)
		for k >= int(counts[bucket]) {
			k -= int(counts[bucket])
			bucket++
		}
		s = compact(s, lo, shift, bucket)
	}
	slices.Sort(s)
	return s[k]
}

func extent(s []int64) (lo, hi int64) {
	lo, hi = s[0], s[0]
	for _, x := range s {
		lo, hi = min(lo, x), max(hi, x)
	}
	return lo, hi
}

// compact moves the elements of one bucket to the front, swapping, so that s keeps all its elements.
func compact(s []int64, lo int64, shift uint, bucket uint64) []int64 {
	n := 0
	for i, x := range s {
		in := (uint64(x)-uint64(lo))>>shift == bucket
		s[i] = s[n]
		s[n] = x
		if in {
			n++
		}
	}
	return s[:n]
}
