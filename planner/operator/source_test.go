package operator_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/aggregate"
	"github.com/assaydb/assay/storage/schema"
)

// memory is a table held as batches: the scans of the tests.
type memory struct {
	table   *schema.Table
	batches []*batch.Batch
	failAt  int // batch whose reading panics, -1 for none
}

type memoryScan struct {
	m    *memory
	cols []int
	as   []int // ordinals that may come as numbers
	next atomic.Int64
}

func (m *memory) Scan(_ context.Context, req *storage.ScanRequest) (storage.Scan, error) {
	s := &memoryScan{m: m, as: req.Numbered}
	for _, id := range req.Columns {
		s.cols = append(s.cols, m.table.ColumnByID(id))
	}
	return s, nil
}

func (s *memoryScan) Reader() storage.Reader   { return s }
func (s *memoryScan) Stats() storage.ScanStats { return storage.ScanStats{} }
func (s *memoryScan) Close() error             { return nil }

func (s *memoryScan) Next(ctx context.Context) (*batch.Batch, error) {
	i := int(s.next.Add(1)) - 1
	if i >= len(s.m.batches) {
		return nil, nil
	}
	if i == s.m.failAt {
		panic("a reader broke")
	}
	b := s.m.batches[i]
	out := &batch.Batch{Len: b.Len, Sel: b.Sel}
	for _, c := range s.cols {
		out.Cols = append(out.Cols, b.Cols[c])
	}
	for _, k := range s.as {
		if n := batch.Numbers(out.Cols[k]); n != nil && i%4 != 1 { // some stay texts
			out.Cols[k] = n
		}
	}
	return out, ctx.Err()
}

// The columns of the test table.
const (
	colHospital = iota // few texts, dictionary
	colTest            // more texts, dictionary, NULLs
	colPatient         // many texts, flat
	colKey             // many integers
	colHour            // few integers
	colValue           // decimal, NULLs
	colRatio           // double, NaN, -0, NULLs
	colLong            // texts longer than 16 bytes
)

func tableOf() *schema.Table {
	t := &schema.Table{ID: 1, Name: "labs", Version: 1, Codec: schema.CodecNone, NextColumn: 9}
	for i, typ := range []schema.Type{schema.TypeVarchar, schema.TypeVarchar, schema.TypeVarchar, schema.TypeInt64, schema.TypeInt64, schema.DecimalType(12, 3), schema.TypeDouble, schema.TypeVarchar} {
		t.Columns = append(t.Columns, schema.Column{ID: uint32(i + 1), Name: fmt.Sprintf("c%d", i), Type: typ})
	}
	return t
}

// newMemory makes rows rows from a seed; size is the rows of a batch. The rows do not depend on size or shuffle, only on seed.
func newMemory(seed uint64, rows, size int, shuffle bool) *memory {
	r := rand.New(rand.NewPCG(seed, 1))
	var vals [][]schema.Value
	t := tableOf()
	for range rows {
		vals = append(vals, drawRow(r, rows))
	}
	if shuffle {
		rand.New(rand.NewPCG(seed, 2)).Shuffle(len(vals), func(i, j int) { vals[i], vals[j] = vals[j], vals[i] })
	}
	m := &memory{table: t, failAt: -1}
	for lo := 0; lo < rows; lo += size {
		m.batches = append(m.batches, makeBatch(r, t, vals[lo:min(rows, lo+size)]))
	}
	return m
}

// inStretches is the same rows sorted by the columns of dictionaries, in batches whose codes tell where they run; half of the batches
// select most of twice as many rows.
func inStretches(seed uint64, rows, size int) *memory {
	m := newMemory(seed, rows, rows, false)
	all := m.batches[0]
	order := make([]int32, rows)
	for i := range order {
		order[i] = int32(i)
	}
	hospital, test := all.Cols[colHospital], all.Cols[colTest]
	sort.SliceStable(order, func(a, b int) bool {
		x, y := int(order[a]), int(order[b])
		if c := hospital.Value(x).Compare(hospital.Value(y)); c != 0 {
			return c < 0
		}
		return test.Value(x).Compare(test.Value(y)) < 0
	})
	out := &memory{table: m.table, failAt: -1}
	for lo := 0; lo < rows; lo += size {
		rows := order[lo:min(rows, lo+size)]
		b := &batch.Batch{}
		if lo/size%2 == 1 {
			doubled := make([]int32, 0, 2*len(rows))
			for i, row := range rows {
				b.Sel = append(b.Sel, int32(2*i))
				doubled = append(doubled, row, row)
			}
			rows = doubled
		}
		b.Len = len(rows)
		for _, c := range all.Cols {
			b.Cols = append(b.Cols, withRuns(c.Gather(rows)))
		}
		out.batches = append(out.batches, b)
	}
	return out
}

// withRuns tells where the codes of a dictionary run.
func withRuns(v *batch.Vector) *batch.Vector {
	if v.Enc != batch.Dict {
		return v
	}
	for i := range v.Len {
		if i+1 == v.Len || v.Codes[i+1] != v.Codes[i] {
			v.Ends = append(v.Ends, int32(i+1))
		}
	}
	return v
}

func drawRow(r *rand.Rand, rows int) []schema.Value {
	null := func(v schema.Value) schema.Value {
		if r.IntN(9) == 0 {
			return schema.NullValue(v.Type)
		}
		return v
	}
	patient := fmt.Sprintf("P%09d", r.IntN(rows/2+1))
	if r.IntN(700) == 0 {
		patient = []string{"", "unknown", "P00000001", "Q000000002"}[r.IntN(4)]
	}
	f := []float64{math.NaN(), 0, math.Copysign(0, -1), 0.1, 1e300, -3.5, r.NormFloat64()}[r.IntN(7)]
	return []schema.Value{
		schema.TextValue(fmt.Sprintf("H%04d", r.IntN(7))),
		null(schema.TextValue(fmt.Sprintf("%d-0", r.IntN(40)))),
		null(schema.TextValue(patient)),
		schema.IntValue(schema.TypeInt64, r.Int64N(int64(rows))*1_000_003),
		null(schema.IntValue(schema.TypeInt64, r.Int64N(24))),
		null(schema.IntValue(schema.DecimalType(12, 3), r.Int64N(100_000)-1000)),
		null(schema.FloatValue(f)),
		null(schema.TextValue(strings.Repeat("long text ", 2) + fmt.Sprint(r.IntN(50)))),
	}
}

func makeBatch(r *rand.Rand, t *schema.Table, vals [][]schema.Value) *batch.Batch {
	b := &batch.Batch{Len: len(vals)}
	for c, col := range t.Columns {
		flat := batch.NewBuilder(col.Type, len(vals))
		for _, row := range vals {
			flat.Value(row[c])
		}
		v := flat.Finish()
		if c == colHospital || c == colTest {
			v = dictionary(v)
		}
		b.Cols = append(b.Cols, v)
	}
	return b
}

func dictionary(v *batch.Vector) *batch.Vector {
	codes, entries := map[string]int32{}, batch.NewBuilder(v.Type, 0)
	out := &batch.Vector{Type: v.Type, Enc: batch.Dict, Len: v.Len, Valid: v.Valid}
	for i := range v.Len {
		code := int32(0)
		if !v.IsNull(i) || entries.Len() == 0 {
			s := string(v.Bytes(i))
			c, ok := codes[s]
			if !ok {
				c = int32(entries.Len())
				codes[s] = c
				entries.Text(s)
			}
			code = c
		}
		out.Codes = append(out.Codes, code)
	}
	out.Dict = &batch.Dictionary{Values: entries.Finish()}
	return out
}

func scanOf(cols ...int) *fragment.Scan {
	s := &fragment.Scan{Table: tableOf(), Output: len(cols)}
	for _, c := range cols {
		s.Columns = append(s.Columns, uint32(c+1))
	}
	return s
}

func call(t testing.TB, name string, distinct bool, params []schema.Value, types []schema.Type, args ...int) fragment.AggregateCall {
	t.Helper()
	s, err := aggregate.Resolve(name, types, distinct, params, nil)
	if err != nil {
		t.Fatal(err)
	}
	return fragment.AggregateCall{Spec: s, Args: args, Filter: -1, Name: name}
}

// run runs a tree and returns its rows as text.
func run(t testing.TB, env operator.Env, root fragment.Node) ([]string, *operator.Stats) {
	t.Helper()
	rows, stats, err := tryRun(env, root)
	if err != nil {
		t.Fatal(err)
	}
	return rows, stats
}

func tryRun(env operator.Env, root fragment.Node) ([]string, *operator.Stats, error) {
	s, err := operator.Run(context.Background(), env, &fragment.Fragment{Query: schema.NewID(), Root: root}, nil)
	if err != nil {
		return nil, nil, err
	}
	defer s.Close()
	var rows []string
	for {
		b, err := s.Next(context.Background())
		if err != nil {
			return nil, nil, err
		}
		if b == nil {
			return rows, s.Stats(), s.Close()
		}
		rows = append(rows, texts(b)...)
	}
}

func texts(b *batch.Batch) (out []string) {
	b = b.Compact()
	for i := range b.Len {
		var cells []string
		for _, c := range b.Cols {
			cells = append(cells, c.Value(i).String())
		}
		out = append(out, strings.Join(cells, "|"))
	}
	return out
}

func sorted(rows []string) []string {
	sort.Strings(rows)
	return rows
}
