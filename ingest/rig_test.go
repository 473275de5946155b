package ingest_test

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/schema"
)

// log is a catalog without replication: commands go through the codec and the machine, as they do on every node.
type log struct {
	mu     sync.Mutex
	m      *catalog.Machine
	before func(catalog.Command) // called before a command is applied, outside the lock
	after  func() error          // replaces the reply when it gives an error
}

func (l *log) Snapshot() *catalog.Snapshot { return l.m.Snapshot() }

func (l *log) Propose(ctx context.Context, c catalog.Command) (catalog.Result, error) {
	if l.before != nil {
		l.before(c)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	res, err := l.m.Apply(catalog.Encode(c))
	if err == nil && l.after != nil {
		if e := l.after(); e != nil {
			return catalog.Result{}, e
		}
	}
	return res, err
}

// rig is a loader over a real store in a temporary folder.
type rig struct {
	t      testing.TB
	dir    string
	log    *log
	store  *storage.Store
	loader *ingest.Loader
}

func newRig(t testing.TB, memory int64) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), log: &log{m: catalog.New()}}
	var err error
	if r.store, err = storage.Open(storage.Config{Dir: r.dir}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.store.Close(context.Background()) })
	r.loader, err = ingest.New(ingest.Config{Store: r.store, Catalog: r.log, TempDir: filepath.Join(r.dir, "ingest"), MemoryBytes: memory})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) load(table, csv string, change ...func(*ingest.Request)) (*ingest.Receipt, error) {
	req := &ingest.Request{Table: table, Body: strings.NewReader(csv)}
	for _, f := range change {
		f(req)
	}
	return r.loader.Load(context.Background(), req)
}

func (r *rig) mustLoad(table, csv string, change ...func(*ingest.Request)) *ingest.Receipt {
	r.t.Helper()
	rec, err := r.load(table, csv, change...)
	if err != nil {
		r.t.Fatalf("load %q: %v", csv[:min(len(csv), 200)], err)
	}
	return rec
}

func slot(source, period string) func(*ingest.Request) {
	return func(q *ingest.Request) { q.Source, q.Period = source, period }
}

func lenient(q *ingest.Request) { q.Options.MaxRejects, _ = ingest.ParseMaxRejects("100%") }

// create makes a declared table; columns are "name TYPE", keys name partition transforms and sort columns.
func (r *rig) create(name string, columns []string, partition, sort []string) *schema.Table {
	r.t.Helper()
	def := schema.Table{Name: name, Codec: schema.CodecZstd, NextColumn: 1}
	for _, c := range columns {
		n, typ, _ := strings.Cut(c, " ")
		parsed, err := schema.ParseType(typ)
		if err != nil {
			r.t.Fatal(err)
		}
		def.Columns = append(def.Columns, schema.Column{ID: def.NextColumn, Name: n, Type: parsed})
		def.NextColumn++
	}
	for _, p := range partition {
		tr, err := schema.ParseTransform(&def, p)
		if err != nil {
			r.t.Fatal(err)
		}
		def.PartitionBy = append(def.PartitionBy, tr)
	}
	for _, s := range sort {
		def.SortBy = append(def.SortBy, def.Columns[def.Column(s)].ID)
	}
	res, err := r.log.Propose(context.Background(), &catalog.PutTable{Table: def, At: 1})
	if err != nil {
		r.t.Fatal(err)
	}
	return res.Table
}

// rows reads a table back through the store's scan: values as text, NULL as such.
func (r *rig) rows(name string) [][]string {
	r.t.Helper()
	snap := r.log.Snapshot()
	table, ok := snap.Table(name)
	if !ok {
		return nil
	}
	out := [][]string{}
	for s := range snap.Segments(table.ID) {
		out = append(out, r.segment(table, s)...)
	}
	return out
}

func (r *rig) segment(table *schema.Table, s *schema.Segment) (out [][]string) {
	r.t.Helper()
	req := &storage.ScanRequest{Table: table, Segments: []schema.Segment{*s}, Output: len(table.Columns)}
	for _, c := range table.Columns {
		req.Columns = append(req.Columns, c.ID)
	}
	ctx := context.Background()
	scan, err := r.store.Scan(ctx, req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer scan.Close()
	for reader := scan.Reader(); ; {
		b, err := reader.Next(ctx)
		if err != nil {
			r.t.Fatal(err)
		}
		if b == nil {
			return out
		}
		b = b.Compact()
		for i := range b.Len {
			row := make([]string, len(table.Columns))
			for j := range row {
				row[j] = b.Cols[j].Value(i).String()
			}
			out = append(out, row)
		}
	}
}

// table describes a table's columns as "name TYPE, ...".
func (r *rig) table(name string) string {
	t, ok := r.log.Snapshot().Table(name)
	if !ok {
		return "none"
	}
	var parts []string
	for _, c := range t.Columns {
		parts = append(parts, fmt.Sprintf("%s %s", c.Name, c.Type))
	}
	return strings.Join(parts, ", ")
}

func (r *rig) rejects(d schema.ID, format ingest.RejectFormat) string {
	r.t.Helper()
	f, err := r.loader.Rejects(context.Background(), d, format)
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(b)
}
