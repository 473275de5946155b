package main

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// TestKill kills the server with SIGKILL at random moments while several clients create tables, replace, append, revert, compact
// and wait for the mirror. After each restart every slot must be in a state that its acknowledged operations led to: by delivery, the rows,
// the sum and a hash of the rows of the CSV. What was in flight may have happened whole or not at all; sent again it is never
// there twice. At the end a restore is killed again and again, and what it makes must answer alike. ASSAY_SOAK asks for 200 kills.
func TestKill(t *testing.T) {
	kills := 4
	if os.Getenv("ASSAY_SOAK") != "" {
		kills = 200
	}
	k := &killing{data: filepath.Join(t.TempDir(), "data"), bin: binary(t), seen: newLedger()}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	for round := range kills {
		p := k.start(t)
		k.round(t, p, round, func() { time.Sleep(time.Duration(rng.IntN(900)) * time.Millisecond) })
		if t.Failed() {
			t.Fatalf("after %d kills", round)
		}
	}
	p := k.start(t)
	k.seen.check(t, p.url, true)
	c := drained(t, p.url)
	p.kill()
	if k.seen.acks == 0 {
		t.Error("nothing was acknowledged: the test shows nothing")
	}
	k.restore(t, rng, 2+kills/10, c.Index)
	t.Logf("%d kills, %d operations acknowledged, %d sent again, none lost, none doubled; the longest way from start to the next ack took %v",
		kills, k.seen.acks, k.seen.again, k.slowest)
}

// killing is one folder whose server is killed.
type killing struct {
	data, bin string
	seen      *ledger
	slowest   time.Duration // from start to the first acknowledgement
}

// start begins a server, and measures until it acknowledges the first load.
func (k *killing) start(t *testing.T) *process {
	t.Helper()
	began := time.Now()
	p := serve(t, k.bin, k.data, "--log-level", "warn", "--compact-every", "50ms")
	k.seen.first(t, p.url)
	k.slowest = max(k.slowest, time.Since(began))
	k.seen.resend(t, p.url)
	return p
}

// round checks what the last kill left, then loads until disaster has returned.
func (k *killing) round(t *testing.T, p *process, round int, disaster func()) {
	t.Helper()
	k.seen.check(t, p.url, false)
	stop := make(chan struct{})
	var wait sync.WaitGroup
	for _, work := range []func(*sender, int){(*sender).newTables, (*sender).replace, (*sender).appends, (*sender).reverts, (*sender).mirrored, (*sender).compacts} {
		c := &sender{ledger: k.seen, base: p.url, stop: stop, fail: func(text string) { t.Error(text) }}
		wait.Go(func() { work(c, round) })
	}
	disaster()
	p.kill()
	close(stop)
	wait.Wait()
}

// restore rebuilds the node from its mirror while being killed, and compares.
func (k *killing) restore(t *testing.T, rng *rand.Rand, kills int, index uint64) {
	t.Helper()
	back := filepath.Join(t.TempDir(), "back")
	run := func() *exec.Cmd {
		return exec.Command(k.bin, "restore", "--from", "file://"+filepath.Join(k.data, "mirror"), "--data", back)
	}
	for range kills {
		cmd := run()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Duration(rng.IntN(150))*time.Millisecond, func() { cmd.Process.Kill() })
		finished := cmd.Wait() == nil
		timer.Stop()
		if finished { // nothing left to interrupt: begin again
			if err := os.RemoveAll(back); err != nil {
				t.Fatal(err)
			}
		}
	}
	if out, err := run().CombinedOutput(); err != nil {
		t.Fatalf("restore after %d kills: %v: %s", kills, err, out)
	}
	p := serve(t, k.bin, back, "--log-level", "warn", "--mirror", "none")
	defer p.kill()
	if got := clusterOf(t, p.url); got.Index < index || got.Epoch < 2 {
		t.Errorf("restored: %+v, want index %d in a new epoch", got, index)
	}
	k.seen.check(t, p.url, true)
}
