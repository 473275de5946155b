package scatter_test

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/planner/scatter"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/schema"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// table is segments of three columns; each scan gives those of the request, one batch a segment.
type table struct {
	schema   *schema.Table
	segments []schema.Segment
	rows     map[schema.ID]*batch.Batch
}

type scan struct {
	batches []*batch.Batch
	next    atomic.Int64
}

func (t *table) Scan(_ context.Context, req *storage.ScanRequest) (storage.Scan, error) {
	s := &scan{}
	for _, seg := range req.Segments {
		b, ok := t.rows[seg.ID]
		if !ok {
			return nil, errs.New(errs.Unavailable, "no-replica", "segment %s is nowhere", seg.ID)
		}
		out := &batch.Batch{Len: b.Len}
		for _, id := range req.Columns {
			out.Cols = append(out.Cols, b.Cols[id-1])
		}
		s.batches = append(s.batches, out)
	}
	return s, nil
}

func (s *scan) Reader() storage.Reader { return s }
func (s *scan) Stats() storage.ScanStats {
	return storage.ScanStats{SegmentsTotal: int64(len(s.batches))}
}
func (s *scan) Close() error { return nil }
func (s *scan) Next(ctx context.Context) (*batch.Batch, error) {
	i := int(s.next.Add(1)) - 1
	if i >= len(s.batches) {
		return nil, nil
	}
	return s.batches[i], ctx.Err()
}

func newTable() *table {
	t := &table{rows: map[schema.ID]*batch.Batch{}}
	t.schema = &schema.Table{ID: 1, Name: "labs", Columns: []schema.Column{{ID: 1, Name: "test", Type: schema.TypeVarchar}, {ID: 2, Name: "value", Type: schema.DecimalType(10, 2)}, {ID: 3, Name: "ratio", Type: schema.TypeDouble}}}
	for i := range 9 {
		var cols []*batch.Builder
		for _, c := range t.schema.Columns {
			cols = append(cols, batch.NewBuilder(c.Type, 0))
		}
		for k := range 200 {
			n := i*200 + k
			cols[0].Text(fmt.Sprintf("T%02d", n*7%31))
			cols[1].Int64(int64(n * 37 % 1001))
			if n%11 == 0 {
				cols[2].Null()
			} else {
				cols[2].Float64(float64(n%13) / 10)
			}
		}
		b := &batch.Batch{Len: 200}
		for _, c := range cols {
			b.Cols = append(b.Cols, c.Finish())
		}
		seg := schema.Segment{ID: schema.ID{byte(i)}, Table: 1, Rows: 200}
		t.segments = append(t.segments, seg)
		t.rows[seg.ID] = b
	}
	return t
}

func (t *table) plans(tb testing.TB) map[string]*fragment.Plan {
	calls := func() (out []fragment.AggregateCall) {
		for _, c := range []struct {
			name     string
			distinct bool
			arg      int
		}{{"count", true, 0}, {"avg", false, 1}, {"sum", false, 2}, {"median", false, 1}, {"stddev_pop", false, 2}, {"min", false, 0}} {
			s, err := aggregate.Resolve(c.name, []schema.Type{t.schema.Columns[c.arg].Type}, c.distinct, nil, nil)
			if err != nil {
				tb.Fatal(err)
			}
			out = append(out, fragment.AggregateCall{Spec: s, Args: []int{c.arg}, Filter: -1, Name: c.name})
		}
		return out
	}()
	scan := &fragment.Scan{Table: t.schema, Columns: []uint32{1, 2, 3}, Output: 3, Segments: t.segments}
	halves := func(keys ...int) *fragment.Plan {
		part := &fragment.Aggregate{Input: scan, Keys: keys, Calls: calls, Mode: fragment.Partial}
		var finals []int
		for i := range keys {
			finals = append(finals, i)
		}
		root := &fragment.Aggregate{Input: &fragment.Receive{Stage: 1, Output: part.Fields()}, Keys: finals, Calls: calls, Mode: fragment.Final}
		return plan(root, part)
	}
	order := []fragment.SortKey{{Column: 1, Desc: true}, {Column: 0}}
	local := &fragment.Sort{Input: scan, Keys: order, Limit: 20}
	return map[string]*fragment.Plan{
		"no key": halves(),
		"keys":   halves(0),
		"rows":   plan(&fragment.Receive{Stage: 1, Output: scan.Fields()}, scan),
		"sorted": plan(&fragment.Limit{Input: &fragment.Receive{Stage: 1, Output: scan.Fields(), Keys: order}, Count: 20}, local),
	}
}

func plan(root, leaf fragment.Node) *fragment.Plan {
	return &fragment.Plan{Stages: []fragment.Fragment{{Root: root}, {Stage: 1, Root: leaf}}, Fields: root.Fields()}
}

func rows(t testing.TB, s *scatter.Scatter, p *fragment.Plan) ([]string, *operator.Stats) {
	t.Helper()
	st, err := s.Run(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	var out []string
	for {
		b, err := st.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if b == nil {
			sort.Strings(out)
			return out, st.Stats()
		}
		b = b.Compact()
		for i := range b.Len {
			var cells []string
			for _, c := range b.Cols {
				cells = append(cells, c.Value(i).String())
			}
			out = append(out, strings.Join(cells, "|"))
		}
	}
}

// TestSameOnEveryTransport runs the plans fused, local in two stages, through the wire forms, and over three nodes.
func TestSameOnEveryTransport(t *testing.T) {
	src := newTable()
	env := operator.Env{Storage: src, Parallelism: 2}
	apart := env
	apart.Debug.NoFusion = true
	three := []scatter.Transport{scatter.NewLoopback("n1", env), scatter.NewLoopback("n2", env), scatter.NewLocal("n3", env)}
	configs := map[string]scatter.Config{
		"local":    {Env: apart},
		"loopback": {Env: env, Nodes: []scatter.Transport{scatter.NewLoopback("n1", env)}},
		"three":    {Env: env, Nodes: three, Place: func(s *schema.Segment) int { return int(s.ID[0]) % 3 }},
	}
	for name, p := range src.plans(t) {
		want, _ := rows(t, scatter.New(scatter.Config{Env: env}), p)
		if len(want) == 0 {
			t.Fatalf("%s: no rows", name)
		}
		for config, c := range configs {
			got, stats := rows(t, scatter.New(c), p)
			if !slices.Equal(got, want) {
				t.Errorf("%s, %s:\n got %.400q\nwant %.400q", name, config, got, want)
			}
			if n := stats.Total().SegmentsTotal; n != 9 {
				t.Errorf("%s, %s: %d segments counted", name, config, n)
			}
		}
	}
}

// TestCloseEarly stops the senders, whose queue is bounded.
func TestCloseEarly(t *testing.T) {
	src := newTable()
	s := scatter.New(scatter.Config{Env: operator.Env{Storage: src, Debug: operator.Debug{NoFusion: true}}})
	st, err := s.Run(context.Background(), src.plans(t)["rows"])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.Next(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestBadPlans(t *testing.T) {
	s := scatter.New(scatter.Config{Env: operator.Env{Storage: newTable()}})
	for _, p := range []*fragment.Plan{{}, plan(&fragment.Receive{Stage: 0}, &fragment.Values{}), plan(&fragment.Receive{Stage: 7}, &fragment.Values{})} {
		if _, err := s.Run(context.Background(), p); errs.KindOf(err) != errs.Invalid {
			t.Errorf("got %v", err)
		}
	}
}
