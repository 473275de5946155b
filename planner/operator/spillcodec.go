package operator

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"unsafe"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// appendBatch appends the living rows of a batch, flat: rows and columns as uvarints, then per column three bytes of type, a byte
// that tells whether validity follows, the validity, and the payload as it lies in memory (the reader is this process).
func appendBatch(dst []byte, b *batch.Batch) []byte {
	b = b.Compact()
	dst = binary.AppendUvarint(dst, uint64(b.Len))
	dst = binary.AppendUvarint(dst, uint64(len(b.Cols)))
	for _, v := range b.Cols {
		v = v.Flatten()
		dst = append(dst, byte(v.Type.Kind), v.Type.Precision, v.Type.Scale, 0)
		if v.Valid != nil {
			dst[len(dst)-1] = 1
			dst = append(dst, v.Valid[:b.Len]...)
		}
		switch v.Type.Class() {
		case schema.ClassInt64:
			dst = append(dst, raw(v.I[:b.Len])...)
		case schema.ClassInt128:
			dst = append(dst, raw(v.W[:b.Len])...)
		case schema.ClassFloat64:
			dst = append(dst, raw(v.F[:b.Len])...)
		case schema.ClassBytes:
			dst = appendTexts(dst, v, b.Len)
		}
	}
	return dst
}

func appendTexts(dst []byte, v *batch.Vector, n int) []byte {
	if n == 0 {
		return binary.AppendUvarint(dst, 0)
	}
	lo, hi := v.Off[0], v.Off[n]
	dst = binary.AppendUvarint(dst, uint64(hi-lo))
	for i := range n {
		dst = binary.AppendUvarint(dst, uint64(v.Off[i+1]-v.Off[i]))
	}
	return append(dst, v.Data[lo:hi]...)
}

func raw[T int64 | float64 | decimal.Int128](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), len(s)*int(unsafe.Sizeof(s[0])))
}

var errShort = errors.New("frame is cut short")

// take copies n elements off the front of b.
func take[T int64 | float64 | decimal.Int128](b []byte, n int) ([]T, []byte, error) {
	var zero T
	size := int(unsafe.Sizeof(zero))
	if n > len(b)/size {
		return nil, nil, errShort
	}
	out := make([]T, n)
	copy(raw(out), b)
	return out, b[n*size:], nil
}

func decodeBatch(b []byte) (*batch.Batch, error) {
	rows, b, err := uvarint(b)
	if err != nil {
		return nil, err
	}
	cols, b, err := uvarint(b)
	if err != nil || cols > schema.MaxColumns*4 {
		return nil, errShort
	}
	out := &batch.Batch{Len: rows}
	for range cols {
		var v *batch.Vector
		if v, b, err = decodeVector(b, rows); err != nil {
			return nil, err
		}
		out.Cols = append(out.Cols, v)
	}
	return out, nil
}

func uvarint(b []byte) (int, []byte, error) {
	u, n := binary.Uvarint(b)
	if n <= 0 || u > math.MaxInt32 {
		return 0, nil, errShort
	}
	return int(u), b[n:], nil
}

func decodeVector(b []byte, rows int) (v *batch.Vector, rest []byte, err error) {
	if len(b) < 4 {
		return nil, nil, errShort
	}
	v = &batch.Vector{Type: schema.Type{Kind: schema.Kind(b[0]), Precision: b[1], Scale: b[2]}, Len: rows}
	valid := b[3] != 0
	b = b[4:]
	if valid {
		if len(b) < rows {
			return nil, nil, errShort
		}
		v.Valid, b = slices.Clone(b[:rows]), b[rows:]
	}
	switch v.Type.Class() {
	case schema.ClassInt64:
		v.I, b, err = take[int64](b, rows)
	case schema.ClassInt128:
		v.W, b, err = take[decimal.Int128](b, rows)
	case schema.ClassFloat64:
		v.F, b, err = take[float64](b, rows)
	case schema.ClassBytes:
		b, err = decodeTexts(v, b, rows)
	}
	return v, b, err
}

func decodeTexts(v *batch.Vector, b []byte, rows int) ([]byte, error) {
	total, b, err := uvarint(b)
	if err != nil || rows > len(b) {
		return nil, errShort
	}
	v.Off = make([]uint32, rows+1)
	at := 0
	for i := range rows {
		var n int
		if n, b, err = uvarint(b); err != nil {
			return nil, err
		}
		if at += n; at > total {
			return nil, errShort
		}
		v.Off[i+1] = uint32(at)
	}
	if at != total || total > len(b) {
		return nil, errShort
	}
	v.Data = slices.Clone(b[:total])
	return b[total:], nil
}
