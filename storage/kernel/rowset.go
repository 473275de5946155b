package kernel

// markedRows bounds the row numbers for which marks are kept on the stack; it covers a batch.
const markedRows = 1 << 13

// Subtract appends the rows of a (nil: 0 to n-1) that are not in b; both ascend and b is a subset.
func Subtract(dst, a, b []int32, n int) []int32 {
	if len(b) == 0 {
		return SelectValid(dst, nil, a, n)
	}
	if a != nil {
		n = len(a)
	}
	if n == len(b) {
		return dst
	}
	dst, out := grow(dst, n)
	if last(a, n) >= markedRows || 16*len(b) < n {
		return dst[:len(dst)+subtractMerging(out, a, b, n)]
	}
	// Marks cost no guessing: merging waits for each row's outcome before it can look at the next.
	var marks [markedRows]byte
	for _, r := range b {
		marks[r] = 1
	}
	k := 0
	if a == nil {
		for i, m := range marks[:n] {
			out[k] = int32(i)
			k += int(m ^ 1)
		}
		return dst[:len(dst)+k]
	}
	for _, r := range a {
		out[k] = r
		k += int(marks[r] ^ 1)
	}
	return dst[:len(dst)+k]
}

func last(a []int32, n int) int {
	if a == nil {
		return n - 1
	}
	return int(a[len(a)-1])
}

// subtractMerging copies the stretches of a between the rows of b.
func subtractMerging(out, a, b []int32, n int) int {
	k, i := 0, 0
	for _, r := range b {
		if a == nil {
			for ; i < int(r); i++ {
				out[k] = int32(i)
				k++
			}
			i++
			continue
		}
		for ; a[i] != r; i++ {
			out[k] = a[i]
			k++
		}
		i++
	}
	if a != nil {
		return k + copy(out[k:], a[i:])
	}
	for ; i < n; i++ {
		out[k] = int32(i)
		k++
	}
	return k
}

// Union appends the rows of a and b, which ascend and have none in common, in ascending order.
func Union(dst, a, b []int32) []int32 {
	if len(a) == 0 || len(b) == 0 {
		return append(append(dst, a...), b...)
	}
	dst, out := grow(dst, len(a)+len(b))
	lo, hi := min(a[0], b[0]), max(a[len(a)-1], b[len(b)-1])
	if hi >= markedRows || int(hi-lo) > 16*(len(a)+len(b)) || 16*min(len(a), len(b)) < max(len(a), len(b)) {
		unionMerging(out, a, b)
		return dst[:len(dst)+len(a)+len(b)]
	}
	var marks [markedRows]byte
	for _, r := range a {
		marks[r] = 1
	}
	for _, r := range b {
		marks[r] = 1
	}
	out = out[:len(out)+1] // the loop writes before it knows
	k := 0
	for i, m := range marks[lo : hi+1] {
		out[k] = lo + int32(i)
		k += int(m)
	}
	return dst[:len(dst)+k]
}

func unionMerging(out, a, b []int32) {
	k := 0
	for len(a) > 0 && len(b) > 0 {
		if a[0] < b[0] {
			out[k], a = a[0], a[1:]
		} else {
			out[k], b = b[0], b[1:]
		}
		k++
	}
	k += copy(out[k:], a)
	copy(out[k:], b)
}

// FillCodes sets every element to c, doubling what is filled: a copy moves 32 bytes at a time.
func FillCodes(dst []int32, c int32) {
	const start = 16
	for i := range dst[:min(len(dst), start)] {
		dst[i] = c
	}
	for n := start; n < len(dst); n *= 2 {
		copy(dst[n:], dst[:n])
	}
}

// SelectCodeRuns is SelectCode of all rows where stretches of equal codes, none NULL, are known by their ends.
func SelectCodeRuns(dst, codes, ends []int32, table []byte) []int32 {
	dst, out := grow(dst, len(codes))
	k, at := 0, int32(0)
	for _, end := range ends {
		if table[codes[at]] != 0 {
			for r := at; r < end; r++ {
				out[k] = r
				k++
			}
		}
		at = end
	}
	return dst[:len(dst)+k]
}
