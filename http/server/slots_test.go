package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// codes is a CSV of n rows whose second column has these values in turn.
func codes(n int, values ...string) string {
	var b strings.Builder
	b.WriteString("value,code\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,%s\n", i%50, values[i%len(values)])
	}
	return b.String()
}

type receipt struct {
	ID         string `json:"delivery_id"`
	State      string
	HeldFor    string `json:"held_for"`
	Replaced   *string
	Warnings   []string
	Comparison *struct {
		Period      string
		Differences []struct{ Check, Column string }
	}
}

func (r *rig) put(t *testing.T, path, csv string, status int) receipt {
	t.Helper()
	a := r.send(t, "PUT", path, csv)
	var got receipt
	if a.status != status || json.Unmarshal([]byte(a.body), &got) != nil {
		t.Fatalf("PUT %s: %d %s", path, a.status, a.body)
	}
	return got
}

func (r *rig) count(t *testing.T, table string) string {
	t.Helper()
	a := r.send(t, "POST", "/v1/sql?format=csv", "SELECT COUNT(*) AS n FROM "+table)
	return strings.TrimSpace(strings.TrimPrefix(a.body, "n\n"))
}

func TestComparison(t *testing.T) {
	r := start(t, setup{})
	slot := "/v1/tables/labs/load?source=H1&period="
	first := r.put(t, slot+"2024-12", codes(1000, "A", "B", "C"), http.StatusCreated)
	if first.Comparison != nil {
		t.Errorf("the first period is compared: %+v", first.Comparison)
	}
	like := r.put(t, slot+"2025-01", codes(900, "A", "B"), http.StatusCreated)
	if like.Comparison == nil || like.Comparison.Period != "2024-12" || len(like.Comparison.Differences) != 0 || len(like.Warnings) != 0 {
		t.Errorf("a period like the one before: %+v", like)
	}
	odd := r.put(t, slot+"2025-02", strings.ReplaceAll(codes(300, "A", "X", ""), "\n7,", "\n7000,"), http.StatusCreated)
	checks := map[string]string{}
	for _, d := range odd.Comparison.Differences {
		checks[d.Check] = d.Column
	}
	if len(checks) != 4 || checks["codes"] != "code" || checks["nulls"] != "code" || checks["range"] != "value" || len(odd.Warnings) != 4 {
		t.Errorf("an odd period: %+v", odd)
	}
	if !strings.Contains(strings.Join(odd.Warnings, " "), `"X"`) {
		t.Errorf("the new code is not named: %q", odd.Warnings)
	}
}

func TestHold(t *testing.T) {
	r := start(t, setup{})
	slot := "/v1/tables/labs/load?source=H1&period="
	r.put(t, slot+"2025-01", codes(100, "A"), http.StatusCreated)
	if a := r.send(t, "PUT", "/v1/tables/labs/checks", `{"on_breach":"pray"}`); a.status != 422 || a.code() != "bad-checks" {
		t.Errorf("bad checks: %d %s", a.status, a.body)
	}
	if a := r.send(t, "PUT", "/v1/tables/labs/checks", `{"on_breach":"hold"}`); a.status != 200 {
		t.Fatal(a.body)
	}
	if a := r.send(t, "GET", "/v1/tables/labs/checks", ""); !strings.Contains(a.body, `"default":false`) || !strings.Contains(a.body, `"rows_change":0.5`) {
		t.Errorf("checks: %s", a.body)
	}
	if got := r.put(t, slot+"2025-02&rehearse=1", codes(10, "A"), http.StatusOK); got.State != "held" || got.HeldFor == "" {
		t.Errorf("the rehearsal does not say that it would be held: %+v", got)
	}
	h := r.put(t, slot+"2025-02", codes(10, "A"), http.StatusAccepted)
	if h.State != "held" || !strings.Contains(h.HeldFor, "10 rows") || r.count(t, "labs") != "100" {
		t.Fatalf("held: %+v, %s rows", h, r.count(t, "labs"))
	}
	if again := r.put(t, slot+"2025-02", codes(10, "A"), http.StatusOK); again.ID != h.ID || again.State != "held" {
		t.Errorf("the same file again: %+v", again)
	}
	path := "/v1/deliveries/" + h.ID
	for _, look := range []string{path, "/v1/tables/labs/deliveries?state=held", "/v1/coverage?table=labs&state=held"} {
		if a := r.send(t, "GET", look, ""); a.status != 200 || !strings.Contains(a.body, `"state":"held"`) {
			t.Errorf("%s: %d %s", look, a.status, a.body)
		}
	}
	if a := r.send(t, "POST", path+"/revert", ""); a.status < 400 {
		t.Errorf("revert of what is held: %d %s", a.status, a.body)
	}
	if a := r.send(t, "POST", path+"/approve", ""); a.status != 200 || strings.Contains(a.body, `"state"`) || r.count(t, "labs") != "110" {
		t.Errorf("approve: %d %s", a.status, a.body)
	}
	if a := r.send(t, "POST", path+"/approve", ""); a.status != 200 {
		t.Errorf("approve again: %d %s", a.status, a.body)
	}
	if a := r.send(t, "POST", path+"/reject", ""); a.status != 409 || a.code() != "not-held" {
		t.Errorf("reject what is in force: %d %s", a.status, a.body)
	}
	h = r.put(t, slot+"2025-03", codes(90, "B"), http.StatusAccepted)
	path = "/v1/deliveries/" + h.ID
	if a := r.send(t, "POST", path+"/reject?reason=wrong+file", ""); a.status != 200 || !strings.Contains(a.body, "wrong file") {
		t.Errorf("reject: %d %s", a.status, a.body)
	}
	if a := r.send(t, "POST", path+"/approve", ""); a.status != 409 || a.code() != "already-rejected" {
		t.Errorf("approve what was rejected: %d %s", a.status, a.body)
	}
	if r.count(t, "labs") != "110" {
		t.Errorf("%s rows", r.count(t, "labs"))
	}
}

func TestCoverage(t *testing.T) {
	r := start(t, setup{})
	load := func(source, period string) {
		t.Helper()
		r.put(t, "/v1/tables/labs/load?source="+source+"&period="+period, codes(10, source), http.StatusCreated)
	}
	load("H1", "2024-01")
	load("H2", "2024-02")
	load("H9", "2024-02")
	r.put(t, "/v1/tables/labs/load?source=H2&period=2024-02", codes(11, "H2"), http.StatusCreated)
	for body, want := range map[string]string{
		`{"sources":["H1"],"periods":{"from":"x"},"due_day":10}`:                           "bad-expectations",
		`{"sources":[],"periods":{"from":"2024-01"},"due_day":10}`:                         "bad-expectations",
		`{"sources":["H1","H1"],"periods":{"from":"2024-01"},"due_day":10}`:                "bad-expectations",
		`{"sources":["H1"],"periods":{"from":"2024-01","to":"2023-01"},"due_day":10}`:      "bad-expectations",
		`{"sources":["H1"],"periods":{"from":"2024-01"},"due_day":0}`:                      "bad-expectations",
		`{"sources":["H1"],"periods":{"from":"0001-01-01","to":"9000-01-01"},"due_day":1}`: "too-many-slots",
		`{"sauces":["H1"]}`: "bad-json",
	} {
		if a := r.send(t, "PUT", "/v1/tables/labs/expectations", body); a.code() != want {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	body := `{"sources":["H2","H1"],"periods":{"from":"2024-01","to":"2024-02"},"due_day":10}`
	if a := r.send(t, "PUT", "/v1/tables/labs/expectations", body); a.status != 200 {
		t.Fatal(a.body)
	}
	if a := r.send(t, "GET", "/v1/tables/labs/expectations", ""); !strings.Contains(a.body, `["H1","H2"]`) {
		t.Errorf("expectations: %s", a.body)
	}
	type slot struct {
		Source, Period, State string
		Marks                 []string
	}
	list := func(query string) (all []string) {
		t.Helper()
		cursor := ""
		for {
			a := r.send(t, "GET", "/v1/coverage?limit=2&cursor="+cursor+query, "")
			var page struct {
				Items      []slot
				NextCursor *string `json:"next_cursor"`
			}
			if err := json.Unmarshal([]byte(a.body), &page); err != nil || a.status != 200 {
				t.Fatalf("%d %s", a.status, a.body)
			}
			for _, s := range page.Items {
				all = append(all, fmt.Sprintf("%s %s %s %v", s.Period, s.Source, s.State, s.Marks))
			}
			if page.NextCursor == nil {
				return all
			}
			cursor = *page.NextCursor
		}
	}
	want := "2024-01 H1 loaded [late]; 2024-01 H2 missing []; 2024-02 H1 missing []; 2024-02 H2 loaded [superseded late]; 2024-02 H9 loaded [unexpected]"
	if got := strings.Join(list(""), "; "); got != want {
		t.Errorf("coverage: %s\nwant %s", got, want)
	}
	if got := strings.Join(list("&table=labs&state=missing&source=H2"), "; "); got != "2024-01 H2 missing []" {
		t.Errorf("missing: %s", got)
	}
	if a := r.send(t, "GET", "/v1/coverage?state=lost", ""); a.status != 400 {
		t.Errorf("a wrong state: %d %s", a.status, a.body)
	}
	if a := r.send(t, "GET", "/v1/tables/labs/deliveries?source=H2&period=2024-02", ""); strings.Count(a.body, `"delivery_id"`) != 2 {
		t.Errorf("the history of a slot: %s", a.body)
	}
	if a := r.send(t, "DELETE", "/v1/tables/labs/expectations", ""); a.status != 204 {
		t.Errorf("delete: %d %s", a.status, a.body)
	}
	if a := r.send(t, "GET", "/v1/tables/labs/expectations", ""); a.status != 404 {
		t.Errorf("after delete: %d %s", a.status, a.body)
	}
}
