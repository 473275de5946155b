package segment

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// Parquet's compression codecs, as numbered in parquet.thrift.
const (
	parquetPlain = iota
	parquetSnappy
	parquetGzip
	parquetLZO
	parquetBrotli
	parquetLZ4 // Hadoop's framing around LZ4 blocks
	parquetZstd
	parquetLZ4Raw
)

// unpackSlack is kept free behind unpacked bytes, since the bit unpacker reads past its input.
const unpackSlack = 64

// unpacker decompresses pages of other writers into exactly the size that a header claims, and never more: parquet-go's codecs
// grow their buffers for as long as the bytes go on, which is what a decompression bomb waits for. Its decoders are reused.
type unpacker struct {
	gzip   gzip.Reader
	brotli *brotli.Reader
	zstd   *zstd.Decoder
}

// unpack fills dst, whose length is the size due.
func (u *unpacker) unpack(codec int32, dst, src []byte) error {
	switch codec {
	case parquetSnappy:
		return unpackSnappy(dst, src)
	case parquetGzip:
		if err := u.gzip.Reset(bytes.NewReader(src)); err != nil {
			return fmt.Errorf("gzip: %w", err)
		}
		return fill(dst, &u.gzip)
	case parquetBrotli:
		if u.brotli == nil {
			u.brotli = brotli.NewReader(nil)
		}
		if err := u.brotli.Reset(bytes.NewReader(src)); err != nil {
			return fmt.Errorf("brotli: %w", err)
		}
		return fill(dst, u.brotli)
	case parquetZstd:
		return u.unpackZstd(dst, src)
	case parquetLZ4Raw:
		_, err := unpackLZ4(dst, src)
		return err
	case parquetLZ4:
		return unpackHadoopLZ4(dst, src)
	}
	return fmt.Errorf("%s", unknownCodec(codec))
}

func unknownCodec(codec int32) string {
	if codec == parquetLZO {
		return "the codec LZO cannot be read"
	}
	return fmt.Sprintf("the codec %d is unknown", codec)
}

// fill reads exactly len(dst) bytes, after which the stream must end.
func fill(dst []byte, r io.Reader) error {
	if n, err := io.ReadFull(r, dst); err != nil {
		return fmt.Errorf("decompress: %w after %d of %d bytes", err, n, len(dst))
	}
	var more [1]byte
	if n, err := r.Read(more[:]); n > 0 || err != io.EOF {
		return fmt.Errorf("decompress: more than the %d bytes that are due", len(dst))
	}
	return nil
}

func unpackSnappy(dst, src []byte) error {
	n, err := snappy.DecodedLen(src)
	if err == nil && n != len(dst) {
		err = fmt.Errorf("%d bytes instead of %d", n, len(dst))
	}
	if err == nil {
		_, err = snappy.Decode(dst, src)
	}
	if err != nil {
		return fmt.Errorf("decompress: %w", err)
	}
	return nil
}

func (u *unpacker) unpackZstd(dst, src []byte) (err error) {
	if u.zstd == nil {
		u.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderMaxWindow(maxZstdWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return fmt.Errorf("zstd: %w", err)
		}
	}
	out, err := u.zstd.DecodeAll(src, dst[:0:len(dst)])
	if err != nil {
		return fmt.Errorf("decompress: %w", err)
	}
	if len(out) != len(dst) {
		return fmt.Errorf("decompress: %d bytes instead of %d", len(out), len(dst))
	}
	return nil
}

// maxZstdWindow is the largest window that a page may ask for.
const maxZstdWindow = 128 << 20

// unpackHadoopLZ4 reads blocks, each behind its two big-endian sizes. Some writers meant a bare LZ4 block by the same codec.
func unpackHadoopLZ4(dst, src []byte) error {
	if err := hadoopBlocks(dst, src); err != nil {
		_, rawErr := unpackLZ4(dst, src)
		if rawErr != nil {
			return err
		}
	}
	return nil
}

func hadoopBlocks(dst, src []byte) error {
	for len(src) > 0 {
		if len(src) < 8 {
			return fmt.Errorf("decompress: %d bytes where a block is due", len(src))
		}
		raw, stored := binary.BigEndian.Uint32(src), binary.BigEndian.Uint32(src[4:])
		if src = src[8:]; uint64(raw) > uint64(len(dst)) || uint64(stored) > uint64(len(src)) {
			return fmt.Errorf("decompress: a block of %d bytes from %d, where %d are due from %d", raw, stored, len(dst), len(src))
		}
		if _, err := unpackLZ4(dst[:raw:raw], src[:stored]); err != nil {
			return err
		}
		dst, src = dst[raw:], src[stored:]
	}
	if len(dst) > 0 {
		return fmt.Errorf("decompress: %d bytes are missing", len(dst))
	}
	return nil
}
