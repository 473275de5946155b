package segment

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// payload is dense values of one class, gathered piece by piece; its buffers are reused.
type payload struct {
	ints   []int64
	wide   []decimal.Int128
	floats []float64
	off    []uint32
	data   []byte
}

func (p *payload) reset() {
	p.ints, p.wide, p.floats, p.data = p.ints[:0], p.wide[:0], p.floats[:0], p.data[:0]
	p.off = append(p.off[:0], 0)
}

// fill puts the values into a vector of n of them.
func (p *payload) fill(v *batch.Vector) {
	switch v.Type.Class() {
	case schema.ClassInt64:
		v.I = p.ints
	case schema.ClassInt128:
		v.W = p.wide
	case schema.ClassFloat64:
		v.F = p.floats
	case schema.ClassBytes:
		v.Off, v.Data = p.off, p.data
	}
}

// len counts the values of a class.
func (p *payload) len(c schema.Class) int {
	switch c {
	case schema.ClassInt64:
		return len(p.ints)
	case schema.ClassInt128:
		return len(p.wide)
	case schema.ClassFloat64:
		return len(p.floats)
	}
	return len(p.off) - 1
}

// appendFrom copies values at to at+n of another payload.
func (p *payload) appendFrom(q *payload, c schema.Class, at, n int) {
	switch c {
	case schema.ClassInt64:
		p.ints = append(p.ints, q.ints[at:at+n]...)
	case schema.ClassInt128:
		p.wide = append(p.wide, q.wide[at:at+n]...)
	case schema.ClassFloat64:
		p.floats = append(p.floats, q.floats[at:at+n]...)
	case schema.ClassBytes:
		shift := uint32(len(p.data)) - q.off[at]
		p.data = append(p.data, q.data[q.off[at]:q.off[at+n]]...)
		for _, o := range q.off[at+1 : at+n+1] {
			p.off = append(p.off, o+shift)
		}
	}
}

// appendCodes copies the entries that codes name.
func (p *payload) appendCodes(entries *batch.Vector, codes []int32) {
	for _, k := range codes {
		switch entries.Type.Class() {
		case schema.ClassInt64:
			p.ints = append(p.ints, entries.I[k])
		case schema.ClassInt128:
			p.wide = append(p.wide, entries.W[k])
		case schema.ClassFloat64:
			p.floats = append(p.floats, entries.F[k])
		case schema.ClassBytes:
			p.data = append(p.data, payloadBytes(entries, int(k))...)
			p.off = append(p.off, uint32(len(p.data)))
		}
	}
}

// maxTextBytes bounds the text of one page in memory.
const maxTextBytes = 1 << 30

// room fails when n more bytes of text would pass the limit.
func (p *payload) room(n int) error {
	if len(p.data)+n > maxTextBytes {
		return fmt.Errorf("the texts of %d rows take more than %d bytes, the limit of max_page_text", len(p.off), maxTextBytes)
	}
	return nil
}

// appendFixed converts n values of the leaf's fixed width.
func (l *leaf) appendFixed(p *payload, raw []byte, n int) error {
	switch l.form {
	case formInt32, formUint32:
		return l.appendInt32(p, raw, n)
	case formInt64, formMillis, formNanos:
		at := len(p.ints)
		p.ints = reserve(p.ints, n)[:at+n]
		out := p.ints[at:]
		for i := range out {
			out[i] = int64(binary.LittleEndian.Uint64(raw[8*i:]))
		}
		return l.finishInts(out)
	case formInt96:
		return l.appendInt96(p, raw, n)
	case formFloat, formDouble:
		l.appendFloats(p, raw, n)
		return nil
	}
	for i := range n {
		if err := l.appendBytes(p, raw[i*l.width:(i+1)*l.width]); err != nil {
			return err
		}
	}
	return nil
}

func (l *leaf) appendInt32(p *payload, raw []byte, n int) error {
	at := len(p.ints)
	p.ints = reserve(p.ints, n)[:at+n]
	out := p.ints[at:]
	if l.form == formUint32 {
		for i := range out {
			out[i] = int64(binary.LittleEndian.Uint32(raw[4*i:]))
		}
		return nil
	}
	for i := range out {
		out[i] = int64(int32(binary.LittleEndian.Uint32(raw[4*i:])))
	}
	return l.finishInts(out)
}

// finishInts brings stored integers to our units and checks their range.
func (l *leaf) finishInts(x []int64) error {
	switch l.form {
	case formMillis:
		for i, v := range x {
			if v > math.MaxInt64/1000 || v < math.MinInt64/1000 {
				return l.outside(v, "milliseconds")
			}
			x[i] = v * 1000
		}
	case formNanos:
		for i, v := range x {
			if v%1000 != 0 {
				return fmt.Errorf("the timestamp of %d nanoseconds has digits below a microsecond, which TIMESTAMP cannot hold", v)
			}
			x[i] = v / 1000
		}
	}
	if !l.ranged {
		return nil
	}
	bad := int64(0)
	for _, v := range x {
		bad |= (v - l.lo) | (l.hi - v)
	}
	if bad >= 0 {
		return nil
	}
	for _, v := range x { // which one, and whether it was not the sums that wrapped
		if v < l.lo || v > l.hi {
			return l.outside(v, "")
		}
	}
	return nil
}

func (l *leaf) outside(v int64, unit string) error {
	return fmt.Errorf("the stored value %d%s is outside of what %s holds", v, unit, l.typ)
}

// appendInt96 reads nanoseconds of a day, then its Julian number.
func (l *leaf) appendInt96(p *payload, raw []byte, n int) error {
	for i := range n {
		nanos, day := int64(binary.LittleEndian.Uint64(raw[12*i:])), int64(int32(binary.LittleEndian.Uint32(raw[12*i+8:])))
		if nanos%1000 != 0 {
			return fmt.Errorf("a timestamp has digits below a microsecond (%d nanoseconds of its day), which TIMESTAMP cannot hold", nanos)
		}
		if nanos < 0 || nanos >= 2*microsPerDay*1000 || day < julianEpoch+firstDay || day > julianEpoch+lastDay {
			return fmt.Errorf("the stored timestamp (day %d, %d nanoseconds) is outside of what TIMESTAMP holds", day, nanos)
		}
		p.ints = append(p.ints, (day-julianEpoch)*microsPerDay+nanos/1000)
	}
	return l.finishInts(p.ints[len(p.ints)-n:])
}

func (l *leaf) appendFloats(p *payload, raw []byte, n int) {
	at := len(p.floats)
	p.floats = reserve(p.floats, n)[:at+n]
	out := p.floats[at:]
	if l.form == formFloat {
		for i := range out {
			out[i] = canonical(float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))))
		}
		return
	}
	for i := range out {
		out[i] = canonical(math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:])))
	}
}

// appendTexts converts n PLAIN byte arrays and returns the bytes they took.
func (l *leaf) appendTexts(p *payload, raw []byte, n int) (int, error) {
	at, from := 0, len(p.data)
	p.off = reserve(p.off, n)
	for range n {
		if len(raw)-at < 4 {
			return 0, fmt.Errorf("texts end early")
		}
		size := int(binary.LittleEndian.Uint32(raw[at:]))
		if at += 4; size > len(raw)-at {
			return 0, fmt.Errorf("a text of %d bytes where %d are left", size, len(raw)-at)
		}
		if l.form != formText {
			if err := l.appendBytes(p, raw[at:at+size]); err != nil {
				return 0, err
			}
		} else {
			p.data = append(p.data, raw[at:at+size]...)
			p.off = append(p.off, uint32(len(p.data)))
		}
		at += size
	}
	if l.form != formText {
		return at, nil
	}
	return at, p.checkText(from, n)
}

// skipTexts passes over n PLAIN byte arrays.
func skipTexts(raw []byte, n int) (int, error) {
	at := 0
	for range n {
		if len(raw)-at < 4 {
			return 0, fmt.Errorf("texts end early")
		}
		size := int(binary.LittleEndian.Uint32(raw[at:]))
		if at += 4; size > len(raw)-at {
			return 0, fmt.Errorf("a text of %d bytes where %d are left", size, len(raw)-at)
		}
		at += size
	}
	return at, nil
}

// checkText makes sure that the last n texts, which begin at a byte of data, are UTF-8: what is not would change on its way out.
func (p *payload) checkText(from, n int) error {
	if err := p.room(0); err != nil {
		return err
	}
	if ascii(p.data[from:]) {
		return nil
	}
	off := p.off[len(p.off)-n-1:]
	for i := range n {
		if t := p.data[off[i]:off[i+1]]; !utf8.Valid(t) {
			return fmt.Errorf("a value of %d bytes is not UTF-8 text (it begins %x)", len(t), t[:min(len(t), 8)])
		}
	}
	return nil
}

func ascii(b []byte) bool {
	high := uint64(0)
	for len(b) >= 8 {
		high |= binary.LittleEndian.Uint64(b)
		b = b[8:]
	}
	for _, c := range b {
		high |= uint64(c)
	}
	return high&0x8080_8080_8080_8080 == 0
}

// appendBytes converts one byte string: a text, a UUID or a decimal.
func (l *leaf) appendBytes(p *payload, b []byte) error {
	switch l.form {
	case formUUID:
		p.data = appendUUID(p.data, b)
		p.off = append(p.off, uint32(len(p.data)))
		return p.room(0)
	case formDecimal:
		return l.appendDecimal(p, b)
	}
	from := len(p.data)
	p.data = append(p.data, b...)
	p.off = append(p.off, uint32(len(p.data)))
	return p.checkText(from, 1)
}

// appendUUID writes 16 bytes as 8-4-4-4-12 hexadecimal digits.
func appendUUID(dst, b []byte) []byte {
	const digits = "0123456789abcdef"
	for i, c := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, digits[c>>4], digits[c&15])
	}
	return dst
}

// appendDecimal reads a big-endian two's complement number of any length.
func (l *leaf) appendDecimal(p *payload, b []byte) error {
	w, ok := wideOf(b)
	if !ok || !w.Fits(int(l.typ.Precision)) {
		return fmt.Errorf("a stored number of %d bytes (%x) has more than the %d digits of %s", len(b), b[:min(len(b), 20)], l.typ.Precision, l.typ)
	}
	if l.typ.Class() == schema.ClassInt128 {
		p.wide = append(p.wide, w)
	} else {
		p.ints = append(p.ints, int64(w.Lo))
	}
	return nil
}

func wideOf(b []byte) (w decimal.Int128, ok bool) {
	if len(b) == 16 {
		return decimal.Int128{Hi: int64(binary.BigEndian.Uint64(b)), Lo: binary.BigEndian.Uint64(b[8:])}, true
	}
	sign := byte(0)
	if len(b) > 0 && b[0]&0x80 != 0 {
		sign = 0xff
	}
	for len(b) > 16 {
		if b[0] != sign {
			return w, false
		}
		b = b[1:]
	}
	if sign != 0 && len(b) > 0 && b[0]&0x80 == 0 || sign == 0 && len(b) > 0 && b[0]&0x80 != 0 {
		return w, false
	}
	var full [16]byte
	for i := range full {
		full[i] = sign
	}
	copy(full[16-len(b):], b)
	return wideOf(full[:])
}
