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

// policy sets how loads may change a table.
func (r *rig) policy(table, columns, widen string) {
	r.t.Helper()
	def, _ := r.log.Snapshot().Table(table)
	changed := *def
	var err error
	if changed.Policy, err = schema.ParsePolicy(columns, widen); err != nil {
		r.t.Fatal(err)
	}
	if _, err := r.log.Propose(context.Background(), &catalog.PutTable{Table: changed, Expect: def.Version}); err != nil {
		r.t.Fatal(err)
	}
}

func codeOf(err error) string {
	if e := errs.As(err); e != nil {
		return e.Code
	}
	return ""
}

func (r *rig) text(table string) string {
	var rows []string
	for _, row := range r.rows(table) {
		rows = append(rows, strings.Join(row, "|"))
	}
	return strings.Join(rows, " / ")
}

func TestPolicies(t *testing.T) {
	for _, c := range []struct {
		name, columns, widen string
		declared             bool
		in                   string
		code, table, rows    string
	}{
		{name: "inferred adds", in: "a,b,c\n2,y,z\n", table: "a BIGINT, b VARCHAR, c VARCHAR", rows: "1|x|NULL / 2|y|z"},
		{name: "inferred widens", in: "a,b\n2.5,y\n", table: "a DECIMAL(18,1), b VARCHAR", rows: "1.0|x / 2.5|y"},
		{name: "inferred refuses by policy", columns: "refuse", in: "a,b,c\n2,y,z\n", code: "unknown-column", table: "a BIGINT, b VARCHAR", rows: "1|x"},
		{name: "inferred ignores by policy", columns: "ignore", in: "a,b,c\n2,y,z\n", table: "a BIGINT, b VARCHAR", rows: "1|x / 2|y"},
		{name: "inferred does not widen by policy", widen: "no", in: "a,b\n2.5,y\n2,z\n", table: "a BIGINT, b VARCHAR", rows: "1|x / 2|z"},
		{name: "declared refuses", declared: true, in: "a,b,c\n2,y,z\n", code: "unknown-column", table: "a BIGINT, b VARCHAR", rows: "1|x"},
		{name: "declared adds by policy", declared: true, columns: "add", in: "a,b,c\n2,y,0.5\n", table: "a BIGINT, b VARCHAR, c DECIMAL(18,1)", rows: "1|x|NULL / 2|y|0.5"},
		{name: "declared ignores by policy", declared: true, columns: "ignore", in: "c,b,a\n9,y,2\n", table: "a BIGINT, b VARCHAR", rows: "1|x / 2|y"},
		{name: "declared widens by policy", declared: true, widen: "yes", in: "a,b\n2.5,y\n", table: "a DECIMAL(18,1), b VARCHAR", rows: "1.0|x / 2.5|y"},
		{name: "declared rejects", declared: true, in: "a,b\n2.5,y\n2,z\n", table: "a BIGINT, b VARCHAR", rows: "1|x / 2|z"},
		{name: "missing is NULL", declared: true, in: "b\ny\n", table: "a BIGINT, b VARCHAR", rows: "1|x / NULL|y"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, 0)
			if c.declared {
				r.create("t", []string{"a BIGINT", "b VARCHAR"}, nil, nil)
			}
			if _, err := r.load("t", "a,b\n1,x\n", lenient); err != nil {
				t.Fatal(err)
			}
			r.policy("t", c.columns, c.widen)
			verdict, rehearsed := r.load("t", c.in, lenient, func(q *ingest.Request) { q.Rehearse = true })
			rec, err := r.load("t", c.in, lenient)
			if codeOf(err) != c.code || codeOf(rehearsed) != c.code {
				t.Fatalf("%v, rehearsed %v, want %q", err, rehearsed, c.code)
			}
			if err == nil && (verdict.Accepted != rec.Accepted || verdict.Rejected != rec.Rejected || !verdict.Rehearsal) {
				t.Errorf("rehearsed %+v, loaded %+v", verdict, rec)
			}
			if got := r.table("t"); got != c.table {
				t.Errorf("table %s, want %s", got, c.table)
			}
			if got := r.text("t"); got != c.rows {
				t.Errorf("rows %q, want %q", got, c.rows)
			}
		})
	}
}

func (r *rig) mapping(table, source, text string) {
	r.t.Helper()
	m, err := ingest.ParseMapping([]byte(text))
	if err != nil {
		r.t.Fatal(err)
	}
	def, _ := r.log.Snapshot().Table(table)
	cmd := &catalog.PutDocument{Document: catalog.Document{Kind: ingest.MappingKind, Table: def.ID, Name: source, Body: m.Encode()}, At: 1}
	if _, err := r.log.Propose(context.Background(), cmd); err != nil {
		r.t.Fatal(err)
	}
}

func TestMapping(t *testing.T) {
	r := newRig(t, 0)
	r.create("t", []string{"id BIGINT", "born DATE", "value DECIMAL(9,2)"}, nil, nil)
	r.mapping("t", "H1", `{"columns":{"Patient Nr":"id","Geboren":"born","Wert":"value","Station":null},"options":{"delimiter":";","date_format":"%d.%m.%Y","decimal":","}}`)
	r.mapping("t", "", `{"options":{"null":"NA"}}`)
	from := func(source string) func(*ingest.Request) {
		return func(q *ingest.Request) { q.Source, q.Period = source, "2025-01" }
	}
	if _, err := r.load("t", "Patient Nr;Station;Geboren;Wert\n7;A1;03.04.1980;1,5\n", from("H1")); err != nil {
		t.Fatal(err)
	}
	if _, err := r.load("t", "id,born,value\n8,1980-04-03,NA\n", from("H2")); err != nil {
		t.Fatal(err)
	}
	if got, want := r.text("t"), "7|1980-04-03|1.50 / 8|1980-04-03|NULL"; got != want {
		t.Errorf("rows %q, want %q", got, want)
	}
	if _, err := r.load("t", "Patient Nr,Station,Geboren,Wert\n7,A1,03.04.1980,\"1,5\"\n", from("H1"), func(q *ingest.Request) { q.Options.Delimiter = "," }); err != nil {
		t.Fatalf("what the upload declares wins: %v", err)
	}
	r.mapping("t", "H3", `{"columns":{"col_1":"value","col_2":"id"}}`)
	if _, err := r.load("t", "5.5,9\n", from("H3"), func(q *ingest.Request) { q.Options.Header = "0" }); err != nil {
		t.Fatal(err)
	}
	if got := r.text("t"); !strings.Contains(got, "9|NULL|5.50") {
		t.Errorf("rows %q", got)
	}
	for _, bad := range []string{`{"columns":{"a":"x","b":"X"}}`, `{"options":{"force":"1"}}`, `{"options":{"delimiter":"xx"}}`, `{"colums":{}}`, `{"columns":{"a":""}}`} {
		if _, err := ingest.ParseMapping([]byte(bad)); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

// TestCorrectionsCloseTheLedger sends a file with bad lines, takes the copy of them, corrects it and sends it back.
func TestCorrectionsCloseTheLedger(t *testing.T) {
	slot := func(q *ingest.Request) { q.Source, q.Period = "H1", "2025-01" }
	for _, declared := range []bool{true, false} {
		r := newRig(t, 0)
		if declared {
			r.create("t", []string{"id BIGINT", "name VARCHAR", "value DECIMAL(9,2)"}, nil, nil)
		}
		if _, err := r.load("t", "id;name;value\r\n0;zero;0,5\r\n", lenient, func(q *ingest.Request) { q.Options.Decimal = "," }); err != nil {
			t.Fatal(err)
		}
		in := "Labs of 2025-01\r\nid;name;value\r\n1;a;1,5\r\nx2;b;2,5\r\n3;c;3;5\r\n4;\"d\";4,5\r\nTotal;4\r\n"
		first, err := r.load("t", in, lenient, slot, func(q *ingest.Request) { q.Options.Decimal = "," })
		if err != nil {
			t.Fatal(err)
		}
		if first.Accepted != 2 || first.Rejected != 2 || first.Preamble != 1 || first.Trailer != 1 || first.Ledger.Text != int64(len(in)) ||
			first.Ledger.Rejected != int64(len("x2;b;2,5\r\n3;c;3;5\r\n")) {
			t.Fatalf("%+v", first)
		}
		if len(first.Problems) != 2 {
			t.Errorf("problems %+v", first.Problems)
		}
		f, err := r.loader.Resend(context.Background(), first.DeliveryID)
		if err != nil {
			t.Fatal(err)
		}
		sent, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		want := "error;id;name;value\r\n\"line 4, column id: the cell is not a whole number (BIGINT)\";x2;b;2,5\r\n\"line 5: the record has more fields than the header: 4\";3;c;3;5\r\n"
		if string(sent) != want {
			t.Fatalf("the copy is\n%s\nwant\n%s", sent, want)
		}
		amends := func(q *ingest.Request) { q.Amends = first.DeliveryID }
		if _, err := r.load("t", string(sent)+"\"\";9;z;1,0\r\n", lenient, amends); codeOf(err) != "amends-too-many" {
			t.Fatalf("more lines than were rejected: %v", err)
		}
		half, err := r.load("t", strings.Replace(string(sent), "x2", "2", 1), lenient, amends)
		if err != nil {
			t.Fatal(err)
		}
		if half.Accepted != 1 || half.Rejected != 1 || half.Source != "H1" || half.Period != "2025-01" || half.Replaced != nil {
			t.Fatalf("%+v", half)
		}
		now, err := r.loader.Receipt(context.Background(), first.DeliveryID)
		if err != nil || now.Amended != 2 || len(now.AmendedBy) != 1 {
			t.Fatalf("%+v, %v", now, err)
		}
		if _, err := r.load("t", "error;id;name;value\r\n;3;c;3,5\r\n", lenient, func(q *ingest.Request) { q.Amends = half.DeliveryID }); err != nil {
			t.Fatal(err)
		}
		if got := r.text("t"); !strings.HasSuffix(got, "1|a|1.50 / 4|d|4.50 / 2|b|2.50 / 3|c|3.50") && !strings.HasSuffix(got, "1|a|1.5 / 4|d|4.5 / 2|b|2.5 / 3|c|3.5") {
			t.Errorf("rows %q", got)
		}
		again, err := r.load("t", strings.Replace(string(sent), "x2", "2", 1), lenient, amends)
		if err != nil || !again.Duplicate {
			t.Fatalf("the same corrections again: %+v, %v", again, err)
		}
	}
}

// TestRehearsalGivesTheVerdict compares what a rehearsal says with what the load says, for good and bad files.
func TestRehearsalGivesTheVerdict(t *testing.T) {
	many := "a,b\n" + strings.Repeat("1,x\n", 50) + strings.Repeat("y,x\n", 20) + strings.Repeat("1\n", 15)
	for _, c := range []struct {
		name, in string
		change   func(*ingest.Request)
	}{
		{name: "good", in: "a,b\n1,x\n"},
		{name: "past the limit", in: many},
		{name: "past the count", in: many, change: func(q *ingest.Request) { q.Options.MaxRejects = ingest.MaxRejects{Count: 3, Counted: true, Set: true} }},
		{name: "one bad row refuses", in: "a,b\n1,x\ny,x\n1,x\n", change: func(q *ingest.Request) { q.Options.BadRow = ingest.RejectFile }},
		{name: "unknown column", in: "a,c\n1,x\n"},
		{name: "empty", in: ""},
		{name: "the same again", in: "a,b\n0,x\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, 0)
			r.create("t", []string{"a BIGINT", "b VARCHAR"}, nil, nil)
			if _, err := r.load("t", "a,b\n0,x\n"); err != nil {
				t.Fatal(err)
			}
			change := func(q *ingest.Request) {
				if c.change != nil {
					c.change(q)
				}
			}
			said, why := r.load("t", c.in, change, func(q *ingest.Request) { q.Rehearse = true })
			before := r.log.Snapshot().Index()
			got, err := r.load("t", c.in, change)
			if codeOf(why) != codeOf(err) || (why == nil) != (err == nil) {
				t.Fatalf("rehearsed %v, loaded %v", why, err)
			}
			if err != nil {
				if r.log.Snapshot().Index() != before {
					t.Fatal("a refused load changed the catalog")
				}
				if strings.HasPrefix(c.name, "past") && (!strings.Contains(why.Error(), "20 records, lines 52, 53, 54, 55, 56 ...") || !strings.Contains(why.Error(), "15 records")) {
					t.Errorf("the rehearsal does not tell all problems: %v", why)
				}
				return
			}
			if !said.Rehearsal || said.Accepted != got.Accepted || said.Rejected != got.Rejected || said.SHA256 != got.SHA256 || said.Duplicate != got.Duplicate || said.Ledger != got.Ledger {
				t.Errorf("rehearsed %+v, loaded %+v", said, got)
			}
		})
	}
}
