package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestInboxKill kills the server again and again while an inbox fills and its files are loaded. At the end every file is there once.
func TestInboxKill(t *testing.T) {
	kills := 5
	if os.Getenv("ASSAY_SOAK") != "" {
		kills = 100
	}
	data, in, bin := filepath.Join(t.TempDir(), "data"), t.TempDir(), binary(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	spec := `{"location":"file://` + in + `","pattern":"{source}/{period}.csv","table":"labs","every":"1s","settle":"1ms"}`
	const rows = 500
	files := 0
	for range kills {
		p := serve(t, bin, data, "--log-level", "warn", "--inbox-roots", in)
		req, err := http.NewRequest(http.MethodPut, p.url+"/v1/inboxes/in", strings.NewReader(spec))
		if err != nil {
			t.Fatal(err)
		}
		if status, text := do(t, req); status != http.StatusOK {
			t.Fatalf("inbox: %d %s", status, text)
		}
		for range 8 {
			files++
			source := fmt.Sprintf("F%d", files)
			text := "name,n\n" + strings.Repeat(source+",1\n", rows)
			if err := os.Mkdir(filepath.Join(in, source), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(in, source, "2025-01.csv"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Duration(rng.IntN(1500)) * time.Millisecond)
		p.kill()
	}
	p := serve(t, bin, data, "--log-level", "warn", "--inbox-roots", in)
	var v struct{ Loaded, Retry, Dead int }
	for deadline := time.Now().Add(2 * time.Minute); v.Loaded != files; time.Sleep(50 * time.Millisecond) {
		status, text := get(t, p.url+"/v1/inboxes/in")
		if status != http.StatusOK || json.Unmarshal([]byte(text), &v) != nil || v.Dead > 0 || time.Now().After(deadline) {
			t.Fatalf("%d files, the inbox says %d %s", files, status, text)
		}
	}
	want := fmt.Sprintf("%d,%d", rows*files, files)
	if got := ask(t, p.url, "SELECT COUNT(*) AS n, COUNT(DISTINCT name) AS f FROM labs"); strings.TrimSpace(strings.TrimPrefix(got, "n,f")) != want {
		t.Errorf("rows and files: %s, want %s", got, want)
	}
	var page struct{ Items []deliveryView }
	if status, text := get(t, p.url+"/v1/tables/labs/deliveries?limit=10000"); status != http.StatusOK || json.Unmarshal([]byte(text), &page) != nil || len(page.Items) != files {
		t.Errorf("%d deliveries of %d files", len(page.Items), files)
	}
	p.stop()
	t.Logf("%d kills, %d files: each is there once", kills, files)
}
