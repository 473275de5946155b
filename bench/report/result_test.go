package report_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaydb/assay/bench/report"
	"github.com/google/go-cmp/cmp"
)

// sample is a result in which every field is set.
func sample() *report.Result {
	fast := &report.Time{}
	for _, run := range [][3]float64{{12.5, 20, 11}, {10, 18, 9.5}, {11, 19, 10}} {
		fast.Add(run[0], run[1], run[2])
	}
	fast.ColdMS, fast.PeakBytes = 80, 200<<20
	slow := &report.Time{ColdMS: 300, PeakBytes: 500 << 20}
	slow.Add(40, 75, 0)
	r := &report.Result{
		Format: report.Format, Track: "own", About: "Each engine loads the same CSV.", Started: time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC), Seconds: 61.5,
		Machine:  report.Machine{CPU: "Example CPU", Cores: 2, MemoryBytes: 8 << 30, OS: "linux/amd64", LoadBefore: 0.1, LoadAfter: 2.1},
		Revision: "0123456789abcdef0123456789abcdef01234567-dirty", Threads: 2, Runs: 3, Cold: "engine started anew",
		Data: report.Data{Rows: 1000, Keys: 600, Seed: 1, Files: 1, CSVBytes: 170_000, ParquetBytes: 40_000, ZstdParquetBytes: 30_000},
		Engines: []report.Engine{
			{
				Name: "assay", Version: "v1", Load: &report.Load{Seconds: 2, SettleSeconds: 0.5, CPUSeconds: 3, PeakBytes: 100 << 20}, Settled: "compacted",
				Bytes: 25_000, FolderBytes: 60_000, IdleBytes: 50 << 20, PeakBytes: 200 << 20, StartMS: 60,
			},
			{Name: "duckdb", Version: "1.5.6", Bytes: 80_000, IdleBytes: 90 << 20, PeakBytes: 500 << 20, StartMS: 150},
			{Name: "clickhouse", Missing: "node and npm are not here"},
		},
		Queries: []report.Query{
			{Name: "Q01", SQL: "SELECT COUNT(*) FROM labs", State: report.StateOK, Rows: 1, Times: map[string]*report.Time{"assay": fast, "duckdb": slow}},
			{Name: "Q19", SQL: "SELECT 1", State: report.StateNotYet, Detail: "no JOIN", Times: map[string]*report.Time{"assay": {Refused: "no JOIN"}}},
		},
		Notes: []string{"other work ran beside"},
	}
	r.Judge()
	return r
}

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// golden compares with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-want +got, go test -rewrite accepts it):\n%s", path, d)
	}
}

func TestGolden(t *testing.T) {
	var b bytes.Buffer
	if err := sample().Write(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "result-v1.json", b.Bytes())
	back, err := report.Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(sample(), back); d != "" {
		t.Errorf("what was written reads otherwise:\n%s", d)
	}
	b.Reset()
	if err := sample().Table(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "table.txt", b.Bytes())
}

func TestReadRefusesAnotherFormat(t *testing.T) {
	if _, err := report.Read(strings.NewReader(`{"format": 99}`)); err == nil || !strings.Contains(err.Error(), "format 99") {
		t.Errorf("error %v", err)
	}
	if _, err := report.Read(strings.NewReader("{")); err == nil {
		t.Error("cut JSON is read")
	}
}

func TestPlotIsDrawn(t *testing.T) {
	var b bytes.Buffer
	if err := sample().Plot(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<svg", "</svg>", "Q01", "assay", "duckdb", "logarithmic"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in the plot", want)
		}
	}
	if strings.Contains(b.String(), "clickhouse") {
		t.Error("an engine that took no part is in the plot")
	}
	if err := (&report.Result{}).Plot(&b); err == nil {
		t.Error("nothing is drawn without an error")
	}
}

func TestPageGetsTheSection(t *testing.T) {
	page := "# Page\n\nbefore\n\n<!-- bench: own -->\nold\n<!-- end: own -->\n\n<!-- bench: same -->\nother\n<!-- end: same -->\nafter\n"
	out, err := sample().Into([]byte(page), "results/own.svg")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "page.md", out)
	again, err := sample().Into(out, "results/own.svg")
	if err != nil || !bytes.Equal(again, out) {
		t.Errorf("the same result again changes the page (error %v)", err)
	}
	for _, bad := range []string{"no marker", "<!-- bench: own -->\nno end", "<!-- end: own -->\n<!-- bench: own -->\n"} {
		if _, err := sample().Into([]byte(bad), "x"); err == nil {
			t.Errorf("a page %q takes the section", bad)
		}
	}
}
