package ingest_test

import (
	"context"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/assaydb/assay/ingest"
	"github.com/google/go-cmp/cmp"
)

// TestDebugChangesNothing loads the same polluted text with every optimisation on and with each off: receipts, hashes, rejects
// and rows must be the same, sorted or not.
func TestDebugChangesNothing(t *testing.T) {
	lines, err := io.ReadAll(newLabLines(3 << 20))
	if err != nil {
		t.Fatal(err)
	}
	text := pollute(string(lines))
	columns := []string{
		"hospital_id VARCHAR", "patient_id VARCHAR", "test_code VARCHAR", "test_name VARCHAR", "specimen VARCHAR", "collected_at TIMESTAMP", "resulted_at TIMESTAMP",
		"value DOUBLE", "unit VARCHAR", "ref_low DECIMAL(12,3)", "ref_high DECIMAL(30,3)", "abnormal_flag VARCHAR", "age INT", "sex VARCHAR", "status VARCHAR", "comment VARCHAR",
	}
	var want []string
	for i, debug := range []ingest.Debug{{}, {PlainScan: true}, {NoDictionaries: true}, {PlainScan: true, NoDictionaries: true, SerialSort: true}} {
		var got []string
		for _, sorted := range []bool{false, true} {
			r := newRig(t, 1<<20)
			if r.loader, err = ingest.New(ingest.Config{Store: r.store, Catalog: r.log, TempDir: filepath.Join(r.dir, "t"), MemoryBytes: 1 << 20, Debug: debug}); err != nil {
				t.Fatal(err)
			}
			keys := []string{"test_code", "value"}
			if !sorted {
				keys = nil
			}
			r.create("labs", columns, nil, keys)
			rec, err := r.loader.Load(context.Background(), &ingest.Request{Table: "labs", Body: strings.NewReader(text), Options: ingest.Options{MaxRejects: must(ingest.ParseMaxRejects("100%"))}})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range rec.Columns {
				got = append(got, c.Name+" "+c.Hash.String())
			}
			for _, row := range r.rows("labs") {
				got = append(got, strings.Join(row, "|"))
			}
			got = append(got, r.rejects(rec.DeliveryID, ingest.RejectsCSV))
		}
		if i == 0 {
			want = got
		}
		if !slices.Equal(want, got) {
			t.Fatalf("%+v: %s", debug, cmp.Diff(want[:40], got[:40]))
		}
	}
}

// pollute breaks some lines of a text, each in its own way.
func pollute(text string) string {
	lines := strings.SplitAfter(text, "\n")
	for i := 20; i < len(lines)-1; i += 97 {
		cells := strings.Split(strings.TrimSuffix(lines[i], "\n"), ",")
		switch i % 9 {
		case 0:
			cells[7] = "n/a"
		case 1:
			cells[12] = " 12 "
		case 2:
			cells[0] = `"` + cells[0] + `"`
		case 3:
			cells[0] = `"` + cells[0]
		case 4:
			cells[4] = `""`
		case 5:
			cells[7] = "-0"
		case 6:
			cells = append(cells, "x")
		case 7:
			cells[9] = "1.50"
		case 8:
			cells[3] = `"a ""quoted"" name, and a longer one"`
		}
		lines[i] = strings.Join(cells, ",") + []string{"\n", "\r\n"}[i%2]
	}
	return strings.Join(lines, "")
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
