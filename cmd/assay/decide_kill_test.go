package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// decided is one source on its way: a first period in force, a second one that is held, a decision, and of every other approval a revert.
// Each step is repeated until it is acknowledged.
type decided struct {
	name            string
	step, repeated  int
	approve, revert bool
	delivery        string // the held one
	refused         string // an answer that no repetition can mend
}

const (
	firstRows  = 40
	secondRows = 3 // so few that the delivery is held
)

func newDecided(i int) *decided {
	return &decided{name: fmt.Sprintf("D%d", i), approve: i%3 > 0, revert: i%3 == 2}
}

// rows is how many rows of the source are in force at the end.
func (d *decided) rows() int {
	if d.approve && !d.revert {
		return firstRows + secondRows
	}
	return firstRows
}

// steps does what is left until all is done or the server is gone.
func (d *decided) steps(base string) {
	for d.step < 4 && d.refused == "" {
		if !d.next(base) {
			d.repeated++
			return
		}
		d.step++
	}
}

func (d *decided) next(base string) bool {
	load := func(period string, rows int) (string, string) {
		return base + "/v1/tables/labs/load?source=" + d.name + "&period=" + period, "name,n\n" + strings.Repeat(d.name+",1\n", rows)
	}
	decision := base + "/v1/deliveries/" + d.delivery
	switch d.step {
	case 0:
		url, text := load("2025-01", firstRows)
		return d.post(url, text, 201, 200)
	case 1:
		url, text := load("2025-02", secondRows)
		return d.post(url, text, 202, 200)
	case 2:
		if d.approve {
			return d.post(decision+"/approve", "", 200)
		}
		return d.post(decision+"/reject", "", 200)
	}
	return !d.revert || d.post(decision+"/revert", "", 200, 409) // 409: the one whose answer was lost had its effect
}

// post sends one request; false when there was no answer.
func (d *decided) post(url, body string, want ...int) bool {
	resp, err := http.Post(url, "text/csv", strings.NewReader(body))
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode == http.StatusServiceUnavailable {
		return false
	}
	var r struct {
		ID string `json:"delivery_id"`
	}
	if !slices.Contains(want, resp.StatusCode) || resp.StatusCode < 300 && json.Unmarshal(text, &r) != nil {
		d.refused = fmt.Sprintf("step %d of %s: %d %s", d.step, d.name, resp.StatusCode, text)
		return false
	}
	if d.step == 1 {
		d.delivery = r.ID
	}
	return true
}

// TestDecideKill kills the server while deliveries are loaded, held, approved, rejected and reverted. Every request is repeated until it is
// acknowledged, as a client would; in the end each source has the rows that its decisions led to, once.
func TestDecideKill(t *testing.T) {
	kills := 6
	if os.Getenv("ASSAY_SOAK") != "" {
		kills = 150
	}
	data, bin := filepath.Join(t.TempDir(), "data"), binary(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	var all []*decided
	for round := range kills + 1 {
		p := serve(t, bin, data, "--log-level", "warn")
		if round == 0 {
			if status, text := send(t, "PUT", p.url+"/v1/tables/labs", `{"columns":[{"name":"name","type":"VARCHAR"},{"name":"n","type":"BIGINT"}]}`); status != 201 {
				t.Fatalf("%d: %s", status, text)
			}
			if status, text := send(t, "PUT", p.url+"/v1/tables/labs/checks", `{"on_breach":"hold","rows_change":0.5}`); status != 200 {
				t.Fatalf("%d: %s", status, text)
			}
		}
		for range 6 {
			all = append(all, newDecided(len(all)))
		}
		var wait sync.WaitGroup
		for _, d := range all {
			if d.step < 4 {
				wait.Go(func() { d.steps(p.url) })
			}
		}
		if round < kills {
			time.Sleep(time.Duration(rng.IntN(400)) * time.Millisecond)
			p.kill()
		}
		wait.Wait()
		for _, d := range all {
			if d.refused != "" {
				t.Fatal(d.refused)
			}
		}
		if round == kills {
			checkDecided(t, p.url, all)
			p.stop()
		}
	}
}

func checkDecided(t *testing.T, base string, all []*decided) {
	t.Helper()
	got := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(ask(t, base, "SELECT name, COUNT(*) AS n FROM labs GROUP BY name")), "\n")[1:] {
		name, n, _ := strings.Cut(line, ",")
		got[name] = n
	}
	repeated := 0
	for _, d := range all {
		if want := fmt.Sprint(d.rows()); got[d.name] != want || d.step < 4 {
			t.Errorf("%s has %s rows after step %d, want %s", d.name, got[d.name], d.step, want)
		}
		repeated += d.repeated
	}
	status, text := get(t, base+"/v1/tables/labs/deliveries?limit=10000")
	var page struct{ Items []deliveryView }
	if status != http.StatusOK || json.Unmarshal([]byte(text), &page) != nil {
		t.Fatalf("deliveries: %d %s", status, text)
	}
	seen := map[string]bool{}
	for _, v := range page.Items {
		key := v.Source + " " + v.Period + " " + v.State
		if seen[key] || v.State == "held" {
			t.Errorf("a delivery too many: %+v", v)
		}
		seen[key] = true
	}
	t.Logf("%d sources, %d steps repeated: each stands as decided", len(all), repeated)
}
