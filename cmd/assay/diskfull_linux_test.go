package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assaydb/assay/storage/storagetest"
)

// fillUp writes until the disk has no byte left.
func fillUp(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; size /= 2 {
		for {
			if _, err := f.Write(make([]byte, size)); err != nil {
				break
			}
		}
	}
}

// noise is a CSV that does not shrink.
func noise(seed uint64, rows int) []byte {
	rng := rand.New(rand.NewPCG(seed, 5))
	b := []byte("a,b\n")
	for i := range rows {
		b = fmt.Appendf(b, "%d,%016x%016x%016x\n", i, rng.Uint64(), rng.Uint64(), rng.Uint64())
	}
	return b
}

// TestFullDisk fills the disk of a node to the last byte: loads fail with 507, queries and small changes of the catalog go on, and
// loads are accepted again once there is room.
func TestFullDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("the disk is at fault here, not the order of goroutines")
	}
	d := storagetest.NewLoopDisk(t, 64<<20)
	data := filepath.Join(d.Mount, "data")
	p := serve(t, binary(t), data, "--mirror", "none")
	if status, text := put(t, p.url, "t", "first", "p", noise(0, 1000)); status != http.StatusCreated {
		t.Fatal(text)
	}
	want := ask(t, p.url, "SELECT COUNT(*), MIN(b), MAX(b) FROM t")
	acked, status, text := 1, 0, ""
	for n := 1; n < 100; n++ {
		if status, text = put(t, p.url, "t", fmt.Sprint("s", n), "p", noise(uint64(n), 60_000)); status != http.StatusCreated {
			break
		}
		acked++
	}
	if status != http.StatusInsufficientStorage || !strings.Contains(text, "disk-full") {
		t.Fatalf("on a full disk: status %d: %s", status, text)
	}
	ballast := filepath.Join(d.Mount, "ballast")
	fillUp(t, ballast)
	for range 3 {
		if status, text := put(t, p.url, "t", "more", "p", noise(1000, 1000)); status != http.StatusInsufficientStorage {
			t.Errorf("with no byte left: status %d: %s", status, text)
		}
		if got := ask(t, p.url, "SELECT COUNT(*), MIN(b), MAX(b) FROM t WHERE _source = 'first'"); got != want {
			t.Errorf("queries on a full disk: %q, want %q", got, want)
		}
		for range 30 { // the catalog keeps room of its own
			ask(t, p.url, "CREATE TABLE small (a INT)")
			ask(t, p.url, "DROP TABLE small")
		}
	}
	p.kill()
	p = serve(t, binary(t), data, "--mirror", "none")
	if got := ask(t, p.url, "SELECT COUNT(DISTINCT _delivery) FROM t"); !strings.Contains(got, fmt.Sprintf("\n%d\n", acked)) {
		t.Errorf("after a restart on the full disk: %q, want %d deliveries", got, acked)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if status, text := put(t, p.url, "t", "more", "p", noise(1000, 1000)); status != http.StatusCreated {
		t.Errorf("with room again: status %d: %s", status, text)
	}
	if drafts, _ := os.ReadDir(filepath.Join(data, "tmp")); len(drafts) != 0 {
		t.Errorf("drafts of failed loads are left: %v", drafts)
	}
	if strings.Contains(p.log(), "panic") || bytes.Contains([]byte(p.log()), []byte("goroutine ")) {
		t.Errorf("the log: %s", p.log())
	}
}
