package planner_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/assaydb/assay/planner"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
)

// TestReadersSeeOneWholeDelivery asks from a hundred readers while a slot is replaced again and again: every answer, from
// metadata, a scan or a grouping, is that of one of the two files.
func TestReadersSeeOneWholeDelivery(t *testing.T) {
	n := newNode(t, false)
	loadResults(t, n)
	files := [][][]string{rowsOf(1, 2, 40), append(rowsOf(1, 2, 25), rowsOf(1, 3, 30)...)}
	questions := []string{
		"SELECT COUNT(*) FROM results",
		"SELECT COUNT(*), SUM(value), SUM(age) FROM results",
		"SELECT taken, value FROM results WHERE hospital = 'H1' AND age < 60 ORDER BY taken, value, age",
		"SELECT code, COUNT(*), MAX(ratio) FROM results GROUP BY code",
	}
	ask := func(sql string) string {
		rows, _, err := texts(t.Context(), n.engine, &planner.Request{SQL: sql})
		if err != nil {
			t.Errorf("%s: %v", sql, err)
		}
		return joined(rows)
	}
	allowed := map[string]map[string]bool{}
	for _, rows := range files {
		n.load(t, "results", "A1", "2025-02", rows)
		for _, sql := range questions {
			if allowed[sql] == nil {
				allowed[sql] = map[string]bool{}
			}
			allowed[sql][ask(sql)] = true
		}
	}
	for _, sql := range questions {
		if len(allowed[sql]) != 2 {
			t.Fatalf("%s does not tell the files apart", sql)
		}
	}
	ended := make(chan struct{})
	var readers sync.WaitGroup
	for i := range 100 {
		readers.Go(func() {
			for k := i; ; k++ {
				sql := questions[k%len(questions)]
				rows, _, err := texts(t.Context(), n.engine, &planner.Request{SQL: sql})
				if err != nil && errs.KindOf(err) != errs.Busy {
					t.Errorf("%s: %v", sql, err)
				} else if err == nil && !allowed[sql][joined(rows)] {
					t.Errorf("%s gave neither file's answer:\n%s", sql, joined(rows))
				}
				select {
				case <-ended:
					return
				default:
				}
			}
		})
	}
	for i := range 6 {
		n.load(t, "results", "A1", "2025-02", files[i%2])
	}
	close(ended)
	readers.Wait()
}

// TestTravel asks at every index of a history: replace, revert, drop, and past what retention has kept.
func TestTravel(t *testing.T) {
	n := newNode(t, false)
	n.propose(t, &catalog.PutTable{Table: resultsTable()})
	const sql = "SELECT COUNT(*), SUM(age) FROM results"
	type moment struct {
		index  uint64
		answer string
	}
	var past []moment
	mark := func() {
		rows, res, err := texts(t.Context(), n.engine, &planner.Request{SQL: sql})
		if err != nil || res.CatalogIndex != n.catalog.Snapshot().Index() {
			t.Fatalf("%+v, %v", res, err)
		}
		past = append(past, moment{res.CatalogIndex, joined(rows)})
	}
	mark()
	for _, count := range []int{10, 20, 30} {
		n.load(t, "results", "A1", "2025-01", rowsOf(1, 1, count))
		mark()
	}
	tab, _ := n.catalog.Snapshot().Table("results")
	n.propose(t, &catalog.RevertDelivery{Delivery: n.catalog.Snapshot().Slot(tab.ID, "A1", "2025-01")[0].ID, At: clock().UnixMicro()})
	mark()
	if past[4].answer != past[2].answer || past[4].answer == past[3].answer {
		t.Fatalf("a revert gave %s after %v", past[4].answer, past)
	}
	n.propose(t, &catalog.DropTable{Name: "results", At: clock().UnixMicro()})
	_, _, err := texts(t.Context(), n.engine, &planner.Request{SQL: sql})
	want(t, err, errs.NotFound, "unknown-table")
	for _, m := range past {
		for _, d := range []planner.Debug{{}, {NoMetadata: true}, {NoMetadata: true, LazySegments: 1}} {
			rows, res, err := texts(t.Context(), n.engine, &planner.Request{SQL: sql, At: m.index, Debug: d})
			if err != nil || joined(rows) != m.answer || res.CatalogIndex != m.index {
				t.Errorf("at %d: %q, %v, then it was %q", m.index, rows, err, m.answer)
			}
		}
	}
	n.propose(t, &catalog.PurgeExpired{Now: clock().UnixMicro() + 2*catalog.DefaultRetention})
	_, _, err = texts(t.Context(), n.engine, &planner.Request{SQL: sql, At: past[1].index})
	want(t, err, errs.Gone, "history-expired")
}

// TestMinIndexWaits holds that a query waits for the index it needs and sees what came with it.
func TestMinIndexWaits(t *testing.T) {
	n := newNode(t, false)
	loadResults(t, n)
	index := n.catalog.Snapshot().Index()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	rows, res, err := texts(ctx, n.engine, &planner.Request{SQL: "SELECT COUNT(*) FROM results", MinIndex: index})
	if err != nil || res.CatalogIndex < index || joined(rows) != "240" {
		t.Fatalf("%q at %d, %v", rows, res.CatalogIndex, err)
	}
	_, _, err = texts(ctx, n.engine, &planner.Request{SQL: "SELECT COUNT(*) FROM results", MinIndex: index + 1, Timeout: time.Millisecond})
	want(t, err, errs.Timeout, "query-timeout")
}

// TestEstimateIsWhatAScanReads compares the estimate, known before the run, with the bytes that the run then reads: the same where
// no row group is left out and no column is a constant, never less than was read.
func TestEstimateIsWhatAScanReads(t *testing.T) {
	n := newNodeWith(t, false, storageOfSmallGroups())
	n.propose(t, &catalog.PutTable{Table: resultsTable()})
	for m := 1; m <= 4; m++ {
		n.load(t, "results", "A1", fmt.Sprintf("2025-%02d", m), append(rowsOf(1, m, 400), rowsOf(2, m, 100)...))
	}
	for sql, exact := range map[string]bool{
		"SELECT SUM(value), COUNT(flag), MAX(ratio) FROM results":                              true,
		"SELECT * FROM results":                                                                false,
		"SELECT SUM(age) FROM results WHERE hospital = 'H2'":                                   true,
		"SELECT SUM(age) FROM results WHERE taken >= '2025-02-01' AND taken < '2025-04-01'":    true,
		"SELECT SUM(age) FROM results WHERE hospital = 'H1' AND MONTH(taken) = 3":              false,
		"SELECT SUM(age) FROM results WHERE code = 'C3'":                                       false,
		"SELECT COUNT(*) FROM results WHERE flag IS NULL AND code LIKE 'C1%' AND age IN (1,2)": false,
	} {
		_, res, err := texts(t.Context(), n.engine, &planner.Request{SQL: sql, Debug: planner.Debug{NoMetadata: true}})
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		over := res.Estimate.Bytes - res.Stats().BytesScanned
		if over < 0 || over == res.Estimate.Bytes || exact && over != 0 {
			t.Errorf("%s: estimated at %d bytes, read %d", sql, res.Estimate.Bytes, res.Stats().BytesScanned)
		}
		_, _, err = texts(t.Context(), n.engine, &planner.Request{SQL: sql, MaxBytes: res.Estimate.Bytes - 1, Debug: planner.Debug{NoMetadata: true}})
		want(t, err, errs.Limit, "scan-limit-exceeded")
	}
}

// TestWhatPrunes lists conditions and how many of 36 segments (six hospitals, six months, sorted by code) each leaves.
func TestWhatPrunes(t *testing.T) {
	n := newNodeWith(t, false, storageOfSmallGroups())
	n.propose(t, &catalog.PutTable{Table: resultsTable()})
	for h := 1; h <= 6; h++ {
		for m := 1; m <= 6; m++ {
			n.load(t, "results", fmt.Sprintf("A%d", h), fmt.Sprintf("2025-%02d", m), rowsOf(h, m, 40))
		}
	}
	for _, c := range []struct {
		where    string
		segments int64
		groups   bool // some of the row groups left are not read either
	}{
		{"hospital = 'H3'", 6, false},
		{"hospital IN ('H1', 'H6', 'X')", 12, false},
		{"hospital NOT IN ('H1', 'H6')", 24, false},
		{"hospital < 'H3'", 12, false},
		{"hospital LIKE 'H4%'", 6, false},
		{"hospital LIKE '%'", 36, false},
		{"hospital BETWEEN 'H2' AND 'H4'", 18, false},
		{"hospital IS NULL", 0, false},
		{"hospital = 'H1' OR hospital = 'H2'", 12, false},
		{"hospital = 'H1' AND taken >= '2025-05-01'", 2, false},
		{"hospital = 'H1' OR taken >= '2025-06-01'", 11, false},
		{"taken BETWEEN '2025-02-01' AND '2025-03-31 23:59:59'", 12, false},
		{"taken >= '2025-03-10' AND taken < '2025-03-20'", 6, false},
		{"DATE(taken) = '2025-03-15'", 6, false},
		{"YEAR(taken) = 2024", 1, false}, // pruning does not know the time zone: bounds of functions are a day wider,
		{"YEAR(taken) = 2025", 36, false},
		{"YEAR(taken) = 2025 AND MONTH(taken) = 3", 9, false},
		{"DATE_FORMAT(taken, '%Y-%m') = '2025-03'", 8, false},
		{"_source = 'A2'", 6, false},
		{"_period = '2025-03'", 6, false},
		{"code = 'C3'", 36, true},
		{"code IN ('C0', 'C9')", 36, true},
		{"code LIKE 'C4%'", 36, true},
		{"code < 'C1'", 36, true},
		{"code = 'D'", 0, false},
	} {
		var sum string
		for _, d := range []planner.Debug{{NoPrune: true, NoMetadata: true, NoRules: true}, {}} {
			rows, res, err := texts(t.Context(), n.engine, &planner.Request{SQL: "SELECT SUM(age) FROM results WHERE " + c.where, Debug: d})
			if err != nil {
				t.Fatalf("%s: %v", c.where, err)
			}
			if sum == "" {
				sum = joined(rows)
			} else if got := joined(rows); got != sum {
				t.Errorf("%s: the sum is %s, without pruning %s", c.where, got, sum)
			}
			if st := res.Stats(); d == (planner.Debug{}) && (res.Estimate.Segments != c.segments || (st.RowGroupsPruned > 0) != c.groups) {
				t.Errorf("%s: %d segments are left, want %d; %d of %d row groups pruned; sum %s", c.where, res.Estimate.Segments, c.segments, st.RowGroupsPruned, st.RowGroupsTotal, joined(rows))
			}
		}
	}
}
