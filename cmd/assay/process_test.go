package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a server in a process of its own: one that can be killed.
type process struct {
	cmd  *exec.Cmd
	url  string
	mu   sync.Mutex
	text strings.Builder // what it wrote to standard error
	read chan struct{}   // closed at the end of that
}

// binary gives a path under which this test binary is assay: testscript.Main runs main when it is called by a command's name.
func binary(t testing.TB) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(t.TempDir(), "assay")
	if err := os.Symlink(self, bin); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	return bin
}

// launch starts assay serve and waits until it listens or ends; an error tells how it ended.
func launch(t testing.TB, bin, data string, flags ...string) (*process, error) {
	t.Helper()
	return launchIn(t, nil, bin, data, flags...)
}

// launchIn is launch with more in the environment.
func launchIn(t testing.TB, environment []string, bin, data string, flags ...string) (*process, error) {
	t.Helper()
	p := &process{read: make(chan struct{})}
	p.cmd = exec.Command(bin, append([]string{"serve", "--data", data, "--http", "127.0.0.1:0"}, flags...)...)
	p.cmd.Env = append(os.Environ(), environment...)
	pipe, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan string, 1)
	go func() {
		defer close(p.read)
		for lines := bufio.NewScanner(pipe); lines.Scan(); {
			if _, address, ok := strings.Cut(lines.Text(), "listening on "); ok {
				ready <- address
			}
			p.mu.Lock()
			fmt.Fprintln(&p.text, lines.Text())
			p.mu.Unlock()
		}
	}()
	t.Cleanup(p.kill)
	select {
	case p.url = <-ready:
		return p, nil
	case <-p.read:
		return nil, errors.Join(p.cmd.Wait(), errors.New(p.log()))
	case <-time.After(time.Minute):
		p.kill()
		return nil, fmt.Errorf("the server did not start in a minute: %s", p.log())
	}
}

// serve is launch for servers that must start.
func serve(t testing.TB, bin, data string, flags ...string) *process {
	t.Helper()
	p, err := launch(t, bin, data, flags...)
	if err != nil {
		t.Fatalf("the server did not start: %v", err)
	}
	return p
}

func (p *process) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// kill ends the process as kill -9 does and waits until it is gone; it may be called again.
func (p *process) kill() { p.end(syscall.SIGKILL) }

// stop ends the process as an operator does.
func (p *process) stop() { p.end(syscall.SIGTERM) }

func (p *process) end(how os.Signal) {
	p.cmd.Process.Signal(how)
	<-p.read
	p.cmd.Wait()
}

// mirrorState is the mirror's part of /v1/cluster.
type mirrorState struct {
	Index    uint64 `json:"catalog_index"`
	Objects  int    `json:"objects_behind"`
	Commands int    `json:"commands_behind"`
	Error    string `json:"error"`
}

// clusterState is what tests ask of /v1/cluster.
type clusterState struct {
	Index  uint64      `json:"catalog_index"`
	Epoch  uint64      `json:"epoch"`
	Mirror mirrorState `json:"mirror"`
}

func clusterOf(t testing.TB, base string) (c clusterState) {
	t.Helper()
	status, text := get(t, base+"/v1/cluster")
	if status != http.StatusOK || json.Unmarshal([]byte(text), &c) != nil {
		t.Fatalf("cluster: status %d: %s", status, text)
	}
	return c
}

// drained waits until the mirror holds everything.
func drained(t testing.TB, base string) clusterState {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		c := clusterOf(t, base)
		if c.Mirror.Index >= c.Index && c.Mirror.Commands == 0 && c.Mirror.Objects == 0 && c.Mirror.Error == "" {
			return c
		}
		if time.Now().After(deadline) {
			t.Fatalf("the mirror is not drained: %+v", c)
		}
	}
}
