package operator_test

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
)

// counted is a table of one column that is made while it is read: every number from 0 to rows-1 once in a scattered order, as
// itself or as the text of an identifier, of 10 or of 20 bytes.
type counted struct {
	rows  int64 // a multiple of batch.MaxRows
	texts bool
	long  bool
}

type countedScan struct {
	counted
	next *atomic.Int64
	text []byte
}

func (c counted) Scan(context.Context, *storage.ScanRequest) (storage.Scan, error) {
	return &countedScan{counted: c, next: new(atomic.Int64)}, nil
}

func (c *countedScan) Reader() storage.Reader {
	return &countedScan{counted: c.counted, next: c.next}
}
func (c *countedScan) Stats() storage.ScanStats { return storage.ScanStats{} }
func (c *countedScan) Close() error             { return nil }

func (c *countedScan) Next(ctx context.Context) (*batch.Batch, error) {
	at := c.next.Add(batch.MaxRows) - batch.MaxRows
	if at >= c.rows {
		return nil, nil
	}
	x := make([]int64, batch.MaxRows)
	for i := range x {
		x[i] = (at + int64(i)) * 7_368_787 % c.rows // a prime that divides no count of rows here
	}
	v := &batch.Vector{Type: schema.TypeInt64, Len: len(x), I: make([]int64, len(x))}
	for i, k := range x {
		v.I[i] = k * countedStep
	}
	if c.texts {
		b := batch.NewBuilder(schema.TypeVarchar, len(x))
		for _, k := range x {
			c.text = fmt.Appendf(c.text[:0], c.form(), k)
			b.Bytes(c.text)
		}
		v = b.Finish()
	}
	return &batch.Batch{Len: len(x), Cols: []*batch.Vector{v}}, ctx.Err()
}

// countedStep is how far apart numbers are: too far for bitmaps.
const countedStep = 20_011

func (c counted) form() string {
	if c.long {
		return "SAMPLE-%013d"
	}
	return "P%09d"
}

func (c counted) column() int {
	if c.texts {
		return colPatient
	}
	return colKey
}

// manyKeys are the questions: as many groups as rows, and their count and the sum of their counts; and the count of distinct values.
func manyKeys(t testing.TB, c counted) map[string]fragment.Node {
	typ := []schema.Type{schema.TypeInt64}
	if c.texts {
		typ[0] = schema.TypeVarchar
	}
	count := call(t, "count", false, nil, nil)
	groups := &fragment.Aggregate{Input: scanOf(c.column()), Keys: []int{0}, Calls: []fragment.AggregateCall{count}, Mode: fragment.Complete}
	return map[string]fragment.Node{
		"group by": &fragment.Aggregate{Input: groups, Calls: []fragment.AggregateCall{
			count, call(t, "sum", false, nil, []schema.Type{schema.TypeInt64}, 1), call(t, "min", false, nil, typ, 0),
		}, Mode: fragment.Complete},
		"count distinct": &fragment.Aggregate{Input: scanOf(c.column()), Calls: []fragment.AggregateCall{call(t, "count", true, nil, typ, 0)}, Mode: fragment.Complete},
	}
}

func (c counted) want(question string) string {
	if question == "count distinct" {
		return fmt.Sprint(c.rows)
	}
	least := "0"
	if c.texts {
		least = fmt.Sprintf(c.form(), 0)
	}
	return fmt.Sprintf("%d|%d|%s", c.rows, c.rows, least)
}

func askMany(t *testing.T, c counted, grant int64) {
	for name, plan := range manyKeys(t, c) {
		t.Run(fmt.Sprintf("%s texts=%v long=%v", name, c.texts, c.long), func(t *testing.T) {
			debug.FreeOSMemory()
			resetPeak()
			dir, memory, begin := t.TempDir(), operator.NewGrant(grant), time.Now()
			rows, stats := run(t, operator.Env{Storage: c, Parallelism: 2, TempDir: dir, Memory: memory}, plan)
			if len(rows) != 1 || rows[0] != c.want(name) {
				t.Errorf("answer %q, want %q", rows, c.want(name))
			}
			spilled := spilledBytes(stats)
			if spilled == 0 || memory.Peak() > grant || memory.Used() != 0 {
				t.Errorf("%d bytes spilled, peak %d of a grant of %d, %d still held", spilled, memory.Peak(), grant, memory.Used())
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("spill files are left: %v %v", left, err)
			}
			t.Logf("%d keys: %.1f s, %d MiB spilled, peak grant %d MiB, peak RSS %d MiB", c.rows, time.Since(begin).Seconds(), spilled>>20, memory.Peak()>>20, peakRSS()>>20)
		})
	}
}

func spilledBytes(s *operator.Stats) (n int64) {
	n = s.SpilledBytes
	for _, in := range s.Inputs {
		n += spilledBytes(in)
	}
	return n
}

// resetPeak has the kernel measure the peak of resident memory anew; where it cannot, peakRSS is that of the whole process.
func resetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

func peakRSS() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		var kb int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kb); n == 1 {
			return kb << 10
		}
	}
	return 0
}

// TestManyKeys is the short form of TestSoakManyKeys.
func TestManyKeys(t *testing.T) {
	for _, c := range everyForm(40) {
		askMany(t, c, 6<<20)
		sortMany(t, c, 6<<20)
	}
}

func everyForm(batches int64) []counted {
	rows := batches * batch.MaxRows
	return []counted{{rows: rows}, {rows: rows, texts: true}, {rows: rows, texts: true, long: true}}
}

// sortMany puts all rows in order, which takes more memory than is granted.
func sortMany(t *testing.T, c counted, grant int64) {
	t.Run(fmt.Sprintf("order by texts=%v long=%v", c.texts, c.long), func(t *testing.T) {
		debug.FreeOSMemory()
		resetPeak()
		dir, memory, begin := t.TempDir(), operator.NewGrant(grant), time.Now()
		plan := &fragment.Sort{Input: scanOf(c.column()), Keys: []fragment.SortKey{{Column: 0}}, Limit: -1}
		s, err := operator.Run(t.Context(), operator.Env{Storage: c, Parallelism: 2, TempDir: dir, Memory: memory}, &fragment.Fragment{Root: plan}, nil)
		if err != nil {
			t.Fatal(err)
		}
		next := int64(0)
		var text []byte
		for {
			b, err := s.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if b == nil {
				break
			}
			for i := range b.Len {
				if text = fmt.Appendf(text[:0], c.form(), next); c.texts && string(b.Cols[0].Bytes(i)) != string(text) || !c.texts && b.Cols[0].Int64(i) != next*countedStep {
					t.Fatalf("row %d is out of order: %v", next, b.Cols[0].Value(i))
				}
				next++
			}
		}
		spilled := spilledBytes(s.Stats())
		if err := s.Close(); err != nil || next != c.rows || spilled == 0 || memory.Used() != 0 {
			t.Errorf("%d rows of %d, %d bytes spilled, %d still held: %v", next, c.rows, spilled, memory.Used(), err)
		}
		t.Logf("%d rows: %.1f s, %d MiB spilled, peak grant %d MiB, peak RSS %d MiB", c.rows, time.Since(begin).Seconds(), spilled>>20, memory.Peak()>>20, peakRSS()>>20)
	})
}

// TestGrants asks with grants from far too small to ample: wherever memory runs out, while reading, merging or settling, the answer
// is the same.
func TestGrants(t *testing.T) {
	c := counted{rows: 16 * batch.MaxRows, texts: true}
	for name, plan := range manyKeys(t, c) {
		for grant := int64(2 << 20); grant <= 40<<20; grant += grant / 3 {
			rows, _ := run(t, operator.Env{Storage: c, Parallelism: 2, TempDir: t.TempDir(), Memory: operator.NewGrant(grant)}, plan)
			if len(rows) != 1 || rows[0] != c.want(name) {
				t.Errorf("%s with %d bytes: answer %q, want %q", name, grant, rows, c.want(name))
			}
		}
	}
}

// TestSoakManyKeys answers questions over 100 million distinct keys, and puts them in order, as a node with --memory 1GiB does: half of it is granted to
// queries, and the collector is told the whole. ASSAY_SOAK switches it on, ASSAY_SOAK_KEYS sets another number of keys.
func TestSoakManyKeys(t *testing.T) {
	if os.Getenv("ASSAY_SOAK") == "" {
		t.Skip("a soak test: set ASSAY_SOAK")
	}
	const limit = 1 << 30
	rows := int64(100_000_000)
	if s := os.Getenv("ASSAY_SOAK_KEYS"); s != "" {
		if _, err := fmt.Sscan(s, &rows); err != nil {
			t.Fatal(err)
		}
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(limit))
	for _, c := range everyForm(rows / batch.MaxRows) {
		for _, ask := range []func(*testing.T, counted, int64){askMany, sortMany} {
			ask(t, c, limit/2)
			if peak := peakRSS(); peak > limit*11/10 {
				t.Errorf("peak RSS is %d MiB with a limit of %d MiB", peak>>20, limit>>20)
			}
		}
	}
}
