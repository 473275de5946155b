package segment

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/parquet-go/parquet-go/encoding/bytestreamsplit"
	"github.com/parquet-go/parquet-go/encoding/delta"
)

// Parquet's encodings, as numbered in parquet.thrift.
const (
	parquetEncPlain           = 0
	parquetEncPlainDictionary = 2
	parquetEncRLE             = 3
	parquetEncBitPacked       = 4
	parquetEncDelta           = 5
	parquetEncDeltaLength     = 6
	parquetEncDeltaBytes      = 7
	parquetEncDictionary      = 8
	parquetEncSplit           = 9
)

// valueKind says how the values of a page are walked.
type valueKind uint8

const (
	valueCodes   valueKind = iota
	valueFixed             // PLAIN, of one width
	valueTexts             // PLAIN byte arrays
	valueBits              // PLAIN booleans
	valueRuns              // RLE booleans
	valueDecoded           // decoded as a whole: encodings that cannot be entered in the middle
)

// foreignValues walks the values of one page, NULLs left out.
type foreignValues struct {
	kind    valueKind
	leaf    *leaf
	body    []byte
	at      int // byte of body, or value for bits and decoded
	left    int
	codes   hybrid
	decoded payload
	scratch foreignScratch
}

// foreignScratch is memory that decoders of whole pages use again.
type foreignScratch struct {
	long  []int64
	texts []byte
	ends  []uint32
	fixed []byte
	bits  []int32
}

// maxPageValues bounds pages that are decoded as a whole: a few bytes can stand for any number of equal deltas.
const maxPageValues = 1 << 24

// begin points at a page of n values.
func (v *foreignValues) begin(l *leaf, encoding int32, body []byte, n int) error {
	v.leaf, v.body, v.at, v.left = l, body, 0, n
	switch encoding {
	case parquetEncDictionary, parquetEncPlainDictionary:
		v.kind = valueCodes
		return v.beginCodes(n)
	case parquetEncPlain:
		return v.beginPlain(n)
	case parquetEncRLE:
		return v.beginBooleans()
	}
	v.kind = valueDecoded
	v.decoded.reset()
	if n == 0 {
		return nil
	}
	if n > maxPageValues {
		return fmt.Errorf("a page of %d values by encoding %d, which is decoded as a whole: the limit max_page_values is %d", n, encoding, maxPageValues)
	}
	if err := v.decode(encoding, n); err != nil {
		return err
	}
	if got := v.decoded.len(l.typ.Class()); got != n {
		return fmt.Errorf("%d values where %d are due", got, n)
	}
	return nil
}

func (v *foreignValues) beginCodes(n int) error {
	if n == 0 {
		v.codes.reset(nil, 0)
		return nil
	}
	if len(v.body) == 0 || v.body[0] > 32 {
		return fmt.Errorf("codes without a bit width")
	}
	v.codes.reset(v.body[1:], uint(v.body[0]))
	return nil
}

func (v *foreignValues) beginPlain(n int) error {
	switch {
	case v.leaf.form == formBool:
		v.kind = valueBits
		if len(v.body) < (n+7)/8 {
			return fmt.Errorf("%d bytes for %d booleans", len(v.body), n)
		}
	case v.leaf.width > 0:
		v.kind = valueFixed
		if len(v.body) != n*v.leaf.width {
			return fmt.Errorf("%d bytes for %d values of %d", len(v.body), n, v.leaf.width)
		}
	default:
		v.kind = valueTexts
		if len(v.body) < 4*n {
			return fmt.Errorf("%d bytes for %d texts", len(v.body), n)
		}
	}
	return nil
}

// beginBooleans reads RLE booleans: four bytes of length, then runs of one bit.
func (v *foreignValues) beginBooleans() error {
	v.kind = valueRuns
	if v.leaf.form != formBool || len(v.body) < 4 || uint64(binary.LittleEndian.Uint32(v.body)) > uint64(len(v.body)-4) {
		return fmt.Errorf("RLE on a column that is not boolean, or with a wrong length")
	}
	v.codes.reset(v.body[4:4+binary.LittleEndian.Uint32(v.body)], 1)
	return nil
}

// append converts the next n values. Codes are not for this: see hybrid.append.
func (v *foreignValues) append(p *payload, n int) (err error) {
	if n > v.left {
		return fmt.Errorf("%d values where %d are left", n, v.left)
	}
	v.left -= n
	switch v.kind {
	case valueFixed:
		raw := v.body[v.at : v.at+n*v.leaf.width]
		v.at += len(raw)
		return v.leaf.appendFixed(p, raw, n)
	case valueTexts:
		used, err := v.leaf.appendTexts(p, v.body[v.at:], n)
		v.at += used
		return err
	case valueBits:
		for i := v.at; i < v.at+n; i++ {
			p.ints = append(p.ints, int64(v.body[i>>3]>>(i&7)&1))
		}
		v.at += n
	case valueRuns:
		if v.scratch.bits, err = v.codes.append(v.scratch.bits[:0], n); err != nil {
			return err
		}
		for _, b := range v.scratch.bits {
			p.ints = append(p.ints, int64(b&1))
		}
	case valueDecoded:
		p.appendFrom(&v.decoded, v.leaf.typ.Class(), v.at, n)
		v.at += n
		return p.room(0)
	case valueCodes:
		return fmt.Errorf("BUG: codes taken for values")
	}
	return nil
}

// skip passes over n values.
func (v *foreignValues) skip(n int) (err error) {
	if n > v.left {
		return fmt.Errorf("%d values where %d are left", n, v.left)
	}
	v.left -= n
	switch v.kind {
	case valueCodes, valueRuns:
		return v.codes.skip(n)
	case valueFixed:
		v.at += n * v.leaf.width
	case valueTexts:
		used, err := skipTexts(v.body[v.at:], n)
		v.at += used
		return err
	default:
		v.at += n
	}
	return nil
}

// decode decodes the whole page by an encoding that has to be read from its start.
func (v *foreignValues) decode(encoding int32, n int) error {
	switch {
	case encoding == parquetEncDelta && (v.leaf.physical == parquetInt32 || v.leaf.physical == parquetInt64):
		return v.decodeDelta(n)
	case encoding == parquetEncDeltaLength && v.leaf.physical == parquetBytes:
		return v.decodeDeltaLength(n)
	case encoding == parquetEncDeltaBytes && (v.leaf.physical == parquetBytes || v.leaf.physical == parquetFixed):
		return v.decodeDeltaBytes(n)
	case encoding == parquetEncSplit && v.leaf.width > 0:
		return v.decodeSplit(n)
	}
	return fmt.Errorf("the encoding %d is unknown for physical type %d", encoding, v.leaf.physical)
}

// decodeDelta decodes 32-bit columns as 64-bit ones and cuts the values: some writers count in unsigned numbers, some wrap around, and
// modulo 2^32 all mean the same.
func (v *foreignValues) decodeDelta(n int) (err error) {
	if got, err := deltaCount(v.body); err != nil || got != uint64(n) {
		return fmt.Errorf("a delta header of %d values where %d are due", got, n)
	}
	var enc delta.BinaryPackedEncoding
	s := &v.scratch
	if s.long, err = enc.DecodeInt64(grow(s.long, n)[:0], v.body); err != nil {
		return err
	}
	out := append(v.decoded.ints, s.long...)
	v.decoded.ints = out
	switch {
	case v.leaf.form == formUint32:
		for i, x := range out {
			out[i] = int64(uint32(x))
		}
	case v.leaf.physical == parquetInt32:
		for i, x := range out {
			out[i] = int64(int32(x))
		}
	}
	return v.leaf.finishInts(out)
}

func (v *foreignValues) decodeDeltaLength(n int) (err error) {
	if got, err := deltaCount(v.body); err != nil || got != uint64(n) {
		return fmt.Errorf("a delta header of %d lengths where %d are due", got, n)
	}
	var enc delta.LengthByteArrayEncoding
	s := &v.scratch
	if s.texts, s.ends, err = enc.DecodeByteArray(s.texts[:0], v.body, grow(s.ends, n+1)[:0]); err != nil {
		return err
	}
	return v.takeTexts(n)
}

// takeTexts converts what scratch holds.
func (v *foreignValues) takeTexts(n int) error {
	s := &v.scratch
	if len(s.ends) != n+1 || int(s.ends[n]) > len(s.texts) {
		return fmt.Errorf("%d texts where %d are due", len(s.ends)-1, n)
	}
	if v.leaf.form == formText {
		v.decoded.off = append(v.decoded.off[:0], s.ends...)
		v.decoded.data = append(v.decoded.data[:0], s.texts[:s.ends[n]]...)
		return v.decoded.checkText(0, n)
	}
	for i := range n {
		if err := v.leaf.appendBytes(&v.decoded, s.texts[s.ends[i]:s.ends[i+1]]); err != nil {
			return err
		}
	}
	return nil
}

// decodeDeltaBytes reads DELTA_BYTE_ARRAY: lengths of shared prefixes, lengths of suffixes, suffixes. It is read here because a
// prefix may be shared ever again: the size of what comes out is bounded before it is made.
func (v *foreignValues) decodeDeltaBytes(n int) (err error) {
	s := &v.scratch
	prefixes, rest, err := deltaLengths(v.body, n)
	if err != nil {
		return err
	}
	suffixes, rest, err := deltaLengths(rest, n)
	if err != nil {
		return err
	}
	s.texts, s.ends = s.texts[:0], append(s.ends[:0], 0)
	last := 0
	for i := range n {
		p, k := int(prefixes[i]), int(suffixes[i])
		if p < 0 || k < 0 || p > len(s.texts)-last || k > len(rest) || len(s.texts)+p+k > maxTextBytes {
			return fmt.Errorf("a text of a prefix of %d and a suffix of %d bytes, %d are left", p, k, len(rest))
		}
		at := len(s.texts)
		s.texts = append(s.texts, s.texts[last:last+p]...)
		s.texts = append(s.texts, rest[:k]...)
		rest, last = rest[k:], at
		s.ends = append(s.ends, uint32(len(s.texts)))
		if v.leaf.width > 0 && p+k != v.leaf.width {
			return fmt.Errorf("a value of %d bytes where %d are due", p+k, v.leaf.width)
		}
	}
	return v.takeTexts(n)
}

// deltaLengths decodes n numbers and returns what follows them.
func deltaLengths(body []byte, n int) (lengths []int32, rest []byte, err error) {
	end, err := deltaEnd(body, n)
	if err != nil {
		return nil, nil, err
	}
	var enc delta.BinaryPackedEncoding
	lengths, err = enc.DecodeInt32(make([]int32, 0, n), body[:end])
	return lengths, body[end:], counted(len(lengths), n, err)
}

// deltaEnd walks the blocks of DELTA_BINARY_PACKED, which do not tell their length.
func deltaEnd(body []byte, n int) (int, error) {
	at := 0
	next := func() uint64 {
		v, k := binary.Uvarint(body[min(at, len(body)):])
		if k <= 0 {
			at = len(body) + 1
			return 0
		}
		at += k
		return v
	}
	block, minis, count := next(), next(), next()
	next() // the first value
	if at > len(body) || count != uint64(n) || minis == 0 || minis > 1<<10 || block == 0 || block > 1<<20 || block%(minis*8) != 0 {
		return 0, fmt.Errorf("a delta header of %d values in blocks of %d by %d, where %d are due", count, block, minis, n)
	}
	per := int(block / minis)
	for left := n - 1; left > 0; {
		next() // the block's least delta
		if at > len(body) || int(minis) > len(body)-at {
			return 0, fmt.Errorf("delta blocks end early")
		}
		widths := body[at : at+int(minis)]
		at += int(minis)
		for _, w := range widths {
			if left <= 0 {
				break
			}
			if w > 64 {
				return 0, fmt.Errorf("deltas of %d bits", w)
			}
			at += per / 8 * int(w)
			left -= per
		}
	}
	if at > len(body) {
		return 0, fmt.Errorf("delta blocks end early")
	}
	return at, nil
}

func (v *foreignValues) decodeSplit(n int) (err error) {
	w := v.leaf.width
	if len(v.body) != n*w {
		return fmt.Errorf("%d bytes for %d values of %d", len(v.body), n, w)
	}
	var enc bytestreamsplit.Encoding
	s := &v.scratch
	if s.fixed, err = enc.DecodeFixedLenByteArray(grow(s.fixed, len(v.body))[:0], v.body, w); err != nil {
		return err
	}
	if len(s.fixed) != n*w || n > math.MaxInt32 {
		return fmt.Errorf("%d bytes for %d values of %d", len(s.fixed), n, w)
	}
	return v.leaf.appendFixed(&v.decoded, s.fixed, n)
}
