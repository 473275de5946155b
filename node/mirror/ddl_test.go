package mirror_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaydb/assay/node/mirror"
	"github.com/assaydb/assay/storage/errs"
	"github.com/assaydb/assay/storage/object"
	"github.com/assaydb/assay/storage/object/objecttest"
	"github.com/assaydb/assay/storage/schema"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the golden files")

// everyType is a table with a column of every type and a partition of every kind.
func everyType() *schema.Table {
	t := &schema.Table{ID: 1, Name: "lab results", Codec: schema.CodecZstd}
	for i, c := range []struct {
		name string
		t    schema.Type
	}{
		{"hospital", schema.TypeVarchar},
		{"ok", schema.TypeBoolean},
		{"i8", schema.Type{Kind: schema.Int8}},
		{"i16", schema.Type{Kind: schema.Int16}},
		{"i32", schema.TypeInt32},
		{"i64", schema.TypeInt64},
		{"u8", schema.Type{Kind: schema.Uint8}},
		{"u16", schema.Type{Kind: schema.Uint16}},
		{"u32", schema.Type{Kind: schema.Uint32}},
		{"u64", schema.TypeUint64},
		{"short", schema.DecimalType(12, 3)},
		{"wide", schema.DecimalType(38, 10)},
		{"ratio", schema.TypeDouble},
		{"born", schema.TypeDate},
		{"at", schema.TypeTimestamp},
		{"it's", schema.TypeVarchar},
		{"doc", schema.TypeJSON},
	} {
		t.Columns = append(t.Columns, schema.Column{ID: uint32(i + 1), Name: c.name, Type: c.t})
	}
	t.PartitionBy = []schema.Transform{{Kind: schema.Identity, Column: 1}, {Kind: schema.Month, Column: 15}, {Kind: schema.Year, Column: 14}, {Kind: schema.Bucket, Column: 6, Buckets: 8}}
	return t
}

func TestDDLGolden(t *testing.T) {
	for place, location := range map[string]string{
		"file": "file:///srv/mirror",
		"s3":   "s3://bucket/some/prefix?endpoint=http://127.0.0.1:9000&region=eu-west-1",
	} {
		for _, engine := range mirror.Engines() {
			got, err := mirror.DDL(everyType(), location, engine)
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Join("testdata", "ddl_"+engine+"_"+place+".sql")
			if *rewrite {
				os.WriteFile(name, []byte(got), 0o644)
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
			}
		}
	}
}

func TestDDLRefuses(t *testing.T) {
	for _, c := range [][2]string{{"file:///d", "oracle"}, {"ftp://x", "duckdb"}, {"s3://", "spark"}} {
		if _, err := mirror.DDL(everyType(), c[0], c[1]); !errs.Is(err, errs.Invalid) {
			t.Errorf("%v: %v, want Invalid", c, err)
		}
	}
}

// rival answers a query on another engine, or skips.
func rival(t *testing.T, engine string, setup []string, sql string) [][]string {
	t.Helper()
	dir, err := filepath.Abs("../../bench/rival")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		t.Skip("the rival engines are not installed: npm ci in bench/rival")
	}
	request, _ := json.Marshal(map[string]any{"setup": setup, "sql": sql})
	cmd := exec.Command("node", "query.mjs", engine)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(request)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s\n%s", engine, err, stderr.String(), setup)
	}
	var rows [][]string
	if err := json.Unmarshal(out, &rows); err != nil {
		t.Fatalf("%s answered %s: %v", engine, out, err)
	}
	return rows
}

const rivalQuery = `SELECT count(*), sum(n), sum(value), count(comment), min(hospital), max(hospital), sum(ratio) FROM labs`

// checkRival reads the mirror through the printed statements: each live row once, with the right types.
func checkRival(t *testing.T, c *cluster, engine, location string, change func(string) string) {
	t.Helper()
	text, err := mirror.DDL(c.table, location, engine)
	if err != nil {
		t.Fatal(err)
	}
	got := rival(t, engine, []string{change(text)}, rivalQuery)
	// Rows 500 to 599 of H1 and 0 to 49 of H2; value is n/8, ratio n/8, every tenth comment is NULL.
	want := []string{"150", "56175", "7021.875", "135", "H1", "H2", "7021.875"}
	for i := range want {
		if len(got) != 1 || len(got[0]) != len(want) || got[0][i] != want[i] {
			t.Fatalf("%s: got %v, want %v", engine, got, want)
		}
	}
}

// history leaves a mirror with a superseded delivery beside the live ones.
func history(t *testing.T, s object.Store) *cluster {
	c := newCluster(t)
	m, stop := c.run(mirror.Config{Objects: s})
	c.load("H1", "2025-01", 0, 150)
	c.load("H2", "2025-01", 0, 50)
	c.load("H1", "2025-01", 500, 100)
	c.wait(m)
	stop()
	return c
}

func same(s string) string { return s }

func TestRivalsReadTheFolder(t *testing.T) {
	dir := t.TempDir()
	s, err := object.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := history(t, s)
	for _, engine := range []string{"duckdb", "clickhouse"} {
		t.Run(engine, func(t *testing.T) { checkRival(t, c, engine, "file://"+dir, same) })
	}
}

func TestClickHouseReadsTheServer(t *testing.T) {
	endpoint, bucket := objecttest.Server(t)
	c := history(t, objecttest.ServerStore(t, endpoint, bucket, "m"))
	withKeys := func(text string) string { // as the note in the text says
		return strings.Replace(text, "*.parquet',", "*.parquet', '"+objecttest.AccessKey+"', '"+objecttest.SecretKey+"',", 1)
	}
	checkRival(t, c, "clickhouse", "s3://"+bucket+"/m?endpoint="+endpoint, withKeys)
}
