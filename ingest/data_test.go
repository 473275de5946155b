package ingest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/assaydb/assay/ingest"
)

// dataDir is the folder of real lab files: ASSAY_DATA, or ../shared/data beside the repository.
func dataDir(t testing.TB) string {
	dir := os.Getenv("ASSAY_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "data")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the real files are not at %s (set ASSAY_DATA)", dir)
	}
	return dir
}

func TestRealFiles(t *testing.T) {
	dir := dataDir(t)
	for _, c := range []struct {
		file, table string
		rows        int64
	}{
		{"nhanes_wide_metals.csv", "SEQN BIGINT, LBXBCD DECIMAL(18,1)", 0},
		{"synthea_observations.csv", "DATE TIMESTAMP, PATIENT VARCHAR, ENCOUNTER VARCHAR, CATEGORY VARCHAR, CODE VARCHAR, DESCRIPTION VARCHAR, VALUE VARCHAR, UNITS VARCHAR, TYPE VARCHAR", 0},
		{"omop_measurement.csv.gz", "measurement_id BIGINT", 0},
		{"nhanes_lab_results_long.csv.gz", "cycle VARCHAR, source_file VARCHAR, seqn BIGINT, analyte VARCHAR", 4_625_732},
	} {
		t.Run(c.file, func(t *testing.T) {
			if c.rows > 1e6 && testing.Short() {
				t.Skip("long")
			}
			f, err := os.Open(filepath.Join(dir, c.file))
			if err != nil {
				t.Skip(err)
			}
			defer f.Close()
			r := newRig(t, 0)
			rec := r.mustLoad("t", "", func(q *ingest.Request) { q.Body = f })
			if rec.RecordsIn != rec.Accepted || rec.Rejected != 0 || c.rows > 0 && rec.RecordsIn != c.rows {
				t.Fatalf("%d in, %d accepted, %d rejected", rec.RecordsIn, rec.Accepted, rec.Rejected)
			}
			if got := r.table("t"); len(got) < len(c.table) || got[:len(c.table)] != c.table {
				t.Errorf("table %s", got)
			}
			t.Logf("%d rows, %s, warnings %q", rec.Accepted, r.table("t"), rec.Warnings)
		})
	}
}
