package server_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func dial(t *testing.T, r *rig, send string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, send); err != nil {
		t.Fatal(err)
	}
	return conn
}

// ends reads a connection to its end, which the server must bring about.
func ends(t *testing.T, conn net.Conn) string {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(conn)
	if e, ok := err.(net.Error); ok && e.Timeout() { //nolint:errorlint // the deadline's own error
		t.Fatal("the server keeps the connection")
	}
	return string(text)
}

// TestSlowClients: a header or a body that does not come is waited for only so long.
func TestSlowClients(t *testing.T) {
	with := setup{}
	with.cfg.HeaderTimeout, with.cfg.IdleRead = 50*time.Millisecond, 50*time.Millisecond
	r := start(t, with)
	ends(t, dial(t, r, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "))
	ends(t, dial(t, r, ""))
	for _, head := range []string{
		"POST /v1/sql HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nSELECT",
		"PUT /v1/tables/t/load HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\na,b\n1,2\n",
		"PUT /v1/tables/t/load HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\na,b\n\r\n",
		"PUT /v1/tables/t HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
	} {
		if text := ends(t, dial(t, r, head)); !strings.Contains(text, "upload-stalled") {
			t.Errorf("%.30q: %q", head, text)
		}
	}
	for _, head := range []string{"PUT /v1/tables/t/load?x=1", "GET /v1/sql?q=SELECT+1", "POST /v1/nothing", "GET /healthz"} {
		if text := ends(t, dial(t, r, head+" HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nxx")); !strings.HasPrefix(text, "HTTP/1.1 ") {
			t.Errorf("%s with a body that nobody reads: %q", head, text)
		}
	}
	if a := r.send(t, "GET", "/v1/tables/t", ""); a.status != 404 {
		t.Errorf("a cut upload made a table: %d", a.status)
	}
}

// TestBodyCutShort: a client that says 100 bytes and sends 6 has made a mistake of its own.
func TestBodyCutShort(t *testing.T) {
	r := start(t, setup{})
	for _, path := range []string{"POST /v1/sql", "PUT /v1/tables/t/load", "PUT /v1/tables/t"} {
		conn := dial(t, r, path+" HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\na,b\n1,")
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if text := ends(t, conn); !strings.HasPrefix(text, "HTTP/1.1 400") && text != "" {
			t.Errorf("%s: %q", path, text)
		}
	}
	if log := r.log.String(); strings.Contains(log, "level=ERROR") {
		t.Errorf("the server takes the blame:\n%s", log)
	}
}

// TestLargeHeaders are refused without being kept.
func TestLargeHeaders(t *testing.T) {
	r := start(t, setup{})
	a := r.send(t, "GET", "/healthz", "", "X-Large", strings.Repeat("x", 1<<20))
	if a.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a header of 1 MiB: %d", a.status)
	}
	if a = r.send(t, "GET", "/v1/sql?q="+strings.Repeat("x", 1<<20), ""); a.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a URL of 1 MiB: %d", a.status)
	}
}

// TestIdleConnections: more connections than the limit wait outside, and get their turn when others go.
func TestIdleConnections(t *testing.T) {
	with := setup{}
	with.cfg.MaxConns, with.cfg.HeaderTimeout = 8, 50*time.Millisecond
	r := start(t, with)
	var conns []net.Conn
	for range 64 {
		conns = append(conns, dial(t, r, ""))
	}
	if a := r.send(t, "GET", "/healthz", ""); a.status != 200 {
		t.Errorf("after idle ones were dropped: %d", a.status)
	}
	for _, c := range conns {
		c.Close()
	}
}

// TestOversized: bodies over their limits are 413, compressed ones by what comes out of them.
func TestOversized(t *testing.T) {
	with := setup{}
	with.cfg.MaxUpload = 1000
	r := start(t, with)
	for path, body := range map[string]string{
		"PUT /v1/tables/t/load": numbers(1000),
		"POST /v1/sql":          strings.Repeat("-", 300<<10),
		"PUT /v1/tables/t":      strings.Repeat(" ", 5<<20),
	} {
		method, target, _ := strings.Cut(path, " ")
		if a := r.send(t, method, target, body); a.status != 413 || a.code() != "body-too-large" {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

// TestForwardedHeadersAreIgnored: anyone can write them.
func TestForwardedHeadersAreIgnored(t *testing.T) {
	r := start(t, setup{})
	r.send(t, "GET", "/v1/tables", "", "X-Forwarded-For", "203.0.113.9", "X-Real-Ip", "203.0.113.9", "Forwarded", "for=203.0.113.9")
	if log := r.log.String(); strings.Contains(log, "203.0.113.9") || !strings.Contains(log, "remote=127.0.0.1") {
		t.Error(log)
	}
}

// TestMultipart takes the first file of a form, and the form's fields before it as parameters.
func TestMultipart(t *testing.T) {
	r := start(t, setup{})
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	for name, v := range map[string]string{"source": "H1", "period": "2025-01"} {
		if err := m.WriteField(name, v); err != nil {
			t.Fatal(err)
		}
	}
	file, err := m.CreateFormFile("file", "labs.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(file, "a\n1\n2\n"); err != nil || m.Close() != nil {
		t.Fatal(err)
	}
	a := r.send(t, "POST", "/v1/tables/t/load", form.String(), "Content-Type", m.FormDataContentType())
	if a.status != 201 || !strings.Contains(a.body, `"source":"H1","period":"2025-01"`) || !strings.Contains(a.body, `"accepted":2`) {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestPipelinedGarbage: what is no HTTP gets a 400 and an end.
func TestPipelinedGarbage(t *testing.T) {
	r := start(t, setup{})
	for _, text := range []string{"\x16\x03\x01\x02\x00", "GET / HTTP/9.9\r\n\r\n", "GET /healthz HTTP/1.1\r\n\r\n"} {
		conn := dial(t, r, text)
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err == nil && !strings.Contains(line, " 400 ") && !strings.Contains(line, " 505 ") && !strings.Contains(line, " 501 ") {
			t.Errorf("%q: %s", text, line)
		}
	}
	if a := r.send(t, "GET", "/healthz", ""); a.status != 200 {
		t.Error(fmt.Sprint("after it: ", a.status))
	}
}
