package encode_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/assaydb/assay/http/server/encode"
	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/decimal"
	"github.com/assaydb/assay/storage/schema"
)

// sample has a column of every type, with a NULL in each, an edge value, and one dead row.
func sample() ([]batch.Field, *batch.Batch) {
	wide := schema.DecimalType(38, 4)
	columns := []struct {
		name   string
		kind   schema.Type
		values []schema.Value
	}{
		{"b", schema.TypeBoolean, []schema.Value{schema.BoolValue(true)}},
		{"i", schema.TypeInt64, []schema.Value{schema.IntValue(schema.TypeInt64, 1_000_000_000_000_000)}},
		{"t", schema.Type{Kind: schema.Int8}, []schema.Value{schema.IntValue(schema.Type{Kind: schema.Int8}, -7)}},
		{"u", schema.TypeUint64, []schema.Value{schema.IntValue(schema.TypeUint64, -1)}},
		{"d", schema.DecimalType(12, 3), []schema.Value{schema.IntValue(schema.DecimalType(12, 3), 2850)}},
		{"w", wide, []schema.Value{schema.WideValue(wide, decimal.Int128{Hi: 1})}},
		{"f", schema.TypeDouble, []schema.Value{schema.FloatValue(math.Inf(-1))}},
		{"day", schema.TypeDate, []schema.Value{schema.IntValue(schema.TypeDate, 20108)}},
		{"ts", schema.TypeTimestamp, []schema.Value{schema.IntValue(schema.TypeTimestamp, 1737357686500000)}},
		{"tm", schema.TypeTime, []schema.Value{schema.IntValue(schema.TypeTime, -90_000_000_000)}},
		{"s", schema.TypeVarchar, []schema.Value{schema.TextValue("=a,\"b\"\nc\x01é\xff")}},
		{"e", schema.TypeVarchar, []schema.Value{schema.TextValue("")}},
	}
	var fields []batch.Field
	b := &batch.Batch{Len: 3, Sel: []int32{0, 2}}
	for _, c := range columns {
		fields = append(fields, batch.Field{Name: c.name, Type: c.kind})
		v := batch.NewBuilder(c.kind, 3)
		v.Value(c.values[0])
		v.Value(c.values[0])
		v.Null()
		b.Cols = append(b.Cols, v.Finish())
	}
	return fields, b
}

func write(t testing.TB, f encode.Format, opts encode.Options, fields []batch.Field, batches ...*batch.Batch) string {
	t.Helper()
	var out bytes.Buffer
	w, err := encode.New(f, &out, fields, opts)
	if err != nil {
		t.Fatal(err)
	}
	rows := int64(0)
	for _, b := range batches {
		rows += int64(b.Alive())
		if err := w.Batch(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Finish(encode.Footer{Rows: rows, Stats: []byte(`{"x":1}`)}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestGolden(t *testing.T) {
	fields, b := sample()
	for _, c := range []struct {
		format encode.Format
		opts   encode.Options
		want   string
	}{
		{encode.JSON, encode.Options{}, `{"columns":[{"name":"b","type":"BOOLEAN"},{"name":"i","type":"BIGINT"},{"name":"t","type":"TINYINT"},{"name":"u","type":"BIGINT UNSIGNED"},{"name":"d","type":"DECIMAL(12,3)"},{"name":"w","type":"DECIMAL(38,4)"},{"name":"f","type":"DOUBLE"},{"name":"day","type":"DATE"},{"name":"ts","type":"TIMESTAMP"},{"name":"tm","type":"TIME"},{"name":"s","type":"VARCHAR"},{"name":"e","type":"VARCHAR"}],"rows":[
[true,"1000000000000000",-7,"18446744073709551615",2.850,"1844674407370955.1616","-Infinity","2025-01-20","2025-01-20T07:21:26.5Z","-25:00:00","=a,\"b\"\nc\u0001é` + "\ufffd" + `",""],
[null,null,null,null,null,null,null,null,null,null,null,null]],
"row_count":2,"stats":{"x":1}}
`},
		{encode.NDJSON, encode.Options{}, `{"b":true,"i":"1000000000000000","t":-7,"u":"18446744073709551615","d":2.850,"w":"1844674407370955.1616","f":"-Infinity","day":"2025-01-20","ts":"2025-01-20T07:21:26.5Z","tm":"-25:00:00","s":"=a,\"b\"\nc\u0001é` + "\ufffd" + `","e":""}
{"b":null,"i":null,"t":null,"u":null,"d":null,"w":null,"f":null,"day":null,"ts":null,"tm":null,"s":null,"e":null}
`},
		{encode.CSV, encode.Options{}, "b,i,t,u,d,w,f,day,ts,tm,s,e\ntrue,1000000000000000,-7,18446744073709551615,2.850,1844674407370955.1616,-Inf,2025-01-20,2025-01-20T07:21:26.5Z,-25:00:00,\"=a,\"\"b\"\"\nc\x01é\xff\",\"\"\n,,,,,,,,,,,\n"},
		{encode.CSV, encode.Options{Defuse: true}, "b,i,t,u,d,w,f,day,ts,tm,s,e\ntrue,1000000000000000,-7,18446744073709551615,2.850,1844674407370955.1616,-Inf,2025-01-20,2025-01-20T07:21:26.5Z,-25:00:00,\"'=a,\"\"b\"\"\nc\x01é\xff\",\"\"\n,,,,,,,,,,,\n"},
		{encode.TSV, encode.Options{}, "b\ti\tt\tu\td\tw\tf\tday\tts\ttm\ts\te\ntrue\t1000000000000000\t-7\t18446744073709551615\t2.850\t1844674407370955.1616\t-Inf\t2025-01-20\t2025-01-20T07:21:26.5Z\t-25:00:00\t=a,\"b\"\\nc\x01é\xff\t\n" + strings.Repeat("\\N\t", 11) + "\\N\n"},
	} {
		if got := write(t, c.format, c.opts, fields, b); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.format, got, c.want)
		}
	}
}

func TestJSONParsesWithoutRows(t *testing.T) {
	fields, _ := sample()
	for _, fields := range [][]batch.Field{fields, nil} {
		var doc map[string]any
		if err := json.Unmarshal([]byte(write(t, encode.JSON, encode.Options{}, fields)), &doc); err != nil {
			t.Error(err)
		}
	}
}

func TestDefuseCoversEveryStart(t *testing.T) {
	fields := []batch.Field{{Name: "=cmd", Type: schema.TypeVarchar}}
	for _, start := range []string{"=", "+", "-", "@", "\t", "\r"} {
		v := batch.NewConst(schema.TextValue(start+"1"), 1)
		out := write(t, encode.CSV, encode.Options{Defuse: true}, fields, &batch.Batch{Len: 1, Cols: []*batch.Vector{v}})
		rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil || rows[0][0] != "'=cmd" || !strings.HasPrefix(rows[1][0], "'") {
			t.Errorf("%q: %q, %v", start, rows, err)
		}
	}
}

func TestTable(t *testing.T) {
	fields := []batch.Field{{Name: "name", Type: schema.TypeVarchar}, {Name: "n", Type: schema.TypeInt64}, {Name: "note", Type: schema.TypeVarchar}}
	b := &batch.Batch{Len: 2}
	names, ns, notes := batch.NewBuilder(schema.TypeVarchar, 2), batch.NewBuilder(schema.TypeInt64, 2), batch.NewBuilder(schema.TypeVarchar, 2)
	names.Text("日本")
	names.Text("a\nb")
	ns.Int64(7)
	ns.Int64(12345)
	notes.Null()
	notes.Text("\x1b[31mred")
	b.Cols = []*batch.Vector{names.Finish(), ns.Finish(), notes.Finish()}
	want := " name |     n | note\n------+-------+-----------\n 日本 |     7 | NULL\n a\\nb | 12345 | \\x1b[31mred\n(2 rows)\n"
	got := write(t, encode.Table, encode.Options{}, fields, b)
	if strings.ReplaceAll(got, "-", "") != strings.ReplaceAll(want, "-", "") {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestArrowComesBack reads what was written and compares it as JSON, which shows every type.
func TestArrowComesBack(t *testing.T) {
	fields, b := sample()
	stream := write(t, encode.Arrow, encode.Options{}, fields, b, b)
	rows, err := encode.ReadArrow(strings.NewReader(stream))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var back []*batch.Batch
	for {
		got, err := rows.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if got == nil {
			break
		}
		back = append(back, got)
	}
	if got, want := write(t, encode.JSON, encode.Options{}, rows.Fields, back...), write(t, encode.JSON, encode.Options{}, fields, b, b); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestParquetHasMagic(t *testing.T) {
	fields, b := sample()
	fields[1].Name = "b" // twice
	out := write(t, encode.Parquet, encode.Options{}, fields, b)
	if !strings.HasPrefix(out, "PAR1") || !strings.HasSuffix(out, "PAR1") {
		t.Errorf("%d bytes without Parquet's magic", len(out))
	}
}

func FuzzJSONString(f *testing.F) {
	for _, s := range []string{"", "a", "\"\\\x00\x1f", "é\xff\xfe", "\u2028", "日本"} {
		f.Add(s)
	}
	fields := []batch.Field{{Name: "s", Type: schema.TypeVarchar}}
	f.Fuzz(func(t *testing.T, s string) {
		v := batch.NewConst(schema.TextValue(s), 1)
		var doc map[string]string
		line := write(t, encode.NDJSON, encode.Options{}, fields, &batch.Batch{Len: 1, Cols: []*batch.Vector{v}})
		if err := json.Unmarshal([]byte(line), &doc); err != nil {
			t.Fatal(err)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); len([]rune(doc["s"])) != len([]rune(s)) && doc["s"] != want {
			t.Errorf("%q came back as %q", s, doc["s"])
		}
	})
}

func benchmark(b *testing.B, f encode.Format) {
	const rows = 8192
	names, ns, ds, ts := batch.NewBuilder(schema.TypeVarchar, rows), batch.NewBuilder(schema.TypeInt64, rows), batch.NewBuilder(schema.DecimalType(12, 3), rows), batch.NewBuilder(schema.TypeVarchar, rows)
	for i := range rows {
		names.Text("Hemoglobin [Mass/volume] in Blood")
		ns.Int64(int64(i))
		ds.Int64(int64(i) * 17)
		ts.Text("H0042")
	}
	fields := []batch.Field{{Name: "name", Type: schema.TypeVarchar}, {Name: "n", Type: schema.TypeInt64}, {Name: "d", Type: schema.DecimalType(12, 3)}, {Name: "h", Type: schema.TypeVarchar}}
	data := &batch.Batch{Len: rows, Cols: []*batch.Vector{names.Finish(), ns.Finish(), ds.Finish(), ts.Finish()}}
	size := 0
	for b.Loop() {
		size = len(write(b, f, encode.Options{}, fields, data))
	}
	b.SetBytes(int64(size))
}

func BenchmarkJSON(b *testing.B)  { benchmark(b, encode.JSON) }
func BenchmarkCSV(b *testing.B)   { benchmark(b, encode.CSV) }
func BenchmarkArrow(b *testing.B) { benchmark(b, encode.Arrow) }
