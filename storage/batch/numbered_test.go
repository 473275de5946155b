package batch_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

func textColumn(texts []string, null func(i int) bool) *batch.Vector {
	b := batch.NewBuilder(schema.TypeVarchar, len(texts))
	for i, s := range texts {
		if null(i) {
			b.Null()
		} else {
			b.Text(s)
		}
	}
	return b.Finish()
}

func never(int) bool { return false }

// TestNumbersOfForms compares the parsing of columns with that of each text, whatever the lengths of prefix and digits.
func TestNumbersOfForms(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for prefix := range 12 {
		for width := 1; width <= 18; width++ {
			head := "ID-patient:x"[12-prefix:]
			texts := make([]string, 1+rnd.IntN(40))
			for i := range texts {
				n := rnd.Uint64N(1 << 32)
				for m := uint64(1); m < 1<<32 && width < 10; m *= 10 {
					if len(fmt.Sprint(n)) > width {
						n /= 10
					}
				}
				texts[i] = fmt.Sprintf("%s%0*d", head, width, n)
			}
			null := func(i int) bool { return i%7 == 3 }
			v := textColumn(texts, null)
			got := batch.Numbers(v)
			if width > 16 {
				if got != nil {
					t.Fatalf("%q is numbered", texts[0])
				}
				continue
			}
			if got == nil {
				t.Fatalf("%q is not numbered", texts)
			}
			flat := got.Flatten()
			for i, s := range texts {
				if null(i) {
					if !flat.IsNull(i) || !got.IsNull(i) {
						t.Fatalf("row %d is not NULL", i)
					}
					continue
				}
				if n, ok := got.Digits.Parse([]byte(s)); !ok || n != got.N[i] {
					t.Fatalf("%q is %d in the column, %d, %v alone", s, got.N[i], n, ok)
				}
				if string(got.Bytes(i)) != s || string(flat.Bytes(i)) != s || got.Value(i).S != s {
					t.Fatalf("%q came back as %q and %q", s, got.Bytes(i), flat.Bytes(i))
				}
			}
		}
	}
}

// TestNumbersRefused is what no column of numbers may hold.
func TestNumbersRefused(t *testing.T) {
	for _, texts := range [][]string{
		{"P0001", "P0002", "Q0003"},
		{"P0001", "P0002", "P003"},
		{"P0001", ""},
		{"", "P0001"},
		{"P0001", "P00x1"},
		{"P0001", "P000:"},
		{"P0001", "P000/"},
		{"P0001", "P1-01"},
		{"P12345678901", "P99999999999"},
		{"9999999999", "4294967295"},
		{"P", "P"},
		{"P00000000000000000001"},
		{"P000000001", "P00000000\xb1"},
		{"abcdefghijk01", "abcdefghijl01"},
	} {
		if v := batch.Numbers(textColumn(texts, never)); v != nil {
			t.Errorf("%q is numbered: %v %v", texts, v.N, v.Digits)
		}
	}
	all := textColumn([]string{"P1", "P2"}, func(int) bool { return true })
	if batch.Numbers(all) != nil {
		t.Error("NULLs alone are numbered")
	}
}

// FuzzNumbers compares columns with their texts one by one.
func FuzzNumbers(f *testing.F) {
	f.Add([]byte("P0001\nP0002\nP0003"))
	f.Add([]byte("ABCDEFGHIJ1234567890123\nABCDEFGHIJ0000000000001"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var texts []string
		for part := range bytes.SplitSeq(in, []byte{'\n'}) {
			texts = append(texts, string(part))
		}
		v := textColumn(texts, never)
		got := batch.Numbers(v)
		if got == nil {
			return
		}
		for i, s := range texts {
			if n, ok := got.Digits.Parse([]byte(s)); !ok || n != got.N[i] || string(got.Bytes(i)) != s {
				t.Fatalf("%q became %d", s, got.N[i])
			}
		}
	})
}

func TestNumberedReshaped(t *testing.T) {
	texts := make([]string, 100)
	for i := range texts {
		texts[i] = fmt.Sprintf("S%07d", i*i)
	}
	text := textColumn(texts, func(i int) bool { return i%5 == 0 })
	v := batch.Numbers(text)
	rows := []int32{1, 4, 5, 99, 7}
	for name, pair := range map[string][2]*batch.Vector{
		"slice":  {v.Slice(3, 50), text.Slice(3, 50)},
		"gather": {v.Gather(rows), text.Gather(rows)},
	} {
		for i := range pair[0].Len {
			if a, b := pair[0].Value(i), pair[1].Value(i); a.Compare(b) != 0 || a.Null != b.Null {
				t.Fatalf("%s: row %d is %v, not %v", name, i, a, b)
			}
		}
	}
	b := batch.NewBuilder(schema.TypeVarchar, 0)
	b.Append(v, rows)
	if got := b.Finish(); string(got.Bytes(0)) != texts[1] || !got.IsNull(2) {
		t.Fatalf("appended %q", got.Bytes(0))
	}
}

func BenchmarkNumbers(b *testing.B) {
	for _, form := range []string{"P%09d", "H%04d", "S%012d"} {
		texts := make([]string, 16384)
		for i := range texts {
			texts[i] = fmt.Sprintf(form, i*7919%10000)
		}
		v := textColumn(texts, never)
		n := batch.Numbers(v)
		b.Run(fmt.Sprintf("parse/"+form, 0), func(b *testing.B) {
			b.SetBytes(int64(len(v.Data)))
			for b.Loop() {
				batch.Numbers(v)
			}
		})
		b.Run(fmt.Sprintf("spell/"+form, 0), func(b *testing.B) {
			b.SetBytes(int64(len(v.Data)))
			for b.Loop() {
				n.Flatten()
			}
		})
	}
}
