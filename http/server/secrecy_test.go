package server_test

import (
	"log/slog"
	"strings"
	"testing"
)

// TestLogsHoldNoData runs a session full of marked values at the most talkative level and looks for the marks in the log and the metrics.
func TestLogsHoldNoData(t *testing.T) {
	const token = "marktoken-0123456789abcdef"
	r := start(t, setup{tokens: fixed(token), level: slog.LevelDebug})
	send := func(method, path, body string, header ...string) answer {
		return r.send(t, method, path, body, append(header, "Authorization", "Bearer "+token)...)
	}
	if a := send("PUT", "/v1/tables/t/load?source=S&period=P&max_rejects=90%25", "id,name\n1,markcell\n2,markother\nmarkbad,x\n"); a.status != 201 {
		t.Fatalf("load: %d %s", a.status, a.body)
	}
	send("PUT", "/v1/tables/strict", `{"columns":[{"name":"id","type":"INT"}]}`)
	send("PUT", "/v1/tables/strict/load", "id\nmarkbad\n")
	send("PUT", "/v1/tables/u/load", "id,\"markunclosed\n1,2")
	for _, sql := range []string{
		"SELECT * FROM t WHERE name = 'markliteral'", "SELECT name FROM t WHERE name > 5 AND 'markliteral'", "SELECT markcolumn FROM t", "SELECT 'markliteral",
		"SELECT CAST(name AS DATE) FROM t", "SELECT id / 0, CONCAT(name, 'markliteral') + 1 FROM t", "EXPLAIN ANALYZE SELECT * FROM t WHERE name = 'markliteral'",
		"SELECT * FROM t WHERE name = :p", "SELECT CAST('markliteral' AS DECIMAL(3,1))", "SELECT JSON_EXTRACT('markliteral', '$')",
	} {
		send("POST", "/v1/sql?param_p=markparam", sql)
		send("POST", "/v1/queries?param_p=markparam", sql)
	}
	send("POST", "/v1/sql", `{"sql":"markjson`, "Content-Type", "application/json", "Idempotency-Key", "markkey")
	for _, wrong := range []string{"Bearer markwrong-0123456789", "Basic bWFya3dyb25n", "markwrong"} {
		a := r.send(t, "GET", "/v1/tables", "", "Authorization", wrong)
		if a.status != 401 || !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer ") || strings.Contains(a.body, "mark") {
			t.Errorf("%s: %d %v %s", wrong, a.status, a.header, a.body)
		}
	}
	eventually(t, "the end of the background queries", func() bool {
		a := send("GET", "/v1/queries", "")
		return !strings.Contains(a.body, "RUNNING") && !strings.Contains(a.body, "QUEUED")
	})
	for where, text := range map[string]string{"log": r.log.String(), "metrics": send("GET", "/metrics", "").body} {
		for line := range strings.Lines(text) {
			if strings.Contains(strings.ToLower(line), "mark") {
				t.Errorf("the %s tells: %s", where, line)
			}
		}
	}
	if !strings.Contains(r.log.String(), "who=tester") {
		t.Error("the log does not say who asked")
	}
}
