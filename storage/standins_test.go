package storage_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"

	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

// skewedWorld has columns of one value, of few and of many, with and without NULLs, in segments with dead rows and without.
func skewedWorld(t *rapid.T) *world {
	hot := segment.NewHot(rapid.SampledFrom([]int64{-1, 20_000, 1 << 20}).Draw(t, "hot"))
	w := &world{opener: &memoryOpener{files: map[schema.ID][]byte{}, hot: hot}}
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	for s := range 1 + rng.IntN(3) {
		var pools [8][]schema.Value
		var nulls [8]int
		for k, c := range scanTable.Columns {
			for range []int{1, 3, 20}[rng.IntN(3)] {
				v := drawCell(t, c.Type)
				pools[k] = append(pools[k], v)
			}
			nulls[k] = rng.IntN(2) * rng.IntN(4)
		}
		w.skewedSegment(t, rng, s, func(k int) schema.Value {
			if rng.IntN(10) < nulls[k] {
				return schema.NullValue(scanTable.Columns[k].Type)
			}
			return pools[k][rng.IntN(1+rng.IntN(len(pools[k])))]
		})
	}
	return w
}

func (w *world) skewedSegment(t *rapid.T, rng *rand.Rand, s int, cell func(k int) schema.Value) {
	id := schema.ID{0xBB, byte(s)}
	parts := []schema.Part{{Delivery: schema.ID{byte(s), 1}, Source: "H1", Live: true}, {Delivery: schema.ID{byte(s), 2}, Source: "H2", Live: rng.IntN(3) > 0}}
	parts = parts[:1+rng.IntN(2)]
	var rows []row
	for range 1 + rng.IntN(400) {
		var r row
		for k := range scanTable.Columns {
			r = append(r, cell(k))
		}
		rows = append(rows, r)
	}
	sort.SliceStable(rows, func(a, b int) bool { return rows[a][0].Compare(rows[b][0]) < 0 })
	deliveries := make([]schema.ID, len(rows))
	for i, r := range rows {
		p := &parts[rng.IntN(len(parts))]
		p.Rows++
		if deliveries[i] = p.Delivery; p.Live {
			w.rows = append(w.rows, append(slices.Clone(r), schema.TextValue(p.Source), schema.TextValue(p.Delivery.String()),
				schema.TextValue(id.String()), schema.IntValue(schema.TypeInt64, int64(s)<<40|int64(i))))
		}
	}
	opt := segment.Options{Table: scanTable, ID: id, Delivery: parts[0].Delivery, PageRows: []int{16, 1000}[rng.IntN(2)], RowGroupRows: []int{90, 1000}[rng.IntN(2)]}
	file, info := writeRows(t, rows, deliveries, opt)
	w.opener.files[id] = file
	w.segments = append(w.segments, schema.Segment{
		ID: id, Table: scanTable.ID, Delivery: parts[0].Delivery, Rows: info.Rows, Bytes: info.Bytes, Parts: parts, Bounds: info.Bounds(1, 2, 5),
	})
}

// passing lists the rows that pass a filter over scanColumns.
func (w *world) passing(t *rapid.T, filter expr.Expr) (out []row) {
	b := &batch.Batch{Len: len(w.rows)}
	for k := range scanColumns {
		c := batch.NewBuilder(columnExpr(k).Type(), len(w.rows))
		for _, r := range w.rows {
			c.Value(r[k])
		}
		b.Cols = append(b.Cols, c.Finish())
	}
	if filter == nil || b.Len == 0 {
		return w.rows
	}
	p, err := expr.Compile(filter, &expr.Env{NoDictionary: true})
	if err != nil {
		t.Fatal(err)
	}
	sel, err := p.Filter(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range sel {
		out = append(out, w.rows[i])
	}
	return out
}

// conditions draws up to two conditions on some columns.
func (w *world) conditions(t *rapid.T, columns ...int) expr.Expr {
	var list []expr.Expr
	for range rapid.IntRange(0, 2).Draw(t, "conditions") {
		k := rapid.SampledFrom(columns).Draw(t, "column")
		v := drawCell(t, columnExpr(k).Type())
		if len(w.rows) > 0 && rapid.Bool().Draw(t, "own") {
			v = w.rows[rapid.IntRange(0, len(w.rows)-1).Draw(t, "row")][k]
		}
		list = append(list, drawCondition(t, columnExpr(k), v))
	}
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	e, err := expr.NewLogic(expr.And, list...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// weighted reads a scan to its end: rows with their weights, 1 where there is no column of them.
func (w *world) weighted(t *rapid.T, req *storage.ScanRequest, opt storage.ScanOptions) (rows []row, weights []int64) {
	req.Table, req.Segments, req.Source, req.SourceCount = scanTable, w.segments, nil, 0
	if rapid.Bool().Draw(t, "source") {
		req.Segments, req.SourceCount = w.segments[:1], int64(len(w.segments)-1)
		req.Source = func(yield func(*schema.Segment) bool) {
			for i := range w.segments[1:] {
				if !yield(&w.segments[1+i]) {
					return
				}
			}
		}
	}
	s, err := storage.NewScan(w.opener, req, opt)
	if err != nil {
		t.Fatal(err)
	}
	readers := []storage.Reader{s.Reader(), s.Reader()}
	for i := 0; len(readers) > 0; i++ {
		r := readers[i%len(readers)]
		b, err := r.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if b == nil {
			readers = slices.DeleteFunc(readers, func(x storage.Reader) bool { return x == r })
			continue
		}
		b = b.Compact()
		for i := range b.Len {
			var r row
			n := int64(1)
			for k, v := range b.Cols {
				if req.Columns[k] == schema.RowWeightID {
					n = v.Int64(i)
					continue
				}
				r = append(r, v.Value(i))
			}
			rows, weights = append(rows, r), append(weights, n)
		}
	}
	if err := s.Close(); err != nil || w.opener.open != 0 {
		t.Fatal("files left open", w.opener.open, err)
	}
	if n := s.Stats().SegmentsTotal; n != int64(len(w.segments)) {
		t.Fatalf("%d of %d segments counted", n, len(w.segments))
	}
	return rows, weights
}

var standInOptions = []storage.ScanOptions{{}, {}, {NoStandIns: true}, {NoHot: true}, {NoPruning: true}, {NoDictionary: true}, {NoLateColumns: true}}

// TestByValue reads one column by its values and compares with its rows.
func TestByValue(t *testing.T) {
	defer goleak.VerifyNone(t)
	rapid.Check(t, func(t *rapid.T) {
		w := skewedWorld(t)
		k := rapid.IntRange(0, 7).Draw(t, "of")
		filter := w.conditions(t, k)
		want := map[string]int64{}
		for _, r := range w.passing(t, filter) {
			want[r[k].String()]++
		}
		id := scanTable.Columns[k].ID
		moved := func(to int) expr.Expr {
			if filter == nil {
				return nil
			}
			return expr.Remap(filter, func(int) int { return to })
		}
		for _, opt := range standInOptions {
			rows, weights := w.weighted(t, &storage.ScanRequest{
				Columns: []uint32{schema.RowWeightID, id}, Output: 2, Filter: moved(1), StandIns: storage.StandIns{ByValue: true},
			}, opt)
			got := map[string]int64{}
			for i, r := range rows {
				got[r[0].String()] += weights[i]
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("%+v: got %v\nwant %v", opt, got, want)
			}
			rows, weights = w.weighted(t, &storage.ScanRequest{
				Columns: []uint32{schema.RowWeightID, id}, Output: 1, Filter: moved(1), StandIns: storage.StandIns{ByValue: true},
			}, opt)
			if total := sumOf(weights); len(weights) != len(rows) || total != sumOfMap(want) {
				t.Fatalf("%+v: %d rows, want %d", opt, total, sumOfMap(want))
			}
			rows, _ = w.weighted(t, &storage.ScanRequest{
				Columns: []uint32{id}, Output: 1, Filter: moved(0), StandIns: storage.StandIns{ByValue: true, Uncounted: true},
			}, opt)
			for _, r := range rows {
				if want[r[0].String()] == 0 {
					t.Fatalf("%+v: no row has %q", opt, r[0])
				}
				got[r[0].String()] = -1
			}
			for v, n := range got {
				if n != -1 {
					t.Fatalf("%+v: %q is missing", opt, v)
				}
			}
		}
	})
}

func sumOf(list []int64) (n int64) {
	for _, x := range list {
		n += x
	}
	return n
}

func sumOfMap(m map[string]int64) (n int64) {
	for _, x := range m {
		n += x
	}
	return n
}

// TestTotals reads columns by the totals of row groups and compares count, extremes and sum with those of the rows.
func TestTotals(t *testing.T) {
	defer goleak.VerifyNone(t)
	rapid.Check(t, func(t *rapid.T) {
		w := skewedWorld(t)
		req := &storage.ScanRequest{Columns: []uint32{schema.RowWeightID}, StandIns: storage.StandIns{Totals: []storage.Need{0}}}
		var of []int
		for range rapid.IntRange(0, 3).Draw(t, "columns") {
			k := rapid.IntRange(0, 8).Draw(t, "of")
			of = append(of, k)
			req.Columns = append(req.Columns, scanColumns[k])
			need := storage.Need(rapid.IntRange(1, 7).Draw(t, "need"))
			if !summed(k) {
				need &^= storage.NeedSum
			}
			if rapid.IntRange(0, 3).Draw(t, "value") == 0 {
				need |= storage.NeedValue
			}
			req.StandIns.Totals = append(req.StandIns.Totals, need)
		}
		req.Output = len(req.Columns)
		filter := w.conditions(t, 0, 1, 4, 5)
		if filter != nil {
			for _, k := range []int{0, 1, 4, 5} {
				req.Columns = append(req.Columns, scanColumns[k])
			}
			req.Filter = expr.Remap(filter, func(i int) int { return req.Output + slices.Index([]int{0, 1, 4, 5}, i) })
		}
		passing := w.passing(t, filter)
		for _, opt := range standInOptions {
			rows, weights := w.weighted(t, req, opt)
			if sumOf(weights) != int64(len(passing)) {
				t.Fatalf("%+v: %d rows, want %d", opt, sumOf(weights), len(passing))
			}
			for i, k := range of {
				need := req.StandIns.Totals[1+i]
				got := summary(need, len(rows), func(r int) (schema.Value, int64) { return rows[r][i], weights[r] })
				want := summary(need, len(passing), func(r int) (schema.Value, int64) { return passing[r][k], 1 })
				if got != want {
					t.Fatalf("%+v: column %d, need %d, filter %v: got %s\nwant %s", opt, k, need, filter, got, want)
				}
			}
		}
	})
}

func summed(k int) bool { return k < 8 && scanTable.Columns[k].Type.IsExact() && k != 7 }

// summary tells of a column what is needed.
func summary(need storage.Need, n int, at func(int) (schema.Value, int64)) string {
	count, sum, nulls := int64(0), decimal.Int128{}, int64(0)
	var least, greatest schema.Value
	values := map[string]int64{}
	for i := range n {
		v, times := at(i)
		values[v.String()] += times
		if v.Null {
			nulls += times
			continue
		}
		if count == 0 || v.Compare(least) < 0 {
			least = v
		}
		if count == 0 || v.Compare(greatest) > 0 {
			greatest = v
		}
		if count += times; need&storage.NeedSum != 0 {
			sum, _ = sum.Add(decimal.MulInt64(v.I, times))
		}
	}
	out := fmt.Sprint(count, nulls)
	if need&storage.NeedExtremes != 0 && count > 0 {
		out += fmt.Sprint(" from ", least, " to ", greatest)
	}
	if need&storage.NeedSum != 0 {
		out += " sum " + sum.String()
	}
	if need&storage.NeedValue != 0 {
		out += fmt.Sprint(values)
	}
	return out
}
