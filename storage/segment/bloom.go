package segment

import (
	"math"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
	"github.com/parquet-go/parquet-go/bloom"
	"github.com/parquet-go/parquet-go/bloom/xxhash"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// A bloom filter is worth its bytes where equality is asked of many distinct values: names and numbers of patients, orders,
// samples. Fewer than bloomMinEntries are found in the dictionary itself; longer texts are prose.
const (
	bloomMinEntries   = 1024
	bloomMaxTextBytes = 40 // mean length
	bloomBitsPerValue = 10 // about 1 % of false hits
)

// wantsBloom decides by the finished chunk's values.
func (c *column) wantsBloom() bool {
	if c.sorted {
		return false
	}
	values := c.values()
	if values.Len < bloomMinEntries {
		return false
	}
	switch {
	case c.Type.Kind == schema.Varchar:
		return len(values.Data)/values.Len <= bloomMaxTextBytes
	case c.Type.IsInteger():
		return true
	}
	return false
}

// values returns the dictionary's entries or the values themselves.
func (c *column) values() *batch.Vector {
	if c.coded {
		return c.dict.entries
	}
	return c.flat
}

// encodeBloom returns a split-block bloom filter as Parquet stores it and the length of its header.
func encodeBloom(values *batch.Vector) ([]byte, int, error) {
	filter := make(bloom.SplitBlockFilter, bloom.NumSplitBlocksOf(int64(values.Len), bloomBitsPerValue))
	for k := range values.Len {
		filter.Insert(bloomHash(values, k))
	}
	head, err := thrift.Marshal(new(thrift.CompactProtocol), &format.BloomFilterHeader{
		NumBytes:    int32(len(filter.Bytes())),
		Algorithm:   format.BloomFilterAlgorithm{Value: &format.SplitBlockAlgorithm{}},
		Hash:        format.BloomFilterHash{Value: &format.XxHash{}},
		Compression: format.BloomFilterCompression{Value: &format.BloomFilterUncompressed{}},
	})
	return append(head, filter.Bytes()...), len(head), err
}

// bloomHash is XXH64 of the value's plain encoding, as Parquet says.
func bloomHash(v *batch.Vector, k int) uint64 {
	switch physicalOf(v.Type) {
	case physBytes:
		return xxhash.Sum64(payloadBytes(v, k))
	case physInt32:
		return xxhash.Sum64Uint32(uint32(v.I[k]))
	case physDouble:
		return xxhash.Sum64Uint64(math.Float64bits(v.F[k]))
	}
	return xxhash.Sum64Uint64(uint64(v.I[k]))
}
