package ingest_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/schema"
)

// objects are files of JSON Lines, and what a load into a new table makes of each; see dirty.
var objects = []struct {
	name, in    string
	table, rows string
	bad         string
	code        string
	change      func(*ingest.Request)
}{
	{name: "plain", in: `{"a":1,"b":"x"}` + "\n" + `{"a":2,"b":"y"}`, table: "a BIGINT, b VARCHAR", rows: "1|x / 2|y"},
	{name: "keys in another order", in: `{"a":1,"b":"x"}` + "\n" + `{"b":"y","a":2}`, table: "a BIGINT, b VARCHAR", rows: "1|x / 2|y"},
	{name: "missing keys", in: `{"a":1}` + "\n{}\n" + `{"a":null}`, table: "a BIGINT", rows: "1 / NULL / NULL"},
	{name: "a key at the end", in: `{"a":1}` + "\n" + `{"a":2,"b":2.5}`, table: "a BIGINT, b DECIMAL(18,1)", rows: "1|NULL / 2|2.5"},
	{name: "exact numbers", in: `{"a":0.1,"b":123456789012345678901234567890,"c":-7}` + "\n" + `{"a":12345678901234.123,"b":1,"c":9223372036854775807}`, table: "a DECIMAL(18,3), b DECIMAL(38,0), c BIGINT", rows: "0.100|123456789012345678901234567890|-7 / 12345678901234.123|1|9223372036854775807"},
	{name: "exponents", in: `{"a":1e3}` + "\n" + `{"a":2.5E-1}`, table: "a DOUBLE", rows: "1000 / 0.25"},
	{name: "numbers beside text", in: `{"a":1.50}` + "\n" + `{"a":"x"}`, table: "a VARCHAR", rows: "1.50 / x"},
	{name: "a surprise at the end", in: strings.Repeat(`{"a":1}`+"\n", 3000) + `{"a":"x"}`, table: "a VARCHAR"},
	{name: "text that is a number", in: `{"a":"12","b":"007"}`, table: "a BIGINT, b VARCHAR", rows: "12|007"},
	{name: "dates and times", in: `{"d":"2025-01-31","t":"2025-01-31T10:20:30Z"}`, table: "d DATE, t TIMESTAMP", rows: "2025-01-31|2025-01-31T10:20:30Z"},
	{name: "dates that prove their form", in: `{"d":"01/02/2025"}` + "\n" + `{"d":"13/02/2025"}`, table: "d DATE", rows: "2025-02-01 / 2025-02-13"},
	{name: "booleans", in: `{"a":true}` + "\n" + `{"a":false}`, table: "a BOOLEAN", rows: "true / false"},
	{name: "empty text", in: `{"a":"","b":1}` + "\n" + `{"a":"x","b":""}`, table: "a VARCHAR, b BIGINT", rows: "|1 / x|NULL"},
	{name: "NULL words", in: `{"a":"NA"}` + "\n" + `{"a":"5"}`, table: "a BIGINT", rows: "NULL / 5", change: opt(func(o *ingest.Options) { o.Null = []string{"NA"} })},
	{name: "decimal comma declared", in: `{"a":"1,5"}` + "\n" + `{"a":2.5}`, table: "a DECIMAL(18,1)", rows: "1.5 / 2.5", change: opt(func(o *ingest.Options) { o.Decimal = "," })},
	{name: "escapes", in: `{"a":"x\ny\t\"\u00e9\ud83d\ude00"}`, table: "a VARCHAR", rows: "x\ny\t\"é😀"},
	{name: "blank lines", in: "\n" + `{"a":1}` + "\n  \n" + `{"a":2}` + "\r\n\n", table: "a BIGINT", rows: "1 / 2"},
	{name: "a mark", in: "\ufeff" + `{"a":1}`, table: "a BIGINT", rows: "1"},
	{name: "utf-16", in: "\xff\xfe{\x00\"\x00a\x00\"\x00:\x001\x00}\x00", table: "a BIGINT", rows: "1"},
	{name: "duplicate key", in: `{"a":1,"a":2}` + "\n" + `{"a":3}`, table: "a BIGINT", rows: "3", bad: "1"},
	{name: "nested", in: `{"a":1}` + "\n" + `{"a":{"b":1}}` + "\n" + `{"a":[1]}`, table: "a BIGINT", rows: "1", bad: "2 3"},
	{name: "broken lines", in: `{"a":1}` + "\n" + `{"a":2` + "\n" + `nonsense` + "\n" + `{"a":4}`, table: "a BIGINT", rows: "1 / 4", bad: "2 3"},
	{name: "bad utf-8 among good", in: "{\"a\":\"\xff\"}\n{\"a\":\"é\"}", table: "a VARCHAR", rows: "é", bad: "1"},
	{name: "a NUL", in: `{"a":"x\u0000y"}` + "\n" + `{"a":"z"}`, table: "a VARCHAR", rows: "z", bad: "1"},
	{name: "names", in: `{"":1," b ":2,"_delivery":3}`, table: "col_1 BIGINT, b BIGINT, _delivery_2 BIGINT", rows: "1|2|3"},
	{name: "declared", in: "\n\n" + `{ "a" : 1 }`, table: "a BIGINT", rows: "1", change: opt(func(o *ingest.Options) { o.Format = "jsonl" })},
	{name: "types=text", in: `{"a":1,"b":true}`, table: "a VARCHAR, b VARCHAR", rows: "1|true", change: opt(func(o *ingest.Options) { o.TextTypes = true })},
	{name: "a list", in: `[{"a":1},{"a":2}]`, code: "not-json-lines"},
	{name: "a document", in: "{\n  \"a\": 1\n}\n", code: "not-json-lines"},
	{name: "no keys", in: "{}\n{}\n", code: "no-columns"},
	{name: "no lines", in: "\n\n", code: "no-rows", change: opt(func(o *ingest.Options) { o.Format = "jsonl" })},
	{name: "nothing", in: "", code: "empty-file", change: opt(func(o *ingest.Options) { o.Format = "jsonl" })},
	{name: "no such format", in: "{}", code: "bad-parameter", change: opt(func(o *ingest.Options) { o.Format = "xml" })},
}

func TestObjects(t *testing.T) {
	for _, c := range objects {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, 0)
			changes := []func(*ingest.Request){lenient}
			if c.change != nil {
				changes = append(changes, c.change)
			}
			rec, err := r.load("t", c.in, changes...)
			if c.code != "" {
				if e := errs.As(err); e == nil || e.Code != c.code {
					t.Fatalf("%v, want code %s", err, c.code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			checkObjects(t, r, rec, c.table, c.rows, c.bad)
			if rec.Dialect.Format != "jsonl" {
				t.Errorf("the receipt's dialect is %+v", rec.Dialect)
			}
			sameAgainst(t, c.in, rec, changes)
		})
	}
}

func checkObjects(t *testing.T, r *rig, rec *ingest.Receipt, table, rows, bad string) {
	t.Helper()
	if got := r.table("t"); got != table {
		t.Errorf("table %s, want %s", got, table)
	}
	if rec.RecordsIn != rec.Accepted+rec.Rejected {
		t.Errorf("%d in, %d accepted, %d rejected", rec.RecordsIn, rec.Accepted, rec.Rejected)
	}
	var lines []string
	for _, x := range rec.FirstRejects {
		lines = append(lines, schema.IntValue(schema.TypeInt64, x.Line).String())
	}
	if got := strings.Join(lines, " "); got != bad {
		t.Errorf("rejected lines %q, want %q: %+v", got, bad, rec.FirstRejects)
	}
	var text []string
	for _, row := range r.rows("t") {
		text = append(text, strings.Join(row, "|"))
	}
	if int64(len(text)) != rec.Accepted {
		t.Errorf("%d rows are there, %d accepted", len(text), rec.Accepted)
	}
	if got := strings.Join(text, " / "); rows != "" && got != rows {
		t.Errorf("rows %q, want %q", got, rows)
	}
}

// sameAgainst rehearses the load into the table that it made: the same rows are accepted and rejected.
func sameAgainst(t *testing.T, in string, rec *ingest.Receipt, changes []func(*ingest.Request)) {
	t.Helper()
	st := &ingest.Standing{Table: schema.Table{Name: "t", Inferred: true, Codec: schema.CodecZstd}}
	for _, c := range rec.Columns {
		st.Table.Columns = append(st.Table.Columns, schema.Column{Name: c.Name, Type: c.Type})
	}
	req := &ingest.Request{Body: strings.NewReader(in)}
	for _, f := range changes {
		f(req)
	}
	again, err := ingest.Against(context.Background(), st, req)
	if err != nil || again.Accepted != rec.Accepted || again.Rejected != rec.Rejected {
		t.Errorf("a rehearsal gives %+v, %v", again, err)
	}
}

// TestObjectsIntoATable loads JSON Lines into a declared table with a JSON column, by its policies.
func TestObjectsIntoATable(t *testing.T) {
	r := newRig(t, 0)
	r.create("t", []string{"id BIGINT", "doc JSON", "at DATE"}, nil, nil)
	in := `{"ID":1,"doc":{"a": [1, 2.50]},"at":"2025-01-01"}` + "\n" + `{"id":2,"doc":"text"}` + "\n" + `{"id":"x","doc":null}` + "\n" + `{"id":4,"doc":17}`
	rec := r.mustLoad("t", in, lenient)
	checkObjects(t, r, rec, "id BIGINT, doc JSON, at DATE", `1|{"a": [1, 2.50]}|2025-01-01 / 2|"text"|NULL / 4|17|NULL`, "3")
	x := rec.FirstRejects[0]
	if x.Column != "id" || !strings.Contains(x.Reason, "BIGINT") || x.Raw != `{"id":"x","doc":null}` || in[x.ByteOffset:][:8] != `{"id":"x` {
		t.Errorf("the reject is %+v", x)
	}
	if l := rec.Ledger; l.Text != int64(len(in)) || l.Rejected != int64(len(x.Raw)+1) || l.Aside != 0 {
		t.Errorf("the ledger is %+v", l)
	}
	extra := `{"id":5,"more":{"x":1}}`
	if _, err := r.load("t", extra); errs.As(err) == nil || errs.As(err).Code != "unknown-column" {
		t.Errorf("an unknown key: %v", err)
	}
	table, _ := r.log.Snapshot().Table("t")
	policy := *table
	policy.Policy.Columns = schema.ColumnsIgnore
	if _, err := r.log.Propose(context.Background(), &catalog.PutTable{Table: policy, Expect: table.Version, At: 2}); err != nil {
		t.Fatal(err)
	}
	if rec := r.mustLoad("t", extra); rec.Accepted != 1 || !strings.Contains(strings.Join(rec.Warnings, "\n"), `"more"`) {
		t.Errorf("with columns=ignore: %+v", rec)
	}
}

// TestObjectsEvolve adds keys as columns and widens types.
func TestObjectsEvolve(t *testing.T) {
	r := newRig(t, 0)
	r.mustLoad("t", `{"a":1}`, slot("s", "1"))
	rec := r.mustLoad("t", `{"a":2.5,"b":"x"}`+"\n"+`{"b":"y"}`, slot("s", "2"))
	if got := r.table("t"); got != "a DECIMAL(18,1), b VARCHAR" || rec.Accepted != 2 {
		t.Errorf("table %s, %+v", got, rec)
	}
	if again := r.mustLoad("t", `{"a":2.5,"b":"x"}`+"\n"+`{"b":"y"}`, slot("s", "2"), opt(func(o *ingest.Options) { o.Format = "jsonl" })); !again.Duplicate || again.DeliveryID != rec.DeliveryID {
		t.Errorf("sent again with its format declared: %+v", again)
	}
	r.mustLoad("t", "a,b\n3,z\n", slot("s", "3")) // CSV beside it
	if n := len(r.rows("t")); n != 4 {
		t.Errorf("%d rows", n)
	}
}

// TestObjectsComeBack sends the rejected lines of JSON Lines back, corrected.
func TestObjectsComeBack(t *testing.T) {
	r := newRig(t, 0)
	r.create("t", []string{"id BIGINT", "v DECIMAL(18,2)"}, nil, nil)
	rec := r.mustLoad("t", `{"id":1,"v":1}`+"\n"+`{"id":2,"v":"bad"}`+"\n"+`{"id":3,`+"\n"+`4`, slot("s", "p"), lenient)
	f, err := r.loader.Resend(context.Background(), rec.DeliveryID)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], `{"error": "line 2, column v:`) || !strings.HasSuffix(lines[0], `, "id":2,"v":"bad"}`) || !strings.HasSuffix(lines[2], `"line": "4"}`) {
		t.Fatalf("the copy is\n%s", text)
	}
	mended := strings.Replace(lines[0], `"bad"`, "2.5", 1) + "\n" + `{"id":3,"v":3}` + "\n" + `{"error":{"x":1},"id":4}`
	fixed, err := r.load("t", mended, func(q *ingest.Request) { q.Amends = rec.DeliveryID })
	if err != nil {
		t.Fatal(err)
	}
	if closed, err := r.loader.Receipt(context.Background(), rec.DeliveryID); err != nil || closed.Amended != 3 || fixed.Accepted != 3 || fixed.Rejected != 0 {
		t.Errorf("%+v: %v", fixed, err)
	}
}

// TestSniffObjects looks at JSON Lines without a server.
func TestSniffObjects(t *testing.T) {
	s, err := ingest.Sniff(context.Background(), strings.NewReader(`{"a":1,"b":"x"}`+"\n"+`{"a":2.5}`+"\n"+`{"a":`), ingest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Dialect.Format != "jsonl" || s.Records != 3 || s.Rejected != 1 || len(s.Columns) != 2 || s.Columns[0].Type.String() != "DECIMAL(18,1)" || s.Columns[0].Line != 2 || len(s.Sample) != 2 || s.Sample[1][0] != "2.5" {
		t.Errorf("%+v", s)
	}
}
