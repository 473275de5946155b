package node

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"

	"github.com/assaydb/assay/node/config"
)

// TestSpillsOfCrash: what queries had spilled when the process died is gone as soon as the folder is opened again.
func TestSpillsOfCrash(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	data := t.TempDir()
	left := filepath.Join(data, spillDir, "spill-query-1", "000000-groups")
	if err := os.MkdirAll(filepath.Dir(left), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(left, []byte("rows"), 0o600); err != nil {
		t.Fatal(err)
	}
	n := &Node{settings: &config.Settings{Data: data}, log: slog.New(slog.DiscardHandler)}
	if err := n.openFolder(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer n.lock.Close()
	if _, err := os.Stat(filepath.Dir(left)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder of a dead query is there still: %v", err)
	}
	if entries, err := os.ReadDir(n.path(spillDir)); err != nil || len(entries) > 0 {
		t.Errorf("the spill folder holds %v, %v", entries, err)
	}
}
