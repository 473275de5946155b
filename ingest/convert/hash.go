package convert

import (
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// Hash sums the hashes of a vector's values and counts its NULLs. A dictionary's entries are hashed once each.
func Hash(v *batch.Vector) (sum schema.ColumnHash, nulls int64) {
	switch {
	case v.AllNull():
		nulls = int64(v.Len)
	case v.Enc == batch.Dict:
		sum, nulls = hashCodes(v)
	default:
		sum, nulls = hashFlat(v.Flatten())
	}
	sum.AddTimes(schema.HashNull(), uint64(nulls))
	return sum, nulls
}

// hash is Hash of a column just converted: the hashes of entries are at hand.
func (c *Converter) hash(v *batch.Vector, j int) (sum schema.ColumnHash, nulls int64) {
	if v.Enc != batch.Dict {
		return Hash(v)
	}
	c.counts = append(c.counts[:0], make([]uint32, v.Dict.Values.Len)...)
	for i, code := range v.Codes {
		if v.Valid != nil && v.Valid[i] == 0 {
			nulls++
			continue
		}
		c.counts[code]++
	}
	for code, n := range c.counts {
		if n > 0 {
			sum.AddTimes(c.coders[j].sums[code], uint64(n))
		}
	}
	sum.AddTimes(schema.HashNull(), uint64(nulls))
	return sum, nulls
}

func hashCodes(v *batch.Vector) (sum schema.ColumnHash, nulls int64) {
	counts := make([]uint64, v.Dict.Values.Len)
	for i, code := range v.Codes {
		if v.Valid != nil && v.Valid[i] == 0 {
			nulls++
			continue
		}
		counts[code]++
	}
	for code, n := range counts {
		if n > 0 {
			sum.AddTimes(hashAt(v.Dict.Values, code), n)
		}
	}
	return sum, nulls
}

func hashFlat(v *batch.Vector) (sum schema.ColumnHash, nulls int64) {
	if v.Valid == nil {
		return hashValues(v), 0
	}
	for i := range v.Len {
		if v.Valid != nil && v.Valid[i] == 0 {
			nulls++
			continue
		}
		sum.Add(hashAt(v, i))
	}
	return sum, nulls
}

// hashValues is hashFlat without NULLs.
func hashValues(v *batch.Vector) (sum schema.ColumnHash) {
	switch v.Type.Class() {
	case schema.ClassInt64:
		sum.AddInt64s(v.I[:v.Len])
	case schema.ClassFloat64:
		sum.AddFloat64s(v.F[:v.Len])
	case schema.ClassBytes:
		sum.AddTexts(v.Off[:v.Len+1], v.Data)
	default:
		for i := range v.Len {
			sum.Add(hashAt(v, i))
		}
	}
	return sum
}

func hashAt(v *batch.Vector, i int) schema.ColumnHash {
	switch v.Type.Class() {
	case schema.ClassInt128:
		return schema.HashInt128(v.W[i].Hi, v.W[i].Lo)
	case schema.ClassFloat64:
		return schema.HashFloat64(v.F[i])
	case schema.ClassBytes:
		return schema.HashBytes(v.Data[v.Off[i]:v.Off[i+1]])
	}
	return schema.HashInt64(v.I[i])
}
