package ingest_test

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/assaydb/assay/ingest"
	dirt "github.com/assaydb/assay/ingest/pollute"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// wholeCorpus is every polluted file.
func wholeCorpus() []dirt.Case { return append(dirt.Corpus(), dirt.Objects()...) }

// expected is a case's line in the stored corpus: its file and all that is expected of it, by digest.
func expected(c *dirt.Case) string {
	data, rows := sha256.Sum256(c.Data), sha256.Sum256([]byte(strings.Join(c.Rows, "\n")))
	return fmt.Sprintf("%x %x rows=%d bad=%v blank=%d header=%d preamble=%d trailer=%d %s: %s", data[:8], rows[:8], len(c.Rows), c.Bad, c.Blank, c.Header, c.Preamble, c.Trailer, c.Name, c.Table)
}

// TestCorpusIsTheStoredOne keeps the files and what is expected of them from changing unnoticed.
func TestCorpusIsTheStoredOne(t *testing.T) {
	var got strings.Builder
	for _, c := range wholeCorpus() {
		got.WriteString(expected(&c) + "\n")
	}
	if *rewrite {
		if err := os.WriteFile("testdata/corpus.txt", []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/corpus.txt")
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Error("the corpus is another than the stored one: look at the difference, then write it anew with -rewrite")
	}
	if n := strings.Count(string(want), "\n"); n < 300 {
		t.Errorf("the corpus has %d files", n)
	}
}

func caseOptions(c *dirt.Case) func(*ingest.Request) {
	return func(q *ingest.Request) {
		opts, err := ingest.ParseOptions(func(name string) string { return c.Options[name] })
		if err != nil {
			panic(err)
		}
		opts.MaxRejects = ingest.MaxRejects{Percent: 100, Set: true}
		q.Options = opts
	}
}

// TestCorpus loads every polluted file and holds what came out against what was written.
func TestCorpus(t *testing.T) {
	r := newRig(t, 0)
	for i, c := range wholeCorpus() {
		if testing.Short() && i%5 != 0 {
			continue
		}
		name := fmt.Sprintf("t%d", i)
		if c.Declared != "" {
			r.create(name, strings.Split(c.Declared, ", "), nil, nil)
		}
		rec, err := r.load(name, string(c.Data), caseOptions(&c))
		if err != nil {
			t.Errorf("%d %s: %v", i, c.Name, err)
			continue
		}
		if problem := differs(r, name, &c, rec); problem != "" {
			t.Errorf("%d %s: %s", i, c.Name, problem)
		}
	}
}

func differs(r *rig, name string, c *dirt.Case, rec *ingest.Receipt) string {
	if got := r.table(name); got != c.Table {
		return fmt.Sprintf("table %s, want %s", got, c.Table)
	}
	if rec.RecordsIn != rec.Accepted+rec.Rejected || rec.Blank != c.Blank || rec.Header != c.Header || rec.Preamble != c.Preamble || rec.Trailer != c.Trailer {
		return fmt.Sprintf("in %d, accepted %d, rejected %d, blank %d, header %d, preamble %d, trailer %d", rec.RecordsIn, rec.Accepted, rec.Rejected, rec.Blank, rec.Header, rec.Preamble, rec.Trailer)
	}
	var bad []int64
	for _, x := range rec.FirstRejects {
		bad = append(bad, x.Line)
	}
	if want := c.Bad[:min(len(c.Bad), ingest.MaxFirstRejects)]; rec.Rejected != int64(len(c.Bad)) || !slices.Equal(bad, want) {
		return fmt.Sprintf("rejected lines %v, want %v", bad, c.Bad)
	}
	var rows []string
	for _, row := range r.rows(name) {
		rows = append(rows, strings.Join(row, "|"))
	}
	for i := range max(len(rows), len(c.Rows)) {
		if i >= len(rows) || i >= len(c.Rows) || rows[i] != c.Rows[i] {
			return fmt.Sprintf("row %d of %d is %q, want %q", i, len(rows), rows[min(i, len(rows)-1):min(i+1, len(rows))], c.Rows[min(i, len(c.Rows)-1):min(i+1, len(c.Rows))])
		}
	}
	l := rec.Ledger
	if l.Text != l.Accepted+l.Rejected+l.Aside || rec.Dialect.Charset == "utf-8" && l.Text != int64(len(c.Data)) {
		return fmt.Sprintf("ledger %+v of %d bytes", l, len(c.Data))
	}
	return ""
}
