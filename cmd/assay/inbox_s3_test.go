package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaydb/assay/storage/object"
	"github.com/assaydb/assay/storage/object/objecttest"
)

// incoming is an S3 prefix that a test fills, with what stands in it.
type incoming struct {
	store object.Store
	rng   *rand.Rand
	files map[string]int // newest version by key
}

// put writes the next version of a file. All versions are of one size and may come within one second, so that nothing but the ETag tells
// them apart. A server that is down is asked again.
func (b *incoming) put(t *testing.T, key string) {
	version := b.files[key] + 1
	text := "name,version\n" + strings.Repeat(fmt.Sprintf("%s,%06d\n", key, version), 50)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		err := b.store.Put(ctx, key, strings.NewReader(text))
		cancel()
		if err == nil {
			b.files[key] = version
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// TestInboxKillS3 fills and changes a prefix of a real S3 server while an inbox looks at it, Assay is killed and the S3 server is taken away.
// In the end the newest version of each object is in force, once, and no object needed a person.
func TestInboxKillS3(t *testing.T) {
	kills := 4
	if os.Getenv("ASSAY_SOAK") != "" {
		kills = 60
	}
	gateway := objecttest.NewGateway(t)
	t.Setenv("AWS_ACCESS_KEY_ID", objecttest.AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", objecttest.SecretKey)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	b := &incoming{store: objecttest.ServerStore(t, gateway.Endpoint, gateway.Bucket, "in"), rng: rand.New(rand.NewPCG(seed, 1)), files: map[string]int{}}
	data, bin := filepath.Join(t.TempDir(), "data"), binary(t)
	spec := `{"location":"s3://` + gateway.Bucket + `/in?endpoint=` + gateway.Endpoint + `&region=us-east-1","pattern":"{source}/{period}.csv","table":"labs","every":"1s"}`
	put := func(p *process) {
		req, err := http.NewRequest(http.MethodPut, p.url+"/v1/inboxes/in", strings.NewReader(spec))
		if err != nil {
			t.Fatal(err)
		}
		if status, text := do(t, req); status != http.StatusOK {
			t.Fatalf("inbox: %d %s", status, text)
		}
	}
	for round := range kills {
		p := serve(t, bin, data, "--log-level", "warn")
		put(p)
		for i := range 5 {
			b.put(t, fmt.Sprintf("F%d_%d/2025-01.csv", round, i))
		}
		stop := time.Now().Add(time.Duration(b.rng.IntN(1800)) * time.Millisecond)
		for time.Now().Before(stop) {
			b.put(t, fmt.Sprintf("F%d_%d/2025-01.csv", b.rng.IntN(round+1), b.rng.IntN(5)))
			time.Sleep(time.Duration(b.rng.IntN(60)) * time.Millisecond)
		}
		if round%2 == 1 {
			gateway.Stop()
			time.Sleep(time.Duration(b.rng.IntN(1500)) * time.Millisecond)
		}
		p.kill()
		if round%2 == 1 {
			gateway.Start(t)
		}
	}
	p := serve(t, bin, data, "--log-level", "warn")
	b.settled(t, p)
	p.stop()
	t.Logf("%d kills, %d objects: the newest version of each is there once", kills, len(b.files))
}

// settled waits until the newest version of every object is in force, and nothing else is, and the inbox knows it: an attempt that failed
// after its commit is tried once more.
func (b *incoming) settled(t *testing.T, p *process) {
	t.Helper()
	want := map[string]int{}
	for key, version := range b.files {
		want[key] = version
	}
	var got string
	for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		if got = b.standing(t, p, want); got == "" {
			if got = b.recorded(t, p); got == "" {
				return
			}
		}
		if time.Now().After(deadline) {
			_, objects := get(t, p.url+"/v1/inboxes/in/objects?limit=1000")
			t.Fatalf("%s\n%s", got, objects)
		}
	}
}

// recorded says in what the inbox's books differ from the objects.
func (b *incoming) recorded(t *testing.T, p *process) string {
	var v inboxView
	status, text := get(t, p.url+"/v1/inboxes/in")
	if status == http.StatusOK && json.Unmarshal([]byte(text), &v) == nil && v.Dead == 0 && v.Loaded == len(b.files) {
		return ""
	}
	return fmt.Sprintf("%d objects, the inbox says %d %s", len(b.files), status, text)
}

// standing says in what the table differs from the objects.
func (b *incoming) standing(t *testing.T, p *process, want map[string]int) string {
	answer := strings.Split(strings.TrimSpace(ask(t, p.url, "SELECT name, MIN(version) AS a, MAX(version) AS b, COUNT(*) AS n FROM labs GROUP BY name")), "\n")[1:]
	if len(answer) != len(want) {
		return fmt.Sprintf("%d objects are in the table, %d in the bucket", len(answer), len(want))
	}
	for _, line := range answer {
		cells := strings.Split(strings.TrimSpace(line), ",")
		newest := fmt.Sprint(want[cells[0]])
		if trim := func(s string) string { return strings.TrimLeft(s, "0") }; trim(cells[1]) != newest || trim(cells[2]) != newest || cells[3] != "50" {
			return fmt.Sprintf("%s, the bucket has version %s in 50 rows", line, newest)
		}
	}
	return ""
}
