package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/assaydb/assay/storage/object/objecttest"
)

// flaky stands before an S3 server, refuses requests and loses replies until it is told to behave.
func flaky(t *testing.T, endpoint string, f objecttest.Faults) (address string, behave func()) {
	t.Helper()
	to, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.RWMutex
	var via http.RoundTripper = objecttest.NewFaultyTransport(11, f)
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host // which the signature covers
		},
		Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			mu.RLock()
			t := via
			mu.RUnlock()
			return t.RoundTrip(r)
		}),
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }, // the client sees a cut connection
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server.URL, func() {
		mu.Lock()
		defer mu.Unlock()
		via = http.DefaultTransport
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestMirrorOnFlakyS3 loads onto a server that answers three requests in ten with 503 and loses one reply in ten: nothing is lost and
// nothing is doubled, neither here nor in the mirror.
func TestMirrorOnFlakyS3(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for many retries")
	}
	b := newBucket(t)
	b.p.kill()
	endpoint, behave := flaky(t, b.Endpoint, objecttest.Faults{Refuse: 0.3, LoseReply: 0.1, Truncate: 0.05})
	b.url = "s3://" + b.Bucket + "/flaky?endpoint=" + endpoint
	b.p = serve(t, b.bin, b.data, "--mirror", b.url)
	seen := newLedger()
	var wait sync.WaitGroup
	for client := range 3 {
		wait.Go(func() {
			for range 2 {
				source := fmt.Sprintf("c%d", client) // each slot is replaced once
				body, p := file(seen.next(), 60)
				op := &operation{place{"kills", source}, slotValues(source, "ack", []string{"mirror", "quorum", "local"}[client]), body, showing(p)}
				if _, ok, err := seen.run(b.p.url, op); err != nil || !ok {
					t.Errorf("%v: %v", source, err)
				}
			}
		})
	}
	wait.Wait()
	seen.check(t, b.p.url, true)
	behave()
	drained(t, b.p.url)
	if live, err := filepath.Glob(filepath.Join(b.Dir, "flaky", "live", "kills", "*.parquet")); err != nil || len(live) != 3 {
		t.Errorf("live: %v, %v, want one segment for each of 3 slots", live, err)
	}
	b.p.stop()
	back := filepath.Join(t.TempDir(), "back")
	if out, err := exec.Command(b.bin, "restore", "--from", b.url, "--data", back).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	seen.check(t, serve(t, b.bin, back, "--mirror", "none").url, true)
}

// TestRestoreTellsWhatIsMissing takes objects away from a mirror: the restore names them and leaves nothing that starts.
func TestRestoreTellsWhatIsMissing(t *testing.T) {
	b := newBucket(t)
	b.fill(t)
	drained(t, b.p.url)
	b.p.stop()
	for what, pattern := range map[string]string{
		"segment": "live/flat/*.parquet", "log entry": "catalog/log/00000000000000000004.cmd", "snapshot": "catalog/snapshots/*", "side file": "deliveries/*/receipt.json",
	} {
		t.Run(what, func(t *testing.T) {
			found, err := filepath.Glob(filepath.Join(b.Dir, "m", filepath.FromSlash(pattern)))
			if err != nil || len(found) == 0 {
				t.Fatal(pattern, found, err)
			}
			name := found[0]
			whole, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for how, spoil := range map[string]func(){
				"missing": func() { os.Remove(name) },
				"damaged": func() { flip(t, name, len(whole)/2) },
			} {
				spoil()
				back := filepath.Join(t.TempDir(), "back")
				out, err := exec.Command(b.bin, "restore", "--from", b.url, "--data", back).CombinedOutput()
				base, _, _ := strings.Cut(strings.TrimLeft(filepath.Base(name), "0"), ".")
				if err == nil || base != "" && !strings.Contains(string(out), base) && !(how == "missing" && what == "snapshot") {
					t.Errorf("%s %s: %v: %s does not name %q", how, what, err, out, base)
				}
				if p, err := launch(t, b.bin, back, "--mirror", "none"); err == nil && what != "snapshot" && what != "log entry" {
					p.kill()
					t.Errorf("%s %s: half a restore starts", how, what)
				}
				if err := os.WriteFile(name, whole, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	back := filepath.Join(t.TempDir(), "back")
	if out, err := exec.Command(b.bin, "restore", "--from", b.url, "--data", back).CombinedOutput(); err != nil {
		t.Fatalf("with everything in place again: %v: %s", err, out)
	}
}
