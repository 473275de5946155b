package segment

import (
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// encodingKind is how a chunk's data pages hold values. The numbers are on disk: append only.
type encodingKind uint8

const (
	encodingPlain encodingKind = iota
	encodingDictionary
	encodingDelta       // DELTA_BINARY_PACKED
	encodingDeltaLength // DELTA_LENGTH_BYTE_ARRAY
)

// ChunkStats is what is known of one column of one row group.
type ChunkStats struct {
	Min, Max schema.Value
	Exact    bool
	NaN      bool
	Nulls    int64
	Offset   int64  // of the first page in the file
	Bytes    int64  // stored, without the bloom filter
	Entries  int    // of the dictionary, 0 without one
	Digest   uint64 // XXH3 of the dictionary's plain bytes: equal dictionaries have equal digests
}

// chunk is one column of one row group: its statistics and where its pages lie.
type chunk struct {
	ChunkStats
	encoding encodingKind
	codec    codecKind
	raw      int64 // uncompressed bytes with headers
	dict     page
	pages    []page // nil in an opened file, which decodes them on demand from directory
	bloom    bloomRef
	counts   countsRef
	sum      decimal.Int128 // of the values, where summed
	summed   bool

	foreign *foreignChunk // of a file by another writer: then nothing of the above but the statistics is set

	npages    int    // of an opened file
	directory []byte // its encoded pages
}

// page is one page: its place, the cut of its bytes and its checksum. The bytes are a Thrift header, definition levels (never
// compressed), then values.
type page struct {
	offset int64
	size   uint32 // all of it
	header uint32 // bytes of the Thrift header
	levels uint32 // bytes of definition levels
	raw    uint32 // bytes of the values before compression
	rows   uint32
	nulls  uint32
	sum    uint64 // XXH3 of all size bytes

	min, max schema.Value // data pages: bounds as in ChunkStats
	nan      bool
}

// bloomRef says where a bloom filter's bits lie.
type bloomRef struct {
	offset int64  // of its Thrift header
	size   uint32 // header and bits, 0 when there is none
	header uint32
	sum    uint64 // XXH3 of all size bytes
}

// rowGroup is one row group.
type rowGroup struct {
	rows   int64
	chunks []*chunk // one per stored column
}
