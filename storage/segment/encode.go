package segment

import (
	"encoding/binary"
	"fmt"

	"github.com/assaydb/assay/storage/batch"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/plain"
	"github.com/parquet-go/parquet-go/encoding/rle"
)

// valueEncoder turns dense values into the bytes of a page. Its scratch is reused, so results are valid until the next call.
type valueEncoder struct {
	plain  plain.Encoding
	delta  delta.BinaryPackedEncoding
	text   delta.LengthByteArrayEncoding
	codes  rle.DictionaryEncoding
	levels rle.Encoding

	out, lev []byte
	narrow   []int32
	off      []uint32
}

func newValueEncoder() *valueEncoder { return &valueEncoder{levels: rle.Encoding{BitWidth: 1}} }

// encode writes values from to to (exclusive) of a flat vector.
func (e *valueEncoder) encode(kind encodingKind, v *batch.Vector, from, to int) (out []byte, err error) {
	switch physicalOf(v.Type) {
	case physBool:
		out = packBits(e.out[:0], v.I[from:to])
	case physInt32:
		if narrow := e.narrowed(v.I[from:to]); kind == encodingDelta {
			out, err = e.delta.EncodeInt32(e.out[:0], narrow)
		} else {
			out, err = e.plain.EncodeInt32(e.out[:0], narrow)
		}
	case physInt64:
		if kind == encodingDelta {
			out, err = e.delta.EncodeInt64(e.out[:0], v.I[from:to])
		} else {
			out, err = e.plain.EncodeInt64(e.out[:0], v.I[from:to])
		}
	case physDouble:
		out, err = e.plain.EncodeDouble(e.out[:0], v.F[from:to])
	case physFixed16:
		out = appendFixed16(e.out[:0], v, from, to)
	case physBytes:
		out, err = e.encodeText(kind, v, from, to)
	}
	if err != nil {
		return nil, fmt.Errorf("encode values: %w", err)
	}
	e.out = out
	return out, nil
}

func (e *valueEncoder) encodeText(kind encodingKind, v *batch.Vector, from, to int) ([]byte, error) {
	base := v.Off[from]
	e.off = e.off[:0]
	for _, o := range v.Off[from : to+1] {
		e.off = append(e.off, o-base)
	}
	data := v.Data[base:v.Off[to]]
	if kind == encodingDeltaLength {
		return e.text.EncodeByteArray(e.out[:0], data, e.off)
	}
	return e.plain.EncodeByteArray(e.out[:0], data, e.off)
}

// encodeCodes writes dictionary codes: a byte of bit width, then runs and bit-packed groups.
func (e *valueEncoder) encodeCodes(codes []int32) ([]byte, error) {
	out, err := e.codes.EncodeInt32(e.out[:0], codes)
	if err != nil {
		return nil, fmt.Errorf("encode codes: %w", err)
	}
	e.out = out
	return out, nil
}

// encodeLevels writes definition levels, which are validity itself for a flat optional column.
func (e *valueEncoder) encodeLevels(valid []byte) ([]byte, error) {
	out, err := e.levels.EncodeLevels(e.lev[:0], valid)
	if err != nil {
		return nil, fmt.Errorf("encode levels: %w", err)
	}
	e.lev = out
	return out, nil
}

func (e *valueEncoder) narrowed(src []int64) []int32 {
	e.narrow = e.narrow[:0]
	for _, x := range src {
		e.narrow = append(e.narrow, int32(x))
	}
	return e.narrow
}

// packBits writes booleans as Parquet's PLAIN does: least significant bit first.
func packBits(dst []byte, src []int64) []byte {
	for i, x := range src {
		if i%8 == 0 {
			dst = append(dst, 0)
		}
		dst[len(dst)-1] |= byte(x&1) << (i % 8)
	}
	return dst
}

// appendFixed16 writes 128-bit integers big-endian, as DECIMAL in a fixed array is defined.
func appendFixed16(dst []byte, v *batch.Vector, from, to int) []byte {
	for _, x := range v.W[from:to] {
		dst = binary.BigEndian.AppendUint64(dst, uint64(x.Hi))
		dst = binary.BigEndian.AppendUint64(dst, x.Lo)
	}
	return dst
}
