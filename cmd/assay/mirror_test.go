package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/assaydb/assay/storage/object/objecttest"
)

// bucket is a node that mirrors to a real S3 server.
type bucket struct {
	*objecttest.Gateway
	t              testing.TB // whose end is the processes' end
	bin, data, url string
	p              *process
}

func newBucket(t *testing.T) *bucket {
	t.Helper()
	b := &bucket{t: t, Gateway: objecttest.NewGateway(t), bin: binary(t), data: filepath.Join(t.TempDir(), "data")}
	t.Setenv("AWS_ACCESS_KEY_ID", objecttest.AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", objecttest.SecretKey)
	b.url = "s3://" + b.Bucket + "/m?endpoint=" + b.Endpoint
	b.p = serve(b.t, b.bin, b.data, "--mirror", b.url)
	return b
}

func (b *bucket) send(t *testing.T, table, query, body string) (r receipt) {
	t.Helper()
	resp, err := http.Post(b.p.url+"/v1/tables/"+table+"/load?"+query, "text/csv", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var text bytes.Buffer
	text.ReadFrom(resp.Body)
	if resp.StatusCode/100 != 2 || json.Unmarshal(text.Bytes(), &r) != nil {
		t.Fatalf("load %s?%s: status %d: %s", table, query, resp.StatusCode, text.String())
	}
	return r
}

// oddValues are partition values that paths, URLs and Hive each have their own mind about; the last two are the empty text and NULL.
var oddValues = []string{
	"plain", "a b", " lead", "größe ☃", "100%", "%41", "x=y", "a/b", "..", ".", "a+b", "it's", "q?&#;:", "A", "a", "*[x]{y}", "$HOME", `back\slash`, "~", "",
}

func oddCSV() string {
	var b strings.Builder
	b.WriteString("p,n\n")
	for i, v := range oddValues {
		fmt.Fprintf(&b, "%q,%d\n", v, 1<<i)
	}
	return strings.ReplaceAll(b.String(), `\\`, `\`) + fmt.Sprintf(",%d\n", 1<<len(oddValues))
}

// fill leaves a mirror with partitions of every kind, superseded, reverted and dropped data.
func (b *bucket) fill(t *testing.T) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPut, b.p.url+"/v1/tables/odd", strings.NewReader(
		`{"columns":[{"name":"p","type":"VARCHAR"},{"name":"n","type":"BIGINT"}],"partition_by":["p"]}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if status, text := do(t, req); status/100 != 2 {
		t.Fatal(text)
	}
	b.send(t, "odd", "source=H1&period=p&ack=mirror", oddCSV())
	b.send(t, "flat", "source=H1&period=p&ack=quorum", "a,b\n1,x\n2,y\n")
	b.send(t, "flat", "source=H1&period=p&ack=mirror", "a,b\n10,x\n20,y\n30,z\n")
	b.send(t, "flat", "source=H2&period=p", "a,b\n100,old\n")
	r := b.send(t, "flat", "source=H2&period=p", "a,b\n200,new\n")
	b.send(t, "flat", "source=H2&period=p2&mode=append", "a,b\n1000,more\n")
	if resp, err := http.Post(b.p.url+"/v1/deliveries/"+r.DeliveryID+"/revert", "", nil); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	b.send(t, "gone", "source=H1&period=p", "a\n1\n")
	ask(t, b.p.url, "DROP TABLE gone")
}

var mirrorQuestions = []string{
	"SELECT COUNT(*), SUM(a), MIN(b), MAX(b) FROM flat", "SELECT p, COUNT(*), SUM(n) FROM odd GROUP BY p ORDER BY 3",
	"SELECT _source, _period, COUNT(*) FROM flat GROUP BY _source, _period ORDER BY 1, 2",
}

// read asks another engine through the printed statement.
func (b *bucket) read(t *testing.T, engine, base, table, sql string) [][]string {
	t.Helper()
	status, ddl := get(t, base+"/v1/tables/"+table+"/ddl?for="+engine)
	if status != http.StatusOK {
		t.Fatal(ddl)
	}
	if engine == "duckdb" { // without its S3 extension: the server keeps each object as a file
		ddl = strings.ReplaceAll(ddl[strings.Index(ddl, "CREATE OR REPLACE VIEW"):], "s3://"+b.Bucket+"/", b.Dir+"/")
	} else {
		ddl = strings.Replace(ddl, "*.parquet',", "*.parquet', '"+objecttest.AccessKey+"', '"+objecttest.SecretKey+"',", 1)
	}
	return rival(t, engine, ddl, sql)
}

// rival runs a statement and a query on another engine, or skips.
func rival(t *testing.T, engine, setup, sql string) (rows [][]string) {
	t.Helper()
	dir, err := filepath.Abs("../../bench/rival")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		t.Skip("the rival engines are not installed: make rivals")
	}
	request, err := json.Marshal(map[string]any{"setup": []string{setup}, "sql": sql})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "query.mjs", engine)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(request)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s\n%s", engine, err, stderr.String(), setup)
	}
	var loose [][]*string
	if err := json.Unmarshal(out, &loose); err != nil {
		t.Fatalf("%s answered %s: %v", engine, out, err)
	}
	for _, row := range loose {
		var cells []string
		for _, cell := range row {
			if cell == nil {
				cells = append(cells, "NULL")
				continue
			}
			cells = append(cells, *cell)
		}
		rows = append(rows, cells)
	}
	return rows
}

// TestMirrorOnS3 takes a node, a real S3 server and its outages from the first load to a restored node.
func TestMirrorOnS3(t *testing.T) {
	b := newBucket(t)
	b.fill(t)
	var want []string
	for _, q := range mirrorQuestions {
		want = append(want, ask(t, b.p.url, q))
	}
	before := drained(t, b.p.url)

	t.Run("outage", func(t *testing.T) { b.outage(t) })
	t.Run("rivals", func(t *testing.T) { b.rivals(t) })
	t.Run("restore", func(t *testing.T) {
		ask(t, b.p.url, "DROP TABLE late")
		drained(t, b.p.url)
		b.p.kill()
		back := filepath.Join(t.TempDir(), "back")
		if out, err := exec.Command(b.bin, "restore", "--from", b.url, "--data", back).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		p := serve(b.t, b.bin, back, "--mirror", b.url)
		for i, q := range mirrorQuestions {
			if got := ask(t, p.url, q); got != want[i] {
				t.Errorf("%s\ngave %q\nwant %q", q, got, want[i])
			}
		}
		after := drained(t, p.url)
		if after.Epoch != before.Epoch+1 || after.Index < before.Index {
			t.Errorf("restored %+v from %+v", after, before)
		}
		if out := job(t, p.url, "verify"); !strings.Contains(out, `"damaged":[]`) {
			t.Errorf("restored: %s", out)
		}
		b.p = p
		b.send(t, "flat", "source=H9&period=p&ack=mirror", "a,b\n5,after\n")
	})
}

// outage loads while the server is away, over a kill of the node.
func (b *bucket) outage(t *testing.T) {
	b.Stop()
	for i := range 5 {
		b.send(t, "late", fmt.Sprintf("source=H%d&period=p", i), fmt.Sprintf("a\n%d\n", i))
	}
	b.p.kill()
	b.p = serve(b.t, b.bin, b.data, "--mirror", b.url)
	b.send(t, "late", "source=H0&period=p", "a\n100\n")
	if got := ask(t, b.p.url, "SELECT SUM(a) FROM late"); !strings.Contains(got, "110") {
		t.Errorf("while the server is away: %q", got)
	}
	b.Start(t)
	drained(t, b.p.url)
	live, err := filepath.Glob(filepath.Join(b.Dir, "m", "live", "late", "*.parquet"))
	if err != nil || len(live) != 5 {
		t.Errorf("live after the outage: %v, %v", live, err)
	}
}

// rivals compares what other engines read with what the node answers, row by row.
func (b *bucket) rivals(t *testing.T) {
	if left, _ := filepath.Glob(filepath.Join(b.Dir, "m", "live", "gone", "*")); len(left) != 0 {
		t.Errorf("a dropped table is still in live/: %v", left)
	}
	for _, engine := range []string{"duckdb", "clickhouse"} {
		t.Run(engine, func(t *testing.T) {
			got := b.read(t, engine, b.p.url, "flat", "SELECT count(*), sum(a), min(b), max(b) FROM flat")
			if want := [][]string{{"5", "1160", "more", "z"}}; fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("flat: %v, want %v", got, want)
			}
			odd := b.read(t, engine, b.p.url, "odd", "SELECT p, n FROM odd ORDER BY n")
			for i, v := range append(slices.Clone(oddValues), "NULL") {
				if want := fmt.Sprint(1 << i); i >= len(odd) || odd[i][0] != v || odd[i][1] != want {
					t.Errorf("row %d: %q, want %q, %s", i, odd[min(i, len(odd)-1)], v, want)
				}
			}
			if len(odd) != len(oddValues)+1 {
				t.Errorf("%d rows: %q", len(odd), odd)
			}
		})
	}
}
