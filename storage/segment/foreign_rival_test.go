package segment_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
)

// askMany runs statements on an engine, the last of which answers.
func askMany(t *testing.T, dir, engine string, setup []string, sql string) [][]*string {
	t.Helper()
	request, err := json.Marshal(map[string]any{"sql": sql, "setup": setup})
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(dir, "query.mjs")
	cmd := exec.Command("node", script, engine)
	cmd.Stdin = strings.NewReader(string(request))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", engine, err, stderr.String())
	}
	var rows [][]*string
	if err := json.Unmarshal(out, &rows); err != nil {
		t.Fatalf("%s: %v: %.200s", engine, err, out)
	}
	return rows
}

// openForeign opens a file of another writer as the segment of a table with its columns.
func openForeign(t *testing.T, name string) *segment.File {
	t.Helper()
	h, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	info, err := h.Stat()
	if err != nil {
		t.Fatal(err)
	}
	f, err := segment.OpenForeign(context.Background(), h, info.Size(), name)
	if err != nil {
		t.Fatal(err)
	}
	table := &schema.Table{ID: 1, Name: "t"}
	for i, c := range f.Columns() {
		table.Columns = append(table.Columns, schema.Column{ID: uint32(i + 1), Name: c.Name, Type: c.Type})
	}
	bound, err := f.Bind(table, &schema.Segment{ID: schema.NewID(), Table: 1})
	if err != nil {
		t.Fatal(err)
	}
	return bound
}

// readAll returns every column as values. Pages are read in order; every third row group is read again from the back.
func readAll(t *testing.T, f *segment.File, flat bool) [][]schema.Value {
	t.Helper()
	out := make([][]schema.Value, len(f.Columns()))
	var r segment.ChunkReader
	r.FlatCodes = flat
	for g := range f.RowGroups() {
		for k := range f.Columns() {
			r.Reset(f, g, k)
			for p := range f.Pages(g) {
				v, err := r.Page(p)
				if err != nil {
					t.Fatal(err)
				}
				for i := range v.Len {
					out[k] = append(out[k], v.Value(i))
				}
			}
		}
	}
	return out
}

// duckText is the expression by which DuckDB shows a column as shown shows ours.
func duckText(c schema.Column) string {
	name := `"` + strings.ReplaceAll(c.Name, `"`, `""`) + `"`
	switch c.Type.Kind {
	case schema.Timestamp:
		return "epoch_us(" + name + "::TIMESTAMP)::VARCHAR"
	case schema.Date:
		return "(" + name + " - DATE '1970-01-01')::VARCHAR"
	case schema.Double:
		return name + "::DOUBLE::VARCHAR"
	case schema.Varchar, schema.JSON:
		return "CASE WHEN typeof(" + name + ") = 'BLOB' THEN decode(" + name + "::BLOB) ELSE " + name + "::VARCHAR END"
	}
	return name + "::VARCHAR"
}

func shown(v schema.Value) string {
	switch v.Type.Kind {
	case schema.Timestamp, schema.Date:
		return strconv.FormatInt(v.I, 10)
	case schema.Boolean:
		return strconv.FormatBool(v.I != 0)
	}
	return v.String()
}

func sameShown(v schema.Value, want string) bool {
	if v.Type.Kind == schema.Double {
		f, err := strconv.ParseFloat(want, 64)
		return err == nil && (f == v.F || f != f && v.F != v.F)
	}
	return shown(v) == want
}

// compareWithDuckDB reads a file by both and compares value by value.
func compareWithDuckDB(t *testing.T, dir, name string) {
	t.Helper()
	f := openForeign(t, name)
	var exprs []string
	for _, c := range f.Columns() {
		exprs = append(exprs, duckText(c))
	}
	sql := fmt.Sprintf("SELECT %s FROM read_parquet('%s', file_row_number=true) ORDER BY file_row_number", strings.Join(exprs, ", "), name)
	rows := askMany(t, dir, "duckdb", []string{"SET TimeZone='UTC'"}, sql)
	if int64(len(rows)) != f.Rows() {
		t.Fatalf("%d rows, DuckDB reads %d", f.Rows(), len(rows))
	}
	for _, flat := range []bool{false, true} {
		got := readAll(t, f, flat)
		for k, c := range f.Columns() {
			wrong := 0
			for i, v := range got[k] {
				want := rows[i][k]
				if v.Null != (want == nil) || !v.Null && !sameShown(v, *want) {
					if wrong++; wrong < 4 {
						w := "NULL"
						if want != nil {
							w = *want
						}
						t.Errorf("%s row %d: %v null=%v, DuckDB has %s", c.Name, i, shown(v), v.Null, w)
					}
				}
			}
		}
		compareStats(t, f, got)
	}
}

// compareStats holds statistics against values: no value lies outside of bounds, and exact bounds are attained.
func compareStats(t *testing.T, f *segment.File, got [][]schema.Value) {
	t.Helper()
	var r segment.ChunkReader
	at := 0
	for g := range f.RowGroups() {
		n := int(f.RowGroupRows(g))
		for k, c := range f.Columns() {
			s := f.Stats(g, k)
			checkBounds(t, c.Name, got[k][at:at+n], s.Min, s.Max, s.Nulls, s.NaN, s.Exact, true)
			r.Reset(f, g, k)
			for p := range f.Pages(g) {
				ps, err := r.PageStats(p)
				if err != nil {
					t.Fatal(err)
				}
				lo := at + p*f.PageRows()
				checkBounds(t, c.Name+" page", got[k][lo:lo+ps.Rows], ps.Min, ps.Max, ps.Nulls, ps.NaN, false, false)
			}
			checkForeignBloom(t, &r, c.Name, got[k][at:at+min(n, 50)])
		}
		at += n
	}
}

func checkForeignBloom(t *testing.T, r *segment.ChunkReader, name string, values []schema.Value) {
	t.Helper()
	for _, v := range values {
		if v.Null {
			continue
		}
		may, err := r.MayContain([]schema.Value{v})
		if err != nil || !may {
			t.Fatalf("%s: the bloom filter denies %v: %v", name, v, err)
		}
	}
}

func checkBounds(t *testing.T, name string, values []schema.Value, lo, hi schema.Value, nulls int64, unknown, exact, counted bool) {
	t.Helper()
	if unknown {
		return
	}
	n, hitLo, hitHi := int64(0), false, false
	for _, v := range values {
		switch {
		case v.Null:
			n++
		case v.F != v.F: // statistics do not tell of NaN
		case lo.Null || v.Compare(lo) < 0 || v.Compare(hi) > 0:
			t.Errorf("%s: %v lies outside of %v to %v", name, v, lo, hi)
			return
		default:
			hitLo, hitHi = hitLo || v.Compare(lo) == 0, hitHi || v.Compare(hi) == 0
		}
	}
	if counted && nulls != segment.Unknown && n != nulls || !counted && (n > 0) != (nulls > 0) && nulls != 1 {
		t.Errorf("%s: %d NULLs, statistics tell of %d", name, n, nulls)
	}
	if exact && n < int64(len(values)) && (!hitLo || !hitHi) {
		t.Errorf("%s: bounds %v to %v are called exact and are not attained", name, lo, hi)
	}
}

// duckTypes is a table of every type that DuckDB writes and we read, with NULLs, extremes, long and short texts, few and many values.
const duckTypes = `SELECT
 CASE WHEN i%7=3 THEN NULL ELSE i%2=0 END AS b,
 CASE WHEN i%5=1 THEN NULL ELSE (i%256-128)::TINYINT END AS i8, (i%65536-32768)::SMALLINT AS i16, ((i*2654435761)%4294967296-2147483648)::INTEGER AS i32,
 CASE WHEN i=3 THEN 9223372036854775807 WHEN i=4 THEN -9223372036854775808 ELSE i*1000003 END::BIGINT AS i64,
 (i%256)::UTINYINT AS u8, (i%65536)::USMALLINT AS u16, ((i*2654435761)%4294967296)::UINTEGER AS u32, CASE WHEN i=2 THEN 18446744073709551615 ELSE i END::UBIGINT AS u64,
 (i%1000/10.0)::DECIMAL(4,1) AS d4, ((i-5000)*1.01)::DECIMAL(9,2) AS d9, (i*12345.678)::DECIMAL(18,3) AS d18, CASE WHEN i%3=0 THEN NULL ELSE (i-7000)::DECIMAL(38,10)*123456789.0123456789 END::DECIMAL(38,10) AS d38,
 (i/3.0)::FLOAT AS f, CASE WHEN i%11=0 THEN 'nan'::DOUBLE WHEN i%13=0 THEN -0.0 WHEN i%17=0 THEN 'infinity'::DOUBLE ELSE i*1.1 END AS d,
 DATE '1900-01-01' + (i%90000)::INTEGER AS day, TIMESTAMP '1969-12-31 23:59:59.999999' + INTERVAL (i*3601) SECOND AS ts, (TIMESTAMP '2020-01-01' + INTERVAL (i) MINUTE)::TIMESTAMPTZ AS tz,
 (TIMESTAMP '2020-01-01' + INTERVAL (i) SECOND)::TIMESTAMP_MS AS tms, (TIMESTAMP '2020-01-01 00:00:00.000123' + INTERVAL (i) SECOND)::TIMESTAMP_NS AS tns, (TIMESTAMP '2020-01-01' + INTERVAL (i) SECOND)::TIMESTAMP_S AS tsec,
 CASE WHEN i%4=0 THEN NULL ELSE 'code-'||(i%50) END AS few, 'P'||lpad((i*7919%1000003)::VARCHAR,9,'0') AS many, CASE i%6 WHEN 0 THEN '' WHEN 1 THEN 'µg/dL' WHEN 2 THEN '日本語' WHEN 3 THEN repeat('long ',i%40) ELSE NULL END AS txt,
 '{"a":'||i||'}' AS js, NULL::INTEGER AS nothing, ('00000000-0000-0000-0000-'||lpad(i::VARCHAR,12,'0'))::UUID AS u, 'same' AS one, CASE WHEN i<1700 THEN 'x' ELSE 'y'||i END AS late, (i%3)::INTEGER AS runs
FROM range(ROWS) r(i)`

func TestForeignFilesOfDuckDB(t *testing.T) {
	dir := rivalDir(t)
	for _, version := range []string{"V1", "V2"} {
		for _, codec := range []string{"uncompressed", "snappy", "gzip", "zstd", "brotli", "lz4_raw"} {
			if version == "V2" && codec != "snappy" && codec != "zstd" {
				continue
			}
			t.Run(version+"/"+codec, func(t *testing.T) {
				t.Parallel()
				name := filepath.Join(t.TempDir(), "d.parquet")
				rows := 3000
				if codec == "snappy" {
					rows = 24_000 // several of our pages in a row group
				}
				statement := fmt.Sprintf("COPY (%s) TO '%s' (FORMAT parquet, CODEC '%s', PARQUET_VERSION %s, ROW_GROUP_SIZE 18432)", strings.Replace(duckTypes, "ROWS", strconv.Itoa(rows), 1), name, codec, version)
				askMany(t, dir, "duckdb", []string{"SET threads=1", "SET TimeZone='UTC'", statement}, "SELECT 1")
				compareWithDuckDB(t, dir, name)
			})
		}
	}
}

// houseTypes is what ClickHouse writes of its own types.
const houseTypes = `SELECT number%2=0 AS b, toInt8(number%256-128) AS i8, toInt64(number*1000003) AS i64, toUInt8(number%256) AS u8, toUInt32(number*2654435761%4294967296) AS u32,
 toUInt64(number) AS u64, toDecimal32(number%1000,2) AS d9, toDecimal64(number,3) AS d18, toDecimal128(number,10) AS d38, toFloat32(number/3) AS f, number*1.1 AS d,
 toDate32('1950-01-01')+number AS day, toDateTime64(number*3601,6,'UTC') AS ts, if(number%3=0, NULL, 'code-'||toString(number%50)) AS few, 'P'||toString(number*7919%1000003) AS many,
 CAST('x'||toString(number%5) AS LowCardinality(String)) AS low, toUUID('00000000-0000-0000-0000-00000000000a') AS u, number AS sorted FROM numbers(ROWS)`

func TestForeignFilesOfClickHouse(t *testing.T) {
	dir := rivalDir(t)
	for _, codec := range []string{"snappy", "zstd", "lz4", "gzip", "brotli", "none"} {
		t.Run(codec, func(t *testing.T) {
			t.Parallel()
			name := filepath.Join(t.TempDir(), "c.parquet")
			write := fmt.Sprintf("%s INTO OUTFILE '%s' FORMAT Parquet SETTINGS output_format_parquet_compression_method='%s', output_format_parquet_row_group_size=18000, output_format_parquet_data_page_size=9000, output_format_parquet_string_as_string=1",
				strings.Replace(houseTypes, "ROWS", "20000", 1), name, codec)
			askMany(t, dir, "clickhouse", []string{write}, "SELECT 1")
			compareWithDuckDB(t, dir, name)
		})
	}
}
