package kernel

// EqualText writes 1 to dst[i] where text i of a flat vector (data[off[i]:off[i+1]]) equals s, else 0; the other way round when
// negate is set. Most texts of another length are told apart without a look at their bytes.
func EqualText(dst []int64, off []uint32, data, s []byte, negate bool) {
	flip := b2i(negate)
	for i := range dst {
		dst[i] = b2i(string(data[off[i]:off[i+1]]) == string(s)) ^ flip
	}
}
