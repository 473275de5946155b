package datagen

import (
	"context"
	"io"
	"math/bits"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"time"

	"github.com/assaydb/assay/storage/errs"
)

// SampleHeader is the first line of the samples.
const SampleHeader = "sample_id,barcode,order_uuid,patient_id,device,collected_at,amount,quantity\n"

// Samples is a set whose keys are nearly all different: each of Keys sample ids, barcodes and order numbers appears once, and the
// rows that are left over repeat some of them. It is immutable and safe to share.
type Samples struct {
	rows, keys int64
	seed       uint64
	step       uint64 // coprime to keys: the i-th row has key i*step mod keys
}

// NewSamples plans a set.
func NewSamples(rows, keys int64, seed uint64) (*Samples, error) {
	if keys < 1 || rows < keys || rows > 8e9 {
		return nil, errs.New(errs.Invalid, "bad-keys", "%d keys in %d rows: there are from one to as many keys as rows", keys, rows)
	}
	s := &Samples{rows: rows, keys: keys, seed: seed, step: uint64(keys)/2 + 1}
	for gcd(int64(s.step), keys) != 1 {
		s.step++
	}
	return s, nil
}

// WriteFile writes all rows to dir/samples.csv.
func (s *Samples) WriteFile(ctx context.Context, dir string, workers int, told Progress) error {
	return createWhole(filepath.Join(dir, "samples.csv"), func(w io.Writer) error { return s.Write(ctx, w, workers, told) })
}

// Write writes all rows under the header.
func (s *Samples) Write(ctx context.Context, w io.Writer, workers int, told Progress) error {
	return writePieces(ctx, w, SampleHeader, evenPieces(s.rows, s.appendPiece), workers, told)
}

func (s *Samples) appendPiece(dst []byte, first, last int64) []byte {
	d := draw{rand.NewPCG(mix(s.seed^0x5a4b1e), mix(uint64(first)))}
	start := time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := first; i < last; i++ {
		key := d.skewed(uint64(s.keys))
		if i < s.keys {
			hi, lo := bits.Mul64(uint64(i), s.step)
			key = bits.Rem64(hi, lo, uint64(s.keys))
		}
		h := mix(key ^ s.seed<<40)
		dst = coded(dst, "S", key*7919%10_000_000_000, 10)
		dst = number(dst, h>>1)
		dst = append(appendUUID(dst, h, mix(h)), ',')
		dst = coded(dst, "P", mix(key)%uint64(s.keys/5+1), 9)
		dst = number(dst, d.below(100_000))
		dst = append(start.Add(time.Duration(d.below(730*86_400))*time.Second).AppendFormat(dst, time.DateTime), ',')
		dst = scaled(dst, d.skewed(5_000_000), 3)
		dst = append(strconv.AppendUint(dst, d.below(20), 10), '\n')
	}
	return dst
}

// appendUUID appends 36 characters.
func appendUUID(dst []byte, hi, lo uint64) []byte {
	const hex = "0123456789abcdef"
	for i := range 32 {
		if i == 8 || i == 12 || i == 16 || i == 20 {
			dst = append(dst, '-')
		}
		word := hi
		if i >= 16 {
			word = lo
		}
		dst = append(dst, hex[word>>(60-4*(i%16))&15])
	}
	return dst
}
