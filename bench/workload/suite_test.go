package workload_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaydb/assay/bench/datagen"
	"github.com/assaydb/assay/bench/workload"
)

// TestTablesAreThoseOfTheData: a column more or less, or in another place, would be read as its neighbour.
func TestTablesAreThoseOfTheData(t *testing.T) {
	for _, c := range []struct {
		suite  workload.Suite
		header string
	}{{workload.Labs(), datagen.Header}, {workload.Wide(), datagen.EventHeader}, {workload.Cardinality(), datagen.SampleHeader}} {
		table := c.suite.Tables[0]
		var names []string
		for _, column := range table.Columns {
			names = append(names, column.Name)
		}
		if got := strings.Join(names, ",") + "\n"; got != c.header {
			t.Errorf("%s: columns\n%s, the data has\n%s", table.Name, got, c.header)
		}
		for _, key := range table.OrderBy {
			if !strings.Contains(","+strings.Join(names, ",")+",", ","+key+",") {
				t.Errorf("%s is ordered by %s, which it does not have", table.Name, key)
			}
		}
	}
}

// TestSuitesAreWhole: every query has a name of its own and a text for every engine.
func TestSuitesAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range []workload.Suite{workload.Labs(), workload.Wide(), workload.Cardinality()} {
		for _, q := range s.Queries {
			if seen[q.Name] {
				t.Errorf("%s appears twice", q.Name)
			}
			seen[q.Name] = true
			for _, engine := range []string{workload.Assay, workload.DuckDB, workload.ClickHouse} {
				if !strings.Contains(q.For(engine), " FROM "+s.Tables[0].Name) {
					t.Errorf("%s for %s does not ask %s: %q", q.Name, engine, s.Tables[0].Name, q.For(engine))
				}
			}
		}
	}
	if len(seen) != 24+28+12 {
		t.Errorf("%d queries", len(seen))
	}
}

// TestWordingsHaveTheirQuery: a rival's text under a name that no query has would never be used.
func TestWordingsHaveTheirQuery(t *testing.T) {
	files, err := filepath.Glob("*.*.sql")
	if err != nil || len(files) != 6 {
		t.Fatalf("%d files of rivals' wordings, error %v", len(files), err)
	}
	for _, file := range files {
		base, _, _ := strings.Cut(file, ".")
		own, err := os.ReadFile(base + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if name, ok := strings.CutPrefix(line, "-- "); ok && len(name) == 4 && !strings.Contains(string(own), line) {
				t.Errorf("%s: %s is not in %s.sql", file, strings.TrimSpace(name), base)
			}
		}
	}
}

func TestClickHouseColumns(t *testing.T) {
	got := workload.Labs().Tables[0].ClickHouseColumns()
	for _, want := range []string{
		`"hospital_id" LowCardinality(String)`, `"patient_id" String`, `"collected_at" DateTime('UTC')`, `"value" Decimal(12,3)`,
		`"abnormal_flag" LowCardinality(Nullable(String))`, `"comment" Nullable(String)`, `"age" Int32`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
}
