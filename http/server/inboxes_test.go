package server_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaydb/assay/storage/object/objecttest"
)

type inboxView struct {
	Loaded, Retry, Dead int
	Error               string
}

func (r *rig) inbox(t *testing.T, name string) (v inboxView) {
	t.Helper()
	a := r.send(t, "GET", "/v1/inboxes/"+name, "")
	if a.status != 200 || json.Unmarshal([]byte(a.body), &v) != nil {
		t.Fatalf("inbox: %d %s", a.status, a.body)
	}
	return v
}

// drop puts a file into a folder as a program does that writes it in one piece, changed a while ago.
func drop(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
}

func TestInboxFolder(t *testing.T) {
	r, dir := start(t, setup{}), t.TempDir()
	drop(t, dir, "H1/2025-01.csv", codes(10, "A"))
	drop(t, dir, "H2/2025-01.csv", codes(20, "A"))
	drop(t, dir, "H3/2025-01.csv", "\x89PNG\r\n\x1a\n")
	drop(t, dir, "notes.txt", "not for us")
	spec := `{"location":"file://` + dir + `","pattern":"{source}/{period}.csv*","table":"labs","every":"1s","settle":"1ms"}`
	for body, want := range map[string]string{
		strings.Replace(spec, "{source}", "{sauce}", 1):                      "bad-pattern",
		strings.Replace(spec, "file://"+dir, "file:///etc", 1):               "location-denied",
		strings.Replace(spec, "file://"+dir, "ftp://x/y", 1):                 "bad-location",
		strings.Replace(spec, `"1s"`, `"1ms"`, 1):                            "bad-parameter",
		strings.Replace(spec, `"table"`, `"params":{"mode":"x"},"table"`, 1): "bad-parameter",
	} {
		if a := r.send(t, "PUT", "/v1/inboxes/in", body); a.code() != want {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	if a := r.send(t, "PUT", "/v1/inboxes/in", spec); a.status != 200 {
		t.Fatal(a.body)
	}
	eventually(t, "the first look", func() bool { v := r.inbox(t, "in"); return v.Loaded == 2 && v.Dead == 1 })
	if n := r.count(t, "labs"); n != "30" {
		t.Errorf("%s rows", n)
	}
	if a := r.send(t, "GET", "/v1/inboxes/in/dead", ""); !strings.Contains(a.body, `"H3/2025-01.csv"`) || !strings.Contains(a.body, `"not-csv"`) {
		t.Errorf("dead: %s", a.body)
	}
	// A corrected file takes the old one's place; a mended one is loaded as a new version.
	drop(t, dir, "H1/2025-01.csv", codes(11, "A"))
	drop(t, dir, "H3/2025-01.csv", codes(5, "A"))
	eventually(t, "the second look", func() bool { return r.inbox(t, "in").Loaded == 3 && r.count(t, "labs") == "36" })
	if a := r.send(t, "POST", "/v1/inboxes/in/retry?key=none", ""); a.status != 404 {
		t.Errorf("retry of what is not dead: %d %s", a.status, a.body)
	}
	if a := r.send(t, "GET", "/v1/tables/labs/deliveries", ""); strings.Count(a.body, `"delivery_id"`) != 4 {
		t.Errorf("deliveries: %s", a.body)
	}
	if a := r.send(t, "DELETE", "/v1/inboxes/in", ""); a.status != 204 {
		t.Errorf("delete: %d %s", a.status, a.body)
	}
	if a := r.send(t, "GET", "/v1/inboxes", ""); !strings.Contains(a.body, `"items":[]`) {
		t.Errorf("list: %s", a.body)
	}
}

func TestInboxS3(t *testing.T) {
	endpoint, bucket := objecttest.Server(t)
	t.Setenv("AWS_ACCESS_KEY_ID", objecttest.AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", objecttest.SecretKey)
	r := start(t, setup{})
	store := objecttest.ServerStore(t, endpoint, bucket, "incoming")
	put := func(key, text string) {
		t.Helper()
		if err := store.Put(t.Context(), key, strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	put("H1/2025-01.csv", codes(10, "A"))
	spec := `{"location":"s3://` + bucket + `/incoming?endpoint=` + endpoint + `&region=us-east-1","pattern":"{source}/{period}.csv*","table":"labs","every":"1s"}`
	if a := r.send(t, "PUT", "/v1/inboxes/s3", spec); a.status != 200 {
		t.Fatal(a.body)
	}
	eventually(t, "the first object", func() bool { return r.inbox(t, "s3").Loaded == 1 })
	put("H1/2025-01.csv", codes(12, "A"))
	put("H2/2025-01.csv", codes(3, "B"))
	eventually(t, "the changed and the new object", func() bool { return r.inbox(t, "s3").Loaded == 2 && r.count(t, "labs") == "15" })
}
