package segment

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// appendUint appends an unsigned varint.
func appendUint[T uint32 | uint64 | int64 | int](dst []byte, v T) []byte {
	return binary.AppendUvarint(dst, uint64(v))
}

func appendText(dst []byte, s string) []byte { return append(appendUint(dst, len(s)), s...) }

func appendType(dst []byte, t schema.Type) []byte {
	return append(dst, byte(t.Kind), t.Precision, t.Scale)
}

// appendValue appends a value whose type the reader knows.
func appendValue(dst []byte, v schema.Value) []byte {
	if v.Null {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	switch v.Type.Class() {
	case schema.ClassInt128:
		dst = binary.LittleEndian.AppendUint64(dst, v.W.Lo)
		return binary.LittleEndian.AppendUint64(dst, uint64(v.W.Hi))
	case schema.ClassFloat64:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.F))
	case schema.ClassBytes:
		return appendText(dst, v.S)
	}
	return binary.AppendVarint(dst, v.I)
}

// appendPlain appends Parquet's PLAIN form of a single value, without a length.
func appendPlain(dst []byte, v schema.Value) []byte {
	switch physicalOf(v.Type) {
	case physBool:
		return append(dst, byte(v.I))
	case physInt32:
		return binary.LittleEndian.AppendUint32(dst, uint32(v.I))
	case physDouble:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.F))
	case physBytes:
		return append(dst, v.S...)
	case physFixed16:
		dst = binary.BigEndian.AppendUint64(dst, uint64(v.W.Hi))
		return binary.BigEndian.AppendUint64(dst, v.W.Lo)
	}
	return binary.LittleEndian.AppendUint64(dst, uint64(v.I))
}

// wire reads what the appenders wrote. The first fault sticks; every read after it gives zeros, so callers check err once per
// loop and at the end.
type wire struct {
	b   []byte
	err error
}

func (w *wire) fail(what string) {
	if w.err == nil {
		w.err = fmt.Errorf("%s: bytes end early or are out of range, %d left", what, len(w.b))
	}
	w.b = nil
}

func (w *wire) uint(what string) uint64 {
	v, n := binary.Uvarint(w.b)
	if n <= 0 {
		w.fail(what)
		return 0
	}
	w.b = w.b[n:]
	return v
}

// count reads a number of things of at least size bytes each, so that a false count cannot ask for memory.
func (w *wire) count(what string, size int) int {
	v := w.uint(what)
	if v > uint64(len(w.b)/size) {
		w.fail(what)
		return 0
	}
	return int(v)
}

func (w *wire) int64(what string) int64 {
	v := w.uint(what)
	if v > math.MaxInt64 {
		w.fail(what)
		return 0
	}
	return int64(v)
}

func (w *wire) uint32(what string) uint32 {
	v := w.uint(what)
	if v > math.MaxUint32 {
		w.fail(what)
		return 0
	}
	return uint32(v)
}

func (w *wire) bytes(what string, n int) []byte {
	if n < 0 || n > len(w.b) {
		w.fail(what)
		return nil
	}
	out := w.b[:n:n]
	w.b = w.b[n:]
	return out
}

func (w *wire) byte(what string) byte {
	if b := w.bytes(what, 1); b != nil {
		return b[0]
	}
	return 0
}

func (w *wire) uint64(what string) uint64 {
	if b := w.bytes(what, 8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (w *wire) text(what string) string { return string(w.bytes(what, w.count(what, 1))) }

func (w *wire) id(what string) (id schema.ID) { copy(id[:], w.bytes(what, len(id))); return id }

func (w *wire) typ(what string) schema.Type {
	b := w.bytes(what, 3)
	if b == nil {
		return schema.Type{}
	}
	t := schema.Type{Kind: schema.Kind(b[0]), Precision: b[1], Scale: b[2]}
	if t.Kind == schema.Null || t.Kind > schema.JSON || t.Precision > decimal.MaxDigits || t.Scale > t.Precision {
		w.fail(what)
	}
	return t
}

func (w *wire) value(what string, t schema.Type) schema.Value {
	switch w.byte(what) {
	case 0:
		return schema.NullValue(t)
	case 1:
	default:
		w.fail(what)
	}
	v := schema.Value{Type: t}
	switch t.Class() {
	case schema.ClassInt128:
		v.W.Lo = w.uint64(what)
		v.W.Hi = int64(w.uint64(what))
	case schema.ClassFloat64:
		v.F = math.Float64frombits(w.uint64(what))
	case schema.ClassBytes:
		v.S = w.text(what)
	default:
		x, n := binary.Varint(w.b)
		if n <= 0 {
			w.fail(what)
			return v
		}
		v.I, w.b = x, w.b[n:]
	}
	return v
}

// flag bits of chunks and pages.
const (
	flagExact = 1 << iota
	flagNaN
	flagDictionary
	flagBloom
	flagCounts
	flagSum
)

func flags(bits ...bool) (f byte) {
	for i, b := range bits {
		if b {
			f |= 1 << i
		}
	}
	return f
}
