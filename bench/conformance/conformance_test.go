package conformance_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/assaydb/assay/bench/conformance"
	"github.com/assaydb/assay/planner"
)

var fill = flag.Bool("fill", false, "write the answers of the oracles into the scripts that lack them")

func scripts(t *testing.T) []*conformance.Script {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.slt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	var out []*conformance.Script
	for _, p := range paths {
		s, err := conformance.ReadScript(p)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

// TestOracles puts every script to the engine that vouches for it, so that no expected answer is only our own opinion.
func TestOracles(t *testing.T) {
	engines := map[string]conformance.Engine{}
	if m, err := conformance.StartMariaDB(t.TempDir()); err == nil {
		defer m.Close()
		engines["mariadb"] = m
	} else if !errors.Is(err, exec.ErrNotFound) {
		t.Fatal(err)
	}
	if d, err := conformance.StartDuckDB("../rival"); err == nil {
		engines["duckdb"] = d
	}
	if len(engines) == 0 {
		t.Skip("neither MariaDB nor DuckDB is installed: the scripts' answers are not compared with their oracles here")
	}
	for _, s := range scripts(t) {
		t.Run(filepath.Base(s.Path), func(t *testing.T) {
			for name, e := range engines {
				runScript(t, s, e, name)
			}
			if *fill {
				if err := s.Write(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// runScript puts the blocks of a script to an engine: all of them under the name "assay", else those that the engine vouches for.
func runScript(t *testing.T, s *conformance.Script, e conformance.Engine, name string) {
	t.Helper()
	ctx := context.Background()
	for _, b := range s.Blocks {
		where := fmt.Sprintf("%s:%d", s.Path, b.Line)
		if b.Kind == "table" {
			if err := e.Create(ctx, b.Table); err != nil {
				t.Fatalf("%s: %s: %v", where, name, err)
			}
			defer e.Drop(ctx, b.Table.Name)
			continue
		}
		if b.SQL == "" || name != "assay" && (b.Oracle != name || b.Kind == "statement") {
			continue
		}
		rows, err := ask(t, e, b, name, where)
		if b.Kind == "error" {
			checkRefusal(t, where, name, b, err)
			continue
		}
		if err != nil {
			t.Errorf("%s: %s: %v\n%s", where, name, err, b.For(name))
			continue
		}
		if b.Kind == "statement" {
			continue
		}
		got := conformance.Render(rows, b.Sorted(), slices.Contains(b.Args, "approx"))
		if !b.Filled && *fill && (name != "assay" || b.Oracle == "none") {
			b.Fill(got)
			continue
		}
		if !slices.Equal(got, b.Answer) {
			t.Errorf("%s: %s\n%s\n  got:\n    %s\n  want:\n    %s", where, name, b.For(name), strings.Join(got, "\n    "), strings.Join(b.Answer, "\n    "))
		}
	}
}

// ask puts a block to an engine; parameters, time zones and warnings are Assay's alone.
func ask(t *testing.T, e conformance.Engine, b *conformance.Block, name, where string) ([][]*string, error) {
	t.Helper()
	a, ok := e.(*conformance.Assay)
	if !ok {
		return e.Query(t.Context(), b.For(name))
	}
	req := &planner.Request{SQL: b.SQL, Params: b.Params, Debug: a.Debug}
	for _, arg := range b.Args {
		if zone, ok := strings.CutPrefix(arg, "tz="); ok {
			req.Zone = zone
		}
	}
	rows, warnings, err := a.Ask(t.Context(), req)
	if b.Kind == "statement" && err == nil {
		var codes []string
		for _, w := range warnings {
			codes = append(codes, w.Code)
		}
		if !slices.Equal(codes, b.Args) {
			t.Errorf("%s: warnings %v, want %v", where, codes, b.Args)
		}
	}
	return rows, err
}

func checkRefusal(t *testing.T, where, name string, b *conformance.Block, err error) {
	t.Helper()
	want, convErr := strconv.Atoi(b.Args[0])
	var refused *conformance.Refused
	if convErr != nil || !errors.As(err, &refused) || refused.Errno != want {
		t.Errorf("%s: %s\n%s\n  got %v, want error %s", where, name, b.SQL, err, b.Args[0])
		return
	}
	if name != "assay" {
		return
	}
	if !b.Filled && *fill {
		b.Fill(refused.Told)
	}
	if b.Filled && !slices.Equal(refused.Told, b.Answer) {
		t.Errorf("%s:\n%s\n  got:\n    %s\n  want:\n    %s", where, b.SQL, strings.Join(refused.Told, "\n    "), strings.Join(b.Answer, "\n    "))
	}
}

// TestAssay puts every script to a node: with the planner's optimisations on and off, and as a cluster of three would answer it.
func TestAssay(t *testing.T) {
	modes := map[string]func(*testing.T, *conformance.Assay){
		"optimised": func(*testing.T, *conformance.Assay) {},
		"plain": func(_ *testing.T, a *conformance.Assay) {
			a.Debug = planner.Debug{NoPrune: true, NoMetadata: true, NoRules: true}
		},
		"wire": func(t *testing.T, a *conformance.Assay) { a.Spread(3, t.TempDir()) },
	}
	for name, set := range modes {
		t.Run(name, func(t *testing.T) {
			a, err := conformance.StartAssay(t.Context(), t.TempDir(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			set(t, a)
			for _, s := range scripts(t) {
				t.Run(filepath.Base(s.Path), func(t *testing.T) {
					runScript(t, s, a, "assay")
					if *fill {
						if err := s.Write(); err != nil {
							t.Fatal(err)
						}
					}
				})
			}
		})
	}
}
