package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaydb/assay/bench/report"
	rivals "github.com/assaydb/assay/bench/rival"
	"github.com/assaydb/assay/bench/scale"
)

// bench runs assay bench in a process of its own and returns its standard output and error.
func bench(t *testing.T, env []string, args ...string) (out, said string, err error) {
	t.Helper()
	bin := binary(t)
	cmd := exec.CommandContext(t.Context(), bin, append(append([]string{"bench"}, args...), "--binary", bin, "--work", t.TempDir())...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Env = &stdout, &stderr, append(os.Environ(), env...)
	err = cmd.Run()
	return stdout.String(), stderr.String(), err
}

// TestBenchRun runs every track on a little data against the real rivals: answers of all three must agree.
func TestBenchRun(t *testing.T) {
	if testing.Short() {
		t.Skip("starts three engines in turn")
	}
	rival, ok := rivals.Locate(filepath.Join("..", "..", "bench", "rival"))
	if !ok {
		t.Skip("DuckDB and ClickHouse are not installed (make rivals): nothing to run against")
	}
	dir := t.TempDir()
	page := filepath.Join(dir, "page.md")
	var text strings.Builder
	for _, track := range []string{"same", "own", "wide", "cardinality", "load"} {
		text.WriteString("<!-- bench: " + track + " -->\n<!-- end: " + track + " -->\n")
	}
	if err := os.WriteFile(page, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	results := filepath.Join(dir, "results")
	_, said, err := bench(t, []string{"ASSAY_RIVALS=" + rival}, "run", "--track", "all", "--rows", "20000", "--runs", "1", "--out", results, "--page", page)
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	for track, queries := range map[string]int{"same": 24, "own": 24, "wide": 28, "cardinality": 12, "load": 3} {
		checkResult(t, results, track, queries)
	}
	filled, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"](results/own.svg)", "| Q24 |", "| W28 |", "| H12 |", "| L03 |"} {
		if !strings.Contains(string(filled), want) {
			t.Errorf("%q is not on the page:\n%s", want, filled)
		}
	}
}

func checkResult(t *testing.T, dir, track string, queries int) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, track+".json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := report.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Queries) != queries || len(r.Engines) != 3 {
		t.Errorf("%s: %d queries, %d engines", track, len(r.Queries), len(r.Engines))
	}
	for _, q := range r.Queries {
		if q.State == report.StateDiffers {
			t.Errorf("%s %s: %s", track, q.Name, q.Detail)
		}
		for engine, time := range q.Times {
			if q.State == report.StateOK && (time.Refused != "" || len(time.HotMS) != 1 || time.MinMS <= 0) {
				t.Errorf("%s %s: %s has %+v", track, q.Name, engine, time)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(dir, track+".svg")); err != nil && r.Score != nil {
		t.Error(err)
	}
}

// TestBenchRunAlone: where Node.js is missing Assay runs alone and it is said why.
func TestBenchRunAlone(t *testing.T) {
	out, said, err := bench(t, []string{"PATH=" + t.TempDir()}, "run", "--track", "own", "--rows", "2000", "--runs", "2", "--queries", "q01,Q05", "-o", "json")
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if !strings.Contains(said, "Assay runs alone") {
		t.Errorf("it does not say that it runs alone: %s", said)
	}
	r, err := report.Read(strings.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Queries) != 2 || len(r.Queries[0].Times["assay"].HotMS) != 2 || r.Score != nil || r.Engines[1].Missing == "" {
		t.Errorf("result %+v", r)
	}
	if own := r.Engines[0]; own.Bytes == 0 || own.Load == nil {
		t.Errorf("of assay: %+v", own)
	}
}

func TestBenchRunRefuses(t *testing.T) {
	for _, args := range [][]string{
		{"run", "--track", "none"},
		{"run", "--engines", "oracle"},
		{"run", "--queries", "Q99"},
		{"run", "--runs", "0"},
		{"run", "--page", "x.md"},
		{"run", "-o", "xml"},
		{"catalog", "--runs", "0"},
	} {
		_, said, err := bench(t, nil, args...)
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != exitUsage {
			t.Errorf("%v: %v, want exit code %d: %s", args, err, exitUsage, said)
		}
	}
}

func TestBenchCatalog(t *testing.T) {
	out, said, err := bench(t, nil, "catalog", "--segments", "500", "--runs", "2", "-o", "json")
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	var r scale.Result
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if r.Format != scale.Format || len(r.StartMS) != 2 || len(r.Plans) == 0 || len(r.Plans[0].WallMS) != 2 {
		t.Errorf("result %+v", r)
	}
}
