package server_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestRefusals sends what clients get wrong: each has its own status and code, and never 500.
func TestRefusals(t *testing.T) {
	r := start(t, setup{})
	r.load(t, "t", "id,name,v\n1,x,2.850\n2,,\n")
	for _, c := range []struct {
		method, path, body, contentType string
		status                          int
		code, in                        string
	}{
		{"GET", "/v1/nothing", "", "", 404, "no-route", "openapi"},
		{"GET", "/v1/tables/", "", "", 404, "no-route", `"suggestions":["/v1/tables"]`},
		{"GET", "/v1//tables", "", "", 404, "no-route", ""},
		{"GET", "/v1/tables/%2e%2e%2fetc", "", "", 404, "unknown-table", "../etc"},
		{"PUT", "/v1/tables/..%2fx", `{"columns":[{"name":"a","type":"INT"}]}`, "", 422, "bad-name", ""},
		{"PUT", "/v1/tables/a%00b", `{"columns":[{"name":"a","type":"INT"}]}`, "", 422, "bad-name", ""},
		{"PUT", "/v1/tables/..", `{"columns":[{"name":"a","type":"INT"}]}`, "", 422, "bad-name", ""},
		{"PUT", "/v1/tables/n", `{"colums":[]}`, "", 400, "bad-json", "colums"},
		{"PUT", "/v1/tables/n", `{"columns":[{"name":"a","type":"INTT"}]}`, "", 422, "", "INTT"},
		{"PUT", "/v1/tables/n", `{"columns":[{"name":"a","type":"INT"}]} x`, "", 400, "bad-json", ""},
		{"PUT", "/v1/tables/n", ``, "", 422, "no-columns", ""},
		{"PUT", "/v1/tables/t", `{"columns":[{"name":"id","type":"INT"}]}`, "", 409, "column-removed", ""},
		{"PUT", "/v1/tables/n", `{"name":"m","columns":[]}`, "", 400, "bad-table", ""},
		{"DELETE", "/v1/tables/n", "", "", 404, "unknown-table", ""},
		{"GET", "/v1/tables/t?limit=1", "", "", 400, "unknown-parameter", "takes none"},
		{"GET", "/v1/tables?limt=1", "", "", 400, "unknown-parameter", `"suggestions":["limit"]`},
		{"GET", "/v1/tables?limit=-1", "", "", 400, "bad-parameter", ""},
		{"GET", "/v1/tables?limit=1&limit=2", "", "", 400, "repeated-parameter", ""},
		{"GET", "/v1/tables?cursor=!", "", "", 400, "bad-cursor", ""},
		{"GET", "/v1/tables?cursor=bm9uZQ", "", "", 410, "cursor-gone", ""},
		{"GET", "/v1/tables?%zz", "", "", 400, "bad-query-string", ""},
		{"GET", "/v1/sql?q=DROP+TABLE+t", "", "", 400, "read-only", "POST"},
		{"POST", "/v1/sql?fromat=csv", "SELECT 1", "", 400, "unknown-parameter", `"suggestions":["format"]`},
		{"POST", "/v1/sql?format=xml", "SELECT 1", "", 400, "bad-format", ""},
		{"POST", "/v1/sql?q=SELECT+1", "SELECT 1", "", 400, "bad-parameter", ""},
		{"POST", "/v1/sql?at=0", "SELECT 1", "", 400, "bad-parameter", ""},
		{"POST", "/v1/sql?at=99", "SELECT 1 FROM t", "", 400, "index-ahead", ""},
		{"POST", "/v1/sql?min_index=99&timeout=20ms", "SELECT 1 FROM t", "", 504, "index-wait", ""},
		{"POST", "/v1/sql?timeout=30", "SELECT 1", "", 400, "bad-parameter", "30s"},
		{"POST", "/v1/sql?timeout=1ns", "SELECT * FROM t", "", 504, "query-timeout", ""},
		{"POST", "/v1/sql?max_bytes=some", "SELECT 1", "", 400, "bad-parameter", ""},
		{"POST", "/v1/sql?max_bytes=1", "SELECT * FROM t", "", 422, "scan-limit-exceeded", `"segments":1,"segments_total":1`},
		{"POST", "/v1/sql?max_rows=1", "SELECT * FROM t", "", 422, "row-limit-exceeded", ""},
		{"POST", "/v1/sql?cache=never", "SELECT 1", "", 400, "bad-parameter", ""},
		{"POST", "/v1/sql?tz=Mars", "SELECT 1", "", 400, "bad-parameter", ""},
		{"POST", "/v1/sql?dry_run=yes", "SELECT 1", "", 400, "bad-parameter", ""},
		{"POST", "/v1/sql?param_a=1&param_a=2", "SELECT :a", "", 400, "repeated-parameter", ""},
		{"POST", "/v1/sql?param_b=1", "SELECT :a", "", 400, "unbound-parameter", "param_a"},
		{"POST", "/v1/sql", "", "", 400, "empty-statement", ""},
		{"POST", "/v1/sql", "SELEC 1", "", 400, "syntax-error", `"mysql":{"errno":1064,"sqlstate":"42000"}`},
		{"POST", "/v1/sql", "SELECT\n nme FROM t", "", 422, "unknown-column", `"line":2,"column":2,"offset":8,"length":3`},
		{"POST", "/v1/sql", "SELECT nme FROM t", "", 422, "unknown-column", `"suggestions":["name"]`},
		{"POST", "/v1/sql", "SELECT 1 FROM tt", "", 404, "unknown-table", `"errno":1146`},
		{"POST", "/v1/sql", strings.Repeat("x", 256<<10+1), "", 413, "body-too-large", ""},
		{"POST", "/v1/sql", `{"sql":1}`, "application/json", 400, "bad-json", ""},
		{"POST", "/v1/sql", `{"sql":"SELECT 1","parms":{}}`, "application/json", 400, "bad-json", "parms"},
		{"POST", "/v1/sql", `{"sql":"SELECT :a","params":{"a":[1]}}`, "application/json", 400, "bad-parameter", ""},
		{"POST", "/v1/sql?param_a=1", `{"sql":"SELECT :a","params":{"a":1}}`, "application/json", 400, "repeated-parameter", ""},
		{"POST", "/v1/sql", "<sql/>", "text/xml", 415, "bad-content-type", "application/sql"},
		{"POST", "/v1/tables/t/load?sorce=x", "id\n1\n", "", 400, "unknown-parameter", `"source"]`},
		{"POST", "/v1/tables/t/load", "x", "multipart/mixed; boundary=b", 415, "bad-content-type", ""},
		{"POST", "/v1/tables/t/load", "--b--\r\n", "multipart/form-data; boundary=b", 400, "no-file", ""},
		{"GET", "/v1/deliveries/x", "", "", 400, "bad-id", ""},
		{"GET", "/v1/deliveries/01a20516-7796-720c-b38f-72fd1bcabb3f", "", "", 404, "unknown-delivery", ""},
		{"POST", "/v1/deliveries/01a20516-7796-720c-b38f-72fd1bcabb3f/revert", "", "", 404, "", ""},
		{"GET", "/v1/queries/01a20516-7796-720c-b38f-72fd1bcabb3f/results", "", "", 404, "unknown-query", ""},
		{"GET", "/v1/jobs/01a20516-7796-720c-b38f-72fd1bcabb3f", "", "", 404, "unknown-job", ""},
	} {
		a := r.send(t, c.method, c.path, c.body, "Content-Type", c.contentType)
		if a.status != c.status || c.code != "" && a.code() != c.code || !strings.Contains(a.body, c.in) {
			t.Errorf("%s %s %.60q: %d %s; want %d %s with %q", c.method, c.path, c.body, a.status, a.body, c.status, c.code, c.in)
		}
		if got := a.header.Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("%s %s: Content-Type %q", c.method, c.path, got)
		}
	}
}

// TestMethods: what a path does not take is 405 with Allow, HEAD is GET without its body, OPTIONS lists.
func TestMethods(t *testing.T) {
	r := start(t, setup{})
	a := r.send(t, "PATCH", "/v1/sql", "")
	if a.status != 405 || a.code() != "method-not-allowed" || a.header.Get("Allow") != "OPTIONS, GET, HEAD, POST" {
		t.Errorf("PATCH: %d %v %s", a.status, a.header, a.body)
	}
	if a = r.send(t, "OPTIONS", "/v1/tables/t", ""); a.status != 204 || !strings.Contains(a.header.Get("Allow"), "DELETE") {
		t.Errorf("OPTIONS: %d %v", a.status, a.header)
	}
	for _, path := range []string{"/healthz", "/readyz", "/v1/tables", "/v1/sql?q=SELECT+1&format=csv", "/v1/openapi.json", "/metrics"} {
		if a = r.send(t, "HEAD", path, ""); a.status != 200 || a.body != "" {
			t.Errorf("HEAD %s: %d %q", path, a.status, a.body)
		}
	}
	if a = r.send(t, "HEAD", "/v1/sql?q=SELECT+1&format=csv", ""); a.header.Get("Assay-Query-Id") == "" || !strings.HasPrefix(a.header.Get("Content-Type"), "text/csv") {
		t.Errorf("HEAD of a statement: %v", a.header)
	}
	if a = r.send(t, "HEAD", "/v1/tables/none", ""); a.status != 404 {
		t.Errorf("HEAD of nothing: %d", a.status)
	}
}

// TestNamesInPaths: escapes in a path component are undone once, wherever net/http keeps them.
func TestNamesInPaths(t *testing.T) {
	r := start(t, setup{})
	for escaped, name := range map[string]string{"a%2Db": "a-b", "my%20table": "my table", "100%25": "100%", "caf%C3%A9": "café", "a+b": "a+b"} {
		a := r.send(t, "PUT", "/v1/tables/"+escaped, `{"columns":[{"name":"x","type":"INT"}]}`)
		var v struct{ Name string }
		if json.Unmarshal([]byte(a.body), &v) != nil || a.status != 201 || v.Name != name {
			t.Errorf("%s: %d %s, want a table %q", escaped, a.status, a.body, name)
		}
		if a = r.send(t, "GET", "/v1/tables/"+escaped, ""); a.status != 200 {
			t.Errorf("%s: %d", escaped, a.status)
		}
	}
	var list struct {
		Items      []struct{ Name string }
		NextCursor *string `json:"next_cursor"`
	}
	var names []string
	for cursor := ""; ; cursor = *list.NextCursor {
		list.NextCursor, list.Items = nil, nil
		a := r.send(t, "GET", "/v1/tables?limit=2&cursor="+cursor, "")
		if err := json.Unmarshal([]byte(a.body), &list); err != nil {
			t.Fatal(err)
		}
		for _, i := range list.Items {
			names = append(names, i.Name)
		}
		if list.NextCursor == nil {
			break
		}
	}
	if want := []string{"100%", "a+b", "a-b", "café", "my table"}; !slices.Equal(names, want) {
		t.Errorf("listed %q, want %q", names, want)
	}
}
