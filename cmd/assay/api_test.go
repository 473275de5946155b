package main

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

func get(t testing.TB, url string, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return do(t, req)
}

// TestAPI asks one node for what needs all of its parts.
func TestAPI(t *testing.T) {
	n := start(t, filepath.Join(t.TempDir(), "data"))
	if status, text := put(t, n.url, "t", "s", "p", []byte("a,b\n1,x\n2,=y\n3,\n")); status != http.StatusCreated {
		t.Fatalf("load: status %d: %s", status, text)
	}
	t.Run("openapi", func(t *testing.T) { checkOpenAPI(t, n.url) })
	t.Run("metrics", func(t *testing.T) { checkMetrics(t, n.url) })
	t.Run("problems", func(t *testing.T) { checkProblems(t, n.url) })
	t.Run("background", func(t *testing.T) { checkBackground(t, n.url) })
	for _, path := range []string{"/healthz", "/readyz", "/v1/cluster", "/v1/config", "/v1/raft/peers", "/v1/tables/t/segments", "/v1/tables/t/partitions", "/v1/tables/t/deliveries", "/v1/tables/t/ddl?for=duckdb"} {
		if status, text := get(t, n.url+path); status != http.StatusOK {
			t.Errorf("%s: status %d: %s", path, status, text)
		}
	}
	if _, text := get(t, n.url+"/v1/sql?format=csv&download=x&q=SELECT+b+FROM+t+WHERE+a=2"); text != "b\n\"'=y\"\n" {
		t.Errorf("download: %q", text)
	}
}

func checkOpenAPI(t *testing.T, base string) {
	_, text := get(t, base+"/v1/openapi.json")
	doc, err := openapi3.NewLoader().LoadFromData([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/v1/sql", "/v1/tables/{t}/load", "/v1/deliveries/{id}/rejects.csv", "/v1/queries/{id}/results"} {
		if doc.Paths.Value(path) == nil {
			t.Errorf("the document has no %s", path)
		}
	}
}

// checkMetrics pins every name: dashboards depend on them.
func checkMetrics(t *testing.T, base string) {
	ask(t, base, "SELECT COUNT(*) FROM t")
	_, text := get(t, base+"/metrics")
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (assay_\w+) `).FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	want := []string{
		"assay_catalog_index", "assay_catalog_tables", "assay_compaction_failed_total", "assay_compaction_input_bytes_total",
		"assay_compaction_input_segments_total", "assay_compaction_jobs_total", "assay_compaction_output_bytes_total",
		"assay_compaction_output_segments_total", "assay_compaction_refused_total", "assay_compaction_rows_total",
		"assay_compaction_seconds_total", "assay_http_request_seconds", "assay_http_requests_total", "assay_load_bytes_total",
		"assay_load_rows_total", "assay_loads_running", "assay_loads_total", "assay_memory_granted_bytes", "assay_memory_hot_bytes",
		"assay_memory_limit_bytes", "assay_queries_running", "assay_queries_total", "assay_query_scanned_total",
	}
	if !slices.Equal(names, want) {
		t.Errorf("metrics %v, want %v", names, want)
	}
}

func checkProblems(t *testing.T, base string) {
	for path, want := range map[string]struct {
		status int
		code   string
	}{
		"/v1/nothing":                        {404, "no-route"},
		"/v1/tables/absent":                  {404, "unknown-table"},
		"/v1/sql":                            {400, "empty-statement"},
		"/v1/sql?q=SELECT+1&formt=csv":       {400, "unknown-parameter"},
		"/v1/sql?q=SELECT+1&format=xml":      {400, "bad-format"},
		"/v1/sql?q=SELECT+1&timeout=soon":    {400, "bad-parameter"},
		"/v1/deliveries/nonsense":            {400, "bad-id"},
		"/v1/tables?cursor=%21":              {400, "bad-cursor"},
		"/v1/sql?q=SELECT+a+FROM+t&at=99999": {400, "index-ahead"},
	} {
		status, text := get(t, base+path)
		var p struct{ Code, Detail string }
		if json.Unmarshal([]byte(text), &p) != nil || status != want.status || p.Code != want.code || p.Detail == "" {
			t.Errorf("%s: status %d: %s, want %v", path, status, text, want)
		}
	}
}

func checkBackground(t *testing.T, base string) {
	resp, err := http.Post(base+"/v1/queries", "text/plain", strings.NewReader("SELECT a, b FROM t ORDER BY a"))
	if err != nil || resp.StatusCode != http.StatusAccepted {
		t.Fatalf("start: %v, %v", resp, err)
	}
	resp.Body.Close()
	query := base + resp.Header.Get("Location")
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		_, text := get(t, query)
		if strings.Contains(text, `"SUCCEEDED"`) {
			break
		}
		if strings.Contains(text, `"FAILED"`) || time.Now().After(deadline) {
			t.Fatal(text)
		}
	}
	if _, text := get(t, query+"/results?format=csv"); text != "a,b\n1,x\n2,=y\n3,\n" {
		t.Errorf("results %q", text)
	}
	if status, text := get(t, query+"/results?format=csv", "Range", "bytes=4-6"); status != http.StatusPartialContent || text != "1,x" {
		t.Errorf("range: status %d, %q", status, text)
	}
	req, err := http.NewRequest(http.MethodDelete, query, nil)
	if err != nil {
		t.Fatal(err)
	}
	do(t, req)
	if status, _ := get(t, query+"/results"); status != http.StatusGone {
		t.Errorf("after it was dropped: status %d", status)
	}
}
