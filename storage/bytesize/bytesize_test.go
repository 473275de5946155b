package bytesize_test

import (
	"math"
	"testing"

	"github.com/assaydb/assay/storage/bytesize"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "17": 17, "17B": 17, "4GiB": 4 << 30, "4gib": 4 << 30, "50GB": 50e9, "1.5 MiB": 3 << 19, "2k": 2000, "2Ki": 2048, " 1TB ": 1e12,
	} {
		if got, err := bytesize.Parse(text); err != nil || got != want {
			t.Errorf("Parse(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "GiB", "-1", "1 XB", "1e400", "99999999PB", "4 Gi B", "1..5k", "NaN", "inf"} {
		if got, err := bytesize.Parse(text); err == nil {
			t.Errorf("Parse(%q) = %d, want an error", text, got)
		}
	}
}

func TestFormat(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1536: "1.5 KiB", 1 << 30: "1.0 GiB", 1<<30 - 1: "1.0 GiB", math.MinInt64: "-8192.0 PiB"} {
		if got := bytesize.Format(n); got != want {
			t.Errorf("Format(%d) = %q, want %q", n, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"4GiB", "1.5 mb", "", "-3", "9223372036854775807"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := bytesize.Parse(s); err == nil && n < 0 {
			t.Errorf("Parse(%q) = %d", s, n)
		}
	})
}
