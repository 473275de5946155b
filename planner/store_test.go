package planner_test

import (
	"context"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/assaydb/assay/planner"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/planner/scatter"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
)

// node is a store, a catalog and an engine over them.
type node struct {
	dir     string
	store   *storage.Store
	catalog memory
	engine  *planner.Engine
	loads   int
}

// newNode opens a node; loopback sends every stage through its wire form.
func newNode(t testing.TB, loopback bool) *node {
	t.Helper()
	return newNodeWith(t, loopback, storage.Config{})
}

// storageOfSmallGroups makes segments of many row groups and pages from few rows.
func storageOfSmallGroups() storage.Config { return storage.Config{RowGroupRows: 16, PageRows: 4} }

func newNodeWith(t testing.TB, loopback bool, cfg storage.Config) *node {
	t.Helper()
	cfg.Dir = t.TempDir()
	store, err := storage.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close(context.Background()) })
	env := operator.Env{Storage: store, TempDir: t.TempDir(), Parallelism: 2, Memory: operator.NewGrant(1 << 28)}
	c := scatter.Config{Env: env}
	if loopback {
		c.Nodes = []scatter.Transport{scatter.NewLoopback("far", env)}
	}
	n := &node{dir: cfg.Dir, store: store, catalog: memory{catalog.New()}}
	n.engine = planner.New(planner.Config{Catalog: n.catalog, Statistics: store, Scatter: scatter.New(c), Now: clock})
	return n
}

func (n *node) propose(t testing.TB, c catalog.Command) catalog.Result {
	t.Helper()
	res, err := n.catalog.Propose(context.Background(), c)
	if err != nil {
		t.Fatalf("%T: %v", c, err)
	}
	return res
}

// load writes rows of text as one delivery, each into the partition it belongs to; an empty cell is NULL.
func (n *node) load(t testing.TB, table, source, period string, rows [][]string) {
	t.Helper()
	ctx := context.Background()
	tab, ok := n.catalog.Snapshot().Table(table)
	if !ok {
		t.Fatalf("no table %s", table)
	}
	n.loads++
	d := catalog.Delivery{ID: schema.NewID(), Table: tab.ID, Source: source, Period: period, Named: true}
	binary.BigEndian.PutUint64(d.SHA256[:], uint64(n.loads))
	draft, err := n.store.Begin(ctx, d.ID, tab, storage.DraftOptions{Source: source, Period: period})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range partitions(t, tab, rows) {
		batches := []*batch.Batch{p.batch(tab)}
		next := func(context.Context) (*batch.Batch, error) {
			if len(batches) == 0 {
				return nil, nil
			}
			b := batches[0]
			batches = nil
			return b, nil
		}
		if err := draft.Write(ctx, p.values, next); err != nil {
			t.Fatal(err)
		}
	}
	sealed, err := draft.Seal(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for id, bytes := range sealed.ColumnBytes {
		d.ColumnBytes = append(d.ColumnBytes, catalog.ColumnBytes{Column: id, Bytes: bytes})
	}
	slices.SortFunc(d.ColumnBytes, func(a, b catalog.ColumnBytes) int { return int(a.Column) - int(b.Column) })
	d.Rows, d.Bytes, d.Segments = sealed.Rows, sealed.Bytes, int32(len(sealed.Segments))
	d.Accepted, d.RecordsIn = sealed.Rows, sealed.Rows
	n.propose(t, &catalog.CommitDelivery{Delivery: d, Segments: sealed.Segments, Replace: true, Expect: tab.Version, StartedAt: clock().UnixMicro()})
}

type partition struct {
	values []schema.Value
	rows   [][]schema.Value
}

// partitions groups and sorts rows as a load does.
func partitions(t testing.TB, tab *schema.Table, rows [][]string) []*partition {
	t.Helper()
	var out []*partition
	for _, r := range rows {
		row := make([]schema.Value, len(r))
		for i, cell := range r {
			row[i] = parse(t, cell, tab.Columns[i].Type)
		}
		var key []schema.Value
		for _, p := range tab.PartitionBy {
			key = append(key, p.Apply(row[tab.ColumnByID(p.Column)]))
		}
		i := slices.IndexFunc(out, func(p *partition) bool { return slices.Equal(p.values, key) })
		if i < 0 {
			i = len(out)
			out = append(out, &partition{values: key})
		}
		out[i].rows = append(out[i].rows, row)
	}
	for _, p := range out {
		slices.SortStableFunc(p.rows, func(a, b []schema.Value) int {
			for _, id := range tab.SortBy {
				if c := a[tab.ColumnByID(id)].Compare(b[tab.ColumnByID(id)]); c != 0 {
					return c
				}
			}
			return 0
		})
	}
	return out
}

func (p *partition) batch(tab *schema.Table) *batch.Batch {
	out := &batch.Batch{Len: len(p.rows)}
	for i, c := range tab.Columns {
		b := batch.NewBuilder(c.Type, len(p.rows))
		for _, r := range p.rows {
			b.Value(r[i])
		}
		out.Cols = append(out.Cols, b.Finish())
	}
	return out
}

// parse reads a cell as a load would: "" is NULL, ” the empty string.
func parse(t testing.TB, cell string, typ schema.Type) schema.Value {
	t.Helper()
	if cell == "" {
		return schema.NullValue(typ)
	}
	if cell == "NaN" {
		return schema.FloatValue(math.NaN())
	}
	if typ.IsText() {
		return schema.Value{Type: typ, S: strings.TrimSuffix(strings.TrimPrefix(cell, "'"), "'")}
	}
	e, err := expr.NewCast(&expr.Literal{Value: schema.TextValue(cell)}, typ, false)
	if err != nil {
		t.Fatal(err)
	}
	l, ok := expr.Fold(e, &expr.Env{}).(*expr.Literal)
	if !ok {
		t.Fatalf("%q is not a %s", cell, typ)
	}
	return l.Value
}
