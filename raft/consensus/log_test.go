package consensus_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/raft/consensus"
	"github.com/assaydb/assay/storage/errs"
	"github.com/hashicorp/raft"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func config(dir string) consensus.Config {
	return consensus.Config{Dir: dir, NodeID: "n1", SnapshotThreshold: 1 << 40, TrailingLogs: 1}
}

func open(t testing.TB, conf consensus.Config) *consensus.Log {
	t.Helper()
	l, err := consensus.Open(conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	ready(t, l)
	return l
}

func ready(t testing.TB, l *consensus.Log) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := l.Ready(ctx); err != nil {
		t.Fatal(err)
	}
}

func closeLog(t testing.TB, l *consensus.Log) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func member(i int) *catalog.PutMember {
	return &catalog.PutMember{Member: catalog.Member{ID: fmt.Sprintf("n%d", i), Address: fmt.Sprintf("10.0.0.%d:7950", i), Role: "all"}}
}

func propose(t testing.TB, l *consensus.Log, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if _, err := l.Propose(t.Context(), member(i)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReopenKeepsEverything(t *testing.T) {
	dir := t.TempDir()
	l := open(t, config(dir))
	propose(t, l, 0, 20)
	if err := l.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	propose(t, l, 20, 30)
	want := l.Snapshot()
	if _, err := l.Propose(t.Context(), &catalog.RemoveMember{ID: "nobody"}); !errs.Is(err, errs.NotFound) {
		t.Fatalf("a refusal came back as %v", err)
	}
	closeLog(t, l)
	if _, err := l.Propose(t.Context(), member(1)); errs.As(err) == nil || errs.As(err).Code != "closing" {
		t.Fatalf("a closed log gave %v", err)
	}
	got := open(t, config(dir)).Snapshot()
	if got.Index() != want.Index() || got.StateHash() != want.StateHash() || len(got.Members()) != 30 {
		t.Fatalf("after reopening: index %d, %d members, want index %d", got.Index(), len(got.Members()), want.Index())
	}
}

func TestWrongNodeID(t *testing.T) {
	dir := t.TempDir()
	closeLog(t, open(t, config(dir)))
	conf := config(dir)
	conf.NodeID = "n2"
	if _, err := consensus.Open(conf); errs.As(err) == nil || errs.As(err).Code != "wrong-node-id" {
		t.Fatalf("got %v", err)
	}
}

func TestTwoProcessesOneFolder(t *testing.T) {
	dir := t.TempDir()
	open(t, config(dir))
	if _, err := consensus.Open(config(dir)); errs.As(err) == nil || errs.As(err).Code != "in-use" {
		t.Fatalf("got %v", err)
	}
}

func TestConcurrentProposals(t *testing.T) {
	l := open(t, config(t.TempDir()))
	var wg sync.WaitGroup
	for p := range 8 {
		wg.Go(func() {
			for i := range 25 {
				if _, err := l.Propose(t.Context(), member(100*p+i)); err != nil {
					t.Error(err)
				}
				_ = l.Snapshot().StateHash()
			}
		})
	}
	wg.Wait()
	if n := len(l.Snapshot().Members()); n != 200 || l.Snapshot().Index() != 200 {
		t.Fatalf("%d members at index %d", n, l.Snapshot().Index())
	}
}

func TestAppliedDeliversInOrderAndTellsCompaction(t *testing.T) {
	dir := t.TempDir()
	l := open(t, config(dir))
	propose(t, l, 0, 5)
	_, _ = l.Propose(t.Context(), &catalog.RemoveMember{ID: "nobody"}) // has no index
	replica := catalog.New()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := make(chan uint64, 64)
	done := make(chan error, 1)
	go func() {
		done <- l.Applied(ctx, 0, func(index uint64, cmd []byte) error {
			res, err := replica.Apply(cmd)
			if err != nil || res.Index != index {
				return fmt.Errorf("command %d gave index %d: %w", index, res.Index, err)
			}
			seen <- index
			return nil
		})
	}()
	propose(t, l, 5, 10)
	for want := uint64(1); want <= 10; want++ {
		if got := <-seen; got != want {
			t.Fatalf("command %d came when %d was due", got, want)
		}
	}
	if replica.Snapshot().StateHash() != l.Snapshot().StateHash() {
		t.Fatal("a replica fed by Applied differs")
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := l.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := l.Applied(t.Context(), 0, func(uint64, []byte) error { return nil })
	if !errs.Is(err, errs.Gone) {
		t.Fatalf("compacted commands gave %v", err)
	}
	stop := errors.New("stop")
	propose(t, l, 10, 11)
	if err := l.Applied(t.Context(), 10, func(index uint64, _ []byte) error { return stop }); !errors.Is(err, stop) {
		t.Fatal(err)
	}
}

func TestBackupAndRestore(t *testing.T) {
	l := open(t, config(t.TempDir()))
	propose(t, l, 0, 5)
	var backup bytes.Buffer
	if err := l.Backup(&backup); err != nil {
		t.Fatal(err)
	}
	propose(t, l, 5, 8)
	var commands [][]byte
	_ = l.Applied(t.Context(), 5, func(index uint64, cmd []byte) error {
		if commands = append(commands, cmd); index == 8 {
			return context.Canceled
		}
		return nil
	})
	dir := filepath.Join(t.TempDir(), "new")
	damaged := append(bytes.Clone(commands[0]), 0)
	if err := consensus.Restore(dir, bytes.NewReader(backup.Bytes()), [][]byte{damaged}); !errs.Is(err, errs.Corrupt) {
		t.Fatalf("a damaged command gave %v", err)
	}
	if err := consensus.Restore(dir, bytes.NewReader(backup.Bytes()[1:]), nil); !errs.Is(err, errs.Corrupt) {
		t.Fatalf("a damaged backup gave %v", err)
	}
	if err := consensus.Restore(dir, &backup, commands); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		r := open(t, config(dir))
		if s := r.Snapshot(); s.Index() < 8 || s.Epoch() != 2 || len(s.Members()) < 8 {
			t.Fatalf("restored to index %d, epoch %d, %d members", s.Index(), s.Epoch(), len(s.Members()))
		}
		propose(t, r, 8, 9)
		closeLog(t, r)
	}
	if err := consensus.Restore(dir, nil, nil); !errs.Is(err, errs.Conflict) {
		t.Fatalf("restoring over a catalog gave %v", err)
	}
}

func TestWaitIndex(t *testing.T) {
	l := open(t, config(t.TempDir()))
	done := make(chan error, 1)
	go func() { done <- l.WaitIndex(t.Context(), 3) }()
	propose(t, l, 0, 3)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.WaitIndex(ctx, 4); !errs.Is(err, errs.Timeout) {
		t.Fatalf("got %v", err)
	}
}

// hungStore hangs in StoreLogs while the gate is closed.
type hungStore struct {
	raft.LogStore
	gate sync.RWMutex
}

func (h *hungStore) StoreLogs(logs []*raft.Log) error {
	h.gate.RLock()
	defer h.gate.RUnlock()
	return h.LogStore.StoreLogs(logs)
}

func TestHungDiskCostsTheLeadership(t *testing.T) {
	dir := t.TempDir()
	hung := &hungStore{}
	conf := config(dir)
	conf.StoreTimeout = 500 * time.Millisecond
	conf.WrapStore = func(inner raft.LogStore) raft.LogStore {
		hung.LogStore = inner
		return hung
	}
	l := open(t, conf)
	propose(t, l, 0, 3)
	hung.gate.Lock()
	_, err := l.Propose(t.Context(), member(3))
	if e := errs.As(err); e == nil || e.Code != "outcome-unknown" {
		t.Fatalf("a hung disk gave %v", err)
	}
	hung.gate.Unlock()
	ready(t, l)
	propose(t, l, 4, 6)
	want := l.Snapshot()
	closeLog(t, l)
	got := open(t, config(dir)).Snapshot()
	if got.Index() != want.Index() || got.StateHash() != want.StateHash() {
		t.Fatalf("after the hang the restarted node is at index %d with other content than before, index %d", got.Index(), want.Index())
	}
}

func TestOutcome(t *testing.T) {
	l := open(t, config(t.TempDir()))
	if _, ok, err := l.Outcome(t.Context(), [16]byte{1}); ok || err != nil {
		t.Fatalf("got %v, %v", ok, err)
	}
}
