package contest

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/assaydb/assay/bench/engine"
)

// tolerance is how far inexact numbers may lie apart, relative to the larger: they agree in six significant digits.
const tolerance = 1e-6

// Difference compares two answers value by value and tells the first difference, or "" when they are equal. Numbers of columns that
// either engine computes in binary floating point agree to six significant digits, or to the last digit that the other engine's decimal
// type keeps; all others agree exactly (2.50 equals 2.5), times whatever their form. Rows may stand in another order where the question leaves it open: rows that differ in place are compared
// once more in sorted order.
func Difference(a, b *engine.Answer) string {
	if len(a.Columns) != len(b.Columns) {
		return fmt.Sprintf("%d columns against %d", len(a.Columns), len(b.Columns))
	}
	if len(a.Rows) != len(b.Rows) {
		return fmt.Sprintf("%d rows against %d", len(a.Rows), len(b.Rows))
	}
	inexact := make([]bool, len(a.Columns))
	for i := range inexact {
		inexact[i] = a.Columns[i].Inexact || b.Columns[i].Inexact
	}
	left, right := readAll(a, inexact), readAll(b, inexact)
	first := differ(left, right, a.Columns)
	if first == "" {
		return ""
	}
	slices.SortFunc(left, compareRows)
	slices.SortFunc(right, compareRows)
	if differ(left, right, a.Columns) == "" {
		return ""
	}
	return first
}

// value is a cell in a form that can be compared.
type value struct {
	text    string   // what the engine wrote, timestamps in one form
	number  *big.Rat // nil for what is no number
	null    bool
	inexact bool    // to be compared as an inexact number
	unit    float64 // of the last digit that a decimal type keeps; 0 for binary floating point
}

func readAll(a *engine.Answer, inexact []bool) [][]value {
	out := make([][]value, len(a.Rows))
	for i, row := range a.Rows {
		out[i] = make([]value, len(row))
		for j, cell := range row {
			v := read(cell)
			v.inexact = inexact[j]
			if _, fraction, ok := strings.Cut(v.text, "."); ok && !a.Columns[j].Inexact {
				v.unit = math.Pow10(-len(fraction))
			}
			out[i][j] = v
		}
	}
	return out
}

var timestamp = regexp.MustCompile(`^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?Z?$`)

func read(cell *string) value {
	if cell == nil {
		return value{null: true}
	}
	v := value{text: *cell}
	if m := timestamp.FindStringSubmatch(v.text); m != nil {
		v.text = m[1] + " " + m[2] + strings.TrimRight(strings.TrimRight(m[3], "0"), ".")
		return v
	}
	switch v.text {
	case "true":
		v.text = "1"
	case "false":
		v.text = "0"
	}
	// Rat reads fractions and hexadecimals too, ParseFloat knows which text is a plain number.
	if f, err := strconv.ParseFloat(v.text, 64); err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) && !strings.ContainsAny(v.text, "_xXpP") {
		v.number, _ = new(big.Rat).SetString(v.text)
	}
	return v
}

func (v value) equal(w value) bool {
	if v.null || w.null {
		return v.null && w.null
	}
	if v.number == nil || w.number == nil {
		return v.text == w.text
	}
	if !v.inexact {
		return v.number.Cmp(w.number) == 0
	}
	a, _ := v.number.Float64()
	b, _ := w.number.Float64()
	// A decimal type rounds its last digit, or cuts what follows it.
	return math.Abs(a-b) <= max(math.Abs(a), math.Abs(b))*tolerance+max(v.unit, w.unit)*1.000001
}

func compareRows(a, b []value) int {
	for i := range a {
		if c := a[i].compare(b[i]); c != 0 {
			return c
		}
	}
	return 0
}

// compare orders exact values; inexact ones of two engines may not decide an order, since they differ in their last digits.
func (v value) compare(w value) int {
	switch {
	case v.null || w.null:
		return cmp.Compare(flag(!v.null), flag(!w.null))
	case v.number != nil && w.number != nil && v.inexact:
		a, _ := v.number.Float64()
		b, _ := w.number.Float64()
		return cmp.Compare(strconv.FormatFloat(a, 'e', 3, 64), strconv.FormatFloat(b, 'e', 3, 64))
	case v.number != nil && w.number != nil:
		return v.number.Cmp(w.number)
	}
	return cmp.Compare(v.text, w.text)
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func differ(a, b [][]value, columns []engine.Column) string {
	for i := range a {
		for j := range a[i] {
			if !a[i][j].equal(b[i][j]) {
				return fmt.Sprintf("row %d, column %s: %s against %s", i+1, columns[j].Name, a[i][j], b[i][j])
			}
		}
	}
	return ""
}

func (v value) String() string {
	if v.null {
		return "NULL"
	}
	return strconv.Quote(v.text)
}
