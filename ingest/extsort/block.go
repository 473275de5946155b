package extsort

import (
	"encoding/binary"
	"math"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// A block is the row count, then per column one byte that says whether validity follows, the validity, and the payload: codes and
// numbers narrowed (narrow.go), doubles and wide numbers as 8 and 16 bytes, text as end offsets and bytes. Everything is little-endian.

// appendBlock also returns how many of the bytes are text.
func appendBlock(dst []byte, b *batch.Batch, lo, hi int) (out []byte, texts int) {
	le := binary.LittleEndian
	dst = le.AppendUint32(dst, uint32(hi-lo))
	for _, v := range b.Cols {
		if v.Valid == nil {
			dst = append(dst, 0)
		} else {
			dst = append(append(dst, 1), v.Valid[lo:hi]...)
		}
		switch {
		case v.Enc == batch.Dict:
			dst = appendNarrow(dst, v.Codes[lo:hi])
		case v.Type.Class() == schema.ClassInt64:
			dst = appendNarrow(dst, v.I[lo:hi])
		case v.Type.Class() == schema.ClassFloat64:
			for _, x := range v.F[lo:hi] {
				dst = le.AppendUint64(dst, math.Float64bits(x))
			}
		case v.Type.Class() == schema.ClassInt128:
			for _, x := range v.W[lo:hi] {
				dst = le.AppendUint64(le.AppendUint64(dst, x.Lo), uint64(x.Hi))
			}
		default:
			for _, end := range v.Off[lo+1 : hi+1] {
				dst = le.AppendUint32(dst, end-v.Off[lo])
			}
			dst = append(dst, v.Data[v.Off[lo]:v.Off[hi]]...)
			texts += int(v.Off[hi] - v.Off[lo])
		}
	}
	return dst, texts
}

// readBlock is the inverse, for bytes whose checksum was right. The vectors hold nothing of src.
func readBlock(src []byte, types []schema.Type, dicts []*batch.Dictionary) (cols []*batch.Vector, rows int) {
	rows = int(binary.LittleEndian.Uint32(src))
	src = src[4:]
	cols = make([]*batch.Vector, len(types))
	for j, t := range types {
		v := &batch.Vector{Type: t, Len: rows}
		valid := src[0] == 1
		src = src[1:]
		if valid {
			v.Valid = append([]byte(nil), src[:rows]...)
			src = src[rows:]
		}
		if dicts[j] != nil {
			v.Enc, v.Dict = batch.Dict, dicts[j]
		}
		src = readPayload(src, v)
		cols[j] = v
	}
	return cols, rows
}

func readPayload(src []byte, v *batch.Vector) []byte {
	le, n := binary.LittleEndian, v.Len
	switch {
	case v.Enc == batch.Dict:
		v.Codes = make([]int32, n)
		return readNarrow(src, v.Codes)
	case v.Type.Class() == schema.ClassInt64:
		v.I = make([]int64, n)
		return readNarrow(src, v.I)
	case v.Type.Class() == schema.ClassFloat64:
		v.F = make([]float64, n)
		for i := range v.F {
			v.F[i] = math.Float64frombits(le.Uint64(src[8*i:]))
		}
		return src[8*n:]
	case v.Type.Class() == schema.ClassInt128:
		v.W = make([]decimal.Int128, n)
		for i := range v.W {
			v.W[i] = decimal.Int128{Lo: le.Uint64(src[16*i:]), Hi: int64(le.Uint64(src[16*i+8:]))}
		}
		return src[16*n:]
	}
	v.Off = make([]uint32, n+1)
	for i := range n {
		v.Off[i+1] = le.Uint32(src[4*i:])
	}
	src = src[4*n:]
	v.Data = append([]byte(nil), src[:v.Off[n]]...)
	return src[v.Off[n]:]
}
