package operator_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/assaydb/assay/planner/fragment"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/kernel/window"
	"github.com/assaydb/assay/storage/schema"
)

// benchRows is the size of the benchmark table; its batches are used again and again, so that it stands for a longer one.
const benchRows = 4 << 20

// benchTable has the shapes of LabBench: codes shared by a whole row group, flat ids, decimals.
func benchTable() *memory {
	r := rand.New(rand.NewPCG(1, 2))
	dict := func(n int, format string) *batch.Dictionary {
		b := batch.NewBuilder(schema.TypeVarchar, n)
		for i := range n {
			b.Text(fmt.Sprintf(format, i))
		}
		return &batch.Dictionary{Values: b.Finish()}
	}
	hospitals, tests := dict(200, "H%04d"), dict(400, "%d-0 a test name of some length")
	m := &memory{table: tableOf(), failAt: -1}
	for at := 0; at < benchRows; at += batch.MaxRows {
		codes := func(n int) []int32 {
			out := make([]int32, batch.MaxRows)
			for i := range out {
				out[i] = int32(r.IntN(n))
			}
			return out
		}
		nums := func(n int64) []int64 {
			out := make([]int64, batch.MaxRows)
			for i := range out {
				out[i] = r.Int64N(n)
			}
			return out
		}
		patients := batch.NewBuilder(schema.TypeVarchar, batch.MaxRows)
		ratios := make([]float64, batch.MaxRows)
		for i := range ratios {
			patients.Text(fmt.Sprintf("P%09d", r.IntN(benchRows/8)))
			ratios[i] = r.NormFloat64()
		}
		flat := func(t schema.Type, x []int64) *batch.Vector { return &batch.Vector{Type: t, Len: len(x), I: x} }
		m.batches = append(m.batches, &batch.Batch{Len: batch.MaxRows, Cols: []*batch.Vector{
			{Type: schema.TypeVarchar, Enc: batch.Dict, Len: batch.MaxRows, Codes: codes(200), Dict: hospitals},
			{Type: schema.TypeVarchar, Enc: batch.Dict, Len: batch.MaxRows, Codes: codes(400), Dict: tests},
			patients.Finish(),
			flat(schema.TypeInt64, nums(1_000_000)),
			flat(schema.TypeInt64, nums(24)),
			flat(schema.DecimalType(12, 3), nums(500_000)),
			{Type: schema.TypeDouble, Len: batch.MaxRows, F: ratios},
		}})
	}
	return m
}

// BenchmarkPlans runs whole plans over the table in memory with two workers; ns/row is wall time.
func BenchmarkPlans(b *testing.B) {
	m := benchTable()
	dec, dbl, text, num := []schema.Type{schema.DecimalType(12, 3)}, []schema.Type{schema.TypeDouble}, []schema.Type{schema.TypeVarchar}, []schema.Type{schema.TypeInt64}
	count := call(b, "count", false, nil, nil)
	agg := func(scan *fragment.Scan, keys []int, calls ...fragment.AggregateCall) fragment.Node {
		return &fragment.Aggregate{Input: scan, Keys: keys, Calls: calls, Mode: fragment.Complete}
	}
	topPatients := agg(scanOf(colPatient, colValue), []int{0}, count, call(b, "max", false, nil, dec, 1))
	for _, c := range []struct {
		name string
		plan fragment.Node
	}{
		{"count avg min max, no key", agg(scanOf(colValue), nil, count, call(b, "avg", false, nil, dec, 0), call(b, "min", false, nil, dec, 0), call(b, "max", false, nil, dec, 0))},
		{"count avg by 1 dictionary", agg(scanOf(colHospital, colValue), []int{0}, count, call(b, "avg", false, nil, dec, 1))},
		{"count avg max by 2 dictionaries", agg(scanOf(colHospital, colTest, colValue), []int{0, 1}, count, call(b, "avg", false, nil, dec, 2), call(b, "max", false, nil, dec, 2))},
		{"count by dictionary and int", agg(scanOf(colHospital, colHour), []int{0, 1}, count)},
		{"count by int64, 1M keys", agg(scanOf(colKey), []int{0}, count)},
		{"count max by patient, top 10", &fragment.Sort{Input: topPatients, Keys: []fragment.SortKey{{Column: 1, Desc: true}, {Column: 0}}, Limit: 10}},
		{"count distinct text", agg(scanOf(colPatient), nil, call(b, "count", true, nil, text, 0))},
		{"count distinct int64 1M", agg(scanOf(colKey), nil, call(b, "count", true, nil, num, 0))},
		{"median by 200", agg(scanOf(colHospital, colValue), []int{0}, call(b, "median", false, nil, dec, 1))},
		{"stddev by 400", agg(scanOf(colTest, colValue), []int{0}, call(b, "stddev_samp", false, nil, dec, 1))},
		{"sum of double by 200", agg(scanOf(colHospital, colRatio), []int{0}, call(b, "sum", false, nil, dbl, 1))},
		{"top 10 rows", &fragment.Sort{Input: scanOf(colValue, colPatient, colHospital), Keys: []fragment.SortKey{{Column: 0, Desc: true}, {Column: 1}}, Limit: 10}},
		{"lag by patient", overRows(scanOf(colPatient, colKey, colValue), []int{0}, []fragment.SortKey{{Column: 1}, {Column: 2}}, windowCall(b, "lag", dec[0], 1, window.Frame{}, 2))},
		{"sum of 7 by patient", overRows(scanOf(colPatient, colKey, colValue), []int{0}, []fragment.SortKey{{Column: 1}, {Column: 2}}, aggregateOver(b, "sum", dec[0], lastRows(6), 2))},
		{"rank of all", overRows(scanOf(colValue), nil, []fragment.SortKey{{Column: 0}}, windowCall(b, "rank", schema.Type{}, 0, window.Frame{}))},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				drainAll(b, m, c.plan)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(benchRows), "ns/row")
			b.SetBytes(0)
		})
	}
}

func drainAll(b *testing.B, m storageScanner, plan fragment.Node) {
	s, err := operator.Run(context.Background(), operator.Env{Storage: m, Parallelism: 2}, &fragment.Fragment{Root: plan}, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for {
		out, err := s.Next(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		if out == nil {
			return
		}
	}
}

type storageScanner interface {
	Scan(ctx context.Context, req *storage.ScanRequest) (storage.Scan, error)
}
