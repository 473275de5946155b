package ingest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/storage/errs"
	"github.com/parquet-go/parquet-go"
)

// result is a row as some other program writes it.
type result struct {
	ID      int64     `parquet:"id"`
	Code    string    `parquet:"code,dict"`
	Value   int64     `parquet:"value,decimal(2:18)"`
	Score   *float64  `parquet:"score,optional"`
	Day     int32     `parquet:"day,date"`
	At      time.Time `parquet:"at,timestamp(microsecond)"`
	Ok      bool      `parquet:"ok"`
	Comment *string   `parquet:"comment,optional"`
}

func results(n int) []result {
	rows := make([]result, n)
	for i := range rows {
		rows[i] = result{ID: int64(i), Code: fmt.Sprintf("00%d", i%7), Value: int64(i) - 5, Day: int32(20_000 + i), At: time.Unix(int64(i), 1000).UTC(), Ok: i%2 == 0}
		if i%3 > 0 {
			score := float64(i) / 3
			text := strings.Repeat("é, \"x\"\n", i%3)
			rows[i].Score, rows[i].Comment = &score, &text
		}
	}
	return rows
}

// parquetFile writes rows, so many to a row group.
func parquetFile[T any](t testing.TB, rows []T, group int) string {
	t.Helper()
	var out bytes.Buffer
	w := parquet.NewGenericWriter[T](&out, parquet.Compression(&parquet.Zstd))
	for i := 0; i < len(rows); i += group {
		if _, err := w.Write(rows[i:min(i+group, len(rows))]); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const resultTable = "id BIGINT, code VARCHAR, value DECIMAL(18,2), score DOUBLE, day DATE, at TIMESTAMP, ok BOOLEAN, comment VARCHAR"

// TestParquet loads a file into a new table: its schema gives the types, and its values are there exactly.
func TestParquet(t *testing.T) {
	r := newRig(t, 0)
	in := parquetFile(t, results(20_000), 7000)
	rec := r.mustLoad("t", in, slot("s", "p"))
	if got := r.table("t"); got != resultTable {
		t.Fatalf("table %s", got)
	}
	l := rec.Ledger
	if rec.RecordsIn != 20_000 || rec.Accepted != 20_000 || rec.BytesIn != int64(len(in)) || l.Text != rec.BytesIn || l.Text != l.Accepted+l.Aside || l.Accepted == 0 || rec.Dialect.Format != "parquet" {
		t.Fatalf("%+v", rec)
	}
	rows := r.rows("t")
	for i, want := range results(20_000) {
		score, comment := "NULL", "NULL"
		if want.Score != nil {
			score, comment = fmt.Sprint(*want.Score), *want.Comment
		}
		text := fmt.Sprintf("%d|%s|%s|%s|%s|%v|%s", want.ID, want.Code, cents(want.Value), score, time.Unix(int64(want.Day)*86400, 0).UTC().Format("2006-01-02"), want.Ok, comment)
		got := append(append([]string{}, rows[i][:5]...), rows[i][6:]...)
		if strings.Join(got, "|") != text {
			t.Fatalf("row %d is %q, want %q", i, got, text)
		}
	}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	if _, err := io.WriteString(w, in); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if again := r.mustLoad("t", z.String(), slot("s", "p"), opt(func(o *ingest.Options) { o.Format = "parquet" })); !again.Duplicate || again.DeliveryID != rec.DeliveryID {
		t.Errorf("the same file compressed: %+v", again)
	}
}

func cents(v int64) string {
	sign := ""
	if v < 0 {
		sign, v = "-", -v
	}
	return fmt.Sprintf("%s%d.%02d", sign, v/100, v%100)
}

// TestParquetIntoATable rejects what a declared column cannot hold, with its row, row group and a line that can be sent back.
func TestParquetIntoATable(t *testing.T) {
	r := newRig(t, 0)
	r.create("t", []string{"id SMALLINT", "code BIGINT", "comment VARCHAR"}, nil, nil)
	type row struct {
		ID      int64  `parquet:"id"`
		Code    string `parquet:"code"`
		Comment string `parquet:"comment"`
	}
	in := parquetFile(t, []row{{1, "17", "a"}, {70_000, "18", "b"}, {3, "x\"y", "c"}, {4, "19", "\x00"}, {5, "20", ""}}, 2)
	rec := r.mustLoad("t", in, slot("s", "p"), lenient)
	checkObjects(t, r, rec, "id SMALLINT, code BIGINT, comment VARCHAR", "1|17|a / 5|20|", "2 3 4")
	for i, want := range []ingest.Reject{
		{Line: 2, RowGroup: 1, Column: "id", Raw: `{"id":70000,"code":"18","comment":"b"}`},
		{Line: 3, RowGroup: 2, Column: "code", Raw: `{"id":3,"code":"x\"y","comment":"c"}`},
		{Line: 4, RowGroup: 2, Raw: `{"id":4,"code":"19","comment":"\u0000"}`},
	} {
		x := rec.FirstRejects[i]
		if x.Line != want.Line || x.RowGroup != want.RowGroup || x.Column != want.Column || x.Raw != want.Raw || !bytes.Equal(x.RawBase64, want.RawBase64) || x.ByteOffset <= 0 || x.ByteOffset >= int64(len(in)) {
			t.Errorf("reject %d is %+v", i, x)
		}
	}
	if l := rec.Ledger; l.Rejected <= 0 || l.Text != l.Accepted+l.Rejected+l.Aside || l.Text != int64(len(in)) {
		t.Errorf("the ledger is %+v", l)
	}
	mended := `{"error":"-","id":7,"code":"18","comment":"b"}`
	if fixed, err := r.load("t", mended, func(q *ingest.Request) { q.Amends = rec.DeliveryID }); err != nil || fixed.Accepted != 1 {
		t.Errorf("a mended row: %+v, %v", fixed, err)
	}
}

// TestParquetRefusals names what cannot be loaded.
func TestParquetRefusals(t *testing.T) {
	type nested struct {
		ID   int64   `parquet:"id"`
		List []int64 `parquet:"list,list"`
		In   struct {
			A int64 `parquet:"a"`
		} `parquet:"in"`
	}
	whole := parquetFile(t, results(100), 50)
	for name, c := range map[string]struct {
		in, code, text string
		change         func(*ingest.Request)
	}{
		"nested":       {in: parquetFile(t, []nested{{ID: 1}}, 1), code: "unsupported-column", text: `"list"`},
		"cut":          {in: whole[:len(whole)/2], code: "bad-parquet"},
		"no footer":    {in: "PAR1\x15\x04\x15", code: "bad-parquet"},
		"bent":         {in: whole[:200] + "\x00\xff\x00\xff\x00\xff" + whole[206:], code: "bad-parquet"},
		"no rows":      {in: parquetFile(t, []result{}, 1), code: "no-rows"},
		"declared CSV": {in: whole, code: "bad-format", change: opt(func(o *ingest.Options) { o.Format = "csv" })},
		"is CSV":       {in: "a,b\n1,2\n", code: "bad-format", change: opt(func(o *ingest.Options) { o.Format = "parquet" })},
	} {
		r := newRig(t, 0)
		changes := []func(*ingest.Request){lenient}
		if c.change != nil {
			changes = append(changes, c.change)
		}
		_, err := r.load("t", c.in, changes...)
		if e := errs.As(err); e == nil || e.Code != c.code || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v, want code %s", name, err, c.code)
		}
		if got := r.table("t"); got != "none" {
			t.Errorf("%s: there is a table %s", name, got)
		}
	}
}

// TestParquetByMapping leaves out a nested column and renames another.
func TestParquetByMapping(t *testing.T) {
	type row struct {
		ID   int64   `parquet:"PatNr"`
		List []int64 `parquet:"list,list"`
	}
	m, err := ingest.ParseMapping([]byte(`{"columns":{"PatNr":"id","list":null}}`))
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, 0)
	st := &ingest.Standing{Table: *r.create("t", []string{"id BIGINT"}, nil, nil), Mapping: m}
	rec, err := ingest.Against(context.Background(), st, &ingest.Request{Body: strings.NewReader(parquetFile(t, []row{{ID: 5}}, 1)), Source: "s"})
	if err != nil || rec.Accepted != 1 || rec.Columns[0].Name != "id" {
		t.Fatalf("%+v, %v", rec, err)
	}
}

// TestParquetDoubles brings every DOUBLE through its text.
func TestParquetDoubles(t *testing.T) {
	type row struct {
		V float64 `parquet:"v"`
	}
	rows := []row{{math.Inf(1)}, {math.Inf(-1)}, {math.NaN()}, {math.SmallestNonzeroFloat64}, {math.MaxFloat64}, {math.Copysign(0, -1)}, {0.1}, {1e21}, {1e-7}}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		rows = append(rows, row{math.Float64frombits(rnd.Uint64())})
	}
	r := newRig(t, 0)
	rec := r.mustLoad("t", parquetFile(t, rows, 1000), slot("s", "p"))
	if rec.Accepted != int64(len(rows)) {
		t.Fatalf("%d of %d: %+v", rec.Accepted, len(rows), rec.FirstRejects)
	}
	for i, got := range r.rows("t") {
		if want := fmt.Sprint(rows[i].V); got[0] != want && strings.TrimPrefix(want, "+") != got[0] && !sameDouble(got[0], rows[i].V) {
			t.Fatalf("row %d is %s, want %v", i, got[0], rows[i].V)
		}
	}
}

func sameDouble(text string, want float64) bool {
	var got float64
	_, err := fmt.Sscan(text, &got)
	return err == nil && math.Float64bits(got) == math.Float64bits(want) || strings.EqualFold(text, "NaN") && math.IsNaN(want) || got == want
}

// TestOwnSegmentsAsSources loads a segment of ours as somebody else's file: the column that every table has is left out.
func TestOwnSegmentsAsSources(t *testing.T) {
	r := newRig(t, 0)
	r.mustLoad("t", "a,b\n1,x\n2,y\n")
	own := ""
	err := filepath.WalkDir(r.dir, func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".parquet") {
			own = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	in, err := os.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	rec := r.mustLoad("u", string(in))
	if got := r.table("u"); got != "a BIGINT, b VARCHAR" || rec.Accepted != 2 {
		t.Errorf("table %s, %+v", got, rec)
	}
}

// TestSniffParquet looks at a file without a server.
func TestSniffParquet(t *testing.T) {
	s, err := ingest.Sniff(context.Background(), strings.NewReader(parquetFile(t, results(50), 50)), ingest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Dialect.Format != "parquet" || s.Records != 50 || len(s.Columns) != 8 || s.Columns[2].Type.String() != "DECIMAL(18,2)" || len(s.Sample) != ingest.SniffSampleRows || s.Sample[1][2] != "-0.04" {
		t.Errorf("%+v", s)
	}
}

// TestDamagedParquet bends files at random: they load in balance, or are refused; nothing else.
func TestDamagedParquet(t *testing.T) {
	n := 1500
	if testing.Short() {
		n = 150
	}
	rnd := rand.New(rand.NewPCG(7, 7))
	whole := []byte(parquetFile(t, results(300), 100))
	r := newRig(t, 0)
	st := &ingest.Standing{Table: *r.create("t", strings.Split(resultTable, ", "), nil, nil)}
	for i := range n {
		in := bytes.Clone(whole)
		for range 1 + rnd.IntN(3) {
			in[4+rnd.IntN(len(in)-4)] ^= 1 << rnd.IntN(8)
		}
		req := &ingest.Request{Body: bytes.NewReader(in)}
		lenient(req)
		rec, err := ingest.Against(context.Background(), st, req)
		if err != nil {
			if e := errs.As(err); e == nil || e.Kind == errs.Internal {
				t.Fatalf("file %d: %v", i, err)
			}
			continue
		}
		if l := rec.Ledger; rec.RecordsIn != rec.Accepted+rec.Rejected || l.Text != int64(len(in)) || l.Text != l.Accepted+l.Rejected+l.Aside {
			t.Fatalf("file %d: %+v", i, rec)
		}
	}
}
