package segment

import (
	"encoding/binary"
	"fmt"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// spread moves dense values to their rows; payloads of NULL rows stay whatever was there.
func (p *payload) spread(v *batch.Vector) {
	if v.Valid == nil {
		return
	}
	switch v.Type.Class() {
	case schema.ClassInt64:
		p.ints = spreadRows(v.I, v.Valid)
		v.I = p.ints
	case schema.ClassInt128:
		p.wide = spreadRows(v.W, v.Valid)
		v.W = p.wide
	case schema.ClassFloat64:
		p.floats = spreadRows(v.F, v.Valid)
		v.F = p.floats
	case schema.ClassBytes:
		p.off = spreadOffsets(v.Off, v.Valid)
		v.Off = p.off
	}
}

func (d *valueDecoder) spreadCodes(v *batch.Vector) {
	if v.Valid != nil {
		d.codeb = spreadRows(v.Codes, v.Valid)
		v.Codes = d.codeb
	}
}

// spreadRows moves values from the back, so that no value is overwritten before it has moved. A NULL row gets whatever lies at
// hand, a value of the page or zero: readable and, for codes, in range. There is no branch on validity, which is hard to guess.
func spreadRows[T any](dense []T, valid []byte) []T {
	n, k := len(valid), len(dense)
	out := dense
	if cap(out) < n {
		out = make([]T, n, n+n/4)
		copy(out, dense)
	} else {
		out = out[:n]
	}
	if k < n {
		var zero T
		out[k] = zero
	}
	for i := n - 1; i >= k; i-- {
		k -= int(valid[i])
		out[i] = out[k]
	}
	return out
}

// spreadOffsets gives NULL rows an empty range.
func spreadOffsets(dense []uint32, valid []byte) []uint32 {
	n, k := len(valid), len(dense)-1
	out := dense
	if cap(out) < n+1 {
		out = make([]uint32, n+1, n+1+n/4)
		copy(out, dense)
	} else {
		out = out[:n+1]
	}
	last := out[k]
	for i := n; i > 0; i-- {
		out[i] = last
		if valid[i-1] == 1 {
			k--
			last = out[k]
		}
	}
	return out
}

// unpackBits reads booleans, least significant bit first.
func unpackBits(dst []int64, body []byte) ([]int64, error) {
	if len(body) != (len(dst)+7)/8 {
		return nil, fmt.Errorf("%d bytes for %d booleans", len(body), len(dst))
	}
	for i := range dst {
		dst[i] = int64(body[i>>3] >> (i & 7) & 1)
	}
	return dst, nil
}

func unsigned32(t schema.Type) bool { return t.Kind == schema.Uint32 }

// widen turns INT32 into the payload of its class; UINT_32 lies in the same bits without a sign.
func widen(dst []int64, src []int32, unsigned bool) []int64 {
	if unsigned {
		for i, x := range src {
			dst[i] = int64(uint32(x))
		}
		return dst
	}
	for i, x := range src {
		dst[i] = int64(x)
	}
	return dst
}

func fixed16(dst []decimal.Int128, body []byte) ([]decimal.Int128, error) {
	if len(body) != 16*len(dst) {
		return nil, fmt.Errorf("%d bytes for %d 16-byte values", len(body), len(dst))
	}
	for i := range dst {
		dst[i] = decimal.Int128{Hi: int64(binary.BigEndian.Uint64(body[16*i:])), Lo: binary.BigEndian.Uint64(body[16*i+8:])}
	}
	return dst, nil
}
