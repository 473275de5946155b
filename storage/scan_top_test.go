package storage_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

// TestTopKeepsTheFirstRows asks for the first rows by some column: every row up to the last of them, ties too, must be given,
// however many readers share the bound and whatever else is switched off, and no row that does not pass.
func TestTopKeepsTheFirstRows(t *testing.T) {
	defer goleak.VerifyNone(t)
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		filter := w.drawFilter(t)
		top := &storage.TopRows{
			Column: rapid.IntRange(0, len(scanColumns)-1).Draw(t, "key"), Desc: rapid.Bool().Draw(t, "desc"), Rows: rapid.IntRange(1, 20).Draw(t, "first"),
		}
		want, rest := w.first(t, filter, top)
		for _, opt := range []storage.ScanOptions{{}, {NoPruning: true}, {NoDictionary: true}, {NoLateColumns: true}, {NoTop: true}} {
			w.top = top
			got := runScan(t, w, filter, opt, rapid.IntRange(1, 3).Draw(t, "readers"))
			w.top = nil
			more, ok := without(got, want)
			if !ok {
				t.Fatalf("%+v, %+v: of %d rows %q some are missing in %d rows %q", opt, top, len(want), want, len(got), got)
			}
			if more, ok = without(rest, more); !ok || opt.NoTop && len(more) > 0 {
				t.Fatalf("%+v, %+v: %d rows, wanted %d of %d", opt, top, len(got), len(want), len(want)+len(rest))
			}
		}
	})
}

// first gives the rows that pass the filter: those up to the last one wanted, and the others.
func (w *world) first(t *rapid.T, filter expr.Expr, top *storage.TopRows) (want, rest []string) {
	key := func(r row) schema.Value { return r[top.Column] }
	order := func(a, b row) int {
		if c := key(a).Compare(key(b)); !top.Desc {
			return c
		} else {
			return -c
		}
	}
	var passing []row
	for _, r := range w.rows {
		one := &world{rows: []row{r}}
		if len(one.expected(t, filter)) == 1 {
			passing = append(passing, r)
		}
	}
	slices.SortStableFunc(passing, order)
	for _, r := range passing {
		text := (&world{rows: []row{r}}).expected(t, nil)[0]
		if order(r, passing[min(top.Rows, len(passing))-1]) <= 0 {
			want = append(want, text)
		} else {
			rest = append(rest, text)
		}
	}
	return want, rest
}

// without takes some rows out of all; false when one is not there.
func without(all, some []string) ([]string, bool) {
	counts := map[string]int{}
	for _, s := range all {
		counts[s]++
	}
	for _, s := range some {
		if counts[s]--; counts[s] < 0 {
			return nil, false
		}
	}
	var out []string
	for s, n := range counts {
		for range n {
			out = append(out, s)
		}
	}
	return out, true
}

// TestTopReadsLittle asks for ten rows of many: statistics must spare most pages, and most rows of the others must stay behind.
func TestTopReadsLittle(t *testing.T) {
	const rows = 40_000
	table := &schema.Table{ID: 3, Name: "top", Version: 1, Columns: []schema.Column{
		{ID: 1, Name: "few", Type: schema.TypeInt64}, {ID: 2, Name: "many", Type: schema.TypeInt64}, {ID: 3, Name: "text", Type: schema.TypeVarchar},
	}}
	b := &batch.Batch{Len: rows, Cols: []*batch.Vector{{Type: schema.TypeInt64, Len: rows}, {Type: schema.TypeInt64, Len: rows}}}
	text := batch.NewBuilder(schema.TypeVarchar, rows)
	for i := range int64(rows) {
		b.Cols[0].I = append(b.Cols[0].I, i*2654435761%1000)
		b.Cols[1].I = append(b.Cols[1].I, i*i%1_000_003+i/2)
		text.Text(string(rune('a' + i*40503%65521%26)))
	}
	b.Cols = append(b.Cols, text.Finish())
	var buf bytes.Buffer
	w := segment.NewWriter(&buf, segment.Options{Table: table, ID: schema.ID{1}, PageRows: 100, RowGroupRows: 4000})
	if err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	info, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	opener := &memoryOpener{files: map[schema.ID][]byte{{1}: buf.Bytes()}}
	for column := range 2 {
		s, err := storage.NewScan(opener, &storage.ScanRequest{
			Table: table, Columns: []uint32{1, 2, 3}, Output: 3, Top: &storage.TopRows{Column: column, Desc: true, Rows: 10},
			Segments: []schema.Segment{{ID: schema.ID{1}, Table: 3, Rows: info.Rows, Bytes: info.Bytes}},
		}, storage.ScanOptions{})
		if err != nil {
			t.Fatal(err)
		}
		given, err := drainQuietly(s.Reader())
		if err != nil {
			t.Fatal(err)
		}
		if given > 400 || column == 1 && s.Stats().PagesPruned+40*s.Stats().RowGroupsPruned < 300 {
			t.Errorf("column %d: %d rows, %+v", column, given, s.Stats())
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
