package main

import (
	"slices"
	"strings"
	"testing"
)

func TestSplitStatements(t *testing.T) {
	for script, want := range map[string][]string{
		"":                            nil,
		" ; ;\n":                      nil,
		"SELECT 1":                    {"SELECT 1"},
		"SELECT 1; SELECT 2;":         {"SELECT 1", "SELECT 2"},
		"SELECT ';'; SELECT \";\";":   {"SELECT ';'", "SELECT \";\""},
		"SELECT 'it''s;' ; x":         {"SELECT 'it''s;'", "x"},
		`SELECT 'a\';b'; y`:           {`SELECT 'a\';b'`, "y"},
		"-- a; b\nSELECT 1 # c;\n;":   {"-- a; b\nSELECT 1 # c;"},
		"/* ; */ SELECT `a;b`;-- end": {"/* ; */ SELECT `a;b`"},
		"SELECT 1--2;SELECT 3":        {"SELECT 1--2", "SELECT 3"},
		"SELECT 'open; SELECT 2":      {"SELECT 'open; SELECT 2"},
		"/* open ; SELECT 1":          nil,
	} {
		if got := splitStatements(script); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", script, got, want)
		}
	}
}

func TestComplete(t *testing.T) {
	for text, want := range map[string]bool{"SELECT 1;": true, "SELECT 1; -- x\n": true, "SELECT 1": false, "SELECT ';'": false, "": false, "-- ;": false} {
		if complete(text) != want {
			t.Errorf("complete(%q) = %v", text, !want)
		}
	}
}

func FuzzSplitStatements(f *testing.F) {
	for _, s := range []string{"a;b", "'", "--", "/*", "`;`;", "\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, piece := range splitStatements(s) {
			if strings.TrimSpace(piece) == "" || !strings.Contains(s, piece) {
				t.Errorf("%q gave the piece %q", s, piece)
			}
		}
	})
}
