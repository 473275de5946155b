package server_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// event is one server-sent event.
type event struct{ id, name, data string }

// events reads a stream until it ends or stop says so.
func (r *rig) events(t *testing.T, path, lastID string, stop func(event) bool) []event {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	resp, err := r.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || got != "text/event-stream" {
		t.Fatalf("%s: %d %s", path, resp.StatusCode, got)
	}
	var all []event
	var e event
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		switch field, value, _ := strings.Cut(lines.Text(), ": "); field {
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			e.data = value
		case "":
			if value == "" && e.id != "" {
				all = append(all, e)
				if stop != nil && stop(e) {
					return all
				}
				e = event{}
			}
		}
	}
	return all
}

func TestJobs(t *testing.T) {
	r := start(t, setup{})
	a := r.send(t, "POST", "/v1/verify", "")
	var j struct {
		ID, State string
		Error     struct{ Code string }
	}
	if err := json.Unmarshal([]byte(a.body), &j); err != nil || a.status != 202 || a.header.Get("Location") != "/v1/jobs/"+j.ID || j.State != "RUNNING" {
		t.Fatalf("start: %d %s", a.status, a.body)
	}
	if a := r.send(t, "POST", "/v1/verify", ""); a.status != 409 || a.code() != "job-running" {
		t.Errorf("a second one: %d %s", a.status, a.body)
	}
	path := "/v1/jobs/" + j.ID
	first := r.events(t, path+"/events", "", func(event) bool { return true })
	if len(first) != 1 || !strings.Contains(first[0].data, `"RUNNING"`) {
		t.Fatalf("events: %+v", first)
	}
	if a := r.send(t, "DELETE", path, ""); a.status != 202 || !strings.Contains(a.body, `"cancel_requested":true`) {
		t.Errorf("cancel: %d %s", a.status, a.body)
	}
	rest := r.events(t, path+"/events", first[0].id, nil)
	if n := len(rest); n == 0 || rest[n-1].name != "end" || !strings.Contains(rest[n-1].data, `"CANCELED"`) {
		t.Fatalf("events behind %s: %+v", first[0].id, rest)
	}
	if again := r.events(t, path+"/events", rest[len(rest)-1].id, nil); len(again) != 0 {
		t.Errorf("events behind the end: %+v", again)
	}
	if a := r.send(t, "DELETE", path, ""); a.status != 200 {
		t.Errorf("cancel what has ended: %d %s", a.status, a.body)
	}
	a = r.send(t, "GET", path, "")
	if json.Unmarshal([]byte(a.body), &j) != nil || j.State != "CANCELED" || j.Error.Code != "canceled" {
		t.Errorf("the job: %s", a.body)
	}
	if a := r.send(t, "GET", "/v1/jobs?kind=verify&state=CANCELED", ""); !strings.Contains(a.body, j.ID) {
		t.Errorf("the list: %s", a.body)
	}
	if a := r.send(t, "GET", "/v1/jobs?state=RUNNING", ""); strings.Contains(a.body, j.ID) {
		t.Errorf("the list of what runs: %s", a.body)
	}
	if a := r.send(t, "GET", path+"/events", "", "Last-Event-ID", "x"); a.status != 400 || a.code() != "bad-event-id" {
		t.Errorf("a wrong event id: %d %s", a.status, a.body)
	}
}

// TestEventsEndWithTheServer: who follows a job must not hold up a stopping node.
func TestEventsEndWithTheServer(t *testing.T) {
	r := start(t, setup{})
	var j struct{ ID string }
	if err := json.Unmarshal([]byte(r.send(t, "POST", "/v1/verify", "").body), &j); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	all := r.events(t, "/v1/jobs/"+j.ID+"/events", "", func(event) bool { r.srv.Drain(); return false })
	if len(all) == 0 || all[len(all)-1].name == "end" {
		t.Errorf("events: %+v (%v)", all, time.Since(began))
	}
}
