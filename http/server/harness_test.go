package server_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/assaydb/assay/http/server"
	"github.com/assaydb/assay/ingest"
	"github.com/assaydb/assay/ingest/inbox"
	"github.com/assaydb/assay/ingest/job"
	"github.com/assaydb/assay/ingest/upload"
	"github.com/assaydb/assay/planner"
	"github.com/assaydb/assay/planner/operator"
	"github.com/assaydb/assay/planner/scatter"
	"github.com/assaydb/assay/raft/consensus"
	"github.com/assaydb/assay/storage"
	"github.com/assaydb/assay/storage/errs"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/golang/glog.(*fileSink).flushDaemon")) // lives as long as the process
}

// rig is a server on its real parts: a catalog, a store, a loader and an engine in a folder of their own.
type rig struct {
	url    string
	addr   string
	srv    *server.Server
	log    *lines
	http   *http.Client
	served chan error
}

// setup is what a test changes of a rig.
type setup struct {
	cfg    server.Config
	tls    *tls.Config
	tokens server.Identifier
	level  slog.Level
}

// lines is a log that a test reads.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// keeper stands for the node: these tests ask it for nothing but its readiness.
type keeper struct{}

func (keeper) Ready() error { return nil }
func (keeper) Cluster() any { return map[string]string{"health": "fine"} }
func (keeper) Peers() any   { return []string{} }

func (keeper) Verify(ctx context.Context, _ func(done, total int64)) (any, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (keeper) Repair(context.Context, func(done, total int64)) (any, error) {
	return nil, errors.New("not in this test")
}

func (keeper) Compact(_ context.Context, table uint32, report func(done, total int64)) (any, error) {
	report(1, 1)
	return map[string]uint32{"table": table}, nil
}

func (keeper) Compacted(string) float64 { return 0 }
func (keeper) Memory(string) float64    { return 0 }

func (keeper) DDL(string, string) (string, error) { return "SELECT 1", nil }

func start(t *testing.T, with setup) *rig {
	t.Helper()
	r := &rig{log: &lines{}, served: make(chan error, 1)}
	parts := openParts(t, slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: with.level})))
	parts.Tokens = with.tokens
	with.cfg.Dir = filepath.Join(t.TempDir(), "results")
	var err error
	if r.srv, err = server.New(with.cfg, parts); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	scheme, transport := "http://", &http.Transport{DisableCompression: true}
	if with.tls != nil {
		scheme = "https://"
		transport.TLSClientConfig, transport.ForceAttemptHTTP2 = clientTLS(t, with.tls), true
	}
	r.addr, r.url, r.http = l.Addr().String(), scheme+l.Addr().String(), &http.Client{Transport: transport}
	go func() { r.served <- r.srv.Serve(l, with.tls) }()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		ctx, stop := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer stop()
		if err := r.srv.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := <-r.served; err != nil {
			t.Error(err)
		}
	})
	return r
}

func openParts(t *testing.T, log *slog.Logger) server.Parts {
	t.Helper()
	dir := t.TempDir()
	store, err := storage.Open(storage.Config{Dir: dir, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	cat, err := consensus.Open(consensus.Config{Dir: filepath.Join(dir, "raft"), NodeID: "n1", Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cat.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := cat.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	loader, err := ingest.New(ingest.Config{Store: store, Catalog: cat, TempDir: filepath.Join(dir, "ingest"), Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := job.Open(job.Config{Dir: filepath.Join(dir, "jobs"), Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { jobs.Close() })
	uploads, err := upload.Open(upload.Config{Dir: filepath.Join(dir, "uploads"), Loader: loader, Jobs: jobs, Slots: make(chan struct{}, 2), Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	inboxes, err := inbox.OpenInboxes(inbox.Settings{Dir: filepath.Join(dir, "inboxes"), Roots: []string{os.TempDir()}, Loader: loader, Slots: make(chan struct{}, 2), Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { inboxes.Close() })
	env := operator.Env{Storage: store, Memory: operator.NewGrant(256 << 20), TempDir: t.TempDir(), Parallelism: 2, Logger: log}
	engine := planner.New(planner.Config{Catalog: cat, Scatter: scatter.New(scatter.Config{Env: env, Logger: log}), Logger: log})
	return server.Parts{Engine: engine, Loader: loader, Catalog: cat, Keeper: keeper{}, Jobs: jobs, Uploads: uploads, Inboxes: inboxes, Logger: log}
}

// answer is a whole response.
type answer struct {
	status  int
	header  http.Header
	trailer http.Header
	body    string
	proto   int
	cut     error // the body ended too early
}

// code is the code of a problem.
func (a answer) code() string {
	var p struct{ Code string }
	if json.Unmarshal([]byte(a.body), &p) != nil {
		return ""
	}
	return p.Code
}

// send makes a request; header holds names and values in turn.
func (r *rig) send(t *testing.T, method, path, body string, header ...string) answer {
	t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, r.url+path, in)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := r.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, resp.Trailer, string(text), resp.ProtoMajor, err}
}

// load puts a CSV into a table.
func (r *rig) load(t *testing.T, table, csv string) {
	t.Helper()
	if a := r.send(t, "PUT", "/v1/tables/"+table+"/load", csv); a.status != http.StatusCreated {
		t.Fatalf("load: %d %s", a.status, a.body)
	}
}

// numbers is a CSV of n rows: n and its text.
func numbers(n int) string {
	var b strings.Builder
	b.WriteString("n,s\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,row %d\n", i+1, i+1)
	}
	return b.String()
}

// eventually waits for something that other goroutines bring about.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come about", what)
		}
	}
}

// fixed lets one token in.
type fixed string

func (f fixed) Identify(r *http.Request) (string, error) {
	if r.Header.Get("Authorization") != "Bearer "+string(f) {
		return "", errs.New(errs.Unauthed, "bad-token", "the bearer token is not known here")
	}
	return "tester", nil
}
