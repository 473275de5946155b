package ingest_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/google/go-cmp/cmp"
)

func wantCode(t *testing.T, err error, kind errs.Kind, code string) {
	t.Helper()
	if e := errs.As(err); e == nil || e.Kind != kind || e.Code != code {
		t.Fatalf("error %v, want kind %d code %s", err, kind, code)
	}
}

func TestNewTable(t *testing.T) {
	r := newRig(t, 0)
	rec := r.mustLoad("labs", "id,code,value,at\n1,007,2.85,2025-01-20T07:21:26Z\n2,008,,2025-01-21 08:00:00\n\n", slot("H1", "2025-01"))
	if rec.RecordsIn != 2 || rec.Accepted != 2 || rec.Blank != 1 || rec.Header != 1 || len(rec.Segments) != 1 || rec.CatalogIndex == 0 {
		t.Fatalf("receipt %+v", rec)
	}
	if got := r.table("labs"); got != "id BIGINT, code VARCHAR, value DECIMAL(18,2), at TIMESTAMP" {
		t.Fatal(got)
	}
	want := [][]string{{"1", "007", "2.85", "2025-01-20T07:21:26Z"}, {"2", "008", "NULL", "2025-01-21T08:00:00Z"}}
	if diff := cmp.Diff(want, r.rows("labs")); diff != "" {
		t.Fatal(diff)
	}
	again, err := r.loader.Receipt(context.Background(), rec.DeliveryID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rec, again); diff != "" {
		t.Fatalf("the receipt read again differs:\n%s", diff)
	}
}

func TestSlots(t *testing.T) {
	r := newRig(t, 0)
	one := r.mustLoad("labs", "id\n1\n", slot("H1", "2025-01"))
	if same := r.mustLoad("labs", "id\n1\n", slot("H1", "2025-01")); !same.Duplicate || same.DeliveryID != one.DeliveryID || same.CatalogIndex != one.CatalogIndex {
		t.Fatalf("sent again: %+v", same)
	}
	two := r.mustLoad("labs", "id\n2\n3\n", slot("H1", "2025-01"))
	if two.Replaced == nil || *two.Replaced != one.DeliveryID {
		t.Fatalf("replaced %v", two.Replaced)
	}
	if got := r.rows("labs"); len(got) != 2 {
		t.Fatalf("rows %v", got)
	}
	_, err := r.load("labs", "id\n1\n", slot("H1", "2025-01"))
	wantCode(t, err, errs.Conflict, "superseded")
	if !strings.Contains(err.Error(), two.DeliveryID.String()) {
		t.Fatalf("%v does not name the successor", err)
	}
	forced := r.mustLoad("labs", "id\n1\n", slot("H1", "2025-01"), func(q *ingest.Request) { q.Force = true })
	if forced.Duplicate || len(r.rows("labs")) != 1 {
		t.Fatalf("forced: %+v, rows %v", forced, r.rows("labs"))
	}
	if _, err := r.loader.Revert(context.Background(), forced.DeliveryID); err != nil {
		t.Fatal(err)
	}
	if got := r.rows("labs"); len(got) != 2 {
		t.Fatalf("after the revert: %v", got)
	}
	r.mustLoad("labs", "id\n9\n", slot("H1", "2025-01"), func(q *ingest.Request) { q.Mode = ingest.ModeAppend })
	r.mustLoad("labs", "id\n8\n")
	if got := r.rows("labs"); len(got) != 4 {
		t.Fatalf("after two appends: %v", got)
	}
	if same := r.mustLoad("labs", "id\n8\n"); !same.Duplicate {
		t.Fatal("an unnamed upload sent again is not known")
	}
}

func TestDeclaredTable(t *testing.T) {
	r := newRig(t, 0)
	r.create("labs", []string{"hospital VARCHAR", "at TIMESTAMP", "value DECIMAL(6,2)", "n TINYINT"}, []string{"hospital", "month(at)"}, []string{"value"})
	rec := r.mustLoad("labs", "value,at,hospital\n3.5,2025-01-02,H2\n1.25,2025-01-03,H1\n2,2025-02-01,H1\n1.5,2025-01-01 10:00,H2\n,2025-01-09,H2\n")
	want := [][]string{
		{"H1", "2025-01-03T00:00:00Z", "1.25", "NULL"},
		{"H1", "2025-02-01T00:00:00Z", "2.00", "NULL"},
		{"H2", "2025-01-09T00:00:00Z", "NULL", "NULL"},
		{"H2", "2025-01-01T10:00:00Z", "1.50", "NULL"},
		{"H2", "2025-01-02T00:00:00Z", "3.50", "NULL"},
	}
	got := r.rows("labs")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	if len(rec.Segments) != 3 {
		t.Fatalf("%d segments", len(rec.Segments))
	}
	_, err := r.load("labs", "hospital,extra\nH1,2\n")
	wantCode(t, err, errs.Meaning, "unknown-column")
	_, err = r.load("labs", "x,y\nH1,2\n")
	wantCode(t, err, errs.Meaning, "no-column")
	empty := r.mustLoad("labs", "hospital,value\n", slot("H9", "2025-01"))
	if empty.Accepted != 0 || empty.CatalogIndex == 0 {
		t.Fatalf("a header alone: %+v", empty)
	}
}

func TestRejects(t *testing.T) {
	r := newRig(t, 0)
	r.create("labs", []string{"id BIGINT", "value DECIMAL(6,2)"}, nil, nil)
	csv := "id,value\n1,2.5\nx,1\n3,1.234\n4\n5,1,2\n6,\"a\"b\n\xff,1\n8,12345.6\n9,1\n"
	_, err := r.load("labs", csv)
	wantCode(t, err, errs.Limit, "too-many-rejects")
	for _, s := range []string{`line 3 (byte 15), column "id"`, `line 4 (byte 19), column "value"`, "fewer fields", "more fields", "closing quote"} {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("%v\ndoes not say %q", err, s)
		}
	}
	if len(r.rows("labs")) != 0 {
		t.Fatal("something was loaded")
	}
	_, err = r.load("labs", csv, func(q *ingest.Request) { q.Options.BadRow = ingest.RejectFile })
	wantCode(t, err, errs.Limit, "bad-row")
	_, err = r.load("labs", csv, func(q *ingest.Request) { q.Options.MaxRejects = ingest.MaxRejects{Counted: true, Set: true, Count: 3} })
	wantCode(t, err, errs.Limit, "too-many-rejects")
	rec := r.mustLoad("labs", csv, lenient)
	if rec.RecordsIn != 9 || rec.Accepted != 2 || rec.Rejected != 7 || len(rec.FirstRejects) != 7 {
		t.Fatalf("receipt %+v", rec)
	}
	nd := r.rejects(rec.DeliveryID, ingest.RejectsNDJSON)
	if n := strings.Count(nd, "\n"); n != 7 || !strings.Contains(nd, `"raw":"3,1.234"`) || !strings.Contains(nd, `"raw_base64":"/ywx"`) {
		t.Fatalf("rejects:\n%s", nd)
	}
	if got := r.rejects(rec.DeliveryID, ingest.RejectsCSV); strings.Count(got, "\n") != 8 {
		t.Fatalf("rejects as CSV:\n%s", got)
	}
}

func TestWidening(t *testing.T) {
	r := newRig(t, 0)
	r.mustLoad("t", "a,b,c,d\n1,2025-01-01,x,1\n", slot("s", "1"))
	rec := r.mustLoad("t", "b,a,e\n2025-01-02 10:00:00,2.5,7\n", slot("s", "2"))
	if got := r.table("t"); got != "a DECIMAL(18,1), b TIMESTAMP, c VARCHAR, d BIGINT, e BIGINT" && got != "a DECIMAL(38,1), b TIMESTAMP, c VARCHAR, d BIGINT, e BIGINT" {
		t.Fatal(got)
	}
	want := [][]string{{"1.0", "2025-01-01T00:00:00Z", "x", "1", "NULL"}, {"2.5", "2025-01-02T10:00:00Z", "NULL", "NULL", "7"}}
	if diff := cmp.Diff(want, r.rows("t")); diff != "" {
		t.Fatal(diff)
	}
	if len(rec.Warnings) < 3 {
		t.Fatalf("warnings %q", rec.Warnings)
	}
	_, err := r.load("t", "a,b\nmuch,2025-01-01\n", slot("s", "3"))
	wantCode(t, err, errs.Limit, "too-many-rejects")
	r.mustLoad("t", "a\n0.125\n", slot("s", "4"))
	if got := r.rows("t"); len(got) != 3 || got[2][0] != "0.125" || got[0][0] != "1.000" {
		t.Fatal(got)
	}
}

func TestRehearsal(t *testing.T) {
	r := newRig(t, 0)
	rec := r.mustLoad("t", "a\n1\n", func(q *ingest.Request) { q.Rehearse = true })
	if !rec.Rehearsal || rec.Accepted != 1 || r.table("t") != "none" || r.log.Snapshot().Index() != 0 {
		t.Fatalf("%+v, table %s", rec, r.table("t"))
	}
}

func TestSameFileByTwoClientsAtOnce(t *testing.T) {
	r := newRig(t, 0)
	var group sync.WaitGroup
	got := make([]*ingest.Receipt, 8)
	for i := range got {
		group.Go(func() {
			var err error
			if got[i], err = r.load("t", "a,b\n1,2\n3,4\n", slot("s", "p")); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	first := 0
	for _, g := range got {
		if g != nil && !g.Duplicate {
			first++
		}
		if g != nil && g.DeliveryID != got[0].DeliveryID {
			t.Error("two deliveries")
		}
	}
	if first != 1 || len(r.rows("t")) != 2 {
		t.Fatalf("%d first receipts, rows %v", first, r.rows("t"))
	}
}

func TestTableAlteredMeanwhile(t *testing.T) {
	r := newRig(t, 0)
	r.mustLoad("t", "a\n1\n", slot("s", "1"))
	once := sync.OnceFunc(func() {
		table, _ := r.log.Snapshot().Table("t")
		def := *table
		def.Columns = append(append(def.Columns[:0:0], def.Columns...), table.Columns[0])
		def.Columns[1].ID, def.Columns[1].Name = 0, "z"
		if _, err := r.log.m.Apply(catalog.Encode(&catalog.PutTable{Table: def, Expect: table.Version, At: 2})); err != nil {
			t.Error(err)
		}
	})
	r.log.before = func(catalog.Command) { once() }
	r.mustLoad("t", "a\n2\n", slot("s", "2"))
	if got := r.rows("t"); len(got) != 2 || len(got[0]) != 2 {
		t.Fatal(got)
	}
}

func TestLostReply(t *testing.T) {
	r := newRig(t, 0)
	r.log.after = func() error { return errs.New(errs.Unavailable, "outcome-unknown", "the reply was lost") }
	rec := r.mustLoad("t", "a\n1\n")
	if rec.CatalogIndex == 0 || len(r.rows("t")) != 1 {
		t.Fatalf("%+v", rec)
	}
}

func TestClientGone(t *testing.T) {
	r := newRig(t, 0)
	gone := errors.New("connection reset by peer")
	for _, declared := range []bool{false, true} {
		if declared {
			r.create("t", []string{"a BIGINT"}, nil, []string{"a"})
		}
		_, err := r.loader.Load(context.Background(), &ingest.Request{Table: "t", Body: io.MultiReader(strings.NewReader("a\n1\n2\n"), failing{gone})})
		if !errors.Is(err, gone) {
			t.Fatal(err)
		}
	}
	if r.rows("t") != nil && len(r.rows("t")) != 0 {
		t.Fatal("rows are left")
	}
	for _, dir := range []string{"ingest", "tmp"} {
		left, err := os.ReadDir(filepath.Join(r.dir, dir))
		if err != nil || len(left) != 0 {
			t.Fatalf("%s: %v, %v", dir, left, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestRefusedRequests(t *testing.T) {
	r := newRig(t, 0)
	for name, c := range map[string]struct {
		change func(*ingest.Request)
		code   string
	}{
		"mirror":    {func(q *ingest.Request) { q.Ack = ingest.AckMirror }, "no-mirror"},
		"no slot":   {func(q *ingest.Request) { q.Mode = ingest.ModeReplace }, "no-slot"},
		"bad table": {func(q *ingest.Request) { q.Table = "a/b" }, "bad-name"},
		"source":    {func(q *ingest.Request) { q.Source = "a\nb" }, "bad-source"},
		"delimiter": {func(q *ingest.Request) { q.Options.Delimiter = "ab" }, "bad-parameter"},
		"pattern":   {func(q *ingest.Request) { q.Options.DateFormat = "%Q" }, "bad-pattern"},
		"charset":   {func(q *ingest.Request) { q.Options.Charset = "ebcdic" }, "bad-charset"},
		"empty":     {func(q *ingest.Request) { q.Body = strings.NewReader("") }, "empty-file"},
		"blank":     {func(q *ingest.Request) { q.Body = strings.NewReader("\n\n\n") }, "empty-file"},
		"header":    {func(q *ingest.Request) { q.Body = strings.NewReader("a,b\n") }, "no-rows"},
		"cut gzip":  {func(q *ingest.Request) { q.Body = strings.NewReader("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b") }, "truncated"},
	} {
		_, err := r.load("t", "a\n1\n", c.change)
		if e := errs.As(err); e == nil || e.Code != c.code {
			t.Errorf("%s: %v, want code %s", name, err, c.code)
		}
	}
	if r.log.Snapshot().Index() != 0 {
		t.Error("something was committed")
	}
}

// TestLinesBehindABrokenQuoteCount: a quote that is closed a thousand lines on makes one record of them, but the limit on rejects
// counts lines, each of which may be a row of the sender's.
func TestLinesBehindABrokenQuoteCount(t *testing.T) {
	r := newRig(t, 0)
	file := "a,b\n" + strings.Repeat("1,x\n", 9000) + "2,\"y\n" + strings.Repeat("3,z\n", 999) + "4,\"w\n"
	_, err := r.load("t", file)
	if e := errs.As(err); e == nil || e.Code != "too-many-rejects" || !strings.Contains(e.Error(), "1001 lines") {
		t.Fatalf("%v, want too-many-rejects that tells of 1001 lines", err)
	}
	for _, limit := range []struct {
		text string
		ok   bool
	}{{"1000", false}, {"1001", true}, {"10%", false}, {"10.1%", true}} {
		_, err := r.load("t", file, func(q *ingest.Request) {
			q.Options.MaxRejects, _ = ingest.ParseMaxRejects(limit.text)
			q.Rehearse = true
		})
		if (err == nil) != limit.ok {
			t.Errorf("max_rejects=%s: %v", limit.text, err)
		}
	}
}
