package ingest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/storage/errs"
	"pgregory.net/rapid"
)

func opt(change func(*ingest.Options)) func(*ingest.Request) {
	return func(q *ingest.Request) { change(&q.Options) }
}

// dirty is a small file, and what a load into a new table must make of it: the table, its rows, and the lines rejected; or the
// code of the error. Any number of rejects is allowed.
var dirty = []struct {
	name, in    string
	table, rows string // rows: cells by |, records by space-slash-space
	bad         string // lines
	code        string
	change      func(*ingest.Request)
}{
	{name: "plain", in: "a,b\n1,x\n", table: "a BIGINT, b VARCHAR", rows: "1|x"},
	{name: "no last line end", in: "a,b\n1,x", table: "a BIGINT, b VARCHAR", rows: "1|x"},
	{name: "crlf", in: "a,b\r\n1,x\r\n", table: "a BIGINT, b VARCHAR", rows: "1|x"},
	{name: "cr only", in: "a,b\r1,x\r2,y\r", table: "a BIGINT, b VARCHAR", rows: "1|x / 2|y"},
	{name: "mixed line ends", in: "a,b\r\n1,x\n2,y\r3,z\n", table: "a BIGINT, b VARCHAR", rows: "1|x / 2|y / 3|z"},
	{name: "bom", in: "\ufeffa,b\n1,x\n", table: "a BIGINT, b VARCHAR", rows: "1|x"},
	{name: "bom before a quote", in: "\ufeff\"a\",b\n1,x\n", table: "a BIGINT, b VARCHAR", rows: "1|x"},
	{name: "semicolons", in: "a;b\n1;x,y\n2;z\n", table: "a BIGINT, b VARCHAR", rows: "1|x,y / 2|z"},
	{name: "tabs", in: "a\tb\n1\tx y\n", table: "a BIGINT, b VARCHAR", rows: "1|x y"},
	{name: "bars", in: "a|b\n1|x\n", table: "a BIGINT, b VARCHAR", rows: "1|x"},
	{name: "declared delimiter", in: "a^b\n1^x\n", table: "a BIGINT, b VARCHAR", rows: "1|x", change: opt(func(o *ingest.Options) { o.Delimiter = "^" })},
	{name: "one column", in: "a\n1\n2\n", table: "a BIGINT", rows: "1 / 2"},
	{name: "blank lines", in: "\n\na,b\n\n1,x\n\n\n", table: "a BIGINT, b VARCHAR", rows: "1|x"},
	{name: "quoted delimiter", in: "a,b\n1,\"x,y\"\n", table: "a BIGINT, b VARCHAR", rows: "1|x,y"},
	{name: "quoted line end", in: "a,b\n1,\"x\ny\"\n2,z\n", table: "a BIGINT, b VARCHAR", rows: "1|x\ny / 2|z"},
	{name: "doubled quote", in: "a,b\n1,\"x\"\"y\"\n", table: "a BIGINT, b VARCHAR", rows: "1|x\"y"},
	{name: "backslash escape detected", in: "a,b\n1,\"x\\\"y\"\n2,\"z\"\n", table: "a BIGINT, b VARCHAR", rows: "1|x\"y / 2|z"},
	{name: "backslash escape declared", in: "a,b\n1,\"x\\\\\"\n", table: "a BIGINT, b VARCHAR", rows: "1|x\\", change: opt(func(o *ingest.Options) { o.Escape = `\` })},
	{name: "single quotes declared", in: "a,b\n1,'x,y'\n", table: "a BIGINT, b VARCHAR", rows: "1|x,y", change: opt(func(o *ingest.Options) { o.Quote = "'" })},
	{name: "no quoting declared", in: "a,b\n1,\"x\n", table: "a BIGINT, b VARCHAR", rows: "1|\"x", change: opt(func(o *ingest.Options) { o.Quote = "none" })},
	{name: "quote in a cell", in: "a,b\n1,5\" pipe\n", table: "a BIGINT, b VARCHAR", rows: "1|5\" pipe"},
	{name: "quote never closed", in: "a,b\n1,\"x\n2,y\n3,z\n", table: "a BIGINT, b VARCHAR", rows: "2|y / 3|z", bad: "2"},
	{name: "quote never closed on the last line", in: "a,b\n1,x\n2,\"y", table: "a BIGINT, b VARCHAR", rows: "1|x", bad: "3"},
	{name: "text behind a quote", in: "a,b\n1,\"x\"y\n2,z\n", table: "a BIGINT, b VARCHAR", rows: "2|z", bad: "2"},
	{name: "text behind a quote two lines on", in: "a,b\n1,\"x\ny\"z\n2,w\n", table: "a BIGINT, b VARCHAR", rows: "2|w", bad: "2"},
	{name: "too few fields", in: "a,b\n1\n2,y\n", table: "a BIGINT, b VARCHAR", rows: "2|y", bad: "2"},
	{name: "too many fields", in: "a,b\n1,x,\n2,y\n", table: "a BIGINT, b VARCHAR", rows: "2|y", bad: "2"},
	{name: "nul byte", in: "a,b\n1,x\x00\n2,y\n", table: "a BIGINT, b VARCHAR", rows: "2|y", bad: "2"},
	{name: "bad utf-8 among good", in: "a,b\n1,\xff\n2,é\n", table: "a BIGINT, b VARCHAR", rows: "2|é", bad: "2"},
	{name: "windows-1252 detected", in: "a,b\n1,Gr\xf6\xdfe\n2,5\xb5g\n", table: "a BIGINT, b VARCHAR", rows: "1|Größe / 2|5µg"},
	{name: "latin-1 declared", in: "a,b\n1,\xe9\n", table: "a BIGINT, b VARCHAR", rows: "1|é", change: opt(func(o *ingest.Options) { o.Charset = "latin-1" })},
	{name: "utf-16", in: "\xff\xfea\x00\n\x001\x00\n\x00", table: "a BIGINT", rows: "1"},
	{name: "utf-16 big endian", in: "\xfe\xff\x00a\x00\n\x001\x00\n", table: "a BIGINT", rows: "1"},
	{name: "duplicate names", in: "a,A,a\n1,2,3\n", table: "a BIGINT, A_2 BIGINT, a_3 BIGINT", rows: "1|2|3"},
	{name: "duplicate name beside its number", in: "a,a,a_2\n1,2,3\n", table: "a BIGINT, a_3 BIGINT, a_2 BIGINT", rows: "1|2|3"},
	{name: "empty name", in: "a,,c\n1,2,x\n", table: "a BIGINT, col_2 BIGINT, c VARCHAR", rows: "1|2|x"},
	{name: "name with a slash", in: "mg/dL,\"say \"\"x\"\"\"\n1,2\n", table: "mg_dL BIGINT, say _x_ BIGINT", rows: "1|2"},
	{name: "spaced names", in: " a , b\n1,2\n", table: "a BIGINT, b BIGINT", rows: "1|2"},
	{name: "virtual name", in: "_source,b\n1,2\n", table: "_source_2 BIGINT, b BIGINT", rows: "1|2"},
	{name: "no header detected", in: "1,x\n2,y\n", table: "col_1 BIGINT, col_2 VARCHAR", rows: "1|x / 2|y"},
	{name: "no header declared", in: "a,b\nc,d\n", table: "col_1 VARCHAR, col_2 VARCHAR", rows: "a|b / c|d", change: opt(func(o *ingest.Options) { o.Header = "0" })},
	{name: "header declared", in: "1,2\n3,4\n", table: "1 BIGINT, 2 BIGINT", rows: "3|4", change: opt(func(o *ingest.Options) { o.Header = "1" })},
	{name: "all text has a header", in: "a,b\nc,d\n", table: "a VARCHAR, b VARCHAR", rows: "c|d"},
	{name: "leading zeros", in: "a\n007\n12\n", table: "a VARCHAR", rows: "007 / 12"},
	{name: "type widens late", in: "a,b\n" + strings.Repeat("1,1\n", 9000) + "x,2.5\n", table: "a VARCHAR, b DECIMAL(18,1)"},
	{name: "width changes late", in: "a\n" + strings.Repeat("1\n", 9000) + "1,2\n", table: "a BIGINT", bad: "9002"},
	{name: "beyond 64 bits", in: "a\n9223372036854775808\n1\n", table: "a DECIMAL(38,0)", rows: "9223372036854775808 / 1"},
	{name: "exponents", in: "a\n1e3\n2.5\n", table: "a DOUBLE", rows: "1000 / 2.5"},
	{name: "nan", in: "a\n1.5\nNaN\n", table: "a DOUBLE", rows: "1.5 / NaN"},
	{name: "trailing zeros kept", in: "a\n2.850\n1\n", table: "a DECIMAL(18,3)", rows: "2.850 / 1.000"},
	{name: "null and empty", in: "a,b\n,\"\"\n1,x\n", table: "a BIGINT, b VARCHAR", rows: "NULL| / 1|x"},
	{name: "null words declared", in: "a,b\nNA,\"NA\"\n1,NA\n", table: "a BIGINT, b VARCHAR", rows: "NULL|NA / 1|NULL", change: opt(func(o *ingest.Options) { o.Null = []string{"NA"} })},
	{name: "null words not declared", in: "a,b\nNULL,1\n1,2\n", table: "a VARCHAR, b BIGINT", rows: "NULL|1 / 1|2"},
	{name: "an empty column", in: "a,b\n1,\n2,\n", table: "a BIGINT, b VARCHAR", rows: "1|NULL / 2|NULL"},
	{name: "booleans", in: "a,b\ntrue,1\nFALSE,0\n", table: "a BOOLEAN, b BIGINT", rows: "true|1 / false|0"},
	{name: "ambiguous dates", in: "a,b\n01/02/2025,1\n", table: "a VARCHAR, b BIGINT", rows: "01/02/2025|1"},
	{name: "date format declared", in: "a,b\n01/02/2025,1\n", table: "a DATE, b BIGINT", rows: "2025-02-01|1", change: opt(func(o *ingest.Options) { o.DateFormat = "%d/%m/%Y" })},
	{name: "offset to utc", in: "a,b\n2025-01-01T01:00:00+02:00,1\n", table: "a TIMESTAMP, b BIGINT", rows: "2024-12-31T23:00:00Z|1"},
	{name: "decimal comma declared", in: "a;b\n1,5;x\n", table: "a DECIMAL(18,1), b VARCHAR", rows: "1.5|x", change: opt(func(o *ingest.Options) { o.Decimal = "," })},
	{name: "decimal comma proven", in: "a;b\n1,5;x\n", table: "a DECIMAL(18,1), b VARCHAR", rows: "1.5|x"},
	{name: "a comma that may be a thousands mark", in: "a;b\n1,234;x\n", table: "a VARCHAR, b VARCHAR", rows: "1,234|x"},
	{name: "thousands declared", in: "a;b\n1,234;x\n1,234,567.5;y\n", table: "a DECIMAL(18,1), b VARCHAR", rows: "1234.0|x / 1234567.5|y", change: opt(func(o *ingest.Options) { o.Thousands = "," })},
	{name: "thousands proven", in: "a;b\n1.234,50;x\n7;y\n", table: "a DECIMAL(18,2), b VARCHAR", rows: "1234.50|x / 7.00|y"},
	{name: "days first proven", in: "a,b\n01/02/2025,1\n13/02/2025,2\n", table: "a DATE, b BIGINT", rows: "2025-02-01|1 / 2025-02-13|2"},
	{name: "months first proven", in: "a,b\n01/02/2025 08:15,1\n02/13/2025 18:00,2\n", table: "a TIMESTAMP, b BIGINT", rows: "2025-01-02T08:15:00Z|1 / 2025-02-13T18:00:00Z|2"},
	{name: "preamble", in: "Report of labs\nMade 2025-01-01\n\na,b,c\n1,2,x\n3,4,y\n", table: "a BIGINT, b BIGINT, c VARCHAR", rows: "1|2|x / 3|4|y"},
	{name: "padded preamble", in: "Report;;;\n;;;\na;b;c;d\n1;2;x;y\n3;4;y;z\n", table: "a BIGINT, b BIGINT, c VARCHAR, d VARCHAR", rows: "1|2|x|y / 3|4|y|z"},
	{name: "preamble declared", in: "x,y\nz,w\na,b\n1,2\n", table: "a BIGINT, b BIGINT", rows: "1|2", change: opt(func(o *ingest.Options) { o.Skip = "2" })},
	{name: "preamble declared away", in: "Report\na,b\n1,2\n3,4\n", table: "Report VARCHAR", bad: "2 3 4", change: opt(func(o *ingest.Options) { o.Skip = "0" })},
	{name: "trailer", in: "a,b,c\n1,2,x\n3,4,y\nTotal: 2\n", table: "a BIGINT, b BIGINT, c VARCHAR", rows: "1|2|x / 3|4|y"},
	{name: "trailer of totals", in: "a,b,c\nq,2,x\nr,4,y\nTOTAL,6,\n(2 rows)\n", table: "a VARCHAR, b BIGINT, c VARCHAR", rows: "q|2|x / r|4|y"},
	{name: "trailer declared", in: "a,b\n1,2\n3,4\n9,9\n", table: "a BIGINT, b BIGINT", rows: "1|2 / 3|4", change: opt(func(o *ingest.Options) { o.Trailer = "1" })},
	{name: "trailer declared away", in: "a,b,c\n1,2,x\nTotal: 2\n", table: "a BIGINT, b BIGINT, c VARCHAR", rows: "1|2|x", bad: "3", change: opt(func(o *ingest.Options) { o.Trailer = "0" })},
	{name: "a short row that is no trailer", in: "a,b,c\n1,2,x\n5,6\n", table: "a BIGINT, b BIGINT, c VARCHAR", rows: "1|2|x", bad: "3"},
	{name: "announced delimiter", in: "sep=;\r\na;b\r\n1,5;x,y\r\n", table: "a DECIMAL(18,1), b VARCHAR", rows: "1.5|x,y"},
	{name: "apostrophes as quotes", in: "a,b\n'x,1',2\n'y',3\n", table: "a VARCHAR, b BIGINT", rows: "x,1|2 / y|3"},
	{name: "apostrophes as data", in: "a,b\n's-Gravenhage,2\n't Zand,3\n", table: "a VARCHAR, b BIGINT", rows: "'s-Gravenhage|2 / 't Zand|3"},
	{name: "a delimiter at the end of every line", in: "a,b\n1,x,\n2,y,\n", table: "a BIGINT, b VARCHAR", rows: "1|x / 2|y"},
	{name: "tildes", in: "a~b\n1~x\n2~y\n", table: "a BIGINT, b VARCHAR", rows: "1|x / 2|y"},
	{name: "types=text", in: "a,b\n1,2025-01-01\n", table: "a VARCHAR, b VARCHAR", rows: "1|2025-01-01", change: opt(func(o *ingest.Options) { o.TextTypes = true })},
	{name: "spaces around numbers", in: "a,b\n 1 , x \n", table: "a BIGINT, b VARCHAR", rows: "1| x "},
	{name: "a line too long", in: "a,b\n1,x\n2," + strings.Repeat("y", 1<<20) + "\n3,z\n", table: "a BIGINT, b VARCHAR", rows: "1|x / 3|z", bad: "3"},
	{name: "an unclosed quote before much text", in: "a,b\n1,\"x\n" + strings.Repeat("2,y\n", 400_000), table: "a BIGINT, b VARCHAR", bad: "2"},
	{name: "a first line too long", in: strings.Repeat("x", 3<<20), code: "line-too-long"},
	{name: "a million columns", in: strings.Repeat("a,", 500_000) + "\n1\n", code: "too-many-columns"},
	{name: "empty", in: "", code: "empty-file"},
	{name: "a mark alone", in: "\ufeff", code: "empty-file"},
	{name: "blank lines alone", in: "\r\n\r\n", code: "empty-file"},
	{name: "header alone", in: "a,b\n", code: "no-rows"},
	{name: "utf-16 without a mark", in: "a\x00,\x00b\x00\n\x001\x00,\x00x\x00\n\x00", table: "a BIGINT, b VARCHAR", rows: "1|x"},
	{name: "utf-16 big endian without a mark", in: "\x00a\x00,\x00b\x00\n\x001\x00,\x00x\x00\n", table: "a BIGINT, b VARCHAR", rows: "1|x"},
	{name: "10,000 columns of one name", in: strings.Repeat("a,", 9_999) + "a\n" + strings.Repeat("x,", 9_999) + "x\n"},
	{name: "whole numbers that DOUBLE would round", in: "a,b\n9007199254740993,9007199254740992\n1e5,1e5\n", table: "a VARCHAR, b DOUBLE", rows: "9007199254740993|9007199254740992 / 1e5|100000"},
	{name: "more digits than DECIMAL has", in: "a,b\n123456789012345678901234567890.1,1.5\n0.123456789012345678901,0.1234567890123456789012345678901234567890\n", table: "a VARCHAR, b DOUBLE"},
	{name: "a number too small for DOUBLE", in: "a,b\n1e-400,1\n0e-400,2\n", table: "a VARCHAR, b BIGINT", rows: "1e-400|1 / 0e-400|2"},
	{name: "the least BIGINT", in: "a\n-9223372036854775808\n9223372036854775807\n", table: "a BIGINT", rows: "-9223372036854775808 / 9223372036854775807"},
	{name: "escape that is the delimiter", in: "a\\b\n1\\2\n", code: "bad-parameter", change: opt(func(o *ingest.Options) { o.Delimiter, o.Escape = `\`, `\` })},
	{name: "a workbook", in: "PK\x03\x04\x14\x00", code: "not-csv"},
	{name: "a Parquet file", in: "PAR1\x15\x04\x15", code: "bad-parquet"},
	{name: "an image", in: "\x89PNG\r\n\x1a\n\x00", code: "not-csv"},
	{name: "broken header", in: "a,\"b\"c\n1,2\n", code: "bad-header"},
}

func TestDirtyFiles(t *testing.T) {
	for _, c := range dirty {
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
			if got := r.table("t"); c.table != "" && got != c.table {
				t.Errorf("table %s, want %s", got, c.table)
			}
			if rec.RecordsIn != rec.Accepted+rec.Rejected {
				t.Errorf("%d in, %d accepted, %d rejected", rec.RecordsIn, rec.Accepted, rec.Rejected)
			}
			var bad []string
			for _, x := range rec.FirstRejects {
				bad = append(bad, fmt.Sprint(x.Line))
			}
			if got := strings.Join(bad, " "); got != c.bad {
				t.Errorf("rejected lines %q, want %q", got, c.bad)
			}
			rows := r.rows("t")
			if int64(len(rows)) != rec.Accepted {
				t.Errorf("%d rows are there, %d accepted", len(rows), rec.Accepted)
			}
			var text []string
			for _, row := range rows {
				text = append(text, strings.Join(row, "|"))
			}
			if got := strings.Join(text, " / "); c.rows != "" && got != c.rows {
				t.Errorf("rows %q, want %q", got, c.rows)
			}
		})
	}
}

// TestAnyTableComesBack writes random tables of text as CSV and reads them back, with every layout and little memory.
func TestAnyTableComesBack(t *testing.T) {
	cell := rapid.StringOfN(rapid.SampledFrom([]rune("ab1,\";\n\r\té ")), 0, 6, -1)
	n := 0
	r := newRig(t, 4000)
	rapid.Check(t, func(t *rapid.T) {
		n++
		name := fmt.Sprintf("t%d", n)
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 3, 3), 1, 60).Draw(t, "rows")
		var partition, sort []string
		if rapid.Bool().Draw(t, "partition") {
			partition = []string{"bucket(3, a)"}
		}
		if rapid.Bool().Draw(t, "sort") {
			sort = []string{"b"}
		}
		r.create(name, []string{"a VARCHAR", "b VARCHAR", "c VARCHAR"}, partition, sort)
		var in strings.Builder
		in.WriteString("a,b,c\n")
		want := map[string]int{}
		for _, row := range rows {
			for i, c := range row {
				in.WriteString([]string{"", ",", ","}[i] + `"` + strings.ReplaceAll(c, `"`, `""`) + `"`)
			}
			in.WriteString("\n")
			want[strings.Join(row, "\x00")]++
		}
		rec, err := r.load(name, in.String())
		if err != nil {
			t.Fatal(err)
		}
		last := ""
		for _, row := range r.rows(name) {
			want[strings.Join(row, "\x00")]--
			if partition == nil && sort != nil && row[1] < last {
				t.Fatalf("%q comes behind %q", row[1], last)
			}
			last = row[1]
		}
		for k, v := range want {
			if v != 0 {
				t.Fatalf("row %q is there %d times too few", k, v)
			}
		}
		if rec.Accepted != int64(len(rows)) {
			t.Fatalf("%d accepted of %d", rec.Accepted, len(rows))
		}
	})
}
