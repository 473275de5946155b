package server_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestDrain: a server that shuts down says so, finishes what runs and takes nothing new.
func TestDrain(t *testing.T) {
	r := start(t, setup{})
	r.load(t, "t", numbers(manyRows))
	resp, err := r.http.Post(r.url+"/v1/sql?format=csv", "text/plain", strings.NewReader("SELECT n, s, s, s, s FROM t"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body := bufio.NewReader(resp.Body)
	if _, err := body.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	go func() { done <- r.srv.Shutdown(ctx) }()
	eventually(t, "readyz 503", func() bool { return r.send(t, "GET", "/readyz", "").status == 503 })
	if a := r.send(t, "GET", "/healthz", ""); a.status != 200 {
		t.Errorf("healthz: %d", a.status)
	}
	for _, path := range []string{"/v1/sql?q=SELECT+1", "/v1/tables"} {
		if a := r.send(t, "GET", path, ""); a.status != 503 || a.code() != "draining" || a.header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %v %s", path, a.status, a.header, a.body)
		}
	}
	select {
	case err := <-done:
		t.Fatalf("it did not wait for the query: %v", err)
	default:
	}
	rest, err := io.ReadAll(body)
	if err != nil || strings.Count(string(rest), "\n") != manyRows || resp.Trailer.Get("Assay-Status") != "ok" {
		t.Errorf("the running query: %d rows, %v, %v", strings.Count(string(rest), "\n"), resp.Trailer, err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestDrainLimit: what runs longer than the limit is cut, and looks cut.
func TestDrainLimit(t *testing.T) {
	r := start(t, setup{})
	r.load(t, "t", numbers(manyRows))
	resp, err := r.http.Post(r.url+"/v1/sql?format=csv", "text/plain", strings.NewReader("SELECT n, s, s, s, s FROM t"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	if err := r.srv.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err == nil {
		t.Error("a cut result looks whole")
	}
}

// TestIdempotencyKey: the same request again gets the same answer; another one under the same key is refused.
func TestIdempotencyKey(t *testing.T) {
	r := start(t, setup{})
	post := func(path, body, key string) answer {
		return r.send(t, http.MethodPost, path, body, "Idempotency-Key", key, "Content-Type", "text/plain")
	}
	first := post("/v1/queries", "SELECT 1", "a")
	again := post("/v1/queries", "SELECT 1", "a")
	if first.status != 202 || again.status != 202 || first.header.Get("Location") != again.header.Get("Location") || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("first %d %s, again %d %s", first.status, first.body, again.status, again.body)
	}
	if other := post("/v1/queries", "SELECT 1", "b"); other.header.Get("Location") == first.header.Get("Location") {
		t.Error("another key gave the same query")
	}
	for path, body := range map[string]string{"/v1/queries": "SELECT 2", "/v1/queries?max_rows=1": "SELECT 1"} {
		if a := post(path, body, "a"); a.status != 422 || a.code() != "idempotency-key-reused" {
			t.Errorf("%s %s: %d %s", path, body, a.status, a.body)
		}
	}
	load, same := post("/v1/tables/t/load", "a\n1\n", "c"), post("/v1/tables/t/load", "a\n1\n", "c")
	if load.status != 201 || same.status != 201 || load.body != same.body {
		t.Errorf("load %d, again %d %s", load.status, same.status, same.body)
	}
	if a := post("/v1/tables/t/load", "a\n2\n", "c"); a.status != 422 {
		t.Errorf("another file under the same key: %d %s", a.status, a.body)
	}
	if a := post("/v1/sql", "SELECT 1", strings.Repeat("k", 300)); a.status != 400 {
		t.Errorf("a long key: %d", a.status)
	}
}
