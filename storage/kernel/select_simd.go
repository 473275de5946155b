package kernel

import (
	"bytes"
	"unsafe"
)

// simdRows is the least number of rows for which the vector kernels are called.
const simdRows = 32

// selectBlocks selects among whole blocks of eight rows with vector instructions. It returns how many rows it wrote to out, which
// has room for eight more, and how many rows it looked at: 0 where the processor cannot.
func selectBlocks[T Integer](op Op, out []int32, a []T, c T) (written, looked int) {
	if !haveSIMD || len(a) < simdRows {
		return 0, 0
	}
	sign := int64(0)
	if T(0)-1 > 0 { // unsigned numbers compare as signed ones once their top bit is turned
		sign = -1 << 63
	}
	kind, flip := 0, uint64(0)
	switch op {
	case NE:
		flip = 255
	case GT:
		kind = 1
	case LE:
		kind, flip = 1, 255
	case LT:
		kind = 2
	case GE:
		kind, flip = 2, 255
	}
	blocks := len(a) / 8
	n := selectInt64AVX2(unsafe.SliceData(out), (*int64)(unsafe.Pointer(unsafe.SliceData(a))), blocks, int64(c)^sign, sign, kind, flip, &lanes)
	return n, 8 * blocks
}

// selectCodeBlocks does the same for dictionary codes. It serves tables whose ones lie together, as those of comparisons over
// sorted entries do, and small ones.
func selectCodeBlocks(out, codes []int32, table, valid []byte) (written, looked int) {
	if !haveSIMD || len(codes) < simdRows {
		return 0, 0
	}
	blocks := len(codes) / 8
	first, end := ones(table)
	switch {
	case first == len(table):
		return 0, 8 * blocks
	case end > first:
		return selectRangeAVX2(unsafe.SliceData(out), unsafe.SliceData(codes), blocks, int32(first), uint32(end-first-1), unsafe.SliceData(valid), &lanes), 8 * blocks
	case len(table) <= 256:
		var bits [8]uint32
		for k, b := range table {
			bits[k>>5] |= uint32(b) << (k & 31)
		}
		return selectBitsAVX2(unsafe.SliceData(out), unsafe.SliceData(codes), blocks, &bits, unsafe.SliceData(valid), &lanes), 8 * blocks
	}
	return 0, 0
}

// ones returns where the ones of a table begin and end; the end is 0 when they do not lie together, first is the length when
// there are none.
func ones(table []byte) (first, end int) {
	first = bytes.IndexByte(table, 1)
	if first < 0 {
		return len(table), len(table)
	}
	n := bytes.IndexByte(table[first:], 0)
	if n < 0 {
		return first, len(table)
	}
	if bytes.IndexByte(table[first+n:], 1) >= 0 {
		return first, 0
	}
	return first, first + n
}
