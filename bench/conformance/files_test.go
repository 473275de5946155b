package conformance_test

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/assaydb/assay/bench/conformance"
	"github.com/assaydb/assay/bench/datagen"
	"github.com/assaydb/assay/bench/workload"
)

// file is one public data set and questions about it; a question that the engines word differently has two texts.
type file struct {
	name, table string
	rows        int64
	questions   []question
}

type question struct{ assay, duckdb string }

func same(sql string) question { return question{sql, sql} }

// files are described in the README of the data folder.
var files = []file{
	{"nhanes_lab_results_long.csv.gz", "nhanes", 4_625_732, []question{
		same("SELECT COUNT(*), COUNT(value), COUNT(DISTINCT analyte), COUNT(DISTINCT seqn) FROM nhanes"),
		same("SELECT cycle, COUNT(*), MIN(value), MAX(value) FROM nhanes GROUP BY cycle ORDER BY cycle"),
		same("SELECT analyte, COUNT(*), AVG(value) FROM nhanes GROUP BY analyte ORDER BY 2 DESC, 1 LIMIT 25"),
		same("SELECT source_file, COUNT(DISTINCT seqn) FROM nhanes GROUP BY source_file ORDER BY 1"),
		same("SELECT seqn, COUNT(*) FROM nhanes GROUP BY seqn ORDER BY 2 DESC, 1 LIMIT 20"),
		same("SELECT COUNT(*), SUM(CASE WHEN value > 100 THEN 1 ELSE 0 END) FROM nhanes WHERE analyte LIKE 'LBX%'"),
		same("SELECT cycle, MEDIAN(value) FROM nhanes WHERE analyte = 'LBXBCD' GROUP BY cycle ORDER BY cycle"),
		same("SELECT analyte, STDDEV_SAMP(value), VAR_POP(value) FROM nhanes WHERE analyte IN ('LBXBPB','LBXTHG','LBXBCD') GROUP BY analyte ORDER BY analyte"),
		same("SELECT * FROM nhanes WHERE seqn = 9966 ORDER BY analyte, value, source_file"),
		same("SELECT seqn % 10 AS d, COUNT(*), MAX(value) FROM nhanes WHERE value BETWEEN 1 AND 2 GROUP BY seqn % 10 ORDER BY 1"),
	}},
	{"nhanes_wide_metals.csv", "metals", 9_929, []question{
		same("SELECT COUNT(*), COUNT(LBXBCD), COUNT(LBXTHG), COUNT(LBXMMA) FROM metals"),
		same("SELECT MIN(SEQN), MAX(SEQN), SUM(SEQN) FROM metals"),
		same("SELECT SUM(LBXBCD), SUM(LBXBPB), SUM(LBDB12SI), SUM(LBDFOLSI) FROM metals"),
		same("SELECT AVG(LBXBCD), STDDEV_SAMP(LBXBPB) FROM metals"),
		same("SELECT LBXBCD, COUNT(*) FROM metals GROUP BY LBXBCD ORDER BY 2 DESC, 1 LIMIT 20"),
		same("SELECT COUNT(*) FROM metals WHERE LBXBPB > 5 AND LBXTHG IS NOT NULL"),
		same("SELECT * FROM metals WHERE SEQN BETWEEN 9966 AND 9975 ORDER BY SEQN"),
		same("SELECT MEDIAN(LBXBPB), MEDIAN(LBXFER) FROM metals"),
		same("SELECT SEQN, LBXCOT FROM metals WHERE LBXCOT IS NOT NULL ORDER BY LBXCOT DESC, SEQN LIMIT 10"),
		same("SELECT SEQN % 7 AS k, COUNT(*), MIN(LBXIHG), MAX(LBDHCY) FROM metals GROUP BY SEQN % 7 ORDER BY 1"),
	}},
	{"synthea_observations.csv", "observations", 990, []question{
		same("SELECT COUNT(*), COUNT(ENCOUNTER), COUNT(DISTINCT PATIENT), COUNT(DISTINCT CODE) FROM observations"),
		same("SELECT CATEGORY, COUNT(*) FROM observations GROUP BY CATEGORY ORDER BY 2 DESC, 1"),
		same("SELECT TYPE, COUNT(*), COUNT(VALUE), COUNT(UNITS) FROM observations GROUP BY TYPE ORDER BY 1"),
		same("SELECT CODE, DESCRIPTION, COUNT(*) FROM observations GROUP BY CODE, DESCRIPTION ORDER BY 3 DESC, 1, 2 LIMIT 15"),
		same("SELECT MIN(DATE), MAX(DATE) FROM observations"),
		same("SELECT YEAR(DATE), COUNT(*) FROM observations GROUP BY YEAR(DATE) ORDER BY 1"),
		{"SELECT DATE_FORMAT(DATE, '%Y-%m') AS m, COUNT(*) FROM observations GROUP BY m ORDER BY m", "SELECT strftime(DATE, '%Y-%m') AS m, COUNT(*) FROM observations GROUP BY m ORDER BY m"},
		same("SELECT COUNT(*) FROM observations WHERE DESCRIPTION LIKE '%Pain%' AND UNITS = '{score}'"),
		same("SELECT * FROM observations WHERE CODE = '8302-2' ORDER BY DATE, PATIENT, VALUE LIMIT 20"),
		same("SELECT PATIENT, COUNT(*) FROM observations GROUP BY PATIENT ORDER BY 2 DESC, 1"),
	}},
	{"omop_measurement.csv.gz", "measurement", 10_040, []question{
		same("SELECT COUNT(*), COUNT(value_as_number), COUNT(range_low), COUNT(DISTINCT person_id) FROM measurement"),
		same("SELECT SUM(value_as_number), MIN(value_as_number), MAX(value_as_number) FROM measurement"),
		same("SELECT measurement_concept_id, COUNT(*), AVG(value_as_number) FROM measurement GROUP BY measurement_concept_id ORDER BY 2 DESC, 1 LIMIT 20"),
		same("SELECT unit_source_value, COUNT(*) FROM measurement GROUP BY unit_source_value ORDER BY 2 DESC, 1"),
		same("SELECT YEAR(measurement_date), COUNT(*) FROM measurement GROUP BY YEAR(measurement_date) ORDER BY 1"),
		same("SELECT MIN(measurement_datetime), MAX(measurement_datetime), MIN(measurement_date) FROM measurement"),
		same("SELECT person_id, COUNT(*) FROM measurement GROUP BY person_id ORDER BY 2 DESC, 1 LIMIT 10"),
		same("SELECT * FROM measurement WHERE measurement_id <= 5 ORDER BY measurement_id"),
		same("SELECT measurement_source_value, COUNT(DISTINCT value_source_value) FROM measurement GROUP BY measurement_source_value ORDER BY 2 DESC, 1 LIMIT 15"),
		same("SELECT COUNT(*) FROM measurement WHERE value_as_number > 50 AND unit_source_value IN ('kg','cm','%')"),
	}},
}

func dataFolder() string {
	if dir := os.Getenv("ASSAY_DATA"); dir != "" {
		return dir
	}
	return "../../../shared/data"
}

// TestRealFiles loads public laboratory files, checks that their rows are conserved, and compares answers with DuckDB value by
// value. DuckDB reads the same text with the types that the load inferred.
func TestRealFiles(t *testing.T) {
	for _, f := range files {
		t.Run(f.table, func(t *testing.T) {
			path := filepath.Join(dataFolder(), f.name)
			if _, err := os.Stat(path); err != nil {
				t.Skipf("%s is not here: set ASSAY_DATA to the folder of the public files", f.name)
			}
			if testing.Short() && f.rows > 1_000_000 {
				t.Skip("short")
			}
			a, err := conformance.StartAssay(t.Context(), t.TempDir(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			loadFile(t, a, f, path)
			compare(t, a, f.questions, duckTable(t, a, f.table, path))
		})
	}
}

func loadFile(t *testing.T, a *conformance.Assay, f file, path string) {
	t.Helper()
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	r, err := a.Load(t.Context(), f.table, in)
	if err != nil {
		t.Fatal(err)
	}
	if r.RecordsIn != f.rows || r.Accepted != f.rows || r.Rejected != 0 {
		t.Errorf("%s: %d records in, %d accepted, %d rejected; the file has %d rows: %+v", f.name, r.RecordsIn, r.Accepted, r.Rejected, f.rows, r.FirstRejects)
	}
	in.Seek(0, io.SeekStart)
	if again, err := a.Load(t.Context(), f.table, in); err != nil || !again.Duplicate || again.DeliveryID != r.DeliveryID {
		t.Errorf("%s again: %+v, %v; want the first receipt", f.name, again, err)
	}
}

// duckTable is the statement that makes DuckDB read a CSV with the types of an Assay table.
func duckTable(t *testing.T, a *conformance.Assay, table, glob string) string {
	t.Helper()
	tab, ok := a.Node.Catalog().Snapshot().Table(table)
	if !ok {
		t.Fatalf("no table %s", table)
	}
	columns := make([]string, len(tab.Columns))
	for i, c := range tab.Columns {
		columns[i] = fmt.Sprintf("'%s': '%s'", c.Name, c.Type)
	}
	return fmt.Sprintf("CREATE TABLE %s AS SELECT * FROM read_csv('%s', header=true, delim=',', quote='\"', escape='\"', allow_quoted_nulls=false, parallel=false, columns={%s})",
		table, glob, strings.Join(columns, ", "))
}

// compare puts questions to both engines and holds their answers against each other.
func compare(t *testing.T, a *conformance.Assay, questions []question, setup string) {
	t.Helper()
	duck, err := conformance.StartDuckDB(rivals())
	if err != nil {
		t.Skip("DuckDB is not installed (make rivals): answers are not compared here")
	}
	texts := make([]string, len(questions))
	for i, q := range questions {
		texts[i] = q.duckdb
	}
	theirs, err := duck.Ask(context.Background(), []string{"SET TimeZone='UTC'", "SET default_null_order='nulls_first_on_asc_last_on_desc'", setup}, texts)
	if err != nil {
		t.Fatal(err)
	}
	for i, q := range questions {
		ours, err := a.Query(t.Context(), q.assay)
		if err != nil {
			t.Errorf("%s\n  %v", q.assay, err)
			continue
		}
		if d := difference(conformance.Render(ours, false, false), conformance.Render(theirs[i], false, false)); d != "" {
			t.Errorf("%s\n  %s", q.assay, d)
		}
	}
}

// difference names the first place where two answers are not the same values.
func difference(ours, theirs []string) string {
	if len(ours) != len(theirs) {
		return fmt.Sprintf("%d rows, DuckDB has %d", len(ours), len(theirs))
	}
	for i := range ours {
		a, b := strings.Split(ours[i], "\t"), strings.Split(theirs[i], "\t")
		if len(a) != len(b) {
			return fmt.Sprintf("row %d has %d columns, DuckDB's %d", i+1, len(a), len(b))
		}
		for j := range a {
			if !sameCell(a[j], b[j]) {
				return fmt.Sprintf("row %d, column %d: %s, DuckDB says %s", i+1, j+1, a[j], b[j])
			}
		}
	}
	return ""
}

// sameCell compares two values. A number that one engine computes as a decimal and the other as a double (means, deviations)
// must agree to six significant digits; one that both write without more than three fraction digits, exactly.
func sameCell(a, b string) bool {
	if a == b {
		return true
	}
	if strings.TrimSuffix(a, " 00:00:00") == strings.TrimSuffix(b, " 00:00:00") {
		return true
	}
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX != nil || errY != nil {
		return false
	}
	if fraction(a) <= 3 && fraction(b) <= 3 {
		return x == y
	}
	// An AVG of decimals is rounded to four more digits than its argument has.
	if f := fraction(a); f >= 4 && math.Abs(x-y) <= 0.5000001*math.Pow10(-f) {
		return true
	}
	return math.Abs(x-y) <= 1e-6*math.Max(math.Abs(x), math.Abs(y))
}

// fraction counts the digits behind the point.
func fraction(s string) int {
	_, f, _ := strings.Cut(s, ".")
	return len(f)
}

func rivals() string {
	if dir := os.Getenv("ASSAY_RIVALS"); dir != "" {
		return dir
	}
	return "../rival"
}

// labRows is the size of the LabBench comparison; ASSAY_LAB_ROWS sets another.
func labRows(t *testing.T) int64 {
	if s := os.Getenv("ASSAY_LAB_ROWS"); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if testing.Short() {
		return 100_000
	}
	return 2_000_000
}

// later are the queries that wait for joins, common table expressions and windows.
var later = map[string]bool{"Q19": true, "Q21": true, "Q22": true}

// TestLabBench compares the benchmark's answers with DuckDB's over the same CSV.
func TestLabBench(t *testing.T) {
	set, err := datagen.New(datagen.Spec{Rows: labRows(t), Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "labs.csv")
	if err := set.WriteSingleFile(t.Context(), dir, 2, func(int64, int64) {}); err != nil {
		t.Fatal(err)
	}
	a, err := conformance.StartAssay(t.Context(), filepath.Join(dir, "node"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	loadFile(t, a, file{name: "labs.csv", table: "labs", rows: labRows(t)}, path)
	var questions []question
	for _, q := range workload.LabBench() {
		if !later[q.Name] {
			questions = append(questions, question{q.SQL, q.DuckDB})
		}
	}
	compare(t, a, questions, duckTable(t, a, "labs", path))
}
