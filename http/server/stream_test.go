package server_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/assaydb/assay/http/client"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// manyRows is more than one batch, and more than the buffers between server and client hold.
const manyRows = 120_000

// TestFailureAfterTheFirstByte: a result that fails on its way ends with an error at the client, in every format, encoding and protocol.
// The row limit is what fails here, since it strikes after the rows before it were sent.
func TestFailureAfterTheFirstByte(t *testing.T) {
	for _, proto := range []int{1, 2} {
		with := setup{}
		if proto == 2 {
			with.tls = serverTLS(t)
		}
		r := start(t, with)
		r.load(t, "t", numbers(manyRows))
		for _, format := range []string{"json", "ndjson", "csv", "tsv", "table", "arrow"} {
			for _, encoding := range []string{"", "gzip", "zstd"} {
				path := fmt.Sprintf("/v1/sql?format=%s&max_rows=%d", format, manyRows-1)
				a := r.send(t, "POST", path, "SELECT n, s FROM t", "Accept-Encoding", encoding)
				if a.proto != proto || a.status != 200 || len(a.body) == 0 {
					t.Errorf("%s %s: HTTP/%d, status %d, %d bytes", format, encoding, a.proto, a.status, len(a.body))
				}
				if a.cut == nil || a.trailer.Get("Assay-Status") != "" {
					t.Errorf("%s %q over HTTP/%d: a cut result looks whole: %v, %v", format, encoding, proto, a.cut, a.trailer)
				}
			}
		}
		if proto == 1 {
			c, err := client.New(r.url, "")
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			_, err = c.Run(t.Context(), client.Statement{SQL: "SELECT n, s FROM t", Format: "csv", MaxRows: manyRows - 1}, &out)
			if err == nil || !strings.Contains(err.Error(), "the result was cut") || out.Len() == 0 {
				t.Errorf("client: %v after %d bytes", err, out.Len())
			}
			c.Close()
		}
	}
}

// TestWholeResults: encodings give the same rows, and the trailers say that they are all.
func TestWholeResults(t *testing.T) {
	r := start(t, setup{})
	r.load(t, "t", numbers(20_000))
	want := r.send(t, "POST", "/v1/sql?format=csv", "SELECT n, s FROM t ORDER BY n")
	if want.trailer.Get("Assay-Status") != "ok" || want.trailer.Get("Assay-Rows") != "20000" || want.trailer.Get("Assay-Bytes-Scanned") == "0" {
		t.Errorf("trailers %v", want.trailer)
	}
	for accept, encoding := range map[string]string{
		"gzip": "gzip", "zstd": "zstd", "gzip, zstd": "zstd", "zstd;q=0.1, gzip": "gzip", "br": "", "gzip;q=0": "", "identity": "",
	} {
		a := r.send(t, "POST", "/v1/sql?format=csv", "SELECT n, s FROM t ORDER BY n", "Accept-Encoding", accept)
		if a.header.Get("Content-Encoding") != encoding || a.header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: headers %v", accept, a.header)
		}
		if got := decompress(t, encoding, a.body); got != want.body || a.trailer.Get("Assay-Status") != "ok" {
			t.Errorf("%q: %d bytes, want %d; trailers %v", accept, len(got), len(want.body), a.trailer)
		}
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := io.WriteString(z, "SELECT COUNT(*) FROM t"); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	if a := r.send(t, "POST", "/v1/sql?format=csv", zipped.String(), "Content-Encoding", "gzip"); a.body != "COUNT(*)\n20000\n" {
		t.Errorf("gzip body: %s", a.body)
	}
	for encoding, body := range map[string]string{"gzip": zipped.String()[:20], "zstd": "no zstd at all", "br": "x"} {
		if a := r.send(t, "POST", "/v1/sql", body, "Content-Encoding", encoding); a.status != 400 && a.status != 415 {
			t.Errorf("a bad %s body: %d %s", encoding, a.status, a.body)
		}
	}
}

func decompress(t *testing.T, encoding, body string) string {
	t.Helper()
	var in io.Reader = strings.NewReader(body)
	switch encoding {
	case "gzip":
		z, err := gzip.NewReader(in)
		if err != nil {
			t.Fatal(err)
		}
		in = z
	case "zstd":
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		in = z
	}
	text, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestArrow reads a stream with Arrow's own reader.
func TestArrow(t *testing.T) {
	r := start(t, setup{})
	r.load(t, "t", "i,v,s,ts,b\n1,2.850,x,2025-01-20 07:21:26,true\n2,,,,\n")
	a := r.send(t, "GET", "/v1/sql?q=SELECT+i,v,s,ts,b+FROM+t+ORDER+BY+i", "", "Accept", "application/vnd.apache.arrow.stream")
	if a.header.Get("Content-Type") != "application/vnd.apache.arrow.stream" {
		t.Errorf("headers %v", a.header)
	}
	in, err := ipc.NewReader(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Release()
	rows := int64(0)
	for in.Next() {
		rec := in.Record()
		rows += rec.NumRows()
		if d, ok := rec.Column(1).(*array.Decimal128); !ok || d.Value(0).LowBits() != 2850 || !d.IsNull(1) {
			t.Errorf("decimal column %v", rec.Column(1))
		}
	}
	if in.Err() != nil || rows != 2 || in.Schema().NumFields() != 5 {
		t.Errorf("%d rows, %v: %v", rows, in.Schema(), in.Err())
	}
}

// TestDisconnectCancels: a client that leaves ends its query, whether it was sending rows or still computing.
func TestDisconnectCancels(t *testing.T) {
	r := start(t, setup{})
	r.load(t, "t", numbers(manyRows))
	for _, sql := range []string{"SELECT n, s, s, s, s FROM t", "SELECT COUNT(*) FROM t WHERE REGEXP_REPLACE(REPEAT(s, 20), '(a|b|1)+x?', 'y') = 'no'"} {
		before := strings.Count(r.log.String(), "route=/v1/sql")
		ctx, leave := context.WithCancel(t.Context())
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url+"/v1/sql?format=ndjson", strings.NewReader(sql))
		if err != nil {
			t.Fatal(err)
		}
		left := make(chan error, 1)
		go func() {
			resp, err := r.http.Do(req)
			if err == nil {
				_, err = bufio.NewReader(resp.Body).ReadString('\n') // and then reads no more
				leave()
				resp.Body.Close()
			}
			left <- err
		}()
		if strings.Contains(sql, "REGEXP") {
			eventually(t, "the query's start", func() bool { return strings.Contains(r.send(t, "GET", "/metrics", "").body, "assay_queries_running 1") })
			leave()
		}
		if err := <-left; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		eventually(t, "the end of the query", func() bool { return strings.Count(r.log.String(), "route=/v1/sql") > before })
		if log := r.log.String(); !strings.Contains(log[strings.LastIndex(log, "route=/v1/sql"):], "code=") {
			t.Errorf("%s: it ended well: %s", sql, log)
		}
		leave()
	}
	eventually(t, "no running query", func() bool { return strings.Contains(r.send(t, "GET", "/metrics", "").body, "assay_queries_running 0") })
}

// TestClientThatReadsNothing is cut off after the idle limit.
func TestClientThatReadsNothing(t *testing.T) {
	with := setup{}
	with.cfg.IdleWrite = 50_000_000
	r := start(t, with)
	r.load(t, "t", numbers(manyRows))
	conn, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "GET /v1/sql?format=ndjson&q=SELECT+n,s,s,s,s,s,s,s,s+FROM+t HTTP/1.1\r\nHost: x\r\n\r\n")
	eventually(t, "the end of the query", func() bool { return strings.Contains(r.log.String(), "route=/v1/sql") })
}
