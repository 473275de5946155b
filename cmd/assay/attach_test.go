package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaydb/assay/storage/object/objecttest"
)

// attach asks a server to attach a location.
func attach(t *testing.T, base, table, location string, exclude ...string) (int, string) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"location": location, "format": "parquet", "exclude": exclude})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, base+"/v1/tables/"+table+"/attach", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	return do(t, req)
}

func query(t *testing.T, base, sql string) (int, string) {
	t.Helper()
	return get(t, base+"/v1/sql?format=csv&q="+url.QueryEscape(sql))
}

func answers(t *testing.T, base, sql, want string) {
	t.Helper()
	if status, got := query(t, base, sql); status != http.StatusOK || got != want {
		t.Errorf("%s: status %d: %q, want %q", sql, status, got, want)
	}
}

func refuses(t *testing.T, what string, status int, text string, want int, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%s: %s does not say %q", what, text, p)
		}
	}
	if status != want {
		t.Errorf("%s: status %d, not %d: %s", what, status, want, text)
	}
}

// parquetOf writes the answer of a query as a Parquet file, as some other program might have.
func parquetOf(t *testing.T, base, sql, name string) {
	t.Helper()
	status, text := get(t, base+"/v1/sql?format=parquet&q="+url.QueryEscape(sql))
	if status != http.StatusOK {
		t.Fatalf("%s: status %d: %s", sql, status, text)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

const attachCSV = "hospital,month,n,amount,at,note\nH1,2025-01,1,1.50,2025-01-02 03:04:05,first\nH1,2025-01,2,-0.25,2025-01-03 00:00:00,\nH2,2025-01,3,7.00,2025-01-04 00:00:00,\"a,b\"\nH2,2025-02,4,0.00,2025-02-01 00:00:00,x\n"

// lake writes a folder of Hive-style paths: two hospitals, two files.
func lake(t *testing.T, base string) string {
	t.Helper()
	if status, text := put(t, base, "src", "s", "p", []byte(attachCSV)); status != http.StatusCreated {
		t.Fatalf("load: status %d: %s", status, text)
	}
	dir := t.TempDir()
	for _, h := range []string{"H1", "H2"} {
		parquetOf(t, base, "SELECT n, amount, at, note FROM src WHERE hospital = '"+h+"' ORDER BY n", filepath.Join(dir, "hospital="+h, "part-0.parquet"))
	}
	for _, name := range []string{"_SUCCESS", ".part-0.parquet.crc", "readme.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAttach(t *testing.T) {
	bin, data := binary(t), filepath.Join(t.TempDir(), "data")
	p := serve(t, bin, data)
	dir := lake(t, p.url)
	status, text := attach(t, p.url, "visits", "file://"+dir+"/")
	if status != http.StatusCreated {
		t.Fatalf("attach: status %d: %s", status, text)
	}
	for _, part := range []string{`"files":2`, `"rows":4`, `"attached":{"location":"file://` + dir + `/","format":"parquet"}`, `"partition_by":["hospital"]`} {
		if !strings.Contains(text, part) {
			t.Errorf("attach: %s does not say %s", text, part)
		}
	}
	check := func(base string) {
		t.Helper()
		answers(t, base, "SELECT hospital, COUNT(*), SUM(amount), MAX(at) FROM visits GROUP BY hospital ORDER BY 1", "hospital,COUNT(*),SUM(amount),MAX(at)\nH1,2,1.25,2025-01-03T00:00:00Z\nH2,2,7.00,2025-02-01T00:00:00Z\n")
		answers(t, base, "SELECT n, note FROM visits WHERE hospital = 'H2' AND note LIKE '%,%'", "n,note\n3,\"a,b\"\n")
		answers(t, base, "SELECT MIN(at), COUNT(*), COUNT(note) FROM visits", "MIN(at),COUNT(*),COUNT(note)\n2025-01-02T03:04:05Z,4,3\n")
	}
	check(p.url)
	if status, text := attach(t, p.url, "visits", "file://"+dir+"/"); status != http.StatusOK || !strings.Contains(text, `"unchanged":true`) {
		t.Errorf("attach again: status %d: %s", status, text)
	}
	t.Run("refusals", func(t *testing.T) { checkAttachRefusals(t, p.url, dir) })
	t.Run("shown", func(t *testing.T) { checkAttachShown(t, p.url, dir) })
	if c := drained(t, p.url); c.Mirror.Error != "" {
		t.Errorf("the mirror: %s", c.Mirror.Error)
	}
	if left, _ := filepath.Glob(filepath.Join(data, "mirror", "live", "visits", "*")); len(left) > 0 {
		t.Errorf("the mirror copied %v", left)
	}
	p.stop()
	p = serve(t, bin, data)
	check(p.url) // from the catalog on disk
	t.Run("changed", func(t *testing.T) { checkAttachChanged(t, p.url, dir) })
	req, _ := http.NewRequest(http.MethodDelete, p.url+"/v1/tables/visits", nil)
	if status, text := do(t, req); status != http.StatusNoContent {
		t.Errorf("delete: status %d: %s", status, text)
	}
	if _, err := os.Stat(filepath.Join(dir, "hospital=H1", "part-0.parquet")); err != nil {
		t.Errorf("dropping the table touched a file: %v", err)
	}
	if status, _ := query(t, p.url, "SELECT 1 FROM visits"); status != http.StatusNotFound {
		t.Errorf("a dropped table answers with status %d", status)
	}
}

func checkAttachRefusals(t *testing.T, base, dir string) {
	status, text := put(t, base, "visits", "s", "p", []byte(attachCSV))
	refuses(t, "load", status, text, http.StatusConflict, "attached-table", dir)
	status, text = attach(t, base, "src", "file://"+dir)
	refuses(t, "attach to a loaded table", status, text, http.StatusConflict, "table-exists")
	status, text = attach(t, base, "x", "file:///nowhere/at/all")
	refuses(t, "no such folder", status, text, http.StatusNotFound, "no-files")
	status, text = attach(t, base, "x", "http://example.com/a.parquet")
	refuses(t, "another scheme", status, text, http.StatusBadRequest, "bad-location")
	status, text = attach(t, base, "x", "file://"+filepath.Join(dir, "readme.txt"))
	refuses(t, "no Parquet", status, text, http.StatusUnprocessableEntity, "readme.txt")
	parquetOf(t, base, "SELECT n, amount FROM src", filepath.Join(t.TempDir(), "..", "odd", "a.parquet"))
	odd := t.TempDir()
	parquetOf(t, base, "SELECT n, amount FROM src", filepath.Join(odd, "a.parquet"))
	parquetOf(t, base, "SELECT n, note AS amount FROM src", filepath.Join(odd, "b.parquet"))
	status, text = attach(t, base, "x", "file://"+odd)
	refuses(t, "different types", status, text, http.StatusUnprocessableEntity, "b.parquet", "amount", "VARCHAR", "DECIMAL")
	for _, sql := range []string{"ALTER TABLE visits ADD COLUMN z INT"} {
		req, _ := http.NewRequest(http.MethodPost, base+"/v1/sql", strings.NewReader(sql))
		status, text := do(t, req)
		refuses(t, sql, status, text, http.StatusConflict, "attached-table")
	}
}

func checkAttachShown(t *testing.T, base, dir string) {
	for _, sql := range []string{"SHOW CREATE TABLE visits", "SHOW TABLE STATUS LIKE 'visits'", "SELECT * FROM information_schema.tables WHERE table_name = 'visits'"} {
		if status, text := query(t, base, sql); status != http.StatusOK || !strings.Contains(text, "file://"+dir) {
			t.Errorf("%s: status %d: %s does not say where the files are", sql, status, text)
		}
	}
	if status, text := get(t, base+"/v1/tables/visits/segments"); status != http.StatusOK || !strings.Contains(text, "part-0.parquet") {
		t.Errorf("segments: status %d: %s", status, text)
	}
	_, text := get(t, base+"/v1/tables/visits/deliveries")
	var page struct {
		Items []struct {
			ID string `json:"delivery_id"`
		}
	}
	if err := json.Unmarshal([]byte(text), &page); err != nil || len(page.Items) != 1 {
		t.Fatalf("deliveries: %v: %s", err, text)
	}
	if status, text := get(t, base+"/v1/deliveries/"+page.Items[0].ID); status != http.StatusOK && status != http.StatusNotFound {
		t.Errorf("delivery: status %d: %s", status, text)
	}
	req, _ := http.NewRequest(http.MethodPost, fmt.Sprintf("%s/v1/deliveries/%s/revert", base, page.Items[0].ID), nil)
	status, text := do(t, req)
	refuses(t, "revert", status, text, http.StatusConflict, "attached-table")
	if status, text := get(t, base+"/v1/tables/visits/ddl?for=duckdb"); status != http.StatusConflict {
		t.Errorf("ddl: status %d: %s", status, text)
	}
}

// checkAttachChanged changes a file, removes it and takes it as it is.
func checkAttachChanged(t *testing.T, base, dir string) {
	name := filepath.Join(dir, "hospital=H2", "part-0.parquet")
	parquetOf(t, base, "SELECT n, amount, at, note FROM src WHERE n = 3", name)
	status, text := query(t, base, "SELECT SUM(amount) FROM visits")
	refuses(t, "a changed file", status, text, http.StatusConflict, "attached-file-changed", "hospital=H2/part-0.parquet", "attach")
	answers(t, base, "SELECT SUM(n) FROM visits WHERE hospital = 'H1'", "SUM(n)\n3\n") // its file is as it was
	if status, text := attach(t, base, "visits", "file://"+dir); status != http.StatusOK || strings.Contains(text, `"unchanged":true`) {
		t.Errorf("attach again: status %d: %s", status, text)
	}
	answers(t, base, "SELECT SUM(amount) FROM visits", "SUM(amount)\n8.25\n")
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	status, text = query(t, base, "SELECT SUM(amount) FROM visits")
	refuses(t, "a missing file", status, text, http.StatusConflict, "attached-file-missing", "part-0.parquet")
	if status, text := attach(t, base, "visits", "file://"+dir); status != http.StatusOK {
		t.Errorf("attach without it: status %d: %s", status, text)
	}
	answers(t, base, "SELECT SUM(amount), COUNT(*) FROM visits", "SUM(amount),COUNT(*)\n1.25,2\n")
}

// TestAttachRoots lets callers attach below the roots alone, links included.
func TestAttachRoots(t *testing.T) {
	bin := binary(t)
	open := serve(t, bin, filepath.Join(t.TempDir(), "open"))
	dir := lake(t, open.url)
	root := t.TempDir()
	if err := os.Symlink(dir, filepath.Join(root, "link")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	parquetOf(t, open.url, "SELECT n FROM src", filepath.Join(root, "in", "a.parquet"))
	if err := os.Symlink(filepath.Join(dir, "hospital=H1", "part-0.parquet"), filepath.Join(root, "in", "b.parquet")); err != nil {
		t.Fatal(err)
	}
	p := serve(t, bin, filepath.Join(t.TempDir(), "closed"), "--attach-root", root)
	for name, location := range map[string]string{"outside": dir, "a link": filepath.Join(root, "link"), "dots": root + "/../", "a file behind a link": filepath.Join(root, "in", "b.parquet"), "s3": ""} {
		location = "file://" + location
		if name == "s3" {
			location = "s3://bucket/x/"
		}
		status, text := attach(t, p.url, "x", location)
		refuses(t, name, status, text, http.StatusForbidden, "attach-not-allowed", "--attach-root")
	}
	if status, text := attach(t, p.url, "x", "file://"+filepath.Join(root, "in", "a.parquet")); status != http.StatusCreated {
		t.Errorf("inside: status %d: %s", status, text)
	}
	answers(t, p.url, "SELECT SUM(n) FROM x", "SUM(n)\n10\n")
	none := serve(t, bin, filepath.Join(t.TempDir(), "none"), "--attach-root", "none")
	status, text := attach(t, none.url, "x", "file://"+dir)
	refuses(t, "none", status, text, http.StatusForbidden, "attach-not-allowed")
}

// TestAttachBucket reads the same files from a real S3 server.
func TestAttachBucket(t *testing.T) {
	endpoint, g := gateway(t)
	bin := binary(t)
	p := serve(t, bin, filepath.Join(t.TempDir(), "data"), "--attach-root", "s3://assay/lake?endpoint="+endpoint)
	dir := lake(t, p.url)
	for _, h := range []string{"hospital=H1", "hospital=H2"} {
		raw, err := os.ReadFile(filepath.Join(dir, h, "part-0.parquet"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(g, "lake", h), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(g, "lake", h, "part-0.parquet"), raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for i, location := range []string{"s3://assay/lake/", "s3://assay/lake?endpoint=" + url.QueryEscape(endpoint), "s3://assay/lake/hospital=H2/part-0.parquet"} {
		table := fmt.Sprintf("t%d", i)
		if status, text := attach(t, p.url, table, location); status != http.StatusCreated {
			t.Fatalf("%s: status %d: %s", location, status, text)
		}
		answers(t, p.url, "SELECT SUM(n) FROM "+table+" WHERE n > 2", "SUM(n)\n7\n")
	}
	answers(t, p.url, "SELECT hospital, SUM(amount) FROM t0 GROUP BY hospital ORDER BY 1", "hospital,SUM(amount)\nH1,1.25\nH2,7.00\n")
	status, text := attach(t, p.url, "x", "s3://assay/other/")
	refuses(t, "another prefix", status, text, http.StatusForbidden, "attach-not-allowed")
	status, text = attach(t, p.url, "x", "s3://assay/lake/?endpoint=http://127.0.0.1:1")
	refuses(t, "another endpoint", status, text, http.StatusForbidden, "attach-not-allowed")
	if err := os.Remove(filepath.Join(g, "lake", "hospital=H2", "part-0.parquet")); err != nil {
		t.Fatal(err)
	}
	status, text = query(t, p.url, "SELECT SUM(n) FROM t0")
	refuses(t, "a missing object", status, text, http.StatusConflict, "attached-file-missing", "hospital=H2/part-0.parquet")
}

// gateway starts an S3 server and returns its endpoint and the folder of its bucket.
func gateway(t *testing.T) (endpoint, dir string) {
	g := objecttest.NewGateway(t)
	t.Setenv("AWS_ACCESS_KEY_ID", objecttest.AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", objecttest.SecretKey)
	return g.Endpoint, g.Dir
}

// TestAttachedIsVerifiedAndRestored looks at attached files as verify does, and restores a catalog that names them.
func TestAttachedIsVerifiedAndRestored(t *testing.T) {
	bin, data := binary(t), filepath.Join(t.TempDir(), "data")
	p := serve(t, bin, data)
	dir := lake(t, p.url)
	if status, text := attach(t, p.url, "visits", "file://"+dir); status != http.StatusCreated {
		t.Fatalf("attach: status %d: %s", status, text)
	}
	if text := runJob(t, p.url, "verify"); !strings.Contains(text, `"damaged":[]`) {
		t.Errorf("verify: %s", text)
	}
	drained(t, p.url)
	p.stop()
	back := filepath.Join(t.TempDir(), "back")
	if out, err := exec.Command(bin, "restore", "--from", "file://"+filepath.Join(data, "mirror"), "--data", back).CombinedOutput(); err != nil {
		t.Fatalf("restore: %v: %s", err, out)
	}
	p = serve(t, bin, back, "--mirror", "none")
	answers(t, p.url, "SELECT COUNT(*), SUM(n) FROM visits WHERE hospital LIKE 'H%'", "COUNT(*),SUM(n)\n4,10\n")
	name := filepath.Join(dir, "hospital=H2", "part-0.parquet")
	if err := os.Truncate(name, 100); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"verify", "repair"} {
		if text := runJob(t, p.url, kind); !strings.Contains(text, "part-0.parquet") || !strings.Contains(text, "changed") {
			t.Errorf("%s: %s", kind, text)
		}
	}
	if info, err := os.Stat(name); err != nil || info.Size() != 100 {
		t.Errorf("a repair touched the file: %v %v", info, err)
	}
}

// runJob runs a job to its end and returns it.
func runJob(t *testing.T, base, kind string) string {
	t.Helper()
	req, _ := http.NewRequest(http.MethodPost, base+"/v1/"+kind, nil)
	status, text := do(t, req)
	if status != http.StatusAccepted {
		t.Fatalf("%s: status %d: %s", kind, status, text)
	}
	var j struct{ ID, State string }
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		_, text = get(t, base+"/v1/jobs/"+j.ID)
		if err := json.Unmarshal([]byte(text), &j); err != nil {
			t.Fatal(err)
		}
		if !strings.EqualFold(j.State, "running") {
			return text
		}
	}
	t.Fatalf("%s does not end: %s", kind, text)
	return ""
}
