package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/assaydb/assay/storage/errs"
)

// TestDemoSparesWhatIsNotItsOwn: a demo empties the folder of one that has ended, never of one that runs, nor any other folder.
func TestDemoSparesWhatIsNotItsOwn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	if err := freshFolder(dir); err != nil {
		t.Fatal(err)
	}
	n := start(t, filepath.Join(dir, demoNode))
	if err := freshFolder(dir); !errs.Is(err, errs.Conflict) {
		t.Errorf("while a demo runs: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, demoNode, "raft")); err != nil {
		t.Errorf("the running demo's files: %v", err)
	}
	n.close()
	if err := freshFolder(dir); err != nil {
		t.Errorf("after it has ended: %v", err)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := freshFolder(other); err == nil {
		t.Error("a folder that holds something else was emptied")
	}
}
