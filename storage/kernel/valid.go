package kernel

// MergeValid writes to dst[i] whether both a[i] and b[i] are values. A nil slice means all are; both nil gives nil.
func MergeValid(dst, a, b []byte) []byte {
	switch {
	case a == nil && b == nil:
		return nil
	case a == nil:
		return append(dst[:0], b...)
	case b == nil:
		return append(dst[:0], a...)
	}
	dst = append(dst[:0], a...)
	b = b[:len(dst)]
	for i := range dst {
		dst[i] &= b[i]
	}
	return dst
}

// AllValid reports whether every byte is 1.
func AllValid(valid []byte) bool {
	all := byte(1)
	for _, v := range valid {
		all &= v
	}
	return all == 1
}
