package segment

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/plain"
	"github.com/parquet-go/parquet-go/encoding/rle"
)

// valueDecoder turns page bytes into values. Counts in the bytes are checked before parquet-go's decoders see them, since
// those allocate whatever a header claims. Its buffers are reused.
type valueDecoder struct {
	plain plain.Encoding
	delta delta.BinaryPackedEncoding
	text  delta.LengthByteArrayEncoding
	rle   rle.DictionaryEncoding
	level rle.Encoding

	narrow []int32
	codeb  []int32
	payload
}

// values decodes n dense values into v's payload.
func (d *valueDecoder) values(v *batch.Vector, kind encodingKind, body []byte, n int) (err error) {
	if kind == encodingDelta || kind == encodingDeltaLength {
		if got, err := deltaCount(body); err != nil || got != uint64(n) {
			return fmt.Errorf("a delta header of %d values where %d are due", got, n)
		}
	}
	switch physicalOf(v.Type) {
	case physBool:
		d.ints, err = unpackBits(grow(d.ints, n), body)
		v.I = d.ints
	case physInt32:
		if d.narrow, err = d.int32s(d.narrow, kind, body, n); err == nil {
			d.ints = widen(grow(d.ints, n), d.narrow, unsigned32(v.Type))
			v.I = d.ints
		}
	case physInt64:
		d.ints, err = d.int64s(d.ints, kind, body, n)
		v.I = d.ints
	case physDouble:
		d.floats, err = d.doubles(d.floats, body, n)
		v.F = d.floats
	case physFixed16:
		d.wide, err = fixed16(grow(d.wide, n), body)
		v.W = d.wide
	case physBytes:
		d.data, d.off, err = d.texts(d.data, d.off, kind, body, n)
		v.Data, v.Off = d.data, d.off
	}
	return err
}

// dictionary decodes n entries into a fresh vector, which outlives the decoder's buffers.
func (d *valueDecoder) dictionary(t schema.Type, body []byte, n int) (*batch.Vector, error) {
	fresh := valueDecoder{}
	v := &batch.Vector{Type: t, Len: n}
	return v, fresh.values(v, encodingPlain, body, n)
}

func (d *valueDecoder) int32s(dst []int32, kind encodingKind, body []byte, n int) (out []int32, err error) {
	if kind == encodingDelta {
		out, err = d.delta.DecodeInt32(grow(dst, n)[:0], body)
	} else if len(body) == 4*n {
		out, err = d.plain.DecodeInt32(grow(dst, n)[:0], body)
	}
	return out, counted(len(out), n, err)
}

func (d *valueDecoder) int64s(dst []int64, kind encodingKind, body []byte, n int) (out []int64, err error) {
	if kind == encodingDelta {
		out, err = d.delta.DecodeInt64(grow(dst, n)[:0], body)
	} else if len(body) == 8*n {
		out, err = d.plain.DecodeInt64(grow(dst, n)[:0], body)
	}
	return out, counted(len(out), n, err)
}

func (d *valueDecoder) doubles(dst []float64, body []byte, n int) (out []float64, err error) {
	if len(body) == 8*n {
		out, err = d.plain.DecodeDouble(grow(dst, n)[:0], body)
	}
	return out, counted(len(out), n, err)
}

func (d *valueDecoder) texts(data []byte, off []uint32, kind encodingKind, body []byte, n int) ([]byte, []uint32, error) {
	if n == 0 {
		return data[:0], append(off[:0], 0), nil
	}
	var err error
	if kind == encodingDeltaLength {
		data, off, err = d.text.DecodeByteArray(data[:0], body, grow(off, n+1)[:0])
	} else {
		data, off, err = plainTexts(data, off, body, n)
	}
	if err == nil && len(off) > 0 && int(off[len(off)-1]) != len(data) {
		err = fmt.Errorf("%d bytes of text where %d are due", len(data), off[len(off)-1])
	}
	return data, off, counted(len(off), n+1, err)
}

// plainTexts decodes PLAIN byte arrays. parquet-go's decoder sizes its output from the first value; here the size is known:
// the body without its n lengths.
func plainTexts(data []byte, off []uint32, body []byte, n int) ([]byte, []uint32, error) {
	if len(body) < 4*n {
		return nil, nil, fmt.Errorf("%d bytes for %d texts", len(body), n)
	}
	data, off = grow(data, len(body)-4*n)[:0], append(grow(off, n+1)[:0], 0)
	for range n {
		if len(body) < 4 {
			return nil, nil, fmt.Errorf("texts end early")
		}
		size := int(binary.LittleEndian.Uint32(body))
		if size > len(body)-4 {
			return nil, nil, fmt.Errorf("a text of %d bytes where %d are left", size, len(body)-4)
		}
		data = append(data, body[4:4+size]...)
		off = append(off, uint32(len(data)))
		body = body[4+size:]
	}
	if len(body) > 0 {
		return nil, nil, fmt.Errorf("%d bytes after the last text", len(body))
	}
	return data, off, nil
}

func counted(got, want int, err error) error {
	if err == nil && got != want {
		return fmt.Errorf("%d values where %d are due", got, want)
	}
	return err
}

// deltaCount reads the number of values from a DELTA_BINARY_PACKED header: block size, miniblocks, count.
func deltaCount(body []byte) (count uint64, err error) {
	for range 3 {
		v, n := binary.Uvarint(body)
		if n <= 0 {
			return 0, fmt.Errorf("a delta header ends early")
		}
		count, body = v, body[n:]
	}
	return count, nil
}

// levels decodes n definition levels of 0 or 1.
func (d *valueDecoder) levels(dst, body []byte, n int) ([]byte, error) {
	if _, err := scanRuns(body, 1, n); err != nil {
		return nil, err
	}
	d.level.BitWidth = 1
	out, err := d.level.DecodeLevels(grow(dst, n)[:0], body)
	if err != nil {
		return nil, fmt.Errorf("decode %d levels: %w", n, err)
	}
	if len(out) < n {
		return nil, fmt.Errorf("%d levels where %d are due", len(out), n)
	}
	return out[:n], nil
}

// codes decodes n dictionary codes and reports whether they are one run. Every code is below entries.
func (d *valueDecoder) codes(body []byte, n, entries int) (codes []int32, single bool, err error) {
	if n == 0 {
		return d.codeb[:0], false, nil
	}
	if len(body) == 0 || body[0] > 31 {
		return nil, false, fmt.Errorf("codes without a bit width")
	}
	single, err = scanRuns(body[1:], int(body[0]), n)
	if err != nil {
		return nil, false, err
	}
	out, err := d.rle.DecodeInt32(grow(d.codeb, n)[:0], body)
	if err != nil {
		return nil, false, fmt.Errorf("decode %d codes: %w", n, err)
	}
	if len(out) < n {
		return nil, false, fmt.Errorf("%d codes where %d are due", len(out), n)
	}
	d.codeb = out
	return out[:n], single, below(out[:n], entries)
}

// below checks that all codes lie under limit. Codes are taken in pairs as one 64-bit number: subtracting each half from
// limit-1 sets its sign bit when it is too large, and a borrow between the halves happens only then.
func below(codes []int32, limit int) error {
	const signs = 1<<63 | 1<<31
	top := uint64(limit-1)<<32 | uint64(limit-1)
	over := uint64(0)
	var pairs []uint64
	if len(codes) > 1 { // one code is no whole pair to point to
		pairs = unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(codes))), len(codes)/2)
	}
	for len(pairs) >= 4 {
		p := pairs[:4]
		over |= p[0] | (top - p[0]) | p[1] | (top - p[1]) | p[2] | (top - p[2]) | p[3] | (top - p[3])
		pairs = pairs[4:]
	}
	for _, p := range pairs {
		over |= p | (top - p)
	}
	if len(codes)%2 == 1 {
		last := uint64(uint32(codes[len(codes)-1]))
		over |= last | (top - last)
	}
	if over&signs != 0 {
		return fmt.Errorf("a code outside the dictionary of %d entries", limit)
	}
	return nil
}

// scanRuns walks the runs of an RLE/bit-packed hybrid and fails when they hold fewer than n values or more than bit-packing's
// padding allows. single tells that one repeated run covers all.
func scanRuns(body []byte, width, n int) (single bool, err error) {
	total := uint64(0)
	for i := 0; len(body) > 0; i++ {
		h, k := binary.Uvarint(body)
		if k <= 0 {
			return false, fmt.Errorf("a run's header ends early")
		}
		count, size := h>>1, uint64(width+7)/8
		if h&1 == 1 {
			count, size = 8*(h>>1), (h>>1)*uint64(width)
		} else if i == 0 && count >= uint64(n) {
			single = true
		}
		if h>>1 > uint64(n) || size > uint64(len(body)-k) {
			return false, fmt.Errorf("a run of %d values where %d are due", count, n)
		}
		total += count
		body = body[k+int(size):]
	}
	if total < uint64(n) || total > uint64(n)+7 {
		return false, fmt.Errorf("runs of %d values where %d are due", total, n)
	}
	return single, nil
}
