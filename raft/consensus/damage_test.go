package consensus_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/assaydb/assay/raft/catalog"
	"github.com/assaydb/assay/raft/consensus"
	"github.com/assaydb/assay/storage/errs"
)

// reopenDamaged opens a folder whose files may be damaged: it must report Corrupt or come up with the state it had.
func reopenDamaged(t *testing.T, dir string, want *catalog.Snapshot, what string) (reported bool) {
	t.Helper()
	l, err := consensus.Open(config(dir))
	if err != nil {
		if !errs.Is(err, errs.Corrupt) {
			t.Fatalf("%s: reported as %v", what, err)
		}
		return true
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := l.Ready(ctx); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	got := l.Snapshot()
	closeLog(t, l)
	if got.Index() != want.Index() || got.StateHash() != want.StateHash() {
		t.Fatalf("%s: index %d came back, want %d", what, got.Index(), want.Index())
	}
	return false
}

func copyDir(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

func TestFlippedBitsInLogAreReported(t *testing.T) {
	dir := t.TempDir()
	l := open(t, config(dir))
	propose(t, l, 0, 40)
	want := l.Snapshot()
	closeLog(t, l)
	path := filepath.Join(dir, "raft.db")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	reported := 0
	flips := 60
	if os.Getenv("ASSAY_SOAK") != "" {
		flips = 2000
	}
	for i := range flips {
		at := (i*2654435761 + 17) % len(whole)
		if i < 16 {
			at = (i%2)*4096 + 16 + i*3 // the heads
		}
		work := t.TempDir()
		copyDir(t, dir, work)
		bad := append([]byte(nil), whole...)
		bad[at] ^= 1 << (i % 8)
		if err := os.WriteFile(filepath.Join(work, "raft.db"), bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if reopenDamaged(t, work, want, fmt.Sprintf("bit %d of byte %d flipped", i%8, at)) {
			reported++
		}
	}
	if reported < 16 { // the heads; most other pages are free
		t.Fatalf("only %d of %d flips were reported", reported, flips)
	}
	if err := os.Truncate(path, int64(len(whole))/2); err != nil {
		t.Fatal(err)
	}
	if !reopenDamaged(t, dir, want, "file cut in half") {
		t.Fatal("a file cut in half was not reported")
	}
}

func TestDamagedSnapshot(t *testing.T) {
	dir := t.TempDir()
	conf := config(dir)
	conf.TrailingLogs = 1000
	l := open(t, conf)
	propose(t, l, 0, 10)
	if err := l.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	propose(t, l, 10, 15)
	want := l.Snapshot()
	closeLog(t, l)
	spoil(t, dir)
	if reopenDamaged(t, dir, want, "snapshot that the log covers") {
		t.Fatal("the log holds everything, yet the node did not start")
	}
	if kept, _ := filepath.Glob(filepath.Join(dir, "damaged", "*")); len(kept) != 1 {
		t.Fatalf("set aside: %v", kept)
	}
}

func TestDamagedSnapshotWithoutTheLogIsReported(t *testing.T) {
	dir := t.TempDir()
	l := open(t, config(dir))
	propose(t, l, 0, 10)
	if err := l.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := l.Snapshot()
	closeLog(t, l)
	spoil(t, dir)
	if !reopenDamaged(t, dir, want, "snapshot that nothing covers") {
		t.Fatal("a node without its state started")
	}
}

// spoil flips a bit in the only snapshot.
func spoil(t *testing.T, dir string) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, "snapshots", "*", "state.bin"))
	if len(files) != 1 {
		t.Fatalf("snapshots: %v", files)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 4
	if err := os.WriteFile(files[0], b, 0o600); err != nil {
		t.Fatal(err)
	}
}
