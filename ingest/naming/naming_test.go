package naming_test

import (
	"strings"
	"testing"

	"github.com/assaydb/assay/ingest/naming"
	"github.com/assaydb/assay/storage/errs"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, name, source, period string
		ok                            bool
	}{
		{"{source}/{period}.csv*", "H0042/2025-01.csv.gz", "H0042", "2025-01", true},
		{"{source}/{period}.csv*", "H0042/2025-01.csv", "H0042", "2025-01", true},
		{"{source}/{period}.csv*", "in/H0042/2025-01.csv", "", "", false},
		{"{source}/{period}.csv*", "H0042/2025-01.txt", "", "", false},
		{"{source}/{period}.csv*", "/2025-01.csv", "", "", false},
		{"labs_{source}_{period}.csv", "labs_St_Mary_2025-01.csv", "St_Mary", "2025-01", true},
		{"*/{period}/*.csv", "x/2025/a.csv", "", "2025", true},
		{"{source}?.csv", "Hé.csv", "H", "", true},
		{"{source}.csv", "a\nb.csv", "a\nb", "", true},
		{"a.b", "axb", "", "", false},
		{"*.csv", "x.csv", "", "", true},
	} {
		p, err := naming.Parse(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if s, ok := p.Match(c.name); ok != c.ok || s.Source != c.source || s.Period != c.period {
			t.Errorf("%s on %q: %+v %v", c.pattern, c.name, s, ok)
		}
	}
	p, err := naming.Parse("{source}/{period}.csv")
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := p.MatchEnd("/home/x/H1/2025-01.csv"); !ok || s.Source != "H1" || s.Period != "2025-01" {
		t.Errorf("the end of a path: %+v %v", s, ok)
	}
}

func TestBadPatterns(t *testing.T) {
	for _, text := range []string{"", "{x}", "{source", "{source}{source}", "{}", strings.Repeat("a", 2000)} {
		if _, err := naming.Parse(text); errs.As(err) == nil || errs.As(err).Code != "bad-pattern" {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("{source}/{period}.csv*", "H0042/2025-01.csv.gz")
	f.Add("*?[a].(b)+{period}", "x")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		p, err := naming.Parse(pattern)
		if err != nil {
			return
		}
		if s, ok := p.Match(name); ok && (strings.Contains(s.Source, "/") || strings.Contains(s.Period, "/")) {
			t.Errorf("%q on %q: %+v", pattern, name, s)
		}
	})
}
