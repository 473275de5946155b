package aggregate

import (
	"math/bits"
	"slices"
)

// selectSmall is the length below which sorting is quicker than counting.
const selectSmall = 512

// selectPair returns the k-th smallest element (from 0) and the one after it, or the k-th twice when it is the last. It counts the
// elements by the 11 highest bits in which they differ, keeps the one bucket that holds the k-th, and repeats: linear, without
// unpredictable branches, whatever the data. s is used up.
func selectPair[E int32 | int64](s []E, k int) (at, after E) {
	var above E // the least element beyond s
	known := false
	for len(s) > selectSmall {
		lo, hi := extent(s)
		if lo == hi {
			break
		}
		shift := uint(max(bits.Len64(uint64(hi)-uint64(lo))-11, 0))
		var counts [1 << 11]int32
		for _, x := range s {
			counts[(uint64(x)-uint64(lo))>>shift&(1<<11-1)]++
		}
		bucket := uint64(0)
		for k >= int(counts[bucket]) {
			k -= int(counts[bucket])
			bucket++
		}
		if k+1 == int(counts[bucket]) {
			if x, ok := leastBeyond(s, lo, shift, bucket); ok {
				above, known = x, true
			}
		}
		s = compact(s, lo, shift, bucket)
	}
	if len(s) <= selectSmall {
		slices.Sort(s)
	}
	switch {
	case k+1 < len(s):
		return s[k], s[k+1]
	case known:
		return s[k], above
	}
	return s[k], s[k]
}

func extent[E int32 | int64](s []E) (lo, hi E) {
	lo, hi = s[0], s[0]
	for _, x := range s {
		lo, hi = min(lo, x), max(hi, x)
	}
	return lo, hi
}

// leastBeyond is the least element of the later buckets, false when they are empty.
func leastBeyond[E int32 | int64](s []E, lo E, shift uint, bucket uint64) (least E, ok bool) {
	for _, x := range s {
		if (uint64(x)-uint64(lo))>>shift > bucket && (!ok || x < least) {
			least, ok = x, true
		}
	}
	return least, ok
}

// compact keeps the elements of one bucket.
func compact[E int32 | int64](s []E, lo E, shift uint, bucket uint64) []E {
	n := 0
	for _, x := range s {
		s[n] = x
		d := (uint64(x)-uint64(lo))>>shift ^ bucket
		n += int((d - 1) >> 63) // d is 0, or below 2^63
	}
	return s[:n]
}
