package segment

import (
	"fmt"

	"github.com/assaydb/assay/storage/schema"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/compress/gzip"
	"github.com/parquet-go/parquet-go/compress/lz4"
	"github.com/parquet-go/parquet-go/compress/snappy"
	"github.com/parquet-go/parquet-go/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	rawlz4 "github.com/pierrec/lz4/v4"
)

// codecKind is the general compression of a chunk. The numbers are on disk: append only.
type codecKind uint8

const (
	codecNone codecKind = iota
	codecZstd
	codecSnappy
	codecGzip
	codecLZ4
)

func codecOf(c schema.Codec) codecKind {
	switch c {
	case schema.CodecSnappy:
		return codecSnappy
	case schema.CodecGzip:
		return codecGzip
	case schema.CodecLZ4:
		return codecLZ4
	case schema.CodecNone:
		return codecNone
	}
	return codecZstd
}

func (k codecKind) format() format.CompressionCodec {
	return [...]format.CompressionCodec{format.Uncompressed, format.Zstd, format.Snappy, format.Gzip, format.Lz4Raw}[k]
}

// codecs is a set of compressors. They hold nothing but pools of scratch memory, so one set serves every writer and file:
// a zstd decoder of its own for each open file would cost more than the file's index.
type codecs [codecLZ4 + 1]compress.Codec

// sharedCodecs sets the fastest level of zstd: pages are short and dictionary codes leave little for the higher ones, which
// cost three times as much for 3 % of size (DESIGN.md).
var sharedCodecs = &codecs{
	codecZstd: &zstd.Codec{Level: zstd.SpeedFastest}, codecSnappy: &snappy.Codec{},
	codecGzip: &gzip.Codec{}, codecLZ4: &lz4.Codec{},
}

func (c *codecs) compress(k codecKind, dst, src []byte) ([]byte, error) {
	out, err := c[k].Encode(dst[:0], src)
	if err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	return out, nil
}

// decompress fills exactly size bytes or fails. dst's memory is used when it is large enough.
func (c *codecs) decompress(k codecKind, dst, src []byte, size int) ([]byte, error) {
	if int(k) >= len(c) || c[k] == nil {
		return nil, fmt.Errorf("no codec %d", k)
	}
	if cap(dst) < size {
		dst = make([]byte, size)
	}
	if k == codecLZ4 {
		return unpackLZ4(dst[:size], src)
	}
	out, err := c[k].Decode(dst[:size], src)
	if err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	if len(out) != size {
		return nil, fmt.Errorf("decompress: %d bytes instead of %d", len(out), size)
	}
	return out, nil
}

// unpackLZ4 knows the size, where parquet-go's codec tries ever larger buffers, on damaged bytes for ever.
func unpackLZ4(dst, src []byte) ([]byte, error) {
	n, err := rawlz4.UncompressBlock(src, dst)
	if err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	if n != len(dst) {
		return nil, fmt.Errorf("decompress: %d bytes instead of %d", n, len(dst))
	}
	return dst, nil
}
