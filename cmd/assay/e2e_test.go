package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaydb/assay/bench/datagen"
)

// put loads a file as curl -T does.
func put(t testing.TB, base, table, source, period string, body []byte) (int, string) {
	t.Helper()
	values := url.Values{"source": {source}, "period": {period}}
	req, err := http.NewRequest(http.MethodPut, base+"/v1/tables/"+table+"/load?"+values.Encode(), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return do(t, req)
}

func do(t testing.TB, req *http.Request) (int, string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// ask runs a query and returns its CSV.
func ask(t testing.TB, base, sql string) string {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, base+"/v1/sql?format=csv", strings.NewReader(sql))
	if err != nil {
		t.Fatal(err)
	}
	status, text := do(t, req)
	if status != http.StatusOK {
		t.Fatalf("%s: status %d: %s", sql, status, text)
	}
	return text
}

// questions touch every kind of column of labs.
func questions() []string {
	return []string{
		"SELECT COUNT(*), SUM(value), MIN(collected_at), MAX(resulted_at), COUNT(comment) FROM labs",
		"SELECT hospital_id, COUNT(*), AVG(value), MEDIAN(value) FROM labs GROUP BY hospital_id ORDER BY 1",
		"SELECT test_name, COUNT(*) AS n FROM labs GROUP BY test_name ORDER BY n DESC, 1 LIMIT 7",
		"SELECT _source, _period, COUNT(*) FROM labs GROUP BY _source, _period ORDER BY 1, 2",
		"SELECT * FROM labs ORDER BY value DESC, patient_id, collected_at, test_code LIMIT 5",
	}
}

// TestRestartGivesTheSameAnswers loads a small set, stops the node, starts another on the folder, and compares.
func TestRestartGivesTheSameAnswers(t *testing.T) {
	csv, data := t.TempDir(), filepath.Join(t.TempDir(), "data")
	set, err := datagen.New(datagen.Spec{Rows: 6_000, Seed: 3, Hospitals: 3, Months: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := set.WriteFiles(t.Context(), csv, 0, nil); err != nil {
		t.Fatal(err)
	}
	n := start(t, data)
	for _, c := range set.Cells() {
		body, err := os.ReadFile(filepath.Join(csv, c.Path()))
		if err != nil {
			t.Fatal(err)
		}
		if status, text := put(t, n.url, "labs", c.Hospital, c.Month, body); status != http.StatusCreated {
			t.Fatalf("%s: status %d: %s", c.Path(), status, text)
		}
	}
	var before []string
	for _, q := range questions() {
		before = append(before, ask(t, n.url, q))
	}
	if want := fmt.Sprintf("\n%d,", set.Rows()); !strings.Contains(before[0], want) {
		t.Errorf("count: %q, want %q in it", before[0], want)
	}
	n.close()
	again := start(t, data)
	for i, q := range questions() {
		if got := ask(t, again.url, q); got != before[i] {
			t.Errorf("%s\nafter restart:\n%s\nbefore:\n%s", q, got, before[i])
		}
	}
}

func TestTwoNodesCannotShareAFolder(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	start(t, data)
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"serve", "--data", data, "--http", "127.0.0.1:0"}, terminal{out: &out, err: &errs, lookup: func(string) (string, bool) { return "", false }})
	if code != exitConflict || !strings.Contains(errs.String(), "in use by another process") {
		t.Errorf("exit code %d: %s", code, errs.String())
	}
}

func TestTokenIsAsked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(file, []byte("lab 0123456789abcdef0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	n := start(t, filepath.Join(t.TempDir(), "data"), "--token-file", file)
	for token, want := range map[string]int{"": 401, "wrong0123456789abcdef": 401, "0123456789abcdef0123456789abcdef": 200} {
		req, err := http.NewRequest(http.MethodGet, n.url+"/v1/tables", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		if status, text := do(t, req); status != want {
			t.Errorf("token %q: status %d, want %d: %s", token, status, want, text)
		}
	}
	if resp, err := http.Get(n.url + "/healthz"); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("healthz: %v, %v", resp, err)
	}
}
