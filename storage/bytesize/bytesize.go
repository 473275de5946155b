// Package bytesize reads and writes byte counts as people type them: "4GiB", "50GB", "512M", "1048576".
package bytesize

import (
	"math"
	"strconv"
	"strings"

	"github.com/assaydb/assay/storage/errs"
)

// units are powers of 1000 for k, M, G, T, P and of 1024 with an i, as SI and IEC have them.
var units = map[string]float64{
	"": 1, "b": 1,
	"k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "t": 1e12, "tb": 1e12, "p": 1e15, "pb": 1e15,
	"ki": 1 << 10, "kib": 1 << 10, "mi": 1 << 20, "mib": 1 << 20, "gi": 1 << 30, "gib": 1 << 30,
	"ti": 1 << 40, "tib": 1 << 40, "pi": 1 << 50, "pib": 1 << 50,
}

// Parse reads a byte count: a decimal number, then an optional unit in any case, with or without space between.
func Parse(s string) (int64, error) {
	text := strings.TrimSpace(s)
	cut := strings.LastIndexAny(text, "0123456789.") + 1
	unit, known := units[strings.ToLower(strings.TrimSpace(text[cut:]))]
	n, err := strconv.ParseFloat(text[:cut], 64)
	if err != nil || !known || n < 0 || math.IsInf(n, 0) || n*unit >= math.MaxInt64 {
		return 0, errs.New(errs.Invalid, "bad-size", "%q is not a byte count", s).WithHint("write it like 4GiB, 50GB or 1048576")
	}
	return int64(n * unit), nil
}

// Format writes n with a binary unit and at most one decimal: "1.5 GiB".
func Format(n int64) string {
	if n < 0 {
		return "-" + Format(-max(n, -math.MaxInt64))
	}
	if n < 1<<10 {
		return strconv.FormatInt(n, 10) + " B"
	}
	v, i := float64(n)/(1<<10), 0
	for v >= 1023.95 && i < 4 {
		v, i = v/(1<<10), i+1
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " " + "KMGTP"[i:i+1] + "iB"
}
