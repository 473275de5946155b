package planner_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/assaydb/assay/planner"
	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
	"go.uber.org/goleak"
)

// TestMain looks for goroutines left behind, apart from the flusher that the logging library of the SQL parser starts.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/golang/glog.(*fileSink).flushDaemon"))
}

// canned gives a number of batches of ten rows each, or waits for its context when there are none.
type canned struct {
	batches int
	ctx     context.Context
	fields  []batch.Field
}

func (c *canned) Run(ctx context.Context, p *fragment.Plan) (operator.Stream, error) {
	return &canned{c.batches, ctx, p.Fields}, nil
}

func (c *canned) Fields() []batch.Field  { return c.fields }
func (c *canned) Close() error           { return nil }
func (c *canned) Stats() *operator.Stats { return &operator.Stats{} }

func (c *canned) Next(context.Context) (*batch.Batch, error) {
	if c.batches < 0 {
		<-c.ctx.Done()
		return nil, c.ctx.Err()
	}
	if c.batches == 0 {
		return nil, nil
	}
	c.batches--
	return &batch.Batch{Len: 10, Cols: []*batch.Vector{batch.NewConst(schema.TextValue("x"), 10)}}, nil
}

const anySQL = "SELECT sex FROM labs"

func engine(t *testing.T, batches int, l planner.Limits) *planner.Engine {
	return planner.New(planner.Config{Catalog: labsCatalog(t), Scatter: &canned{batches: batches}, Limits: l})
}

func want(t *testing.T, err error, kind errs.Kind, code string) {
	t.Helper()
	if e := errs.As(err); e == nil || e.Kind != kind || e.Code != code {
		t.Fatalf("error %v, want %s", err, code)
	}
}

func TestLimits(t *testing.T) {
	ctx := context.Background()
	e := engine(t, 3, planner.Limits{})
	_, _, err := texts(ctx, e, &planner.Request{SQL: anySQL, MaxRows: 20})
	want(t, err, errs.Limit, "row-limit-exceeded")
	_, _, err = texts(ctx, e, &planner.Request{SQL: anySQL, MaxBytes: 100})
	want(t, err, errs.Limit, "scan-limit-exceeded")
	if _, res, err := texts(ctx, e, &planner.Request{SQL: anySQL, MaxBytes: 100, DryRun: true}); err != nil || res.Estimate.Bytes <= 100 {
		t.Fatalf("dry run: %v", err)
	}
	if rows, res, err := texts(ctx, e, &planner.Request{SQL: anySQL, MaxRows: 30, Cache: "bypass"}); err != nil || len(rows) != 30 {
		t.Fatalf("%d rows, %v", len(rows), err)
	} else if s := res.Stats(); s.RowsReturned != 30 || s.Cache != "bypass" || s.SegmentsTotal != 12 {
		t.Fatalf("stats %+v", s)
	}
	_, _, err = texts(ctx, e, &planner.Request{SQL: anySQL, Zone: "Mars/Base"})
	want(t, err, errs.Invalid, "bad-parameter")
	_, _, err = texts(ctx, e, &planner.Request{SQL: anySQL, At: 999})
	want(t, err, errs.Invalid, "index-ahead")
}

func TestAt(t *testing.T) {
	e := engine(t, 0, planner.Limits{})
	req := &planner.Request{SQL: "EXPLAIN SELECT COUNT(*) FROM labs WHERE age > 1", At: 3}
	_, res, err := texts(context.Background(), e, req)
	if err != nil || res.CatalogIndex != 3 || res.Estimate.Segments != 2 {
		t.Fatalf("%+v, %v", res, err)
	}
}

func TestTimeoutAndCancel(t *testing.T) {
	ctx := context.Background()
	e := engine(t, -1, planner.Limits{})
	_, _, err := texts(ctx, e, &planner.Request{SQL: anySQL, Timeout: time.Millisecond})
	want(t, err, errs.Timeout, "query-timeout")
	_, _, err = texts(ctx, e, &planner.Request{SQL: anySQL, MinIndex: 999, Timeout: time.Millisecond})
	want(t, err, errs.Timeout, "query-timeout")

	res, err := e.Query(ctx, &planner.Request{SQL: anySQL})
	if err != nil {
		t.Fatal(err)
	}
	if r := e.Running(); len(r) != 1 || r[0].ID != res.QueryID {
		t.Fatalf("running %v", r)
	}
	if !e.Cancel(res.QueryID) || e.Cancel(schema.NewID()) {
		t.Fatal("cancel")
	}
	_, err = res.Next(ctx)
	want(t, err, errs.Canceled, "query-canceled")
	if err := errors.Join(res.Close(), res.Close()); err != nil || len(e.Running()) != 0 {
		t.Fatalf("close: %v, running %v", err, e.Running())
	}

	gone, cancel := context.WithCancel(ctx)
	res, err = e.Query(gone, &planner.Request{SQL: anySQL})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	_, err = res.Next(ctx)
	want(t, err, errs.Canceled, "query-canceled")
	_ = res.Close()
}

func TestBusy(t *testing.T) {
	ctx := context.Background()
	e := engine(t, -1, planner.Limits{MaxConcurrent: 1, QueueWait: time.Millisecond, MaxQueue: 1})
	first, err := e.Query(ctx, &planner.Request{SQL: anySQL})
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Query(ctx, &planner.Request{SQL: anySQL})
	want(t, err, errs.Busy, "too-many-queries")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := e.Query(ctx, &planner.Request{SQL: anySQL})
	if err != nil {
		t.Fatalf("the turn was not given back: %v", err)
	}
	_ = second.Close()
	if n := len(e.Running()); n != 0 {
		t.Fatalf("%d queries left", n)
	}
}

// TestReadOnly holds that nothing but reading passes where only reading is allowed.
func TestReadOnly(t *testing.T) {
	e := engine(t, 0, planner.Limits{})
	for _, sql := range []string{"CREATE TABLE x (a INT)", "ALTER TABLE labs ADD COLUMN x INT", "DROP TABLE labs"} {
		_, err := e.Query(context.Background(), &planner.Request{SQL: sql, ReadOnly: true})
		want(t, err, errs.Invalid, "read-only")
	}
	for _, sql := range []string{"SHOW TABLES", "DESCRIBE labs", "EXPLAIN SELECT 1 FROM labs", "SELECT COUNT(*) FROM labs", "USE assay"} {
		if _, _, err := texts(context.Background(), e, &planner.Request{SQL: sql, ReadOnly: true}); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// TestDryRunChangesNothing holds for every statement that could.
func TestDryRunChangesNothing(t *testing.T) {
	c := labsCatalog(t)
	e := planner.New(planner.Config{Catalog: c, Scatter: &canned{}})
	before := c.Snapshot().Index()
	for _, sql := range []string{"CREATE TABLE x (a INT)", "ALTER TABLE labs ADD COLUMN x INT", "DROP TABLE labs"} {
		if _, _, err := texts(context.Background(), e, &planner.Request{SQL: sql, DryRun: true}); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if c.Snapshot().Index() != before {
		t.Error("the catalog changed")
	}
}

func FuzzQuery(f *testing.F) {
	for _, s := range []string{
		"SELECT age, COUNT(*) AS n FROM labs GROUP BY age HAVING n > 1 ORDER BY n LIMIT 3", "SELECT DISTINCT sex FROM labs WHERE value BETWEEN 1 AND 2.5",
		"SELECT MAX(value) - MIN(value) FROM labs WHERE collected_at >= '2025-01-01'", "WITH x AS (SELECT age FROM labs) SELECT * FROM x LIMIT 1, 2",
		"SHOW TABLES LIKE 'l%'", "ALTER TABLE labs ADD COLUMN x INT", "SELECT CASE WHEN age > 3 THEN 'a' END, \"value\" FROM labs AS l",
	} {
		f.Add(s)
	}
	e := planner.New(planner.Config{Catalog: labsCatalog(f), Scatter: &canned{}, Now: clock})
	f.Fuzz(func(t *testing.T, sql string) {
		for _, text := range []string{sql, "EXPLAIN " + sql} {
			_, _, err := texts(context.Background(), e, &planner.Request{SQL: text, DryRun: true})
			if err == nil {
				continue
			}
			k := errs.As(err)
			if k == nil || k.Kind == errs.Internal || strings.Contains(err.Error(), "BUG") {
				t.Fatalf("%q: %v", text, err)
			}
		}
	})
}
