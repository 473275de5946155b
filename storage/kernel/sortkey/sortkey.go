// Package sortkey turns values into byte strings that compare as the values do: NULL first, NaN last, -0 equal to 0, text by
// bytes. A row's key is the concatenation of its columns' keys; no key is a prefix of another of the same types.
//
// It is used by sorting, merging and GROUP_CONCAT, holds no state and starts nothing.
package sortkey

import (
	"encoding/binary"
	"math"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// Append appends the key of one row of a column. desc inverts every byte.
//
// Form: 0 for NULL, else 1 and the payload: integers and doubles big-endian with the sign turned, text with each 0 written as
// 0 255 and ended by 0 0.
func Append(dst []byte, v *batch.Vector, row int, desc bool) []byte {
	from := len(dst)
	if v.IsNull(row) {
		dst = append(dst, 0)
	} else {
		dst = payload(append(dst, 1), v, row)
	}
	if desc {
		for i := from; i < len(dst); i++ {
			dst[i] = ^dst[i]
		}
	}
	return dst
}

// AppendMost is Append for who looks only at the first most bytes of dst: longer texts are cut.
func AppendMost(dst []byte, v *batch.Vector, row int, desc bool, most int) []byte {
	if v.Type.Class() != schema.ClassBytes || v.IsNull(row) {
		return Append(dst, v, row, desc)
	}
	b := v.Bytes(row)
	from := len(dst)
	dst = appendText(append(dst, 1), b[:min(len(b), most)])
	if desc {
		for i := from; i < len(dst); i++ {
			dst[i] = ^dst[i]
		}
	}
	return dst
}

func payload(dst []byte, v *batch.Vector, row int) []byte {
	switch v.Type.Class() {
	case schema.ClassBytes:
		return appendText(dst, v.Bytes(row))
	case schema.ClassFloat64:
		return binary.BigEndian.AppendUint64(dst, Float64(v.Float64(row)))
	case schema.ClassInt128:
		w := v.Int128(row)
		dst = binary.BigEndian.AppendUint64(dst, uint64(w.Hi)^1<<63)
		return binary.BigEndian.AppendUint64(dst, w.Lo)
	}
	return binary.BigEndian.AppendUint64(dst, Int64(v.Int64(row), v.Type.Kind == schema.Uint64))
}

func appendText(dst, b []byte) []byte {
	for _, c := range b {
		dst = append(dst, c)
		if c == 0 {
			dst = append(dst, 255)
		}
	}
	return append(dst, 0, 0)
}

// Int64 maps a ClassInt64 payload to an unsigned integer of the same order.
func Int64(x int64, unsigned bool) uint64 {
	if unsigned {
		return uint64(x)
	}
	return uint64(x) ^ 1<<63
}

// Float64 maps a double to an unsigned integer of the same order.
func Float64(f float64) uint64 {
	switch {
	case f == 0:
		return 1 << 63
	case f != f:
		return math.MaxUint64
	}
	b := math.Float64bits(f)
	if b>>63 != 0 {
		return ^b
	}
	return b | 1<<63
}

// Prefix maps one row of a column to an integer that orders rows as far as it goes: rows with a smaller prefix come first under
// the column's order (desc turned), rows with equal prefixes may still differ. NULL has its place, and the first 63 bits of the
// payload's key.
func Prefix(v *batch.Vector, row int, desc bool) uint64 {
	p := uint64(0)
	if !v.IsNull(row) {
		holder, k := v.Index(row)
		p = payloadPrefix(holder, k)
	}
	if desc {
		return ^p
	}
	return p
}

// Prefixes appends the prefixes of payloads 0 to n-1 of a flat vector, whatever its validity says, and returns dst.
func Prefixes(dst []uint64, v *batch.Vector, n int, desc bool) []uint64 {
	turn := uint64(0)
	if desc {
		turn = ^uint64(0)
	}
	if v.Type.Class() == schema.ClassInt64 {
		sign := uint64(1 << 63)
		if v.Type.Kind == schema.Uint64 {
			sign = 0
		}
		for _, x := range v.I[:n] {
			dst = append(dst, ((uint64(x)^sign)>>1|1<<63)^turn)
		}
		return dst
	}
	for k := range n {
		dst = append(dst, payloadPrefix(v, k)^turn)
	}
	return dst
}

func payloadPrefix(v *batch.Vector, k int) uint64 {
	switch v.Type.Class() {
	case schema.ClassBytes:
		return textPrefix(v.Data[v.Off[k]:v.Off[k+1]])>>1 | 1<<63
	case schema.ClassInt128:
		return (uint64(v.W[k].Hi)^1<<63)>>1 | 1<<63
	case schema.ClassFloat64:
		return Float64(v.F[k])>>1 | 1<<63
	}
	return Int64(v.I[k], v.Type.Kind == schema.Uint64)>>1 | 1<<63
}

func textPrefix(b []byte) uint64 {
	if len(b) >= 8 {
		return binary.BigEndian.Uint64(b)
	}
	var p uint64
	for i, c := range b {
		p |= uint64(c) << (56 - 8*i)
	}
	return p
}
