package compact_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/node/compact"
	"github.com/assaydb/assay/planner"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/planner/scatter"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/vfs"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/golang/glog.(*fileSink).flushDaemon"))
}

// log is a catalog without replication: commands go through the codec and the machine, as they do on every node.
type log struct {
	mu     sync.Mutex
	m      *catalog.Machine
	before func(catalog.Command) // called before a command is applied
	after  func() error          // replaces the reply when it gives an error
}

func (l *log) Snapshot() *catalog.Snapshot             { return l.m.Snapshot() }
func (l *log) WaitIndex(context.Context, uint64) error { return nil }

func (l *log) Propose(_ context.Context, c catalog.Command) (catalog.Result, error) {
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

// rig is a node's parts over a real store in a temporary folder.
type rig struct {
	t       testing.TB
	dir     string
	log     *log
	store   *storage.Store
	loader  *ingest.Loader
	engine  *planner.Engine
	compact *compact.Compactor
}

func newRig(t testing.TB, fs vfs.FS, dir string) *rig {
	t.Helper()
	r := &rig{t: t, dir: dir, log: &log{m: catalog.New()}}
	r.open(fs)
	return r
}

// open opens the parts over the folder and the catalog as they are.
func (r *rig) open(fs vfs.FS) {
	r.t.Helper()
	var err error
	if r.store, err = storage.Open(storage.Config{Dir: r.dir, FS: fs, RollRows: 5000}); err != nil {
		r.t.Fatal(err)
	}
	temp := r.t.TempDir()
	if r.loader, err = ingest.New(ingest.Config{Store: r.store, Catalog: r.log, TempDir: filepath.Join(temp, "ingest")}); err != nil {
		r.t.Fatal(err)
	}
	env := operator.Env{Storage: r.store, Memory: operator.NewGrant(256 << 20), TempDir: temp, Parallelism: 2, Logger: slog.New(slog.DiscardHandler)}
	r.engine = planner.New(planner.Config{Catalog: r.log, Statistics: r.store, Scatter: scatter.New(scatter.Config{Env: env})})
	r.compact = compact.New(compact.Config{Store: r.store, Catalog: r.log, TempDir: temp, MemoryBytes: 1 << 20, Policy: compact.Policy{TargetRows: 5000}})
}

func (r *rig) close() { _ = r.store.Close(context.Background()) }

// create makes the table that the tests load: two partitions, sorted.
func (r *rig) create() {
	r.t.Helper()
	def := schema.Table{
		Name: "labs", Codec: schema.CodecZstd, NextColumn: 5,
		Columns: []schema.Column{
			{ID: 1, Name: "hospital", Type: schema.TypeVarchar},
			{ID: 2, Name: "code", Type: schema.TypeVarchar},
			{ID: 3, Name: "at", Type: schema.TypeTimestamp},
			{ID: 4, Name: "value", Type: schema.DecimalType(12, 3)},
		},
		PartitionBy: []schema.Transform{{Kind: schema.Identity, Column: 1}}, SortBy: []uint32{2, 3},
	}
	if _, err := r.log.Propose(context.Background(), &catalog.PutTable{Table: def, At: 1}); err != nil {
		r.t.Fatal(err)
	}
}

// lines is a delivery's text: rows of two hospitals, with NULLs and texts of all sorts, numbered from seed.
func lines(seed, rows int) string {
	var b strings.Builder
	b.WriteString("hospital,code,at,value\n")
	for i := range rows {
		n := seed*100_003 + i*7919
		code := []string{"GLU", "", "NA", "K", "héma,\"x\"", "zz"}[n%6]
		value := fmt.Sprintf("%d.%03d", n%977, n%1000)
		if n%11 == 0 {
			value = ""
		}
		fmt.Fprintf(&b, "H%d,%q,2025-0%d-%02dT%02d:00:00Z,%s\n", n%2, code, 1+n%9, 1+n%28, n%24, value)
	}
	return strings.ReplaceAll(b.String(), `\"`, `""`)
}

func (r *rig) load(source, period string, seed, rows int) *ingest.Receipt {
	r.t.Helper()
	rec, err := r.loader.Load(context.Background(), &ingest.Request{Table: "labs", Source: source, Period: period, Body: strings.NewReader(lines(seed, rows))})
	if err != nil {
		r.t.Fatal(err)
	}
	return rec
}

// merge compacts the table now.
func (r *rig) merge() *compact.Done {
	r.t.Helper()
	d, err := r.compact.Table(r.t.Context(), 1, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return d
}

// questions give the same bytes whatever segments the rows lie in.
func questions() []string {
	return []string{
		"SELECT COUNT(*), COUNT(value), SUM(value), MIN(at), MAX(at), COUNT(DISTINCT code), MEDIAN(value) FROM labs",
		"SELECT hospital, code, COUNT(*), SUM(value), MIN(value), MAX(at) FROM labs GROUP BY hospital, code ORDER BY hospital, code",
		"SELECT _source, _period, _delivery, COUNT(*), SUM(value) FROM labs GROUP BY _source, _period, _delivery ORDER BY 1, 2, 3",
		"SELECT hospital, code, at, value, _period FROM labs WHERE hospital = 'H1' AND code = 'GLU' ORDER BY at, value, _period",
		"SELECT COUNT(*), MAX(value) FROM labs WHERE _period = 'p1' OR code >= 'h'",
		"SELECT code, at, value FROM labs WHERE at >= '2025-03-01' AND at < '2025-04-01' AND value IS NOT NULL ORDER BY value DESC, at, code LIMIT 40",
	}
}

func (r *rig) answers(at uint64) (all []string) {
	r.t.Helper()
	for _, q := range questions() {
		text, err := r.ask(q, at)
		if err != nil {
			r.t.Fatalf("%s: %v", q, err)
		}
		all = append(all, text)
	}
	return all
}

func (r *rig) ask(sql string, at uint64) (string, error) {
	res, err := r.engine.Query(context.Background(), &planner.Request{SQL: sql, At: at})
	if err != nil {
		return "", err
	}
	defer res.Close()
	var b strings.Builder
	for {
		got, err := res.Next(context.Background())
		if err == io.EOF || err == nil && got == nil {
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		got = got.Compact()
		for i := range got.Len {
			for _, c := range got.Cols {
				v := c.Value(i)
				if v.Null {
					b.WriteString("NULL|")
					continue
				}
				b.WriteString(v.String() + "|")
			}
			b.WriteByte('\n')
		}
	}
}

// same fails the test where answers differ.
func (r *rig) same(what string, got, want []string) {
	r.t.Helper()
	for i := range want {
		if got[i] != want[i] {
			r.t.Errorf("%s: %s\n got %.600s\nwant %.600s", what, questions()[i], got[i], want[i])
		}
	}
}

func (r *rig) segments() (n int) {
	for range r.log.Snapshot().Segments(1) {
		n++
	}
	return n
}

// revert puts back what a delivery replaced.
func (r *rig) revert(id string) {
	r.t.Helper()
	d, err := schema.ParseID(id)
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := r.loader.Revert(context.Background(), d); err != nil {
		r.t.Fatal(err)
	}
}

// sorted tells whether every segment's rows follow the table's sort key.
func (r *rig) sorted() bool {
	ok := true
	for seg := range r.log.Snapshot().Segments(1) {
		scan, err := r.store.Scan(context.Background(), &storage.ScanRequest{Table: r.table(), Columns: []uint32{2, 3}, Output: 2, Segments: []schema.Segment{*seg}})
		if err != nil {
			r.t.Fatal(err)
		}
		var keys []string
		rd := scan.Reader()
		for {
			b, err := rd.Next(context.Background())
			if err != nil {
				r.t.Fatal(err)
			}
			if b == nil {
				break
			}
			b = b.Compact()
			for i := range b.Len {
				keys = append(keys, fmt.Sprintf("%s\x00%020d", b.Cols[0].Value(i).S, b.Cols[1].Value(i).I))
			}
		}
		ok = ok && slices.IsSorted(keys)
		_ = scan.Close()
	}
	return ok
}

func (r *rig) table() *schema.Table {
	t, _ := r.log.Snapshot().TableByID(1)
	return t
}
