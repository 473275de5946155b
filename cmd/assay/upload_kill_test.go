package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/assaydb/assay/http/client"
)

// TestUploadKill sends files in pieces and has them loaded while the server is killed again and again. Every sender goes on where it
// was. At the end each file is there once, by one delivery, whatever was cut: the creation, a piece, the commit, the load, its end.
func TestUploadKill(t *testing.T) {
	kills := 6
	if os.Getenv("ASSAY_SOAK") != "" {
		kills = 200
	}
	data, bin := filepath.Join(t.TempDir(), "data"), binary(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	const rows, perRound = 4000, 4
	acked, again := map[string]string{}, 0
	var files []string
	for round := range kills + 1 {
		p := serve(t, bin, data, "--log-level", "warn")
		for i := range perRound {
			files = append(files, fmt.Sprintf("f%d_%d", round, i))
		}
		ctx, stop := context.WithCancel(t.Context())
		var mu sync.Mutex
		var wait sync.WaitGroup
		for _, name := range files {
			if acked[name] != "" {
				continue
			}
			again++
			wait.Go(func() {
				r, err := resumeText(ctx, p.url, name, rows)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					acked[name] = r.DeliveryID
				} else if round == kills {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		if round < kills {
			time.Sleep(time.Duration(rng.IntN(700)) * time.Millisecond)
			p.kill()
			stop()
		}
		wait.Wait()
		stop()
		if round == kills {
			checkUploads(t, p.url, files, acked, rows)
			p.stop()
		}
	}
	t.Logf("%d kills, %d files, %d beginnings: each is there once", kills, len(files), again)
}

func resumeText(ctx context.Context, base, name string, rows int) (*client.Receipt, error) {
	var b bytes.Buffer
	line := "%s,%d,%s\n"
	if strings.HasSuffix(name, "1") { // JSON Lines go the same way
		line = `{"name":"%s","n":%d,"text":"%s"}` + "\n"
	} else {
		b.WriteString("name,n,text\n")
	}
	for i := range rows {
		fmt.Fprintf(&b, line, name, i, strings.Repeat("x", i%50))
	}
	c, err := client.New(base, "")
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.Resume(ctx, client.Resumable{
		Upload: client.Upload{Table: "labs", Name: name + ".csv", Values: url.Values{"source": {name}, "period": {"2025-01"}}},
		File:   bytes.NewReader(b.Bytes()), Size: int64(b.Len()), Fingerprint: name,
		Sent: func(int64) {}, Loading: func(*client.Job) {},
	})
}

func checkUploads(t *testing.T, base string, files []string, acked map[string]string, rows int) {
	t.Helper()
	if got, want := ask(t, base, "SELECT COUNT(*), COUNT(DISTINCT name), SUM(n) FROM labs"),
		fmt.Sprintf("COUNT(*),COUNT(DISTINCT name),SUM(n)\n%d,%d,%d\n", rows*len(files), len(files), rows*(rows-1)/2*len(files)); strings.SplitN(got, "\n", 2)[1] != strings.SplitN(want, "\n", 2)[1] {
		t.Errorf("rows: %s want %s", got, want)
	}
	status, text := get(t, base+"/v1/tables/labs/deliveries?limit=10000")
	var page struct{ Items []deliveryView }
	if status != http.StatusOK || json.Unmarshal([]byte(text), &page) != nil {
		t.Fatalf("deliveries: %d %s", status, text)
	}
	if len(page.Items) != len(files) {
		t.Errorf("%d deliveries of %d files", len(page.Items), len(files))
	}
	for _, d := range page.Items {
		if d.State != "live" || acked[d.Source] != d.ID {
			t.Errorf("delivery %s of %s is %s, acknowledged was %q", d.ID, d.Source, d.State, acked[d.Source])
		}
	}
	c, err := client.New(base, "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
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
