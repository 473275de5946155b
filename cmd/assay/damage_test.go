package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// damaged is a node's folder with a little of everything: two tables, a replaced slot, rejects, a mirror.
type damaged struct {
	bin, data string
	receipt   receipt // of the delivery with rejects
	answers   []string
}

var damagedQuestions = []string{
	"SELECT COUNT(*), SUM(a), MIN(b), MAX(b) FROM t", "SELECT _source, COUNT(*), BIT_XOR(CRC32(b)) FROM t GROUP BY _source ORDER BY 1", "SELECT * FROM u ORDER BY a",
}

// newDamaged makes the folder; its node is stopped in order, the mirror complete.
func newDamaged(t *testing.T) *damaged {
	t.Helper()
	d := &damaged{bin: binary(t), data: filepath.Join(t.TempDir(), "data")}
	p := serve(t, d.bin, d.data)
	load := func(table, source, body string) (r receipt) {
		status, text := put(t, p.url, table, source, "2025-01", []byte(body))
		if status != http.StatusCreated || json.Unmarshal([]byte(text), &r) != nil {
			t.Fatalf("load: status %d: %s", status, text)
		}
		return r
	}
	var big strings.Builder
	big.WriteString("a,b\n")
	for i := range 2000 {
		fmt.Fprintf(&big, "%d,text %d\n", i, i*7919%2003)
	}
	load("t", "H1", "a,b\n1,old\n")
	load("t", "H1", big.String())
	load("t", "H2", "a,b\n7,x\n8,y\n")
	load("u", "H1", "a\n1\n2\n")
	var dirty strings.Builder
	dirty.WriteString("a,b\n")
	for i := range 400 {
		fmt.Fprintf(&dirty, "%d,row %d\n", i, i)
	}
	d.receipt = load("t", "H3", dirty.String()+"1,2,3,4\n")
	d.answers = d.ask(t, p)
	drained(t, p.url)
	p.stop()
	return d
}

func (d *damaged) ask(t *testing.T, p *process) (out []string) {
	t.Helper()
	for _, q := range damagedQuestions {
		out = append(out, ask(t, p.url, q))
	}
	return out
}

// same checks that a node answers as before.
func (d *damaged) same(t *testing.T, p *process) {
	t.Helper()
	for i, got := range d.ask(t, p) {
		if got != d.answers[i] {
			t.Errorf("%s\ngave %q\nwant %q", damagedQuestions[i], got, d.answers[i])
		}
	}
}

// only finds the file that a pattern below the data folder names.
func (d *damaged) only(t *testing.T, pattern string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(d.data, pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %v, %v", pattern, names, err)
	}
	return names[0]
}

// largest finds the longest file of a pattern.
func (d *damaged) largest(t *testing.T, pattern string) (name string) {
	t.Helper()
	names, _ := filepath.Glob(filepath.Join(d.data, pattern))
	var most int64 = -1
	for _, n := range names {
		if info, err := os.Stat(n); err == nil && info.Size() > most {
			name, most = n, info.Size()
		}
	}
	if name == "" {
		t.Fatalf("nothing at %s", pattern)
	}
	return name
}

// flip inverts one bit. at counts from the start, negative from the end.
func flip(t *testing.T, name string, at int) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if at < 0 {
		at += len(b)
	}
	b[at] ^= 0x10
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// flipText inverts a bit of the last occurrence of a text.
func flipText(t *testing.T, name, text string) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	at := strings.LastIndex(string(b), text)
	if at < 0 {
		t.Fatalf("%s does not hold %q", name, text)
	}
	flip(t, name, at)
}

func mentions(t *testing.T, log, file string) {
	t.Helper()
	if !strings.Contains(log, file) {
		t.Errorf("nothing names %s in: %s", file, log)
	}
}

// TestDamagedCatalogIsRebuilt flips bits in the catalog of a stopped node whose mirror is complete: it tells, and answers from the mirror.
func TestDamagedCatalogIsRebuilt(t *testing.T) {
	d := newDamaged(t)
	log := filepath.Join(d.data, "raft", "raft.db")
	epoch := uint64(1)
	rebuilt := func(file string) {
		t.Helper()
		p := serve(t, d.bin, d.data)
		mentions(t, p.log(), file)
		d.same(t, p)
		c := clusterOf(t, p.url)
		if c.Epoch != epoch+1 {
			t.Errorf("epoch %d after one rebuild of epoch %d", c.Epoch, epoch)
		}
		epoch = c.Epoch
		if status, text := put(t, p.url, "u", fmt.Sprint("after ", epoch), "p", []byte("a\n9\n")); status != http.StatusCreated {
			t.Fatalf("a load after a rebuild: %d: %s", status, text)
		}
		d.answers = d.ask(t, p)
		drained(t, p.url)
		p.stop()
		if t.Failed() {
			t.Fatal("rebuild after damage to", file, p.log())
		}
	}
	flip(t, log, 16+20) // a head of the file
	rebuilt("raft.db")
	flipText(t, log, "after 2") // an entry of the log
	rebuilt("raft.db")
	flip(t, d.only(t, "raft/snapshots/*/state.bin"), -40) // the rebuilt catalog is a snapshot, which the log does not cover
	rebuilt("snapshots")
	flip(t, d.only(t, "raft/snapshots/*/meta.json"), 30)
	rebuilt("snapshots")
	if err := os.Truncate(log, 9000); err != nil {
		t.Fatal(err)
	}
	rebuilt("raft.db")
	if kept, _ := filepath.Glob(filepath.Join(d.data, "raft", "damaged", "*")); len(kept) < 5 {
		t.Errorf("the damaged files that were kept: %v", kept)
	}
	if err := os.RemoveAll(filepath.Dir(log)); err != nil {
		t.Fatal(err)
	}
	rebuilt("no catalog")
}

// TestDamagedCatalogWithoutACompleteMirror must not start: what to do is said, and works.
func TestDamagedCatalogWithoutACompleteMirror(t *testing.T) {
	d := newDamaged(t)
	if err := os.Remove(filepath.Join(d.data, "MIRROR-COMPLETE")); err != nil { // as after a crash in the middle of loads
		t.Fatal(err)
	}
	flip(t, filepath.Join(d.data, "raft", "raft.db"), 16+20)
	_, err := launch(t, d.bin, d.data)
	if err == nil {
		t.Fatal("a node started on a damaged catalog and an incomplete mirror")
	}
	mentions(t, err.Error(), "raft.db")
	_, command, ok := strings.Cut(err.Error(), "what the mirror has: ")
	if !ok {
		t.Fatalf("the error tells no command: %v", err)
	}
	command, _, _ = strings.Cut(command, "\n")
	cmd := exec.Command("sh", "-c", strings.TrimSuffix(command, ")"))
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(d.bin)+":"+os.Getenv("PATH"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", command, err, out)
	}
	p := serve(t, d.bin, d.data)
	d.same(t, p)
}

func TestDamagedCatalogWithoutAMirror(t *testing.T) {
	d := newDamaged(t)
	lost := filepath.Join(t.TempDir(), "half")
	if err := os.CopyFS(filepath.Join(lost, "segments"), os.DirFS(filepath.Join(d.data, "segments"))); err != nil {
		t.Fatal(err)
	}
	if _, err := launch(t, d.bin, lost); err == nil || !strings.Contains(err.Error(), "no catalog") || !strings.Contains(err.Error(), "assay restore") {
		t.Errorf("half a restore: got %v", err)
	}
	flip(t, filepath.Join(d.data, "raft", "raft.db"), 16+20)
	if _, err := launch(t, d.bin, d.data, "--mirror", "none"); err == nil || !strings.Contains(err.Error(), "raft.db") {
		t.Errorf("got %v, want an error that names raft.db", err)
	}
}

// TestDamagedFilesAreHealed flips bits in the files of deliveries, while the node runs and while it does not.
func TestDamagedFilesAreHealed(t *testing.T) {
	for _, running := range []bool{true, false} {
		t.Run(fmt.Sprintf("running=%v", running), func(t *testing.T) {
			d := newDamaged(t)
			var p *process
			if running {
				p = serve(t, d.bin, d.data)
			}
			segment := d.largest(t, "segments/1/*/*.parquet")
			own := filepath.Join("segments", "*", d.receipt.DeliveryID)
			spoiled := []string{segment, d.only(t, own+"/receipt.json"), d.only(t, own+"/rejects*"), d.only(t, own+"/*.stats")}
			for _, name := range spoiled {
				flip(t, name, 60)
			}
			if !running {
				p = serve(t, d.bin, d.data)
			}
			d.same(t, p)
			if status, text := get(t, p.url+"/v1/deliveries/"+d.receipt.DeliveryID); status != http.StatusOK || !strings.Contains(text, d.receipt.SHA256) {
				t.Errorf("receipt: %d: %s", status, text)
			}
			if status, text := get(t, p.url+"/v1/deliveries/"+d.receipt.DeliveryID+"/rejects.csv"); status != http.StatusOK || !strings.Contains(text, "1,2,3,4") {
				t.Errorf("rejects: %d: %s", status, text)
			}
			job(t, p.url, "repair")
			for _, name := range spoiled {
				if !strings.Contains(p.log(), filepath.Base(name)) {
					t.Errorf("nothing names %s in: %s", name, p.log())
				}
			}
			if out := job(t, p.url, "verify"); !strings.Contains(out, `"damaged":[]`) {
				t.Errorf("after the repair: %s", out)
			}
			if aside, _ := filepath.Glob(filepath.Join(d.data, "quarantine", "*")); len(aside) != len(spoiled) {
				t.Errorf("set aside: %v", aside)
			}
		})
	}
}

// TestDamagedMirrorIsRewritten flips bits in the mirror's objects: a verification tells, and they are written again.
func TestDamagedMirrorIsRewritten(t *testing.T) {
	d := newDamaged(t)
	p := serve(t, d.bin, d.data)
	drained(t, p.url)
	spoiled := []string{
		d.only(t, "mirror/live/u/*.parquet"), d.only(t, "mirror/kept/1/*.parquet"), d.only(t, "mirror/deliveries/*/receipt.json"),
		d.only(t, "mirror/catalog/log/*"), d.only(t, "mirror/catalog/snapshots/*"),
	}
	for _, name := range spoiled {
		flip(t, name, 60)
	}
	out := job(t, p.url, "verify")
	for _, name := range spoiled {
		mentions(t, out, strings.TrimPrefix(name, filepath.Join(d.data, "mirror")+"/"))
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if out = job(t, p.url, "verify"); strings.Contains(out, `"damaged":[]`) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(out)
		}
	}
	p.stop()
	back := filepath.Join(t.TempDir(), "back")
	if out, err := exec.Command(d.bin, "restore", "--from", "file://"+filepath.Join(d.data, "mirror"), "--data", back).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	d.same(t, serve(t, d.bin, back, "--mirror", "none"))
}

// TestDamageEverywhereIsTold flips the same segment here and in the mirror: an error that names it, never a wrong answer.
func TestDamageEverywhereIsTold(t *testing.T) {
	d := newDamaged(t)
	segment := d.largest(t, "segments/1/*/*.parquet")
	flip(t, segment, 400)
	flip(t, d.only(t, "mirror/live/t/"+filepath.Base(segment)), 400)
	p := serve(t, d.bin, d.data)
	status, text := get(t, p.url+"/v1/sql?q=SELECT+MAX(CONCAT(a,b))+FROM+t") // no answer from statistics alone
	if status == http.StatusOK || !strings.Contains(text, filepath.Base(segment)) {
		t.Errorf("status %d: %s", status, text)
	}
	if got := ask(t, p.url, damagedQuestions[2]); got != d.answers[2] {
		t.Errorf("another table: %q", got)
	}
	if _, err := os.Stat(segment); err != nil {
		t.Errorf("the last copy of a damaged segment is gone: %v", err)
	}
}

// job runs a maintenance job and returns its end.
func job(t *testing.T, base, kind string) string {
	t.Helper()
	resp, err := http.Post(base+"/v1/"+kind, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		_, text := get(t, base+resp.Header.Get("Location"))
		if strings.Contains(text, "SUCCEEDED") {
			return text
		}
		if strings.Contains(text, "FAILED") || time.Now().After(deadline) {
			t.Fatalf("%s: %s", kind, text)
		}
	}
}
