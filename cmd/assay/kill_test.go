package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestKill kills the server with SIGKILL at random moments while files are loaded, starts it again, and checks that every file that was
// acknowledged is there whole and once: its rows and the sum of its values, by delivery. ASSAY_SOAK asks for 200 kills instead of 4.
func TestKill(t *testing.T) {
	kills := 4
	if os.Getenv("ASSAY_SOAK") != "" {
		kills = 200
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// testscript.Main makes the test binary run main when it is called by a command's name.
	bin := filepath.Join(t.TempDir(), "assay")
	if err := os.Symlink(self, bin); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	k := &killing{data: filepath.Join(t.TempDir(), "data"), bin: bin, acked: map[string]sums{}}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	for round := range kills {
		p := k.start(t)
		k.check(t, p.url)
		stop := make(chan struct{})
		var wait sync.WaitGroup
		for worker := range 3 {
			wait.Go(func() { k.load(p.url, round, worker, stop) })
		}
		time.Sleep(time.Duration(20+rng.IntN(700)) * time.Millisecond)
		p.kill(t)
		close(stop)
		wait.Wait()
	}
	p := k.start(t)
	k.check(t, p.url)
	p.kill(t)
	if len(k.acked) == 0 {
		t.Error("no load was acknowledged: the test shows nothing")
	}
	t.Logf("%d kills, %d files acknowledged, none lost, none doubled", kills, len(k.acked))
}

type sums struct{ rows, total int64 }

// killing is what must survive.
type killing struct {
	data, bin string
	mu        sync.Mutex
	acked     map[string]sums // by source
}

type process struct {
	cmd *exec.Cmd
	url string
}

func (k *killing) start(t *testing.T) *process {
	t.Helper()
	p := &process{cmd: exec.Command(k.bin, "serve", "--data", k.data, "--http", "127.0.0.1:0", "--log-level", "warn")}
	p.cmd.Env = append(os.Environ(), "ASSAY_MIRROR=none")
	pipe, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(pipe)
	var log strings.Builder
	for lines.Scan() {
		if _, address, ok := strings.Cut(lines.Text(), "listening on "); ok {
			p.url = address
			go io.Copy(io.Discard, pipe) // ends with the process
			return p
		}
		fmt.Fprintln(&log, lines.Text())
	}
	t.Fatalf("the server did not start again: %s", log.String())
	return nil
}

func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.cmd.Wait() // says that it was killed
}

// load sends files until stop; a file counts as acknowledged only when its receipt came whole.
func (k *killing) load(base string, round, worker int, stop <-chan struct{}) {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		default:
		}
		source := fmt.Sprintf("r%03d-w%d-n%04d", round, worker, n)
		body, want := killFile(round*1_000_003+worker*7919+n, 50+n%400)
		req, err := http.NewRequest(http.MethodPut, base+"/v1/tables/kills/load?"+url.Values{"source": {source}, "period": {"p"}}.Encode(), bytes.NewReader(body))
		if err != nil {
			return
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusCreated || !bytes.Contains(text, []byte("catalog_index")) {
			continue
		}
		k.mu.Lock()
		k.acked[source] = want
		k.mu.Unlock()
	}
}

func killFile(seed, rows int) ([]byte, sums) {
	b := []byte("source_id,value,note\n")
	want := sums{rows: int64(rows)}
	for i := range rows {
		v := int64(seed%977+1) * int64(i+1)
		want.total += v
		b = fmt.Appendf(b, "%d-%d,%d,x\n", seed, i, v)
	}
	return b, want
}

// check compares what is there with what was acknowledged. Files without a receipt may be there too, but whole.
func (k *killing) check(t *testing.T, base string) {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.acked) == 0 {
		return
	}
	got := map[string]sums{}
	lines := strings.Split(strings.TrimSpace(ask(t, base, "SELECT _source, _delivery, COUNT(*), SUM(value) FROM kills GROUP BY _source, _delivery")), "\n")
	for _, line := range lines[1:] {
		cells := strings.Split(line, ",")
		var s sums
		fmt.Sscan(cells[2], &s.rows)
		fmt.Sscan(cells[3], &s.total)
		if _, twice := got[cells[0]]; twice {
			t.Errorf("file %s is there twice", cells[0])
		}
		got[cells[0]] = s
	}
	for source, want := range k.acked {
		if got[source] != want {
			t.Errorf("file %s: %+v, acknowledged %+v", source, got[source], want)
		}
	}
}
