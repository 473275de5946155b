package server_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

const tus = "Tus-Resumable"

// begin creates an upload and returns its path.
func (r *rig) begin(t *testing.T, length int, name string) string {
	t.Helper()
	a := r.send(t, "POST", "/v1/uploads", "", tus, "1.0.0", "Upload-Length", strconv.Itoa(length), "Upload-Metadata", "filename "+base64.StdEncoding.EncodeToString([]byte(name)))
	if a.status != 201 || a.header.Get(tus) != "1.0.0" || a.header.Get("Upload-Offset") != "0" || a.header.Get("Upload-Expires") == "" {
		t.Fatalf("create: %d %v %s", a.status, a.header, a.body)
	}
	return a.header.Get("Location")
}

func (r *rig) patch(t *testing.T, path string, offset int, body string, header ...string) answer {
	t.Helper()
	return r.send(t, "PATCH", path, body, append([]string{tus, "1.0.0", "Content-Type", "application/offset+octet-stream", "Upload-Offset", strconv.Itoa(offset)}, header...)...)
}

// jobOf waits for the job that an answer names and returns it.
func (r *rig) jobOf(t *testing.T, a answer) (j struct {
	ID, State string
	Result    struct {
		ID        string `json:"delivery_id"`
		Accepted  int
		Duplicate bool
	}
	Error struct{ Code string }
},
) {
	t.Helper()
	if a.status != 202 {
		t.Fatalf("no job: %d %s", a.status, a.body)
	}
	r.events(t, a.header.Get("Location")+"/events", "", nil)
	if err := json.Unmarshal([]byte(r.send(t, "GET", a.header.Get("Location"), "").body), &j); err != nil {
		t.Fatal(err)
	}
	return j
}

func sha1Of(s string) string {
	sum := sha1.Sum([]byte(s))
	return "sha1 " + base64.StdEncoding.EncodeToString(sum[:])
}

func TestUpload(t *testing.T) {
	r := start(t, setup{})
	csv := numbers(1000)
	path := r.begin(t, len(csv), `C:\out\jan.csv`)
	half := len(csv) / 2
	for _, step := range []struct {
		offset int
		body   string
		sum    string
		status int
		code   string
		then   int
	}{
		{0, csv[:half], "", 204, "", half},
		{0, csv[:half], "", 409, "offset-mismatch", half},
		{half, csv[half:], sha1Of("other"), 460, "checksum-mismatch", half},
		{half, csv[half:] + "x", "", 413, "upload-overrun", half},
		{half, csv[half:], "md4 x", 400, "bad-checksum", half},
		{half, csv[half:], sha1Of(csv[half:]), 204, "", len(csv)},
	} {
		header := []string{}
		if step.sum != "" {
			header = []string{"Upload-Checksum", step.sum}
		}
		if a := r.patch(t, path, step.offset, step.body, header...); a.status != step.status || a.code() != step.code {
			t.Errorf("PATCH at %d: %d %s, want %d %s", step.offset, a.status, a.body, step.status, step.code)
		}
		head := r.send(t, "HEAD", path, "", tus, "1.0.0")
		if head.status != 200 || head.header.Get("Upload-Offset") != strconv.Itoa(step.then) || head.header.Get("Upload-Length") != strconv.Itoa(len(csv)) || head.header.Get("Cache-Control") != "no-store" {
			t.Errorf("HEAD: %d %v, want offset %d", head.status, head.header, step.then)
		}
		if step.then == half {
			if a := r.send(t, "POST", path+"/commit?table=t", ""); a.code() != "upload-incomplete" {
				t.Errorf("commit of a half: %d %s", a.status, a.body)
			}
		}
	}
	if a := r.send(t, "GET", path+"/preview", ""); a.status != 200 || !strings.Contains(a.body, `"name":"n"`) || !strings.Contains(a.body, `"BIGINT"`) || !strings.Contains(a.body, "row 1") {
		t.Errorf("preview: %d %s", a.status, a.body)
	}
	commit := path + "/commit?table=t&source=H1&period=2025-01"
	first := r.send(t, "POST", commit, "")
	j := r.jobOf(t, first)
	if j.State != "SUCCEEDED" || j.Result.Accepted != 1000 || j.Result.Duplicate {
		t.Fatalf("job: %+v", j)
	}
	if again := r.jobOf(t, r.send(t, "POST", path+"/commit", `{"table":"t","source":"H1","period":"2025-01"}`, "Content-Type", "application/json")); again.ID != j.ID {
		t.Errorf("the second commit is job %s, the first %s", again.ID, j.ID)
	}
	if a := r.send(t, "POST", path+"/commit?table=u", ""); a.status != 409 || a.code() != "upload-committed" {
		t.Errorf("another commit: %d %s", a.status, a.body)
	}
	if a := r.patch(t, path, len(csv), "more"); a.status != 409 && a.status != 413 {
		t.Errorf("append behind the end: %d %s", a.status, a.body)
	}
	if a := r.send(t, "GET", "/v1/uploads", ""); !strings.Contains(a.body, j.Result.ID) || !strings.Contains(a.body, `"filename":"jan.csv"`) {
		t.Errorf("list: %s", a.body)
	}
}

func TestUploadCommitAgain(t *testing.T) {
	r := start(t, setup{})
	csv := "n\n1\n2\nx,y\n"
	path := r.begin(t, len(csv), "a.csv")
	if a := r.patch(t, path, 0, csv); a.status != 204 {
		t.Fatal(a.body)
	}
	refused := r.jobOf(t, r.send(t, "POST", path+"/commit?table=t", ""))
	if refused.State != "FAILED" || refused.Error.Code != "too-many-rejects" {
		t.Fatalf("job: %+v", refused)
	}
	if same := r.jobOf(t, r.send(t, "POST", path+"/commit?table=t", "")); same.ID != refused.ID {
		t.Errorf("the same commit is another job")
	}
	rehearsed := r.jobOf(t, r.send(t, "POST", path+"/commit?table=t&max_rejects=50%25&rehearse=1", ""))
	if rehearsed.State != "SUCCEEDED" || rehearsed.Result.Accepted != 2 {
		t.Fatalf("rehearsal: %+v", rehearsed)
	}
	done := r.jobOf(t, r.send(t, "POST", path+"/commit", "table=t&max_rejects=50%25", "Content-Type", "application/x-www-form-urlencoded"))
	if done.State != "SUCCEEDED" || done.Result.Accepted != 2 {
		t.Fatalf("job: %+v", done)
	}
	if a := r.send(t, "GET", path+"/preview", ""); a.status != 410 {
		t.Errorf("preview of what is gone: %d %s", a.status, a.body)
	}
	if a := r.send(t, "DELETE", path, "", tus, "1.0.0"); a.status != 204 {
		t.Errorf("delete: %d %s", a.status, a.body)
	}
	if a := r.send(t, "HEAD", path, "", tus, "1.0.0"); a.status != 404 {
		t.Errorf("HEAD after delete: %d", a.status)
	}
}

func TestUploadProtocol(t *testing.T) {
	r := start(t, setup{})
	a := r.send(t, "OPTIONS", "/v1/uploads", "")
	if a.status != 204 || a.header.Get("Tus-Version") != "1.0.0" || !strings.Contains(a.header.Get("Tus-Extension"), "checksum") || a.header.Get("Tus-Max-Size") == "" {
		t.Errorf("OPTIONS: %d %v", a.status, a.header)
	}
	path := r.begin(t, 10, "a.csv")
	for _, c := range []struct {
		name, method, path, body string
		header                   []string
		status                   int
		code                     string
	}{
		{"no version", "POST", "/v1/uploads", "", []string{"Upload-Length", "1"}, 412, "tus-version"},
		{"old version", "PATCH", path, "x", []string{tus, "0.2.2"}, 412, "tus-version"},
		{"no length", "POST", "/v1/uploads", "", []string{tus, "1.0.0"}, 400, "bad-upload-length"},
		{"negative length", "POST", "/v1/uploads", "", []string{tus, "1.0.0", "Upload-Length", "-1"}, 400, "bad-upload-length"},
		{"too long", "POST", "/v1/uploads", "", []string{tus, "1.0.0", "Upload-Length", "9000000000000000000"}, 413, "upload-too-large"},
		{"bad metadata", "POST", "/v1/uploads", "", []string{tus, "1.0.0", "Upload-Length", "1", "Upload-Metadata", "a !"}, 400, "bad-metadata"},
		{"concatenation", "POST", "/v1/uploads", "", []string{tus, "1.0.0", "Upload-Length", "1", "Upload-Concat", "partial"}, 400, "tus-extension"},
		{"media type", "PATCH", path, "x", []string{tus, "1.0.0", "Upload-Offset", "0"}, 415, "bad-content-type"},
		{"offset", "PATCH", path, "x", []string{tus, "1.0.0", "Content-Type", "application/offset+octet-stream"}, 400, "bad-upload-offset"},
		{"unknown", "PATCH", "/v1/uploads/01a20516-7796-720c-b38f-72fd1bcabb3f", "x", []string{tus, "1.0.0", "Content-Type", "application/offset+octet-stream", "Upload-Offset", "0"}, 404, "unknown-upload"},
		{"override", "POST", path, "12345", []string{tus, "1.0.0", "X-HTTP-Method-Override", "PATCH", "Content-Type", "application/offset+octet-stream", "Upload-Offset", "0"}, 204, ""},
		{"early preview", "GET", path + "/preview", "", nil, 409, "preview-too-early"},
		{"no table", "POST", path + "/commit", "", nil, 400, "missing-table"},
		{"wrong parameter", "POST", path + "/commit", `{"table":"t","sauce":"x"}`, []string{"Content-Type", "application/json"}, 400, "unknown-parameter"},
		{"wrong value", "POST", path + "/commit?table=t&mode=x", "", nil, 400, "bad-parameter"},
	} {
		a := r.send(t, c.method, c.path, c.body, c.header...)
		if a.status != c.status || a.code() != c.code {
			t.Errorf("%s: %d %s, want %d %s", c.name, a.status, a.body, c.status, c.code)
		}
	}
	whole := "n\n1\n"
	made := r.send(t, "POST", "/v1/uploads", whole, tus, "1.0.0", "Upload-Length", "4", "Content-Type", "application/offset+octet-stream", "Upload-Checksum", sha1Of(whole))
	if made.status != 201 || made.header.Get("Upload-Offset") != "4" {
		t.Errorf("creation with upload: %d %v %s", made.status, made.header, made.body)
	}
}

// TestUploadInterrupted: what came before the connection broke is kept, and a client that comes back need not wait for its old self.
func TestUploadInterrupted(t *testing.T) {
	r := start(t, setup{})
	csv := numbers(5000)
	path := r.begin(t, len(csv), "a.csv")
	in, out := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, r.url+path, in)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range map[string]string{tus: "1.0.0", "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"} {
		req.Header.Set(k, v)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if resp, err := r.http.Do(req); err == nil {
			resp.Body.Close()
		}
	}()
	if _, err := io.WriteString(out, csv[:20000]); err != nil {
		t.Fatal(err)
	}
	// The first request hangs with its connection open. The second learns from its refusal how far the first came.
	a := r.patch(t, path, 0, csv)
	if a.status == 409 {
		at, err := strconv.Atoi(a.header.Get("Upload-Offset"))
		if err != nil || at == 0 {
			t.Fatalf("the refusal does not say how far the upload is: %v", a.header)
		}
		a = r.patch(t, path, at, csv[at:])
	}
	if a.status != 204 || a.header.Get("Upload-Offset") != strconv.Itoa(len(csv)) {
		t.Fatalf("going on: %d %v %s", a.status, a.header, a.body)
	}
	out.Close()
	<-ended
	if j := r.jobOf(t, r.send(t, "POST", path+"/commit?table=t", "")); j.Result.Accepted != 5000 {
		t.Errorf("job: %+v", j)
	}
}

// TestPreviewOfAHead shows the beginning of compressed files too, of which only a part has come.
func TestPreviewOfAHead(t *testing.T) {
	r := start(t, setup{})
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write([]byte("id;value;when\n"))
	for i := range 400_000 {
		fmt.Fprintf(w, "%d;%d,5;2025-01-%02d\n", i*7919%1000003, i*i%100003, i%28+1)
	}
	w.Close()
	path := r.begin(t, z.Len(), "a.csv.gz")
	if z.Len() < 3<<20/2 {
		t.Fatalf("the file has only %d bytes", z.Len())
	}
	if a := r.patch(t, path, 0, z.String()[:1<<20]); a.status != 204 {
		t.Fatal(a.body)
	}
	a := r.send(t, "GET", path+"/preview?decimal=,", "")
	var found struct {
		Dialect  struct{ Delimiter string }
		Columns  []struct{ Name, Type string }
		Rejected int
		Sample   [][]string
	}
	if err := json.Unmarshal([]byte(a.body), &found); err != nil || a.status != 200 {
		t.Fatalf("preview: %d %s", a.status, a.body)
	}
	if found.Dialect.Delimiter != ";" || len(found.Columns) != 3 || found.Columns[2].Type != "DATE" || found.Rejected != 0 || len(found.Sample) == 0 {
		t.Errorf("preview: %s", a.body)
	}
}
