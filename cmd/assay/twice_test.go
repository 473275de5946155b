package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestSameFileFromManyClients sends one file from several clients at once: one delivery, one receipt, the others duplicates.
func TestSameFileFromManyClients(t *testing.T) {
	n := start(t, filepath.Join(t.TempDir(), "data"))
	for round := range 5 {
		body, want := file(round, 2000)
		var mu sync.Mutex
		var wait sync.WaitGroup
		ids, fresh := map[string]int{}, 0
		for range 6 {
			wait.Go(func() {
				resp, err := http.Post(fmt.Sprintf("%s/v1/tables/same/load?source=H1&period=%d", n.url, round), "text/csv", bytes.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				defer resp.Body.Close()
				text, _ := io.ReadAll(resp.Body)
				var r receipt
				if err := json.Unmarshal(text, &r); err != nil || resp.StatusCode/100 != 2 || r.Duplicate != (resp.StatusCode == http.StatusOK) || r.Accepted != want.Rows {
					t.Errorf("status %d: %s", resp.StatusCode, text)
				}
				mu.Lock()
				defer mu.Unlock()
				if ids[r.DeliveryID]++; !r.Duplicate {
					fresh++
				}
			})
		}
		wait.Wait()
		if len(ids) != 1 || fresh != 1 {
			t.Errorf("round %d: deliveries %v, %d of them new", round, ids, fresh)
		}
	}
	if got := ask(t, n.url, "SELECT COUNT(*), COUNT(DISTINCT _delivery) FROM same"); got != "COUNT(*),COUNT(DISTINCT _delivery)\n10000,5\n" {
		t.Errorf("%q", got)
	}
}

// TestLostReply cuts the connection after the upload and before the answer, then sends the file again.
func TestLostReply(t *testing.T) {
	n := start(t, filepath.Join(t.TempDir(), "data"))
	body, _ := file(1, 3000)
	conn, err := net.Dial("tcp", strings.TrimPrefix(n.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST /v1/tables/lost/load?source=H1&period=p HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) { // until it is committed, unknown to the client
		if _, text := get(t, n.url+"/v1/tables/lost/deliveries"); strings.Contains(text, "delivery_id") || strings.Contains(text, `"id"`) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the load was not committed")
		}
	}
	conn.Close()
	status, text := put(t, n.url, "lost", "H1", "p", body)
	var r receipt
	if err := json.Unmarshal([]byte(text), &r); err != nil || status != http.StatusOK || !r.Duplicate || r.Accepted != 3000 {
		t.Errorf("sent again: status %d: %s", status, text)
	}
	if got := ask(t, n.url, "SELECT COUNT(*) FROM lost"); !strings.Contains(got, "\n3000\n") {
		t.Errorf("%q", got)
	}
}

// TestOrphans leaves sealed deliveries without a commit behind: old ones go, young ones may still be committed.
func TestOrphans(t *testing.T) {
	d := newDamaged(t)
	var folders []string
	for _, age := range []time.Duration{25 * time.Hour, 23 * time.Hour} {
		sealed := time.Now().Add(-age)
		id := uuid.Must(uuid.NewV7())
		milli := sealed.UnixMilli()
		for i := range 6 {
			id[i] = byte(milli >> (40 - 8*i))
		}
		dir := filepath.Join(d.data, "segments", "1", id.String())
		if err := os.CopyFS(dir, os.DirFS(filepath.Dir(d.largest(t, "segments/1/*/*.parquet")))); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(dir, sealed, sealed); err != nil {
			t.Fatal(err)
		}
		folders = append(folders, dir)
	}
	p := serve(t, d.bin, d.data)
	job(t, p.url, "repair")
	if _, err := os.Stat(folders[0]); err == nil {
		t.Error("an orphan of 25 hours is still there")
	}
	if _, err := os.Stat(folders[1]); err != nil {
		t.Errorf("an orphan of 23 hours is gone: %v", err)
	}
	d.same(t, p)
}
