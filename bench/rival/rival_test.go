package rival_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/assaydb/assay/bench/rival"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestWorkers: both engines answer, refuse without ending, and find their data again after a restart.
func TestWorkers(t *testing.T) {
	modules, ok := rival.Locate(".")
	if !ok {
		t.Skip("DuckDB and ClickHouse are not installed (make rivals)")
	}
	for engine, create := range map[string]string{
		"duckdb":     "CREATE TABLE t AS SELECT 1 AS a, NULL AS b, CAST(2.50 AS DECIMAL(9,2)) AS c, 9007199254740993 AS d",
		"clickhouse": "CREATE TABLE t ENGINE = MergeTree ORDER BY a AS SELECT 1 AS a, CAST(NULL AS Nullable(Int8)) AS b, toDecimal32(2.50, 2) AS c, 9007199254740993 AS d",
	} {
		t.Run(engine, func(t *testing.T) {
			spec := rival.Spec{Engine: engine, Modules: modules, Folder: t.TempDir(), Threads: 2}
			w, err := rival.Start(t.Context(), spec)
			if err != nil {
				t.Fatal(err)
			}
			ask := func(do, sql string) *rival.Reply {
				t.Helper()
				reply, err := w.Ask(do, sql)
				if err != nil {
					t.Fatalf("%s %s: %v", do, sql, err)
				}
				return reply
			}
			ask("run", create)
			var refused *rival.Refused
			if _, err := w.Ask("rows", "SELECT nothing FROM t"); !errors.As(err, &refused) || !strings.Contains(refused.Detail, "nothing") {
				t.Errorf("an unknown column: %v", err)
			}
			if took := ask("time", "SELECT SUM(d) FROM t"); took.WallMS <= 0 || took.CPUMS <= 0 {
				t.Errorf("measured %+v", took)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if w, err = rival.Start(t.Context(), spec); err != nil {
				t.Fatal(err)
			}
			defer w.Kill()
			row := ask("rows", "SELECT * FROM t").Rows[0]
			if *row[0] != "1" || row[1] != nil || strings.TrimRight(*row[2], "0") != "2.5" || *row[3] != "9007199254740993" {
				t.Errorf("row %v %v %v %v", *row[0], row[1], *row[2], *row[3])
			}
		})
	}
}

// TestDeathIsTold: an engine that ends is an error with its last words, not a wait.
func TestDeathIsTold(t *testing.T) {
	modules, ok := rival.Locate(".")
	if !ok {
		t.Skip("DuckDB and ClickHouse are not installed (make rivals)")
	}
	w, err := rival.Start(t.Context(), rival.Spec{Engine: "duckdb", Modules: modules, Folder: t.TempDir(), Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	w.Kill()
	if _, err := w.Ask("rows", "SELECT 1"); err == nil || !strings.Contains(err.Error(), "duckdb ended") {
		t.Errorf("error %v", err)
	}
	if _, err := rival.Start(t.Context(), rival.Spec{Engine: "oracle", Modules: modules, Folder: t.TempDir(), Threads: 1}); err == nil {
		t.Error("an engine that is none starts")
	}
}

func TestFindWithoutNode(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := rival.Find(context.Background(), func(string) {}); !errors.Is(err, rival.ErrNoNode) {
		t.Errorf("error %v", err)
	}
}
