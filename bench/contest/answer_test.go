package contest_test

import (
	"strings"
	"testing"

	"github.com/assaydb/assay/bench/contest"
	"github.com/assaydb/assay/bench/engine"
)

// answer reads a type line ("exact" or "float" per column) and rows; values are separated by spaces, NULL is NULL, _ an empty string.
func answer(types string, rows ...string) *engine.Answer {
	a := &engine.Answer{}
	for _, t := range strings.Fields(types) {
		a.Columns = append(a.Columns, engine.Column{Name: "c", Inexact: t == "float"})
	}
	for _, line := range rows {
		var row []*string
		for _, cell := range strings.Split(line, "|") {
			v := cell
			if cell == "NULL" {
				row = append(row, nil)
				continue
			}
			row = append(row, &v)
		}
		a.Rows = append(a.Rows, row)
	}
	return a
}

func TestDifference(t *testing.T) {
	for _, c := range []struct {
		name         string
		typesA, rowA string
		typesB, rowB string
		differs      bool
	}{
		{"equal text", "exact", "a", "exact", "a", false},
		{"trailing zeros", "exact", "2.500", "exact", "2.5", false},
		{"exact decimals", "exact", "2.500", "exact", "2.501", true},
		{"large integers", "exact", "9007199254740993", "exact", "9007199254740992", true},
		{"floats nearly", "float", "0.30000000000000004", "float", "0.3", false},
		{"floats not", "float", "0.30001", "float", "0.3", true},
		{"decimal average rounded", "exact", "2.4463", "float", "2.446260727421332", false},
		{"decimal average wrong", "exact", "2.4465", "float", "2.446260727421332", true},
		{"null and empty", "exact", "NULL", "exact", "", true},
		{"null and zero", "float", "NULL", "float", "0", true},
		{"nulls", "exact", "NULL", "exact", "NULL", false},
		{"timestamps", "exact", "2025-01-20T07:21:26Z", "exact", "2025-01-20 07:21:26.000000", false},
		{"timestamps with fraction", "exact", "2025-01-20T07:21:26.5Z", "exact", "2025-01-20 07:21:26", true},
		{"booleans", "exact", "true", "exact", "1", false},
		{"infinity", "float", "inf", "float", "1", true},
		{"codes are numbers too", "exact", "10000-0", "exact", "10000-00", true},
	} {
		d := contest.Difference(answer(c.typesA, c.rowA), answer(c.typesB, c.rowB))
		if (d != "") != c.differs {
			t.Errorf("%s: difference %q", c.name, d)
		}
	}
}

func TestDifferenceOfShapes(t *testing.T) {
	one := answer("exact float", "a|1.5", "b|2.5")
	if d := contest.Difference(one, answer("exact", "a", "b")); !strings.Contains(d, "columns") {
		t.Errorf("fewer columns: %q", d)
	}
	if d := contest.Difference(one, answer("exact float", "a|1.5")); !strings.Contains(d, "rows") {
		t.Errorf("fewer rows: %q", d)
	}
	if d := contest.Difference(one, answer("exact float", "b|2.5", "a|1.5000000001")); d != "" {
		t.Errorf("another order: %q", d)
	}
	if d := contest.Difference(one, answer("exact float", "b|1.5", "a|2.5")); !strings.Contains(d, `row 1, column c: "a" against "b"`) {
		t.Errorf("values swapped: %q", d)
	}
	if d := contest.Difference(one, answer("exact float", "a|1.5", "a|1.5")); d == "" {
		t.Error("a doubled row is taken for another")
	}
}
