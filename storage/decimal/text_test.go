package decimal_test

import (
	"strings"
	"testing"

	"github.com/assaydb/assay/storage/decimal"
)

// FuzzParse writes what it reads: the text comes back save for signs and leading zeros.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"0", "-1.50", "+.5", "5.", "007", "99999999999999999999999999999999999999", "1e5", "--1", ".", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		x, scale, ok := decimal.Parse(s)
		if !ok {
			return
		}
		again, scale2, ok := decimal.Parse(x.Append(nil, scale))
		if !ok || again != x || scale2 != scale {
			t.Fatalf("%q is %s at %d, read again %s at %d", s, x, scale, again, scale2)
		}
		if strings.Trim(s, "+-.0123456789") != "" {
			t.Fatalf("%q was taken for a number", s)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	s := []byte("12345.67")
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		if _, _, ok := decimal.Parse(s); !ok {
			b.Fatal("not a number")
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	x, buf := decimal.FromInt64(1234567), make([]byte, 0, 64)
	b.SetBytes(8)
	for b.Loop() {
		buf = x.Append(buf[:0], 2)
	}
}

func BenchmarkArithmetic(b *testing.B) {
	x, y := decimal.FromInt64(1234567), decimal.FromInt64(89)
	b.Run("mul", func(b *testing.B) {
		b.SetBytes(32)
		for b.Loop() {
			x.Mul(y)
		}
	})
	b.Run("quotient", func(b *testing.B) {
		b.SetBytes(32)
		for b.Loop() {
			x.QuoRem(y)
		}
	})
}
