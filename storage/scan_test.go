package storage_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"

	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/expr"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

// memoryOpener serves segments from memory and counts what is open.
type memoryOpener struct {
	mu    sync.Mutex
	files map[schema.ID][]byte
	open  int
	hot   *segment.Hot
}

func (o *memoryOpener) OpenSegment(ctx context.Context, s *schema.Segment) (*segment.File, func(), error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	b := o.files[s.ID]
	f, err := segment.Open(ctx, bytes.NewReader(b), int64(len(b)), s.ID.String())
	if err != nil {
		return nil, nil, err
	}
	o.open++
	return f.WithHot(o.hot), func() { o.mu.Lock(); o.open--; o.mu.Unlock() }, nil
}

var scanTable = &schema.Table{
	ID: 3, Name: "labs", Version: 1, Codec: schema.CodecZstd, SortBy: []uint32{1},
	Columns: []schema.Column{
		{ID: 1, Name: "code", Type: schema.TypeVarchar},
		{ID: 2, Name: "n", Type: schema.TypeInt64},
		{ID: 3, Name: "f", Type: schema.TypeDouble},
		{ID: 4, Name: "d", Type: schema.DecimalType(12, 3)},
		{ID: 5, Name: "t", Type: schema.TypeTimestamp},
		{ID: 6, Name: "s", Type: schema.TypeVarchar},
		{ID: 7, Name: "b", Type: schema.TypeBoolean},
		{ID: 8, Name: "w", Type: schema.DecimalType(30, 2)},
	},
}

type row []schema.Value

// drawRows draws rows with few and many distinct values, NULLs, empty strings and extremes, sorted by code.
func drawRows(t *rapid.T, n int) []row {
	rows := make([]row, n)
	ids := rapid.Bool().Draw(t, "ids")
	for i := range rows {
		for _, c := range scanTable.Columns {
			cell := drawCell(t, c.Type)
			if ids && c.Name == "s" && !cell.Null {
				cell = schema.TextValue(rapid.StringMatching("P1-[0-9]{3}").Draw(t, "id"))
			}
			rows[i] = append(rows[i], cell)
		}
	}
	sort.SliceStable(rows, func(a, b int) bool { return rows[a][0].Compare(rows[b][0]) < 0 })
	return rows
}

func drawCell(t *rapid.T, typ schema.Type) schema.Value {
	pick := rapid.IntRange(0, 11).Draw(t, "kind")
	switch {
	case pick == 0:
		return schema.NullValue(typ)
	case typ.Class() == schema.ClassFloat64:
		f := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, 1, 2, nan})).Draw(t, "f")
		if f == 0 {
			f = 0 // segments keep one zero
		}
		return schema.FloatValue(f)
	case typ.Class() == schema.ClassBytes:
		return schema.TextValue(rapid.OneOf(rapid.SampledFrom([]string{"", "a", "b", "10000-0"}), rapid.StringN(0, 4, 100)).Draw(t, "s"))
	case typ.Class() == schema.ClassInt128:
		return schema.Value{Type: typ, W: schema.IntValue(schema.TypeInt64, rapid.Int64().Draw(t, "w")).Wide()}
	case typ.Kind == schema.Boolean:
		return schema.BoolValue(pick > 6)
	case typ.Kind == schema.Decimal:
		return schema.IntValue(typ, rapid.Int64Range(-999_999, 999_999).Draw(t, "d"))
	}
	return schema.IntValue(typ, rapid.OneOf(rapid.Int64Range(0, 9), rapid.Int64Range(-1<<40, 1<<40)).Draw(t, "i"))
}

var nan = func() float64 { z := 0.0; return z / z }()

// writeRows makes a segment; parts gives each row's delivery.
func writeRows(t *rapid.T, rows []row, deliveries []schema.ID, opt segment.Options) ([]byte, segment.Info) {
	cols := make([]*batch.Vector, 0, len(scanTable.Columns)+1)
	for k, c := range scanTable.Columns {
		b := batch.NewBuilder(c.Type, len(rows))
		for _, r := range rows {
			b.Value(r[k])
		}
		cols = append(cols, b.Finish())
	}
	b := batch.NewBuilder(schema.TypeVarchar, len(rows))
	for _, d := range deliveries {
		b.Text(d.String())
	}
	cols = append(cols, b.Finish())
	var buf bytes.Buffer
	w := segment.NewWriter(&buf, opt)
	if err := w.Write(&batch.Batch{Cols: cols, Len: len(rows)}); err != nil {
		t.Fatal(err)
	}
	info, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), info
}

// world is some segments and the rows that a query may see.
type world struct {
	opener   *memoryOpener
	segments []schema.Segment
	top      *storage.TopRows
	numbered []int
	rows     []row // alive, with _source, _delivery, _segment and position appended
}

func drawWorld(t *rapid.T) *world {
	hot := segment.NewHot(rapid.SampledFrom([]int64{-1, 5_000, 1 << 20}).Draw(t, "hot"))
	w := &world{opener: &memoryOpener{files: map[schema.ID][]byte{}, hot: hot}}
	for s := range rapid.IntRange(1, 3).Draw(t, "segments") {
		w.addSegment(t, s)
	}
	if rapid.Bool().Draw(t, "numbered") {
		w.numbered = []int{slices.Index(scanColumns, 1), slices.Index(scanColumns, 6)}
	}
	return w
}

func (w *world) addSegment(t *rapid.T, s int) {
	rows := drawRows(t, rapid.IntRange(1, 60).Draw(t, "rows"))
	parts := make([]schema.Part, rapid.IntRange(1, 3).Draw(t, "parts"))
	for i := range parts {
		parts[i] = schema.Part{
			Delivery: schema.ID{byte(s), byte(i + 1)}, Source: fmt.Sprint("H", rapid.IntRange(0, 1).Draw(t, "source")),
			Live: rapid.IntRange(0, 3).Draw(t, "live") > 0,
		}
	}
	deliveries := make([]schema.ID, len(rows))
	id := schema.ID{0xAA, byte(s)}
	for i, r := range rows {
		p := &parts[rapid.IntRange(0, len(parts)-1).Draw(t, "part")]
		p.Rows++
		deliveries[i] = p.Delivery
		if p.Live {
			full := append(slices.Clone(r), schema.TextValue(p.Source), schema.TextValue(p.Delivery.String()),
				schema.TextValue(id.String()), schema.IntValue(schema.TypeInt64, int64(s)<<40|int64(i)))
			w.rows = append(w.rows, full)
		}
	}
	file, info := writeRows(t, rows, deliveries, segment.Options{
		Table: scanTable, ID: id, Delivery: parts[0].Delivery,
		PageRows: rapid.SampledFrom([]int{4, 16, 1000}).Draw(t, "page"), RowGroupRows: rapid.SampledFrom([]int{20, 1000}).Draw(t, "group"),
	})
	w.opener.files[id] = file
	w.segments = append(w.segments, schema.Segment{
		ID: id, Table: scanTable.ID, Delivery: parts[0].Delivery, Rows: info.Rows, Bytes: info.Bytes, Parts: parts, Bounds: info.Bounds(1, 2, 5),
	})
}

var scanColumns = []uint32{1, 2, 3, 4, 5, 6, 7, 8, schema.VirtualSourceID, schema.VirtualDeliveryID, schema.VirtualSegmentID, schema.RowPositionID}

func columnExpr(i int) expr.Expr {
	types := []schema.Type{}
	for _, c := range scanTable.Columns {
		types = append(types, c.Type)
	}
	types = append(types, schema.TypeVarchar, schema.TypeVarchar, schema.TypeVarchar, schema.TypeInt64)
	return &expr.Column{Index: i, Name: fmt.Sprint("c", i), Typ: types[i]}
}

// drawFilter draws up to three conditions, some of them equal to a row's own value.
func (w *world) drawFilter(t *rapid.T) expr.Expr {
	var conds []expr.Expr
	for range rapid.IntRange(0, 3).Draw(t, "conditions") {
		k := rapid.IntRange(0, 8).Draw(t, "column")
		col := columnExpr(k)
		v := drawCell(t, col.Type())
		if len(w.rows) > 0 && rapid.Bool().Draw(t, "own") {
			v = w.rows[rapid.IntRange(0, len(w.rows)-1).Draw(t, "row")][k]
		}
		conds = append(conds, drawCondition(t, col, v))
	}
	switch len(conds) {
	case 0:
		return nil
	case 1:
		return conds[0]
	}
	e, err := expr.NewLogic(expr.And, conds...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func drawCondition(t *rapid.T, col expr.Expr, v schema.Value) expr.Expr {
	op := rapid.SampledFrom([]string{"=", "<", ">=", "<>", "is null", "in"}).Draw(t, "op")
	var e expr.Expr
	var err error
	switch op {
	case "is null":
		e, err = expr.NewCall("is null", col)
	case "in":
		e, err = expr.NewIn(col, []expr.Expr{&expr.Literal{Value: v}, &expr.Literal{Value: drawCell(t, col.Type())}}, rapid.Bool().Draw(t, "not"))
	default:
		e, err = expr.NewCall(op, col, &expr.Literal{Value: v})
	}
	if err != nil {
		t.Fatal(op, err)
	}
	return e
}

// expected evaluates the filter over plain rows.
func (w *world) expected(t *rapid.T, filter expr.Expr) []string {
	if len(w.rows) == 0 {
		return nil
	}
	b := &batch.Batch{Len: len(w.rows)}
	for k := range scanColumns {
		c := batch.NewBuilder(columnExpr(k).Type(), len(w.rows))
		for _, r := range w.rows {
			c.Value(r[k])
		}
		b.Cols = append(b.Cols, c.Finish())
	}
	if filter != nil {
		p, err := expr.Compile(filter, &expr.Env{NoDictionary: true})
		if err != nil {
			t.Fatal(err)
		}
		if b.Sel, err = p.Filter(b); err != nil {
			t.Fatal(err)
		}
		b.Sel = append([]int32{}, b.Sel...)
	}
	return texts(b)
}

// texts writes each living row as text, so that rows can be compared as sets.
func texts(b *batch.Batch) (out []string) {
	b = b.Compact()
	for i := range b.Len {
		var s []string
		for _, c := range b.Cols {
			s = append(s, c.Value(i).String())
		}
		out = append(out, strings.Join(s, "|"))
	}
	return out
}

// runScan reads all rows with some readers at once.
func runScan(t require, w *world, filter expr.Expr, opt storage.ScanOptions, readers int) []string {
	scan, err := storage.NewScan(w.opener, &storage.ScanRequest{
		Table: scanTable, Columns: scanColumns, Output: len(scanColumns), Filter: filter, Segments: w.segments, Top: w.top,
		Numbered: w.numbered,
	}, opt)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var out []string
	var failed error
	var group sync.WaitGroup
	for range readers {
		group.Go(func() {
			got, err := drain(scan.Reader())
			mu.Lock()
			defer mu.Unlock()
			out = append(out, got...)
			if err != nil {
				failed = err
			}
		})
	}
	group.Wait()
	if failed != nil {
		t.Fatal(failed)
	}
	if err := scan.Close(); err != nil || w.opener.open != 0 {
		t.Fatal("files left open", w.opener.open, err)
	}
	return out
}

type require interface {
	Helper()
	Fatal(...any)
}

func drain(r storage.Reader) (out []string, err error) {
	for {
		b, err := r.Next(context.Background())
		if b == nil || err != nil {
			return out, err
		}
		if b.Alive() == 0 || b.Len > batch.MaxRows {
			return nil, fmt.Errorf("a batch of %d rows, %d alive", b.Len, b.Alive())
		}
		out = append(out, texts(b)...)
	}
}

// TestScanOptionsDoNotChangeTheAnswer compares the scan, with everything on and with each part off, to a plain evaluation.
func TestScanOptionsDoNotChangeTheAnswer(t *testing.T) {
	defer goleak.VerifyNone(t)
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		filter := w.drawFilter(t)
		want := w.expected(t, filter)
		sort.Strings(want)
		for _, opt := range []storage.ScanOptions{{}, {NoPruning: true}, {NoLateColumns: true}, {NoFilterOrder: true}, {NoDictionary: true}, {NoHot: true}, {NoRuns: true}, {}} {
			got := runScan(t, w, filter, opt, rapid.IntRange(1, 3).Draw(t, "readers"))
			sort.Strings(got)
			if !slices.Equal(got, want) {
				f := "no filter"
				if filter != nil {
					f = expr.Format(filter)
				}
				t.Fatalf("%+v, %s:\n got %d %q\nwant %d %q", opt, f, len(got), got, len(want), want)
			}
		}
	})
}
