package schema

// Sums over whole columns: the class is looked at once and not for every value.

// AddInt64s adds the hashes of ClassInt64 values.
func (h *ColumnHash) AddInt64s(values []int64) {
	sum := *h
	for _, x := range values {
		sum.Add(hashWord(uint64(x), seedInt64))
	}
	*h = sum
}

// AddFloat64s adds the hashes of DOUBLEs.
func (h *ColumnHash) AddFloat64s(values []float64) {
	sum := *h
	for _, x := range values {
		sum.Add(HashFloat64(x))
	}
	*h = sum
}

// AddTexts adds the hashes of ClassBytes values: value i is data[off[i]:off[i+1]].
func (h *ColumnHash) AddTexts(off []uint32, data []byte) {
	sum := *h
	for i := 1; i < len(off); i++ {
		sum.Add(HashBytes(data[off[i-1]:off[i]]))
	}
	*h = sum
}
