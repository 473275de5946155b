package segment_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/assaydb/assay/storage/batch"
	"github.com/assaydb/assay/storage/schema"
	"github.com/assaydb/assay/storage/segment"
	"github.com/parquet-go/parquet-go"
)

// rivalDir finds the installed rivals or skips.
func rivalDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("ASSAY_RIVALS")
	if dir == "" {
		dir = filepath.Join("..", "..", "bench", "rival")
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed, so DuckDB and ClickHouse cannot be asked")
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "chdb")); err != nil {
		t.Skipf("DuckDB and ClickHouse are not installed in %s: run make rivals", dir)
	}
	return dir
}

// ask runs one statement on an engine.
func ask(t *testing.T, dir, engine, sql string) [][]*string {
	t.Helper()
	request, err := json.Marshal(map[string]any{"sql": sql, "setup": []string{}})
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs(filepath.Join("..", "..", "bench", "rival", "query.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	// The script finds its modules beside itself, so it runs from where they are installed.
	if local := filepath.Join(dir, "query.mjs"); fileExists(local) {
		script, _ = filepath.Abs(local)
	}
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

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// rivalTypes are what the engines must see, by our type's name.
var rivalTypes = map[string]map[string]string{
	"duckdb": {
		"BOOLEAN": "BOOLEAN", "TINYINT": "TINYINT", "SMALLINT": "SMALLINT", "INT": "INTEGER", "BIGINT": "BIGINT",
		"TINYINT UNSIGNED": "UTINYINT", "SMALLINT UNSIGNED": "USMALLINT", "INT UNSIGNED": "UINTEGER", "BIGINT UNSIGNED": "UBIGINT",
		"DECIMAL(9,2)": "DECIMAL(9,2)", "DECIMAL(18,3)": "DECIMAL(18,3)", "DECIMAL(38,10)": "DECIMAL(38,10)", "DOUBLE": "DOUBLE",
		"DATE": "DATE", "TIMESTAMP": "TIMESTAMP WITH TIME ZONE", "VARCHAR": "VARCHAR", "JSON": "VARCHAR",
	},
	"clickhouse": {
		"BOOLEAN": "Nullable(Bool)", "TINYINT": "Nullable(Int8)", "SMALLINT": "Nullable(Int16)", "INT": "Nullable(Int32)", "BIGINT": "Nullable(Int64)",
		"TINYINT UNSIGNED": "Nullable(UInt8)", "SMALLINT UNSIGNED": "Nullable(UInt16)", "INT UNSIGNED": "Nullable(UInt32)", "BIGINT UNSIGNED": "Nullable(UInt64)",
		"DECIMAL(9,2)": "Nullable(Decimal(9, 2))", "DECIMAL(18,3)": "Nullable(Decimal(18, 3))", "DECIMAL(38,10)": "Nullable(Decimal(38, 10))",
		"DOUBLE": "Nullable(Float64)", "DATE": "Nullable(Date32)", "TIMESTAMP": "Nullable(DateTime64(6, 'UTC'))", "VARCHAR": "Nullable(String)", "JSON": "Nullable(String)",
	},
}

// rivalValue stays in the ranges that both engines can hold: ClickHouse's Date32 is 1900 to 2299, DECIMAL(38) has 38 digits.
func rivalValue(rng *rand.Rand, t schema.Type, row int) schema.Value {
	switch {
	case row%11 == 3:
		return schema.NullValue(t)
	case t.Kind == schema.Date:
		return schema.IntValue(t, rng.Int64N(100_000)-20_000)
	case t.Kind == schema.Timestamp:
		return schema.IntValue(t, (rng.Int64N(100_000)-20_000)*86_400_000_000+rng.Int64N(1_000_000)*(int64(row)%2))
	case t.IsText() && row%5 == 0:
		return schema.Value{Type: t, S: []string{"", "µg/dL", "日本語", "line\nend \"quoted\"", "{\"a\":[1,null]}"}[rng.IntN(5)]}
	case t.IsText() && row%2 == 0:
		return schema.Value{Type: t, S: "id" + strconv.Itoa(row)}
	case t.IsText():
		return schema.Value{Type: t, S: "P" + strconv.Itoa(rng.IntN(1<<20))}
	case t.Class() == schema.ClassFloat64:
		return schema.FloatValue([]float64{0, -1.5, 1e300, 5e-324, rng.NormFloat64()}[rng.IntN(5)])
	case t.Class() == schema.ClassInt128:
		w := schema.IntValue(schema.TypeInt64, rng.Int64()-1<<62).Wide()
		w, _ = w.Mul(schema.IntValue(schema.TypeInt64, rng.Int64N(1<<60)).Wide())
		return schema.Value{Type: t, W: w}
	}
	lo, hi := intRange(t)
	edge := []int64{lo, hi, max(lo, 0), min(hi, 1)}
	if row%3 == 0 {
		return schema.IntValue(t, edge[rng.IntN(4)])
	}
	return schema.IntValue(t, lo+int64(rng.Uint64N(uint64(hi-lo))))
}

// rivalFile writes a row number and one column of each type.
func rivalFile(t *testing.T, codec schema.Codec, rows int) (string, *schema.Table, []*batch.Vector) {
	table := tableOf(codec, append([]schema.Type{schema.TypeInt64}, columnTypes...)...)
	rng := rand.New(rand.NewPCG(11, 12))
	b := &batch.Batch{Len: rows}
	for k, c := range table.Columns {
		col := batch.NewBuilder(c.Type, rows)
		for r := range rows {
			if k == 0 {
				col.Int64(int64(r))
			} else {
				col.Value(rivalValue(rng, c.Type, r))
			}
		}
		b.Cols = append(b.Cols, col.Finish())
	}
	file, _ := write(t, table, segment.Options{ID: schema.ID{1}, Delivery: schema.ID{2}, PageRows: 1000, RowGroupRows: 5000}, b)
	path := filepath.Join(t.TempDir(), "all.parquet")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	return path, table, b.Cols
}

// TestRivalsReadSegments lets DuckDB and ClickHouse read a file with every type, in every codec.
func TestRivalsReadSegments(t *testing.T) {
	dir := rivalDir(t)
	for i, codec := range []schema.Codec{schema.CodecZstd, schema.CodecSnappy, schema.CodecGzip, schema.CodecLZ4, schema.CodecNone} {
		rows := 12_000
		if i > 0 {
			rows = 3_000
		}
		path, table, cols := rivalFile(t, codec, rows)
		for _, engine := range []string{"duckdb", "clickhouse"} {
			t.Run(fmt.Sprint(engine, "/", codec), func(t *testing.T) {
				checkRivalTypes(t, dir, engine, path, table)
				checkRivalValues(t, dir, engine, path, table, cols)
			})
		}
	}
}

func source(engine, path string) string {
	if engine == "duckdb" {
		return "'" + path + "'"
	}
	return "file('" + path + "', Parquet)"
}

func checkRivalTypes(t *testing.T, dir, engine, path string, table *schema.Table) {
	t.Helper()
	verb := map[string]string{"duckdb": "DESCRIBE SELECT * FROM ", "clickhouse": "DESCRIBE TABLE "}[engine]
	rows := ask(t, dir, engine, verb+source(engine, path))
	if len(rows) != len(table.Columns)+1 {
		t.Fatalf("%d columns, want %d and _delivery", len(rows), len(table.Columns))
	}
	for i, c := range table.Columns {
		if *rows[i][0] != c.Name || *rows[i][1] != rivalTypes[engine][c.Type.String()] {
			t.Errorf("column %s %s is read as %s %s", c.Name, c.Type, *rows[i][0], *rows[i][1])
		}
	}
}

func checkRivalValues(t *testing.T, dir, engine, path string, table *schema.Table, cols []*batch.Vector) {
	t.Helper()
	exprs := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		exprs[i] = rivalExpr(engine, c)
	}
	sql := "SELECT " + strings.Join(exprs, ", ") + " FROM " + source(engine, path) + " ORDER BY " + table.Columns[0].Name
	rows := ask(t, dir, engine, sql)
	if len(rows) != cols[0].Len {
		t.Fatalf("%d rows, want %d", len(rows), cols[0].Len)
	}
	for r, row := range rows {
		for k := range table.Columns {
			want := rivalText(cols[k].Value(r))
			got := row[k]
			if (got == nil) != cols[k].IsNull(r) || (got != nil && !sameText(table.Columns[k].Type, *got, want)) {
				t.Fatalf("row %d, column %s: %v, want %s", r, table.Columns[k].Type, deref(got), want)
			}
		}
	}
}

func deref(s *string) string {
	if s == nil {
		return "NULL"
	}
	return *s
}

// rivalExpr makes times into numbers, so that text forms cannot differ.
func rivalExpr(engine string, c schema.Column) string {
	switch {
	case c.Type.Kind == schema.Timestamp && engine == "duckdb":
		return "epoch_us(" + c.Name + ")"
	case c.Type.Kind == schema.Timestamp:
		return "toUnixTimestamp64Micro(" + c.Name + ")"
	case c.Type.Kind == schema.Date && engine == "duckdb":
		return "date_diff('day', DATE '1970-01-01', " + c.Name + ")"
	case c.Type.Kind == schema.Date:
		return "toInt32(" + c.Name + ")"
	}
	return c.Name
}

func rivalText(v schema.Value) string {
	if v.Type.Kind == schema.Date || v.Type.Kind == schema.Timestamp {
		return strconv.FormatInt(v.I, 10)
	}
	return v.String()
}

// sameText compares numbers by value: engines differ in zeros at the end and in exponents.
func sameText(t schema.Type, a, b string) bool {
	switch t.Kind {
	case schema.Double:
		x, err1 := strconv.ParseFloat(a, 64)
		y, err2 := strconv.ParseFloat(b, 64)
		return err1 == nil && err2 == nil && x == y
	case schema.Decimal:
		return trimZeros(a) == trimZeros(b)
	}
	return a == b
}

func trimZeros(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// TestRivalsPruneRightly lets the engines use our statistics, page indexes and bloom filters: whatever they skip, the answer
// must be that of a count over the values.
func TestRivalsPruneRightly(t *testing.T) {
	dir := rivalDir(t)
	path, table, cols := rivalFile(t, schema.CodecZstd, 12_000)
	text := slices.IndexFunc(table.Columns, func(c schema.Column) bool { return c.Type == schema.TypeVarchar })
	for _, engine := range []string{"duckdb", "clickhouse"} {
		var conditions []string
		var want []int
		for _, row := range []int{7, 4_001, 11_998} {
			conditions = append(conditions, table.Columns[0].Name+" = "+strconv.Itoa(row), table.Columns[0].Name+" >= "+strconv.Itoa(row))
			want = append(want, 1, 12_000-row)
			v := cols[text].Value(row)
			conditions = append(conditions, table.Columns[text].Name+" = '"+v.S+"'")
			want = append(want, countEqual(cols[text], v))
		}
		for i, c := range conditions {
			rows := ask(t, dir, engine, "SELECT count(*) FROM "+source(engine, path)+" WHERE "+c)
			if got := *rows[0][0]; got != strconv.Itoa(want[i]) {
				t.Errorf("%s: %s gives %s rows, want %d", engine, c, got, want[i])
			}
		}
	}
}

func countEqual(v *batch.Vector, x schema.Value) (n int) {
	for r := range v.Len {
		if !v.IsNull(r) && v.Value(r).Compare(x) == 0 {
			n++
		}
	}
	return n
}

// TestParquetGoReadsSegments opens a segment with parquet-go's own reader, which reads page indexes and bloom filters that the
// query reader leaves alone.
func TestParquetGoReadsSegments(t *testing.T) {
	file, info := everyType(t, schema.CodecZstd, 5000)
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if f.NumRows() != info.Rows || len(f.RowGroups()) != len(info.RowGroups) {
		t.Fatalf("%d rows in %d row groups", f.NumRows(), len(f.RowGroups()))
	}
	blooms := 0
	for g, group := range f.RowGroups() {
		for k, c := range group.ColumnChunks()[:len(info.Columns)] {
			checkPageIndex(t, c, info.RowGroups[g])
			if b := c.BloomFilter(); b != nil {
				blooms++
				checkBloom(t, open(t, file), g, k, b)
			}
		}
	}
	if blooms == 0 {
		t.Error("no bloom filter was written")
	}
}

func checkPageIndex(t *testing.T, c parquet.ColumnChunk, g segment.RowGroupStats) {
	t.Helper()
	offsets, err := c.OffsetIndex()
	if err != nil {
		t.Fatal(err)
	}
	if c.Type().Kind() != parquet.FixedLenByteArray {
		index, err := c.ColumnIndex()
		if err != nil || index.NumPages() != offsets.NumPages() {
			t.Fatal("column index", err)
		}
	}
	pages := c.Pages()
	defer pages.Close()
	rows := int64(0)
	for i := 0; ; i++ {
		p, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if offsets.FirstRowIndex(i) != rows {
			t.Fatalf("page %d begins at row %d, the offset index says %d", i, rows, offsets.FirstRowIndex(i))
		}
		rows += p.NumRows()
		parquet.Release(p)
	}
	if rows != g.Rows {
		t.Errorf("%d rows in pages, %d in the row group", rows, g.Rows)
	}
}

func checkBloom(t *testing.T, f *segment.File, group, column int, b parquet.BloomFilter) {
	t.Helper()
	if f.Columns()[column].Type != schema.TypeVarchar {
		return
	}
	var r segment.ChunkReader
	r.Reset(f, group, column)
	v, err := r.Page(0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range v.Len {
		if v.IsNull(i) {
			continue
		}
		if ok, err := b.Check(parquet.ByteArrayValue(v.Bytes(i))); err != nil || !ok {
			t.Fatalf("the bloom filter misses a value that is there (%v)", err)
		}
	}
}
