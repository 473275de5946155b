package main_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/assaydb/assay"

// floors orders the top-level folders: an import must go strictly down or stay within its folder.
var floors = map[string]int{"storage": 1, "raft": 2, "planner": 3, "ingest": 3, "node": 4, "http": 4, "bench": 5, "cmd": 6}

// rooms orders the packages inside storage in the same way; those not named stand above all that are.
var rooms = map[string]int{
	"storage/errs": 1, "storage/failpoint": 1, "storage/decimal": 1, "storage/schema": 2, "storage/batch": 3, "storage/kernel": 4,
	"storage/kernel/sortkey": 4, "storage/kernel/intern": 4, "storage/kernel/aggregate": 5, "storage/expr": 5, "storage/kernel/window": 6, "storage/segment": 6,
}

// owners lists who may import each heavy dependency, so that it can be replaced in one folder. Tests are not bound by it.
var owners = map[string][]string{
	"github.com/labstack/echo":         {"http/server"},
	"github.com/hashicorp/raft":        {"raft/consensus"},
	"go.etcd.io/bbolt":                 {"raft/consensus"},
	"github.com/hashicorp/memberlist":  {"node/gossip"},
	"github.com/parquet-go/parquet-go": {"storage/segment"},
	"vitess.io/vitess":                 {"planner/sqlparse"},
	"github.com/aws/aws-sdk-go-v2":     {"storage/object"},
	"github.com/apache/arrow":          {"storage/batch", "storage/kernel", "http/server"},
	"github.com/spf13/cobra":           {"cmd/assay"},
	"github.com/prometheus":            {"http/server", "node"},
	"gonum.org/v1/plot":                {"bench/report"},
	"simd/archsimd":                    {"storage/kernel"},
}

// source is one parsed Go file: its folder, whether it is a test, and what it imports.
type source struct {
	path, dir string
	test      bool
	imports   []string
}

// sources reads the import clauses of every Go file below the module's root. It parses the files itself: a test that asked the
// go command would be cached and miss a new violation.
func sources(t *testing.T) []source {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal(err)
	}
	var out []source
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != root || d.Name() == "node_modules" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		s := source{path: rel, dir: filepath.ToSlash(filepath.Dir(rel)), test: strings.HasSuffix(path, "_test.go")}
		for _, im := range file.Imports {
			p, err := strconv.Unquote(im.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, p)
		}
		out = append(out, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 20 {
		t.Fatalf("found only %d Go files below %s: the test looks in the wrong place", len(out), root)
	}
	return out
}

func top(dir string) string { first, _, _ := strings.Cut(dir, "/"); return first }

func TestImportFloors(t *testing.T) {
	for _, s := range sources(t) {
		for _, im := range s.imports {
			dir, ok := strings.CutPrefix(im, module+"/")
			if !ok || dir == s.dir {
				continue
			}
			from, to := top(s.dir), top(dir)
			if floors[to] == 0 {
				t.Errorf("%s imports %s, which lies outside the fixed top level", s.path, dir)
			}
			if from != to && floors[from] <= floors[to] {
				t.Errorf("%s imports %s: %s stands on floor %d, %s on %d; imports go strictly down", s.path, dir, from, floors[from], to, floors[to])
			}
			if a, b := rooms[s.dir], rooms[dir]; !s.test && from == "storage" && a > 0 && (b == 0 || b >= a) {
				t.Errorf("%s imports %s: inside storage imports go down from errs, decimal < schema < batch < kernel, sortkey, intern < expr, aggregate < window, segment", s.path, dir)
			}
		}
	}
}

func TestDependencyOwners(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		for _, im := range s.imports {
			for dep, allowed := range owners {
				if im != dep && !strings.HasPrefix(im, dep+"/") {
					continue
				}
				if !slices.ContainsFunc(allowed, func(dir string) bool { return s.dir == dir || strings.HasPrefix(s.dir, dir+"/") }) {
					t.Errorf("%s imports %s, which belongs to %s alone", s.path, im, strings.Join(allowed, ", "))
				}
			}
			if im == "C" {
				t.Errorf("%s uses cgo, which the product does not", s.path)
			}
		}
	}
}

// TestTopLevel keeps the fixed set of top-level entries.
func TestTopLevel(t *testing.T) {
	allowed := []string{
		"cmd", "node", "raft", "planner", "storage", "ingest", "http", "bench", "go.mod", "go.sum", "Makefile", "README.md",
		"LICENSE", "doc.go", "deploy", "bin", "demo-data",
	}
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(allowed, e.Name()) {
			t.Errorf("%s is not part of the top level", e.Name())
		}
	}
}
