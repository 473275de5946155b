package kernel

import "slices"

// Selections are ascending row numbers. Every Select kernel appends the rows that pass to dst and returns it; rows nil means
// rows 0 to n-1. The loops write first and advance by the outcome, so they do not depend on how well branches are guessed.

// SelectTrue appends the rows where a[row] is not 0.
func SelectTrue(dst []int32, a []int64, rows []int32) []int32 {
	if rows == nil {
		dst, out := grow(dst, len(a))
		k := 0
		for i, x := range a {
			out[k] = int32(i)
			k += int(b2i(x != 0))
		}
		return dst[:len(dst)+k]
	}
	dst, out := grow(dst, len(rows))
	k := 0
	for _, r := range rows {
		out[k] = r
		k += int(b2i(a[r] != 0))
	}
	return dst[:len(dst)+k]
}

// SelectValid appends the rows that are not NULL; valid nil means all are valid. n is the number of rows when rows is nil.
func SelectValid(dst []int32, valid []byte, rows []int32, n int) []int32 {
	if valid == nil {
		if rows != nil {
			return append(dst, rows...)
		}
		dst, out := grow(dst, n)
		for i := range out {
			out[i] = int32(i)
		}
		return dst[:len(dst)+n]
	}
	if rows == nil {
		dst, out := grow(dst, n)
		k := 0
		for i, v := range valid[:n] {
			out[k] = int32(i)
			k += int(v)
		}
		return dst[:len(dst)+k]
	}
	dst, out := grow(dst, len(rows))
	k := 0
	for _, r := range rows {
		out[k] = r
		k += int(valid[r])
	}
	return dst[:len(dst)+k]
}

// SelectConst appends the rows where a[row] op c.
func SelectConst[T Integer](op Op, dst []int32, a []T, c T, rows []int32) []int32 {
	if rows == nil {
		dst, out := grow(dst, len(a))
		k, from := selectBlocks(op, out, a, c)
		return dst[:len(dst)+selectAll(op, out, k, a, from, c)]
	}
	dst, out := grow(dst, len(rows))
	return dst[:len(dst)+selectSome(op, out, a, c, rows)]
}

// selectAll looks at the rows from on, with k rows already in out.
func selectAll[T Integer](op Op, out []int32, k int, a []T, from int, c T) int {
	a = a[from:]
	switch op {
	case EQ:
		for i, x := range a {
			out[k] = int32(from + i)
			k += int(b2i(x == c))
		}
	case NE:
		for i, x := range a {
			out[k] = int32(from + i)
			k += int(b2i(x != c))
		}
	case LT:
		for i, x := range a {
			out[k] = int32(from + i)
			k += int(b2i(x < c))
		}
	case LE:
		for i, x := range a {
			out[k] = int32(from + i)
			k += int(b2i(x <= c))
		}
	case GT:
		for i, x := range a {
			out[k] = int32(from + i)
			k += int(b2i(x > c))
		}
	case GE:
		for i, x := range a {
			out[k] = int32(from + i)
			k += int(b2i(x >= c))
		}
	}
	return k
}

func selectSome[T Integer](op Op, out []int32, a []T, c T, rows []int32) int {
	k := 0
	switch op {
	case EQ:
		for _, r := range rows {
			out[k] = r
			k += int(b2i(a[r] == c))
		}
	case NE:
		for _, r := range rows {
			out[k] = r
			k += int(b2i(a[r] != c))
		}
	case LT:
		for _, r := range rows {
			out[k] = r
			k += int(b2i(a[r] < c))
		}
	case LE:
		for _, r := range rows {
			out[k] = r
			k += int(b2i(a[r] <= c))
		}
	case GT:
		for _, r := range rows {
			out[k] = r
			k += int(b2i(a[r] > c))
		}
	case GE:
		for _, r := range rows {
			out[k] = r
			k += int(b2i(a[r] >= c))
		}
	}
	return k
}

// SelectCode appends the rows whose dictionary code's entry in table is not 0. valid nil means no row is NULL.
func SelectCode(dst []int32, codes []int32, table []byte, valid []byte, rows []int32) []int32 {
	if rows == nil {
		dst, out := grow(dst, len(codes))
		k, from := selectCodeBlocks(out, codes, table, valid)
		if valid == nil {
			for i, c := range codes[from:] {
				out[k] = int32(from + i)
				k += int(table[c])
			}
			return dst[:len(dst)+k]
		}
		valid = valid[from:]
		for i, c := range codes[from:] {
			out[k] = int32(from + i)
			k += int(table[c] & valid[i])
		}
		return dst[:len(dst)+k]
	}
	dst, out := grow(dst, len(rows))
	k := 0
	if valid == nil {
		for _, r := range rows {
			out[k] = r
			k += int(table[codes[r]])
		}
		return dst[:len(dst)+k]
	}
	for _, r := range rows {
		out[k] = r
		k += int(table[codes[r]] & valid[r])
	}
	return dst[:len(dst)+k]
}

// SelectPairs appends the rows[i] where a[i] op b[i]: the values are dense, the rows are where they came from.
func SelectPairs[T Integer](op Op, dst []int32, a, b []T, rows []int32) []int32 {
	if op == GT || op == GE {
		op, a, b = op.Swap(), b, a
	}
	dst, out := grow(dst, len(rows))
	a, b = a[:len(rows)], b[:len(rows)]
	k := 0
	switch op {
	case EQ:
		for i, r := range rows {
			out[k] = r
			k += int(b2i(a[i] == b[i]))
		}
	case NE:
		for i, r := range rows {
			out[k] = r
			k += int(b2i(a[i] != b[i]))
		}
	case LT:
		for i, r := range rows {
			out[k] = r
			k += int(b2i(a[i] < b[i]))
		}
	default:
		for i, r := range rows {
			out[k] = r
			k += int(b2i(a[i] <= b[i]))
		}
	}
	return dst[:len(dst)+k]
}

// grow makes room for n more and returns dst and the room. Eight slots are spare: the loops write before they know.
func grow(dst []int32, n int) (old, room []int32) {
	dst = slices.Grow(dst, n+8)
	return dst, dst[len(dst) : len(dst)+n+8][:n]
}
