package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assaydb/assay/http/client"
)

// stepwise is something that a client asks for, again and again until it is acknowledged.
type stepwise struct {
	name    string
	steps   []string       // what the names of its own steps begin with
	hits    map[string]int // of steps that come more than once
	prepare func(*testing.T, *subject)
	act     func(context.Context, *subject) (delivery string, acked bool)
	rows    string // of the table, in the end
	states  string // of the deliveries, by period
}

// owns reports whether a step is the operation's own, which it must come to.
func (op *stepwise) owns(step string) bool {
	return slices.ContainsFunc(op.steps, func(prefix string) bool { return strings.HasPrefix(step, prefix) })
}

// subject is what an operation is done to.
type subject struct {
	base, inbox string
	delivery    string // that is decided on
	watched     bool   // the inbox is acknowledged
	refused     string // an answer that no repetition mends
}

const (
	manyRows = 40
	fewRows  = 3 // so few that the delivery is held
)

// lines are rows as a file has them, and a query gives them.
func lines(first, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "A,%d\n", first+i)
	}
	return b.String()
}

func operations() []stepwise {
	many, few := lines(100, manyRows), lines(200, fewRows)
	commands := []string{"catalog/"}
	return []stepwise{
		{
			name: "upload", steps: []string{"upload/", "record/", "job/"}, act: inPieces(many), rows: many, states: "2025-01 live",
			hits: map[string]int{"upload/offset-written": 2, "upload/offset-noted": 2, "record/written": 6, "record/renamed": 6},
		},
		{
			name: "load", steps: []string{"load/", "draft/", "catalog/"}, act: loads("2025-01", many, 201), rows: many, states: "2025-01 live",
			hits: map[string]int{"draft/file-written": 3, "draft/file-synced": 3, "draft/table-synced": 2},
		},
		{name: "inbox", steps: []string{"inbox/"}, prepare: fillInbox(many), act: watches, rows: many, states: "2025-01 live"},
		{name: "hold", steps: append(commands, "hold/"), prepare: prepareHold, act: loads("2025-02", few, 202), rows: many, states: "2025-01 live, 2025-02 held"},
		{
			name: "approve", steps: append(commands, "approve/", "decide/"), prepare: prepareDecision, act: decides("approve", 200),
			rows: many + few, states: "2025-01 live, 2025-02 live",
		},
		{
			name: "reject", steps: append(commands, "decide/"), prepare: prepareDecision, act: decides("reject", 200),
			rows: many, states: "2025-01 live, 2025-02 rejected",
		},
		{
			name: "revert", steps: append(commands, "revert/"), prepare: prepareRevert, act: decides("revert", 200, 409), // 409: the one whose answer was lost had its effect
			rows: many, states: "2025-01 live, 2025-01 reverted",
		},
	}
}

// post sends one request; not acknowledged when there is no answer, or one that may change.
func (s *subject) post(ctx context.Context, path, body string, want ...int) (delivery string, acked bool) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base+path, strings.NewReader(body))
	if err != nil {
		s.refused = err.Error()
		return "", false
	}
	req.Header.Set("Content-Type", "text/csv")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", false
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode == http.StatusServiceUnavailable {
		return "", false
	}
	if !slices.Contains(want, resp.StatusCode) {
		s.refused = fmt.Sprintf("%s: %d %s", path, resp.StatusCode, text)
		return "", false
	}
	var r struct {
		ID string `json:"delivery_id"`
	}
	if resp.StatusCode < 300 && json.Unmarshal(text, &r) != nil {
		return "", false
	}
	return r.ID, true
}

func loads(period, rows string, status int) func(context.Context, *subject) (string, bool) {
	return func(ctx context.Context, s *subject) (string, bool) {
		return s.post(ctx, "/v1/tables/labs/load?source=A&period="+period, "name,n\n"+rows, status, 200)
	}
}

func decides(what string, status ...int) func(context.Context, *subject) (string, bool) {
	return func(ctx context.Context, s *subject) (string, bool) {
		id, ok := s.post(ctx, "/v1/deliveries/"+s.delivery+"/"+what, "", status...)
		if ok && id == "" {
			id = s.delivery
		}
		return id, ok
	}
}

func inPieces(rows string) func(context.Context, *subject) (string, bool) {
	text := []byte("name,n\n" + rows)
	return func(ctx context.Context, s *subject) (string, bool) {
		c, err := client.New(s.base, "")
		if err != nil {
			return "", false
		}
		defer c.Close()
		r, err := c.Resume(ctx, client.Resumable{
			Upload: client.Upload{Table: "labs", Name: "a.csv", Values: url.Values{"source": {"A"}, "period": {"2025-01"}}},
			File:   bytes.NewReader(text), Size: int64(len(text)), Fingerprint: "a",
			Sent: func(int64) {}, Loading: func(*client.Job) {},
		})
		if err != nil {
			if ctx.Err() == nil {
				s.refused = err.Error()
			}
			return "", false
		}
		return r.DeliveryID, true
	}
}

func fillInbox(rows string) func(*testing.T, *subject) {
	return func(t *testing.T, s *subject) {
		if err := os.Mkdir(filepath.Join(s.inbox, "A"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(s.inbox, "A", "2025-01.csv"), []byte("name,n\n"+rows), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// watches makes the inbox, unless that was acknowledged, and waits for its object.
func watches(ctx context.Context, s *subject) (string, bool) {
	c, err := client.New(s.base, "")
	if err != nil {
		return "", false
	}
	defer c.Close()
	spec := map[string]string{"location": "file://" + s.inbox, "pattern": "{source}/{period}.csv", "table": "labs", "every": "1s", "settle": "0s"}
	var v struct{ Loaded, Retry, Dead int }
	if !s.watched {
		if c.Call(ctx, http.MethodPut, "/v1/inboxes/in", spec, &v) != nil {
			return "", false
		}
		s.watched = true
	}
	for ctx.Err() == nil {
		if c.Call(ctx, http.MethodGet, "/v1/inboxes/in", nil, &v) == nil && v.Loaded == 1 {
			return "", true
		}
		if v.Dead > 0 {
			s.refused = "the inbox gave its object up"
			return "", false
		}
		time.Sleep(5 * time.Millisecond)
	}
	return "", false
}

func prepareHold(t *testing.T, s *subject) {
	t.Helper()
	if status, text := send(t, "PUT", s.base+"/v1/tables/labs", `{"columns":[{"name":"name","type":"VARCHAR"},{"name":"n","type":"BIGINT"}]}`); status != 201 {
		t.Fatalf("%d: %s", status, text)
	}
	if status, text := send(t, "PUT", s.base+"/v1/tables/labs/checks", `{"on_breach":"hold","rows_change":0.5}`); status != 200 {
		t.Fatalf("%d: %s", status, text)
	}
	s.prepared(t, loads("2025-01", lines(100, manyRows), 201))
}

func prepareDecision(t *testing.T, s *subject) {
	t.Helper()
	prepareHold(t, s)
	s.delivery = s.prepared(t, loads("2025-02", lines(200, fewRows), 202))
}

func prepareRevert(t *testing.T, s *subject) {
	t.Helper()
	s.prepared(t, loads("2025-01", lines(100, manyRows), 201))
	s.delivery = s.prepared(t, loads("2025-01", lines(200, manyRows), 201))
}

func (s *subject) prepared(t *testing.T, act func(context.Context, *subject) (string, bool)) string {
	t.Helper()
	id, ok := act(t.Context(), s)
	if !ok {
		t.Fatal("prepare: ", s.refused)
	}
	return id
}
