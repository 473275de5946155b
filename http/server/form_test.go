package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"strings"
	"testing"
)

// part of a form: a field, or a file when it has a name.
type part struct{ name, file, media, text string }

func formOf(t *testing.T, parts ...part) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for _, p := range parts {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", fmt.Sprintf(`form-data; name=%q`, p.name))
		if p.file != "" {
			h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="file"; filename=%q`, p.file))
			h.Set("Content-Type", p.media)
		}
		w, err := m.CreatePart(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(p.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), m.FormDataContentType()
}

type formReply struct {
	Files []struct {
		Filename string
		Status   int
		Receipt  *struct {
			Source, Period string
			Accepted       int
			Duplicate      bool
		}
		Problem *struct{ Code string }
	}
	Loaded, Duplicates, Failed int
	Code, Detail               string
}

func sendForm(t *testing.T, r *rig, path string, parts ...part) (int, formReply) {
	t.Helper()
	body, contentType := formOf(t, parts...)
	a := r.send(t, "POST", path, body, "Content-Type", contentType)
	var out formReply
	if err := json.Unmarshal([]byte(a.body), &out); err != nil {
		t.Fatal(a.status, a.body)
	}
	return a.status, out
}

// TestFormOfFiles loads each file of a form as a delivery of its own.
func TestFormOfFiles(t *testing.T) {
	r := start(t, setup{})
	parts := []part{
		{name: "source", text: "H1"},
		{name: "period", text: "2025-01"},
		{file: "jan.csv", media: "text/csv", text: "a,b\n1,x\n2,y\n"},
		{name: "period", text: "2025-02"},
		{file: "feb.jsonl", media: "application/x-ndjson", text: `{"a":3,"b":"z"}`},
		{name: "period", text: "2025-03"},
		{file: "mar.csv", text: "a,b\n4,w\n"},
	}
	status, out := sendForm(t, r, "/v1/tables/t/load", parts...)
	if status != 201 || out.Loaded != 3 || len(out.Files) != 3 || out.Files[1].Receipt.Period != "2025-02" || out.Files[1].Receipt.Source != "H1" || out.Files[0].Status != 201 || out.Files[2].Filename != "mar.csv" {
		t.Fatalf("%d %+v", status, out)
	}
	if n := r.count(t, "t"); n != "4" {
		t.Errorf("%s rows", n)
	}
	if status, out = sendForm(t, r, "/v1/tables/t/load", parts...); status != 200 || out.Duplicates != 3 || !out.Files[2].Receipt.Duplicate {
		t.Errorf("sent again: %d %+v", status, out)
	}
	status, out = sendForm(t, r, "/v1/tables/t/load?pattern={source}_{period}.csv", part{file: "H2_2025-01.csv", text: "a,b\n5,v\n"}, part{file: "H2_2025-02.csv", text: "a,b\n6,u\n"})
	if status != 201 || out.Files[0].Receipt.Source != "H2" || out.Files[1].Receipt.Period != "2025-02" {
		t.Errorf("slots by pattern: %d %+v", status, out)
	}
}

// TestFormWithFailures: a file that fails does not stop the others, and the answer is no success.
func TestFormWithFailures(t *testing.T) {
	r := start(t, setup{})
	status, out := sendForm(t, r, "/v1/tables/t/load?mode=append",
		part{file: "a.csv", text: "a\n1\n"}, part{file: "b.csv", text: "PK\x03\x04 no table" + strings.Repeat("x", 1<<20)}, part{file: "c.csv", text: "a\n2\n"})
	if status != 415 || out.Code != "not-csv" || out.Loaded != 2 || out.Failed != 1 || out.Files[1].Problem.Code != "not-csv" || out.Files[2].Status != 201 || !strings.Contains(out.Detail, "1 of 3 files") {
		t.Errorf("%d %+v", status, out)
	}
	if n := r.count(t, "t"); n != "2" {
		t.Errorf("%s rows", n)
	}
	status, out = sendForm(t, r, "/v1/tables/u/load?source=H1&period=1", part{file: "a.csv", text: "a\n1\n"}, part{file: "b.csv", text: "a\n2\n"})
	if status != 400 || out.Code != "same-slot" || out.Loaded != 1 {
		t.Errorf("two files of one slot: %d %+v", status, out)
	}
	for name, parts := range map[string][]part{
		"late-field":         {{file: "a.csv", text: "a\n1\n"}, {name: "source", text: "H1"}},
		"repeated-parameter": {{name: "period", text: "1"}, {name: "period", text: "2"}, {file: "a.csv", text: "a\n1\n"}},
		"unknown-parameter":  {{name: "perod", text: "1"}, {file: "a.csv", text: "a\n1\n"}},
		"pattern-mismatch":   {{name: "pattern", text: "{source}.txt"}, {file: "a.csv", text: "a\n1\n"}},
		"pattern-and-slot":   {{name: "pattern", text: "{source}.csv"}, {name: "source", text: "x"}, {file: "a.csv", text: "a\n1\n"}},
		"no-file":            {{name: "source", text: "H1"}},
	} {
		if status, out := sendForm(t, r, "/v1/tables/none/load", parts...); status != 400 || out.Code != name {
			t.Errorf("%s: %d %+v", name, status, out)
		}
	}
	body, contentType := formOf(t, part{file: "a.csv", text: "a\n1\n"}, part{file: "b.csv", text: "a\n2\n"})
	if a := r.send(t, "POST", "/v1/tables/cut/load?mode=append", body[:len(body)-20], "Content-Type", contentType); a.status != 400 || !strings.Contains(a.body, "bad-form") {
		t.Errorf("a form that breaks off: %d %s", a.status, a.body)
	}
	if n := r.count(t, "cut"); n != "1" {
		t.Errorf("%s rows of a form that breaks off", n)
	}
	if a := r.send(t, "GET", "/v1/tables/none", ""); a.status != 404 {
		t.Errorf("something was loaded: %s", a.body)
	}
}

// TestFormatsByContentType takes the format from the Content-Type, the parameter or the bytes.
func TestFormatsByContentType(t *testing.T) {
	r := start(t, setup{})
	for _, c := range []struct {
		path, media, body, want string
		status                  int
	}{
		{"/v1/tables/a/load", "application/x-ndjson", "\n" + `{"a":1}`, `"format":"jsonl"`, 201},
		{"/v1/tables/b/load", "application/octet-stream", `{"a":1}`, `"format":"jsonl"`, 201},
		{"/v1/tables/c/load?format=jsonl", "text/csv", `{"a":1}`, `"format":"jsonl"`, 201},
		{"/v1/tables/d/load?format=csv", "", "a\n1\n", `"accepted":1`, 201},
		{"/v1/tables/e/load", "application/vnd.apache.parquet", "a\n1\n", "bad-format", 415},
		{"/v1/tables/f/load", "", "PAR1 and more", "bad-parquet", 400},
		{"/v1/tables/g/load", "", `[{"a":1}]`, "not-json-lines", 415},
	} {
		if a := r.send(t, "POST", c.path, c.body, "Content-Type", c.media); a.status != c.status || !strings.Contains(a.body, c.want) {
			t.Errorf("%s as %q: %d %s", c.path, c.media, a.status, a.body)
		}
	}
}
