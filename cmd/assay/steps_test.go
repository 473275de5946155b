package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/assaydb/assay/http/client"
	"github.com/assaydb/assay/storage/failpoint"
)

var hitCall = regexp.MustCompile(`failpoint\.Hit\("([^"]*)"\)`)

// TestStepsAreListed holds the list of steps against the code: each is there, hit and tried, and nothing else is.
func TestStepsAreListed(t *testing.T) {
	seen := map[string]bool{}
	for _, dir := range []string{"storage", "raft", "ingest", "node", "http"} {
		err := filepath.WalkDir(filepath.Join("../..", dir), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range hitCall.FindAllSubmatch(text, -1) {
				if name := string(m[1]); seen[name] {
					t.Errorf("%s: %s is hit in two places, so a kill at the first would hide the second", path, name)
				} else if seen[name] = true; !slices.Contains(failpoint.Names, name) {
					t.Errorf("%s: %s is not in failpoint.Names", path, name)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range failpoint.Names {
		if !seen[name] {
			t.Errorf("%s is listed, and nothing hits it", name)
		}
		if !slices.ContainsFunc(operations(), func(op stepwise) bool { return op.owns(name) }) {
			t.Errorf("%s belongs to no operation, so no kill would be tried there", name)
		}
	}
}

// TestKillAtEveryStep kills the server at each named step of an upload, a load, an inbox's look, a hold, a decision and a revert. After a
// restart the request is repeated as a client would, unless it was acknowledged, and everything must be there once. Beyond the short form
// each step of every operation has its turn, at each of its hits.
func TestKillAtEveryStep(t *testing.T) {
	if testing.Short() {
		t.Skip("it is about the order of steps in a server of its own build: the race detector would see nothing of it")
	}
	bin, reached := failing(t), &steps{seen: map[string]bool{}}
	t.Run("at", func(t *testing.T) {
		for _, op := range operations() {
			for _, name := range failpoint.Names {
				own := op.owns(name)
				if !own && os.Getenv("ASSAY_SOAK") == "" {
					continue
				}
				t.Run(op.name+"/"+name, func(t *testing.T) {
					t.Parallel()
					most := max(op.hits[name], 1)
					if os.Getenv("ASSAY_SOAK") != "" {
						most = 100
					}
					for n := 1; n <= most; n++ {
						must := own && n <= max(op.hits[name], 1)
						if !killAt(t, bin, op, name, n, must) {
							if must {
								t.Errorf("%s does not come %d times", name, n)
							}
							return
						}
						reached.add(name)
					}
				})
			}
		}
	})
	t.Logf("%d kills at %d steps: nothing lost, nothing twice", reached.kills, len(reached.seen))
}

// steps are those at which a server was killed.
type steps struct {
	mu    sync.Mutex
	seen  map[string]bool
	kills int
}

func (s *steps) add(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[name] = true
	s.kills++
}

// failing builds assay with its steps armed; the go command keeps what it compiled.
func failing(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "assay-failpoint")
	if out, err := exec.Command("go", "build", "-tags", "failpoint", "-ldflags", "-s -w", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	return bin
}

// killAt lets an operation run into its step; false when the step did not come.
func killAt(t *testing.T, bin string, op stepwise, name string, n int, must bool) bool {
	t.Helper()
	dir := t.TempDir()
	data, armed, in := filepath.Join(dir, "data"), filepath.Join(dir, "armed"), filepath.Join(dir, "in")
	if err := os.Mkdir(in, 0o755); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--log-level", "error", "--inbox-roots", in}
	p, err := launchIn(t, []string{fmt.Sprintf("ASSAY_FAILPOINT=%s:%d", name, n), "ASSAY_FAILPOINT_AFTER=" + armed}, bin, data, flags...)
	if err != nil {
		t.Fatal(err)
	}
	s := &subject{base: p.url, inbox: in}
	if op.prepare != nil {
		op.prepare(t, s)
	}
	if err := os.WriteFile(armed, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		<-p.read
		cancel()
	}()
	first, acked := op.act(ctx, s)
	died := p.dies(must || !acked)
	p.kill()
	if s.refused != "" {
		t.Fatal(s.refused)
	}
	if !died {
		return false
	}
	p = serve(t, bin, data, flags...)
	s.base = p.url
	ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	again, ok := op.act(ctx, s)
	switch {
	case !ok:
		t.Fatalf("repeated after the restart it is not acknowledged: %s", s.refused)
	case first != "" && first != again:
		t.Errorf("%s was acknowledged, and %s when it was repeated", first, again)
	}
	op.check(t, s.base)
	p.kill()
	return true
}

// dies waits for the end of a server that must come to a step. One that need not, and has acknowledged its operation, has little left to do.
func (p *process) dies(must bool) bool {
	patience := 300 * time.Millisecond
	if must {
		patience = 20 * time.Second
	}
	select {
	case <-p.read:
		return true
	case <-time.After(patience):
		return false
	}
}

// check asks for every row, every delivery and every job.
func (op *stepwise) check(t *testing.T, base string) {
	t.Helper()
	if got, want := ask(t, base, "SELECT name, n FROM labs ORDER BY name, n"), "name,n\n"+op.rows; got != want {
		t.Errorf("rows:\n%swant\n%s", got, want)
	}
	c, err := client.New(base, "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	all, err := client.List[deliveryView](t.Context(), c, "/v1/tables/labs/deliveries")
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, d := range all {
		states = append(states, d.Period+" "+d.State)
	}
	slices.Sort(states)
	if got := strings.Join(states, ", "); got != op.states {
		t.Errorf("deliveries: %s, want %s", got, op.states)
	}
	live := strings.Count(op.states, "live")
	if got, want := ask(t, base, "SELECT COUNT(*) AS n FROM assay.deliveries WHERE state = 'live'"), fmt.Sprintf("n\n%d\n", live); got != want {
		t.Errorf("live deliveries in SQL: %q, want %q", got, want)
	}
	if out := job(t, base, "verify"); !strings.Contains(out, `"damaged":[]`) {
		t.Errorf("verify: %s", out)
	}
	jobs, err := client.List[client.Job](t.Context(), c, "/v1/jobs")
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range jobs {
		if j.State != "SUCCEEDED" {
			t.Errorf("job %s: %s %+v", j.ID, j.State, j.Error)
		}
	}
}
