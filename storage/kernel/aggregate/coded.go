package aggregate

import (
	"math"

	"github.com/assaydb/assay/storage/batch"
)

// codes gives the dictionary codes of the folded rows of a column that has them and no NULL. Kernels that know codes read the
// entries in place: nothing is copied, and what is known of the entries as a whole saves tests on every row.
func (l *loader[T]) codes(r *Rows, v *batch.Vector) ([]int32, bool) {
	if v.Enc != batch.Dict || v.Valid != nil {
		return nil, false
	}
	if r.Sel == nil {
		return v.Codes[:r.Len], true
	}
	l.picked = room(l.picked, r.Len)
	for k, row := range r.Sel {
		l.picked[k] = v.Codes[row]
	}
	return l.picked, true
}

// reach is the largest magnitude among the entries of the dictionary last met.
type reach struct {
	dict *batch.Dictionary
	top  uint64
}

func (b *reach) of(d *batch.Dictionary) uint64 {
	if b.dict == d {
		return b.top
	}
	vals := d.Values.I[:d.Values.Len]
	lo, hi := vals[0], vals[len(vals)-1]
	if !d.Ascending {
		for _, x := range vals {
			lo, hi = min(lo, x), max(hi, x)
		}
	}
	b.dict, b.top = d, max(magnitude(lo), magnitude(hi))
	return b.top
}

func magnitude(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

// within reports whether n values of at most that magnitude add up to less than 2^63.
func within(top uint64, n int) bool { return n == 0 || top <= math.MaxInt64/uint64(n) }

// sumCodes adds the entries of codes; the caller knows that the sum fits. Four sums side by side hide the latency of the loads.
func sumCodes(entries []int64, codes []int32) int64 {
	var a, b, c, d int64
	for len(codes) >= 4 {
		a += entries[codes[0]]
		b += entries[codes[1]]
		c += entries[codes[2]]
		d += entries[codes[3]]
		codes = codes[4:]
	}
	for _, code := range codes {
		a += entries[code]
	}
	return a + b + c + d
}

// sumSquares adds the entries of codes and their squares; the caller knows that both sums fit.
func sumSquares(entries []int64, codes []int32) (sum, squares int64) {
	var a, b, aa, bb int64
	for len(codes) >= 2 {
		x, y := entries[codes[0]], entries[codes[1]]
		a += x
		aa += x * x
		b += y
		bb += y * y
		codes = codes[2:]
	}
	for _, code := range codes {
		x := entries[code]
		a += x
		aa += x * x
	}
	return a + b, aa + bb
}

// leastCode and greatestCode need one code at least.
func leastCode(codes []int32) int32 {
	a, b, c, d := codes[0], codes[0], codes[0], codes[0]
	for len(codes) >= 4 {
		a, b, c, d = min(a, codes[0]), min(b, codes[1]), min(c, codes[2]), min(d, codes[3])
		codes = codes[4:]
	}
	for _, x := range codes {
		a = min(a, x)
	}
	return min(a, b, c, d)
}

func greatestCode(codes []int32) int32 {
	a, b, c, d := codes[0], codes[0], codes[0], codes[0]
	for len(codes) >= 4 {
		a, b, c, d = max(a, codes[0]), max(b, codes[1]), max(c, codes[2]), max(d, codes[3])
		codes = codes[4:]
	}
	for _, x := range codes {
		a = max(a, x)
	}
	return max(a, b, c, d)
}

// pieces calls f for every stretch of folded rows of one group and, where the column tells of stretches, of one code.
func pieces(runs []Run, codes, ends []int32, f func(group, code int32, n int64)) {
	at, k := int32(0), 0
	for _, run := range runs {
		for at < run.End {
			end := min(run.End, ends[k])
			f(run.Group, codes[at], int64(end-at))
			if at = end; at == ends[k] {
				k++
			}
		}
	}
}
